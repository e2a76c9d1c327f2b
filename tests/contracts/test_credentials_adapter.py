"""The folder of credentials, against the contract and against attacks."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from adapters._credential_rows import COLUMNS
from adapters.credentials_folder import (
    STUDENTS,
    CredentialLimits,
    CredentialsFolder,
    Issuer,
)
from gateway.adapter_api import Misconfigured, Only, TooLarge
from gateway.adapter_api.conformance import check_adapter
from gateway.mapping.spec import load_mapping
from tests.unit.credentials.folders import adapter, read, signed, write
from tests.unit.credentials.making import ISSUER, MAPLE, OB, V2, badge, token

MAPPINGS = Path(__file__).parents[2] / "mappings"
PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "clr_ob_examples" / "inspector-vc" / "src"


# --- what is read ------------------------------------------------------------------------------------


@pytest.mark.parametrize("students", ["folder", "index", "subject"])
async def test_the_folder_conforms(students: str, tmp_path: Path) -> None:
    index = b"student,file\n1001,1001/a.json\n1001,1001/b.jwt\n"
    jwt = token(badge(contexts=(V2, OB)), MAPLE.private, "EdDSA")
    folder = write(tmp_path, {"1001/a.json": signed(), "1001/b.jwt": jwt, "credentials.csv": index})

    await check_adapter(adapter(folder, students=students))


async def test_a_credential_travels_byte_for_byte(tmp_path: Path) -> None:
    payload = b"\xef\xbb\xbf" + signed() + b"\r\n\r\n"
    folder = write(tmp_path, {"1001/a.json": payload})

    (row,), findings = await read(adapter(folder))

    assert base64.b64decode(row.values["payload"]) == payload
    assert (row.values["student"], row.values["verifyStatus"]) == ("1001", "verified")
    assert (row.values["format"], row.values["title"]) == ("ob3-jsonld", "Robotics, první")
    assert findings == []


async def test_a_key_set_in_a_file_counts(tmp_path: Path) -> None:
    point = base64.urlsafe_b64encode(MAPLE.private.public_key().public_bytes_raw()).rstrip(b"=").decode()
    jwks = tmp_path / "maple.jwks.json"
    jwks.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": point, "kid": "k1"}]}))
    claims = badge(contexts=(V2, OB))
    folder = write(tmp_path / "c", {"1/a.jwt": token(claims, MAPLE.private, "EdDSA", kid=f"{ISSUER}#k1")})

    (row,), _ = await read(adapter(folder, issuers=(Issuer(id=ISSUER, jwks=jwks),)))

    assert (row.values["verifyStatus"], row.values["format"]) == ("verified", "ob3-jwt")


async def test_an_unknown_issuers_credential_is_kept_and_says_so(tmp_path: Path) -> None:
    folder = write(tmp_path, {"1001/a.json": signed()})

    (row,), (found,) = await read(adapter(folder, issuers=()))

    assert (row.values["verifyStatus"], row.values["verifyReason"]) == ("unknownIssuer", "issuerNotPinned")
    assert (found.rule, found.severity, found.line) == ("credential.untrusted", "warning", row.line)


async def test_a_changed_credential_is_left_out_with_its_reason(tmp_path: Path) -> None:
    folder = write(tmp_path, {"1001/a.json": signed().replace(b"robot", b"rocket"), "1001/b.json": signed()})

    rows, (found,) = await read(adapter(folder))

    assert [row.values["file"] for row in rows] == ["1001/b.json"]
    assert (found.rule, found.severity, found.raw_value) == ("credential.invalid", "error", "1001/a.json")
    assert "1001" not in found.file + found.message


async def test_a_revocation_list_is_named_and_not_asked(tmp_path: Path) -> None:
    status = {
        "id": "urn:x:s",
        "type": "BitstringStatusListEntry",
        "statusListCredential": "https://maple.example/l",
    }
    folder = write(tmp_path, {"1001/a.json": signed(credentialStatus=status)})

    (row,), _ = await read(adapter(folder))

    assert (row.values["revocationList"], row.values["revocationStatus"]) == (
        "https://maple.example/l",
        "notChecked",
    )


async def test_a_learner_record_gives_its_credentials_too(tmp_path: Path) -> None:
    subject = {"type": ["ClrSubject"], "verifiableCredential": [json.loads(signed(2)), json.loads(signed(3))]}
    kind = ["VerifiableCredential", "ClrCredential"]
    folder = write(tmp_path, {"1001/a.json": signed(type=kind, name="Transcript", credentialSubject=subject)})

    rows, _ = await read(adapter(folder))

    assert [(row.values["type"], row.values.get("partOf")) for row in rows] == [
        ("ClrCredential", None),
        ("Achievement", "urn:x:1"),
        ("Achievement", "urn:x:1"),
    ]
    assert [row.line for row in rows] == [1000, 1001, 1002]


async def test_what_stands_in_a_changed_learner_record_is_left_out_with_it(tmp_path: Path) -> None:
    subject = {"type": ["ClrSubject"], "verifiableCredential": [json.loads(signed(2))]}
    kind = ["VerifiableCredential", "ClrCredential"]
    payload = signed(type=kind, name="Transcript", credentialSubject=subject).replace(
        b"Transcript", b"Transkript"
    )

    rows, findings = await read(adapter(write(tmp_path, {"1001/a.json": payload})))

    assert rows == []
    assert [found.rule for found in findings] == ["credential.invalid"]


async def test_other_files_are_reported_and_not_read(tmp_path: Path) -> None:
    source = adapter(write(tmp_path, {"1001/a.json": signed(), "1001/notes.txt": b"x", ".hidden.json": b"x"}))
    await source.tables()

    unused = [found for found in source.unused() if found.rule == "file.unused"]

    assert [found.raw_value for found in unused] == ["1001/notes.txt"]


async def test_missing_contexts_are_reported(tmp_path: Path) -> None:
    source = adapter(write(tmp_path, {"1001/a.json": signed()}))
    await source.tables()

    missing = [found.raw_value for found in source.unused() if found.rule == "file.missing"]

    assert OB in missing
    assert V2 not in missing


# --- whose it is -------------------------------------------------------------------------------------


async def test_an_index_says_whose_a_file_is(tmp_path: Path) -> None:
    files = {
        "a.json": signed(1),
        "b.json": signed(2),
        "credentials.csv": b"\xef\xbb\xbffile,student\r\na.json,1001\r\n",
    }

    (row,), (found,) = await read(adapter(write(tmp_path, files), students="index"))

    assert (row.values["student"], row.values["file"]) == ("1001", "a.json")
    assert (found.rule, found.raw_value) == ("id.missing", "b.json")


@pytest.mark.parametrize("hashed", [True, False])
async def test_the_subjects_identity_is_looked_up_in_clear_and_hashed(hashed: bool, tmp_path: Path) -> None:
    mail, salt = "jana.x@maple.example", "deadsea"
    value = f"sha256${hashlib.sha256((mail + salt).encode()).hexdigest()}" if hashed else mail
    identity = {
        "type": "IdentityObject",
        "identityHash": value,
        "identityType": "emailAddress",
        "hashed": hashed,
    }
    subject = badge()["credentialSubject"] | {"identifier": [identity | {"salt": salt}]}
    table = f"student,identity\n1001,{mail}\n1002,petr.y@maple.example\n".encode()
    files = {"a.json": signed(credentialSubject=subject), "b.json": signed(2), "identities.csv": table}

    (row,), (found,) = await read(adapter(write(tmp_path, files), students="subject"))

    assert row.values["student"] == "1001"
    assert found.rule == "id.missing"


async def test_a_subject_who_is_two_students_is_nobody(tmp_path: Path) -> None:
    identities = [
        {"type": "IdentityObject", "identityHash": value, "identityType": "emailAddress", "hashed": False}
        for value in ("a@maple.example", "b@maple.example")
    ]
    subject = badge()["credentialSubject"] | {"identifier": identities}
    files = {
        "a.json": signed(credentialSubject=subject),
        "identities.csv": b"student,identity\n1,a@maple.example\n2,b@maple.example\n",
    }

    rows, (found,) = await read(adapter(write(tmp_path, files), students="subject"))

    assert (rows, found.rule) == ([], "id.missing")


async def test_without_a_table_the_subjects_student_number_is_the_key(tmp_path: Path) -> None:
    identities = [
        {"type": "IdentityObject", "identityHash": value, "identityType": kind, "hashed": False}
        for value, kind in (("a@maple.example", "emailAddress"), ("1001", "sourcedId"))
    ]
    subject = badge()["credentialSubject"] | {"identifier": identities}

    (row,), _ = await read(
        adapter(write(tmp_path, {"a.json": signed(credentialSubject=subject)}), students="subject")
    )

    assert row.values["student"] == "1001"


async def test_students_are_listed_once_each(tmp_path: Path) -> None:
    source = adapter(write(tmp_path, {"2/a.json": signed(1), "1/b.json": signed(2), "1/c.json": signed(3)}))
    _, students = await source.tables()

    rows = [row.values async for batch in source.batches(students) for row in batch.rows()]

    assert rows == [{"student": "1", "role": "student"}, {"student": "2", "role": "student"}]


async def test_one_student_is_read_without_opening_the_files_of_others(tmp_path: Path) -> None:
    folder = write(tmp_path, {"1/a.json": signed(1), "2/b.json": b"no credential"})

    rows, findings = await read(adapter(folder), Only("student", ["1"]))

    assert [row.values["student"] for row in rows] == ["1"]
    assert findings == []


@pytest.mark.parametrize(
    "table", [b"", b"student\n1\n", b"a,b\n1,2\n", b"student,file\n\xff,a.json\n", b'student,file\n"1']
)
async def test_an_index_that_is_none_is_an_operators_business(table: bytes, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"credentials\.csv"):
        await adapter(write(tmp_path, {"credentials.csv": table}), students="index").check()


# --- what is refused ---------------------------------------------------------------------------------


async def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = write(tmp_path / "c", {"1001/a.json": signed()})
    (tmp_path / "secret.json").write_bytes(signed(2))
    (folder / "1001" / "b.json").symlink_to(tmp_path / "secret.json")
    (folder / "1002").symlink_to(tmp_path)

    rows, _ = await read(adapter(folder))

    assert [row.values["file"] for row in rows] == ["1001/a.json"]


async def test_more_files_than_the_limit_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, {f"1/{number}.json": b"" for number in range(4)})

    with pytest.raises(TooLarge, match="more than 3 files"):
        await adapter(folder, limits=CredentialLimits(max_files=3)).check()


async def test_a_folder_that_is_not_there_is_an_operators_business(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no folder"):
        await adapter(tmp_path / "nowhere").check()
    with pytest.raises(Misconfigured, match="contexts"):
        await adapter(tmp_path, contexts=tmp_path / "nowhere").check()
    with pytest.raises(Misconfigured, match="key set"):
        await adapter(tmp_path, issuers=(Issuer(id="x", jwks=tmp_path / "nowhere"),)).check()
    with pytest.raises(Misconfigured, match="twice"):
        await adapter(tmp_path, issuers=(Issuer(id="x"), Issuer(id="x"))).check()


# --- the rest ----------------------------------------------------------------------------------------


def test_the_mapping_reads_columns_that_the_adapter_has() -> None:
    codes = {path.stem: path.read_text("utf-8") for path in (MAPPINGS / "codes").glob("*.toml")}
    mapping = load_mapping((MAPPINGS / "credentials" / "credentials.toml").read_text("utf-8"), codes)

    assert mapping.sources["credentials"].columns == COLUMNS
    assert mapping.sources["students"].columns == STUDENTS


def test_a_wrong_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="secret"):
        CredentialsFolder.model_validate({"path": "x", "secret": 1})


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published examples are not here")
async def test_the_published_examples_conform_and_their_pictures_are_read() -> None:
    contexts = PUBLISHED / "main" / "resources" / "contexts"
    source = adapter(PUBLISHED / "test" / "resources", contexts=contexts)

    await check_adapter(source)

    rows, findings = await read(source)
    pictures = {
        row.values["file"]: row.values["format"]
        for row in rows
        if row.values["file"].endswith(("png", "svg"))
    }
    assert pictures == {
        **{f"ob30/simple-json.{kind}": "ob3-jsonld" for kind in ("png", "svg")},
        **{
            f"ob30/simple-jwt{version}.{kind}": "ob3-jwt"
            for kind in ("png", "svg")
            for version in ("", "_v1")
        },
    }
    assert {found.rule for found in findings} == {
        "credential.unreadable",
        "credential.invalid",
        "credential.untrusted",
    }
