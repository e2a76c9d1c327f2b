"""The examples that 1EdTech published for its validator, good ones and deliberately bad ones."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.crypto.credential_contexts import load_contexts
from gateway.crypto.credentials import Verifier, inner_payloads, verifier
from gateway.domain.credential_terms import Validity
from gateway.domain.errors import Malformed

PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "clr_ob_examples"
CONTEXTS = PUBLISHED / "inspector-vc" / "src" / "main" / "resources" / "contexts"
OB3 = PUBLISHED / "inspector-vc" / "src" / "test" / "resources" / "ob30"
OB2 = PUBLISHED / "inspector-vc" / "src" / "test" / "resources" / "ob20"
CLR2 = PUBLISHED / "inspector-clr" / "src" / "test" / "resources" / "clr20"

pytestmark = pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published examples are not here")

NOW = datetime(2026, 7, 1, tzinfo=UTC)
SAMPLES_KEY = "z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi"
KEYS = {
    "https://example.com/issuers/876543": (SAMPLES_KEY, "z6MknNHHrBzPytzu6CUBP9Lg7fg4KSBjzimc2Frh693YbMiv"),
    "https://example.edu/issuers/565049": (SAMPLES_KEY,),
    "https://1edtech.edu/issuers/565049": (SAMPLES_KEY, "z6Mknyb2Gb4NxzW3xSr9ChTtdQZ1zs77piQ3r9SaJ9vMzmrs"),
    "did:web:dc.1edtech.org:wellspring2022:wellspring-portal:org:da1e96e9-afcc-4eed-b9a2-2ddf7353214c": (
        SAMPLES_KEY,
    ),
    "urn:uuid:4ca4a241-fc3b-4d92-978e-f56fa96ae795": (
        SAMPLES_KEY,
        "z6Mks4vZNz8Jwyb85odUeZrissHSY7JeJcXkNTDCcXLhYAZ4",
    ),
    "urn:uuid:6f2e33e5-7a29-4155-840a-59483ba10164": (SAMPLES_KEY,),
}

CHECKED = {
    OB3: {
        "simple.json": "verified",
        "simple.1ob": "verified",
        "simple_v1.json": "verified",
        "simple-context-alias.json": "verified",
        "simple-context-version.json": "verified",
        "simple-did-key-method.json": "verified",
        "simple-did-web-method.json": "verified",
        "simple-eddsa-2022.json": "verified",
        "simple-multiple-proofs.json": "verified",
        "complete.json": "verified",
        "credential-status-revoked.json": "verified",
        "bit-string-list/credential-status-revoked.json": "verified",
        "bit-string-list/credential-status-revoked-blank-nodes.json": "verified",
        "simple-err-expired.json": "verified",
        "complete_v1.json": "unknownIssuer keyNotPinned",
        "simple-err-proof-method.json": "unknownIssuer keyNotPinned",
        "simple-err-proof-method-unknown-did-method.json": "unknownIssuer keyNotPinned",
        "simple-err-proof-method-unknown-scheme.json": "unknownIssuer keyNotPinned",
        "simple-err-proof-method-no-scheme.json": "invalid badProof",
        "simple-err-proof-value.json": "invalid badSignature",
        "velocity.jwt": "unknownIssuer issuerNotPinned",
        "sd/derivedcredential.json": "notVerified unsupportedProof",
    },
    CLR2: {
        "simple.json": "verified",
        "simple_v1.json": "verified",
        "complex.json": "verified",
        "simple.jwt": "unknownIssuer keyNotPinned",
        "simple-noproof.json": "notVerified noProof",
        "simple_old_safesigned.json": "notVerified unknownContext",
    },
    OB2: {
        "assertion-with-endorsements.json": "notVerified needsNetwork",
    },
}

REFUSED = {
    OB3: {
        "simple-err-context.json": "first @context",
        "simple-err-type.json": "neither OpenBadgeCredential",
        "simple-err-issuer.json": "no issuer",
        "simple-err-issuer-type.json": "under issuer is no Profile",
        "simple-err-issuer-parentorg-type.json": "under parentOrg is no Profile",
        "simple-err-issuer-otheridentifier-type.json": "is no IdentifierEntry",
        "simple-err-credential-subject-type.json": "no AchievementSubject",
        "simple-err-credential-subject-identifier-type.json": "no IdentityObject",
        "simple-err-credential-subject-profile-type.json": "under source is no Profile",
        "simple-err-credential-subject-result-type.json": "is no Result",
        "simple-err-credential-subject-achievement-result-description-type.json": "is no ResultDescription",
        "simple-err-evidence-type.json": "is no Evidence",
        # Its own fault is a date to come; there is no achievement either.
        "simple-err-issued.json": "not one achievement",
        "simple-noproof.json": "not one achievement",
        "simple.jwt": "not one achievement",
        # Endorsements say something of an issuer or an achievement, not of a learner.
        "endorsement-valid.json": "neither OpenBadgeCredential",
        "endorsement-err-schema-status-refresh.json": "neither OpenBadgeCredential",
    },
    OB2: {
        "basic-assertion.json": "only linked",
        "basic-assertion-expired.json": "only linked",
        "basic-assertion-invalid-context.json": "first @context",
        "basic-assertion-invalid-type.json": "first @context",
        "redirected-validation-subject.json": "not JSON",
        "simple.jwt": "only linked",
        "simple-revoked.jwt": "only linked",
    },
}


@pytest.fixture(scope="module")
def checker() -> Verifier:
    return verifier(CONTEXTS, {}, KEYS, {})


def cases(verdicts: dict[Path, dict[str, str]]) -> list[object]:
    return [
        pytest.param(folder / name, verdict, id=f"{folder.name}/{name}")
        for folder, files in verdicts.items()
        for name, verdict in files.items()
    ]


@pytest.mark.parametrize(("file", "verdict"), cases(CHECKED))
def test_a_published_credential_gets_its_verdict(file: Path, verdict: str, checker: Verifier) -> None:
    payload = file.read_bytes()

    checked = checker.check(payload)

    assert f"{checked.verdict.status} {checked.verdict.reason}".strip() == verdict
    assert checked.payload == payload
    assert checked.index.title


@pytest.mark.parametrize(("file", "sentence"), cases(REFUSED))
def test_a_published_credential_that_is_not_whole_is_refused(
    file: Path, sentence: str, checker: Verifier
) -> None:
    with pytest.raises(Malformed, match=sentence):
        checker.check(file.read_bytes())


def test_every_published_badge_and_record_of_3_0_is_in_a_list() -> None:
    listed = {
        folder / name
        for lists in (CHECKED, REFUSED)
        for folder in (OB3, CLR2)
        for name in lists.get(folder, {})
    }

    found = {
        file for folder in (OB3, CLR2) for file in folder.rglob("*.*") if file.suffix not in {".png", ".svg"}
    }

    assert found == listed


def test_an_expired_badge_says_so(checker: Verifier) -> None:
    index = checker.check((OB3 / "simple-err-expired.json").read_bytes()).index

    assert index.validity(NOW) is Validity.EXPIRED


def test_a_revocation_list_is_named_and_not_asked(checker: Verifier) -> None:
    index = checker.check((OB3 / "bit-string-list" / "credential-status-revoked.json").read_bytes()).index

    assert index.revocation_list.endswith("/bit-string-list/testlist")


@pytest.mark.parametrize("name", ["complex.json", "simple_v1.json"])
def test_the_credentials_of_a_learner_record_are_verified_one_by_one(name: str, checker: Verifier) -> None:
    payload = (CLR2 / name).read_bytes()

    found = [checker.check(inner) for inner in inner_payloads(payload)]

    assert [one.index.type for one in found] == ["Diploma", "Course", "Course", "Course", "Course", "Badge"]
    assert all(one.payload in payload for one in found)
    assert found[1].index.results == ("A",)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        (b'"Teamwork"', b'"Teamwerk"'),
        (b"2010-01-01T00:00:00Z", b"2011-01-01T00:00:00Z"),
        (b"nominated", b"dominated"),
        (b"ebfeb1f7", b"ebfeb1f8"),
        (b"21st-century", b"22nd-century"),
    ],
)
def test_every_word_of_a_badge_is_signed(word: bytes, other: bytes, checker: Verifier) -> None:
    payload = (OB3 / "simple.json").read_bytes()

    assert word in payload
    assert checker.check(payload.replace(word, other)).verdict.reason == "badSignature"


def test_all_contexts_that_the_examples_need_are_pinned() -> None:
    missing = load_contexts(CONTEXTS).missing

    assert missing == ["https://w3id.org/security/data-integrity/v2"]
