"""Proofs inside a credential: right ones, changed ones, and ones by others."""

import copy
from pathlib import Path
from typing import Any

import pytest

from gateway.crypto.credentials import Verifier, verifier
from gateway.domain.credential_terms import Reason, VerifyStatus
from gateway.domain.errors import Malformed, Misconfigured, TooLarge
from tests.unit.credentials.making import (
    ISSUER,
    MALLORY,
    MAPLE,
    NAMES,
    OB,
    TERMS,
    V1,
    V2,
    badge,
    checking,
    contexts,
    proof,
    proven_jcs,
    proven_rdfc,
    text,
)

METHOD = f"{ISSUER}#{MAPLE.multikey}"
VERIFIED = (VerifyStatus.VERIFIED, Reason.NONE)


def verdict(checker: Verifier, document: Any) -> tuple[VerifyStatus, Reason]:
    found = checker.check(text(document)).verdict
    return found.status, found.reason


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-2022"])
def test_a_proof_over_the_graph_is_verified(suite: str, maple: Verifier) -> None:
    assert verdict(maple, proven_rdfc(badge(), MAPLE, METHOD, cryptosuite=suite)) == VERIFIED


def test_a_proof_over_the_text_is_verified(maple: Verifier) -> None:
    assert verdict(maple, proven_jcs(badge(), MAPLE, METHOD)) == VERIFIED


def test_a_proof_over_the_text_needs_no_context_document() -> None:
    checker = verifier(None, {}, {ISSUER: (MAPLE.multikey,)}, {})

    assert verdict(checker, proven_jcs(badge(contexts=(V2, OB)), MAPLE, METHOD)) == VERIFIED


def test_a_credential_of_1_1_with_its_signature_of_2020_is_verified(maple: Verifier) -> None:
    ed25519 = "https://w3id.org/security/suites/ed25519-2020/v1"
    document = badge(contexts=(V1, TERMS, NAMES, ed25519))
    document["issuanceDate"] = document.pop("validFrom")

    assert verdict(maple, proven_rdfc(document, MAPLE, METHOD, type="Ed25519Signature2020")) == VERIFIED


def test_the_payload_is_kept_byte_for_byte(maple: Verifier) -> None:
    payload = b"\xef\xbb\xbf\r\n" + text(proven_rdfc(badge(), MAPLE, METHOD)) + b"\n\n"

    checked = maple.check(payload)

    assert checked.payload == payload
    assert checked.verdict.status is VerifyStatus.VERIFIED


@pytest.mark.parametrize("proven", [proven_rdfc, proven_jcs])
@pytest.mark.parametrize("field", ["name", "description", "id"])
def test_a_change_of_any_word_is_seen(proven: Any, field: str, maple: Verifier) -> None:
    document = proven(badge(), MAPLE, METHOD)
    document["credentialSubject"]["achievement"][field] = "https://maple.example/other"

    assert verdict(maple, document) == (VerifyStatus.INVALID, Reason.BAD_SIGNATURE)


@pytest.mark.parametrize("member", ["created", "verificationMethod"])
def test_a_change_of_the_proofs_own_words_is_seen(member: str, maple: Verifier) -> None:
    document = proven_rdfc(badge(), MAPLE, METHOD)
    changed = {"created": "2026-06-01T00:00:00Z", "verificationMethod": f"{ISSUER}#"}
    document["proof"][member] = changed[member]

    status, _ = verdict(maple, document)

    assert status is not VerifyStatus.VERIFIED


def test_an_issuer_that_nobody_pinned_is_kept_and_not_trusted(tmp_path: Path) -> None:
    checker = checking(tmp_path / "c", {})

    found = verdict(checker, proven_rdfc(badge(), MAPLE, METHOD))

    assert found == (VerifyStatus.UNKNOWN_ISSUER, Reason.ISSUER_NOT_PINNED)


def test_a_change_is_seen_even_if_the_issuer_is_unknown(tmp_path: Path) -> None:
    document = proven_rdfc(badge(), MAPLE, METHOD)
    document["validFrom"] = "2024-06-01T00:00:00Z"

    assert verdict(checking(tmp_path / "c", {}), document) == (VerifyStatus.INVALID, Reason.BAD_SIGNATURE)


