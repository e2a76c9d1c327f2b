"""What a credential says, as fields."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.domain.credential_terms import Format, Validity
from gateway.domain.credentials import CredentialIndex, Identity, format_of, index_credential
from gateway.domain.errors import Malformed
from tests.unit.credentials.making import ISSUER, OB, V2, badge


def index(document: dict[str, Any]) -> CredentialIndex:
    return index_credential(document, format_of(document, token=False))


def achieved(**more: Any) -> dict[str, Any]:
    document = badge(contexts=(V2, OB))
    document["credentialSubject"]["achievement"] |= more
    return document


def test_a_badge_becomes_an_achievement() -> None:
    found = index(achieved(achievementType="Badge"))

    assert (found.format, found.type, found.title) == (Format.OB3_JSONLD, "Badge", "Robotics, první")
    assert (found.description, found.criteria) == ("Built a robot.", "It must move.")
    assert (found.issuer_id, found.issuer_name) == (ISSUER, "Maple Unified")
    assert (found.issued_on, found.expires, found.has_image) == ("2025-06-01T00:00:00Z", "", False)


def test_one_result_is_its_value_and_several_are_named_in_the_order_of_the_alphabet() -> None:
    described = [
        {"id": "urn:x:1", "type": ["ResultDescription"], "name": "Grade"},
        {
            "id": "urn:x:2",
            "type": ["ResultDescription"],
            "name": "Exam",
            "rubricCriterionLevel": [{"id": "urn:x:3", "type": "RubricCriterionLevel", "name": "Mastered"}],
        },
    ]
    grade = {"type": ["Result"], "resultDescription": "urn:x:1", "value": "A"}
    exam = {"type": ["Result"], "resultDescription": "urn:x:2", "achievedLevel": "urn:x:3"}
    document = achieved(resultDescription=described)

    document["credentialSubject"]["result"] = grade
    assert index(document).results == ("A",)
    document["credentialSubject"]["result"] = [grade, exam]
    assert index(document).results == ("Exam: Mastered", "Grade: A")
    document["credentialSubject"]["result"] = [exam, grade]
    assert index(document).results == ("Exam: Mastered", "Grade: A")


def test_alignments_identities_and_the_status_list_are_read() -> None:
    aligned = {
        "type": ["Alignment"],
        "targetName": "Loops",
        "targetUrl": "https://case.example/1",
        "extra": 1,
    }
    document = achieved(alignment=aligned, image={"id": "https://maple.example/i.png", "type": "Image"})
    document["credentialSubject"]["identifier"] = [
        {
            "type": "IdentityObject",
            "identityHash": "sha256$00",
            "identityType": "emailAddress",
            "hashed": True,
            "salt": "s",
        }
    ]
    document["credentialStatus"] = {
        "id": "https://maple.example/1#4",
        "statusListCredential": "https://maple.example/1",
    }

    found = index(document)

    assert found.alignments == ({"targetName": "Loops", "targetUrl": "https://case.example/1"},)
    assert found.identities == (Identity("sha256$00", "emailAddress", hashed=True, salt="s"),)
    assert (found.revocation_list, found.image_uri) == (
        "https://maple.example/1",
        "https://maple.example/i.png",
    )


def test_a_picture_in_the_credential_has_no_address() -> None:
    found = index(achieved(image="data:image/png;base64,AAAA"))

    assert (found.has_image, found.image_uri) == (True, "")


@pytest.mark.parametrize(
    ("when", "validity"), [(2024, Validity.NOT_YET), (2026, Validity.VALID), (2028, Validity.EXPIRED)]
)
def test_when_it_counts_is_asked_with_a_time(when: int, validity: Validity) -> None:
    found = index(badge(validUntil="2027-06-01T00:00:00+02:00"))

    assert found.validity(datetime(when, 6, 1, 12, tzinfo=UTC)) is validity


def test_a_credential_of_1_1_has_its_own_names_for_the_times() -> None:
    document = badge(
        contexts=("https://www.w3.org/2018/credentials/v1", OB), expirationDate="2030-01-01T00:00:00Z"
    )
    document["issuanceDate"] = document.pop("validFrom")

    found = index(document)

    assert (found.issued_on, found.expires) == ("2025-06-01T00:00:00Z", "2030-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"@context": [OB, V2]}, "first @context"),
        ({"@context": None}, "first @context"),
        ({"@context": [{}]}, "first @context"),
        ({"type": ["OpenBadgeCredential"]}, "no VerifiableCredential"),
        ({"type": ["VerifiableCredential", "EndorsementCredential"]}, "neither"),
        ({"type": ["VerifiableCredential", {}]}, "neither"),
        ({"issuer": None}, "no issuer"),
        ({"issuer": {"id": "urn:x", "type": "Person"}}, "no Profile"),
        ({"issuer": {"id": "urn:x", "type": "Profile", "parentOrg": {"type": "X"}}}, "no Profile"),
        ({"credentialSubject": []}, "not one subject"),
        ({"credentialSubject": {"type": "X"}}, "no AchievementSubject"),
        ({"credentialSubject": {"type": "AchievementSubject"}}, "not one achievement"),
        ({"evidence": [{"type": "Evidence"}, {"type": "X"}]}, "no Evidence"),
        ({"validFrom": None}, "no date"),
        ({"validFrom": "soon"}, "RFC 3339"),
        ({"validFrom": {"a": 1}}, "no date"),
        ({"validUntil": "2001-01-01T00:00:00Z"}, "before it was issued"),
    ],
)
def test_what_is_not_whole_is_refused_with_its_reason(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Malformed, match=sentence):
        index({**badge(), **change})


def test_a_learner_record_is_indexed_by_its_own_name() -> None:
    subject = {"id": "urn:x:1", "type": ["ClrSubject"], "verifiableCredential": []}
    document = badge(
        type=["VerifiableCredential", "ClrCredential"], name="Transcript", credentialSubject=subject
    )

    found = index(document)

    assert (found.format, found.type, found.title) == (Format.CLR2_JSONLD, "ClrCredential", "Transcript")


def test_a_badge_of_2_0_is_read_if_its_class_is_in_it() -> None:
    document = {
        "@context": "https://w3id.org/openbadges/v2",
        "type": "Assertion",
        "id": "https://maple.example/a/1",
        "recipient": {"type": "email", "hashed": True, "salt": "s", "identity": "sha256$00"},
        "issuedOn": "2016-12-31",
        "badge": {
            "name": "Robotics",
            "description": "d",
            "criteria": "https://maple.example/c",
            "issuer": ISSUER,
        },
    }

    found = index(document)

    assert (found.format, found.title, found.issuer_id) == (Format.OB2, "Robotics", ISSUER)
    assert found.criteria == "https://maple.example/c"
    assert found.identities[0].hashed
    with pytest.raises(Malformed, match="only linked"):
        index({**document, "badge": "https://maple.example/b/1"})