def test_a_stranger_who_names_the_issuer_and_brings_a_key_is_not_believed(maple: Verifier) -> None:
    forged = proven_rdfc(badge(), MALLORY, f"{ISSUER}#{MALLORY.multikey}")

    assert verdict(maple, forged) == (VerifyStatus.UNKNOWN_ISSUER, Reason.KEY_NOT_PINNED)


def test_a_stranger_who_names_the_issuers_key_is_refused(maple: Verifier) -> None:
    assert verdict(maple, proven_rdfc(badge(), MALLORY, METHOD)) == (
        VerifyStatus.INVALID,
        Reason.BAD_SIGNATURE,
    )


def test_a_key_that_is_pinned_for_one_issuer_proves_nothing_for_another(tmp_path: Path) -> None:
    checker = checking(tmp_path / "c", {"https://cedar.example/": (MAPLE.multikey,)})

    status, _ = verdict(checker, proven_rdfc(badge(), MAPLE, METHOD))

    assert status is VerifyStatus.UNKNOWN_ISSUER


def test_a_did_key_issuer_is_proven_by_itself(tmp_path: Path) -> None:
    document = proven_rdfc(badge(issuer=MAPLE.did), MAPLE, MAPLE.method)

    assert verdict(checking(tmp_path / "c", {}), document) == VERIFIED


def test_a_did_key_proves_nothing_for_an_issuer_of_another_name(tmp_path: Path) -> None:
    document = proven_rdfc(badge(issuer="urn:uuid:00000000-0000-4000-8000-0000000000aa"), MAPLE, MAPLE.did)

    assert verdict(checking(tmp_path / "c", {}), document)[0] is VerifyStatus.UNKNOWN_ISSUER


@pytest.mark.parametrize("pinned", [MAPLE.multikey, MAPLE.did])
@pytest.mark.parametrize("method", [MAPLE.did, MAPLE.method])
def test_a_did_key_may_be_pinned_for_an_issuer_of_another_name(
    pinned: str, method: str, tmp_path: Path
) -> None:
    checker = checking(tmp_path / "c", {ISSUER: (pinned,)})

    assert verdict(checker, proven_rdfc(badge(), MAPLE, method)) == VERIFIED


def test_words_that_nobody_signed_take_the_trust_away(maple: Verifier) -> None:
    document = proven_rdfc(badge(), MAPLE, METHOD)
    document["credentialSubject"]["achievement"]["achievementType"] = "MasterDegree"

    assert verdict(maple, document) == (VerifyStatus.NOT_VERIFIED, Reason.UNSIGNED_TERMS)


def test_a_strangers_proof_over_the_text_does_not_cover_for_words_that_the_issuer_did_not_sign(
    maple: Verifier,
) -> None:
    document = proven_rdfc(badge(), MAPLE, METHOD)
    document["credentialSubject"]["achievement"]["achievementType"] = "MasterDegree"
    own = document.pop("proof")
    theirs = proven_jcs(document, MALLORY, MALLORY.method)["proof"]

    found = verdict(maple, {**document, "proof": [own, theirs]})

    assert found == (VerifyStatus.NOT_VERIFIED, Reason.UNSIGNED_TERMS)


@pytest.mark.parametrize(
    "extra", [{"name": "https://maple.example/terms#other"}, "https://evil.example/context.json", None, 1]
)
def test_a_context_that_is_not_pinned_is_not_read(extra: Any, maple: Verifier) -> None:
    document = proven_rdfc(badge(), MAPLE, METHOD)
    document["@context"] = [V2, TERMS, extra]

    assert verdict(maple, document) == (VerifyStatus.NOT_VERIFIED, Reason.UNKNOWN_CONTEXT)


def test_a_context_deep_inside_is_looked_at_too(maple: Verifier) -> None:
    document = proven_rdfc(badge(), MAPLE, METHOD)
    document["credentialSubject"]["achievement"]["@context"] = {"name": None}

    assert verdict(maple, document)[1] is Reason.UNKNOWN_CONTEXT


def test_a_context_document_with_another_content_does_not_count(tmp_path: Path) -> None:
    folder, pins = contexts(tmp_path / "c")
    (folder / "any.json").write_text('{"@context": {}}')
    checker = verifier(folder, pins, {ISSUER: (MAPLE.multikey,)}, {})

    assert verdict(checker, proven_rdfc(badge(), MAPLE, METHOD))[1] is Reason.UNKNOWN_CONTEXT


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"proofPurpose": "authentication"}, Reason.BAD_PROOF),
        ({"proofValue": "z"}, Reason.BAD_PROOF),
        ({"proofValue": "uAAAA"}, Reason.BAD_PROOF),
        ({"proofValue": "z" + "1" * 100_000}, Reason.BAD_PROOF),
        ({"proofValue": None}, Reason.BAD_PROOF),
        ({"verificationMethod": MAPLE.multikey}, Reason.BAD_PROOF),
        ({"verificationMethod": {"id": METHOD}}, Reason.BAD_PROOF),
        ({"created": "yesterday"}, Reason.BAD_PROOF),
    ],
)
def test_a_proof_that_is_not_well_formed_is_refused(
    change: dict[str, Any], reason: Reason, maple: Verifier
) -> None:
    document = proven_rdfc(badge(), MAPLE, METHOD)
    document["proof"] |= change

    assert verdict(maple, document) == (VerifyStatus.INVALID, reason)


@pytest.mark.parametrize(
    "method",
    ["file:///etc/passwd", "../../keys#1", "http://127.0.0.1/keys", "xxx:1", "did:web:evil.example#k"],
)
def test_a_verification_method_is_compared_and_never_followed(method: str, maple: Verifier) -> None:
    status, _ = verdict(maple, proven_rdfc(badge(), MAPLE, method))

    assert status in {VerifyStatus.UNKNOWN_ISSUER, VerifyStatus.INVALID}


@pytest.mark.parametrize("proofs", [[], None])
def test_without_a_proof_nothing_is_verified(proofs: Any, maple: Verifier) -> None:
    assert verdict(maple, badge(proof=proofs)) == (VerifyStatus.NOT_VERIFIED, Reason.NO_PROOF)


def test_proofs_of_other_kinds_are_passed_over(maple: Verifier) -> None:
    other = proof(METHOD, "ecdsa-sd-2023", proofValue="u1")
    document = proven_rdfc(badge(), MAPLE, METHOD)

    assert verdict(maple, badge(proof=[other, "x"])) == (VerifyStatus.NOT_VERIFIED, Reason.UNSUPPORTED_PROOF)
    assert verdict(maple, {**document, "proof": [other, document["proof"]]}) == VERIFIED


def test_of_several_proofs_none_may_be_wrong(maple: Verifier) -> None:
    document = proven_rdfc(badge(), MAPLE, METHOD)
    wrong = copy.deepcopy(document["proof"]) | {"proofValue": MAPLE.sign(b"another text")}

    found = verdict(maple, {**document, "proof": [document["proof"], wrong]})

    assert found == (VerifyStatus.INVALID, Reason.BAD_SIGNATURE)


def test_a_thousand_proofs_are_not_checked(maple: Verifier) -> None:
    document = proven_rdfc(badge(), MAPLE, METHOD)

    found = verdict(maple, {**document, "proof": [document["proof"]] * 1000})

    assert found == (VerifyStatus.INVALID, Reason.TOO_COMPLEX)


def test_a_proof_over_the_text_may_not_name_other_contexts(maple: Verifier) -> None:
    document = proven_jcs(badge(), MAPLE, METHOD)
    document["proof"]["@context"] = [V2, OB]

    assert verdict(maple, document) == (VerifyStatus.INVALID, Reason.BAD_PROOF)


def test_members_that_stand_twice_are_refused(maple: Verifier) -> None:
    payload = text(proven_rdfc(badge(), MAPLE, METHOD)).replace(
        b'"validFrom"', b'"validFrom": "x", "validFrom"'
    )

    with pytest.raises(Malformed, match="twice"):
        maple.check(payload)


def test_fifty_megabytes_are_refused_unread(maple: Verifier) -> None:
    with pytest.raises(TooLarge):
        maple.check(b"{" + b" " * 50_000_000)


def test_a_thousand_levels_are_refused(maple: Verifier) -> None:
    with pytest.raises(Malformed, match="levels"):
        maple.check(b'{"a":' * 1000 + b"1" + b"}" * 1000)


@pytest.mark.parametrize("key", ["", "z", "did:key:z6Mk", "z" + "1" * 48, "z" * 100_000])
def test_a_pin_that_is_no_key_is_an_operators_business(key: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        checking(tmp_path / "c", {ISSUER: (key,)})
