"""Rows of one file of credentials: the credential, and those in it where it is a learner record."""

import base64
import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from adapters._baked import baked_in_png, baked_in_svg
from adapters._credential_students import Students
from gateway.adapter_api import Finding, Refused, Row, Rule, TooLarge, finding
from gateway.adapter_api.credentials import (
    MAX_BYTES,
    CheckedCredential,
    Reason,
    Verifier,
    VerifyStatus,
    inner_payloads,
)

COLUMNS: Final = (
    *("student", "id", "type", "title", "description", "criteria", "issuerId", "issuerName", "issuedOn"),
    *("expires", "results", "alignments", "alignmentUrls", "image", "imageUri", "format", "payload"),
    *("verifyStatus", "verifyReason", "revocationList", "revocationStatus", "partOf", "file"),
)
"""Fields of an Achievement, of its credential and of its revocation; then where it was found."""

_PICTURES: Final = {".png": baked_in_png, ".svg": baked_in_svg}

NAMES: Final = frozenset({".json", ".jsonld", ".jwt", ".jws", ".1ob", *_PICTURES})
"""How the names of files with credentials end."""

_TABLE: Final = "credentials"
_NUMBERS: Final = 1000
"""Of one file: more than there are credentials in one learner record."""

_BETWEEN: Final = "|"
"""Between the values of a cell that holds several."""

_WHY: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.NO_PROOF: "it is not signed",
        Reason.UNSUPPORTED_PROOF: "its proof is of a kind that is not read here",
        Reason.UNKNOWN_CONTEXT: "it names a JSON-LD context that is not here",
        Reason.NEEDS_NETWORK: "Open Badges 2.0 can only be verified on the network",
        Reason.ISSUER_NOT_PINNED: "no keys of its issuer are known here",
        Reason.KEY_NOT_PINNED: "its key is none of those known of its issuer",
        Reason.BAD_PROOF: "its proof is not written as the standard says",
        Reason.BAD_SIGNATURE: "its signature is wrong: it was changed, or signed with another key",
        Reason.UNSIGNED_TERMS: "it holds words that no context defines, so nobody signed them",
        Reason.CLAIMS_DIFFER: "its token and its content name different issuers, subjects or ids",
        Reason.TOO_COMPLEX: "it is built to be expensive to check",
    }
)


class CredentialFile(NamedTuple):
    """A file that may hold a credential."""

    path: Path
    name: str
    """Below the folder, with slashes."""
    number: int


@dataclass
class _Place:
    """Where in the files the reading is."""

    file: CredentialFile
    line: int

    def found(self, rule: Rule, message: str, suggestion: str | None = None) -> Finding:
        """Return a finding about what is read now. A path may name a student, so it is a raw value."""
        return finding(
            rule, message, file=_TABLE, line=self.line, raw_value=self.file.name, suggestion=suggestion
        )


def rows_of(
    file: CredentialFile, whose: Students, checker: Verifier, max_picture: int
) -> Iterator[Row | Finding]:
    """Yield the credential of the file, then those in it, and before each what is wrong with it."""
    place = _Place(file, file.number * _NUMBERS)
    try:
        payload = _payload(file.path, max_picture)
        outer = yield from _credential(place, payload, "", whose, checker)
        if outer is None or not outer.index.format.startswith("clr2"):
            return
        for inner in inner_payloads(payload):
            place.line += 1
            yield from _credential(place, inner, outer.index.id, whose, checker)
    except Refused as error:
        yield place.found(Rule.CREDENTIAL_UNREADABLE, str(error))
    except OSError as error:
        yield place.found(Rule.CREDENTIAL_UNREADABLE, f"the file cannot be read: {error.strerror}")


def _payload(path: Path, max_picture: int) -> bytes:
    picture = _PICTURES.get(path.suffix.lower())
    most = max_picture if picture else MAX_BYTES
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise TooLarge(f"the file has more than {most} bytes")
    return picture(content, MAX_BYTES) if picture else content


def _credential(
    place: _Place, payload: bytes, part_of: str, whose: Students, checker: Verifier
) -> Generator[Row | Finding, None, CheckedCredential | None]:
    """Yield a row unless the credential is bad or nobody's; return the credential if it may be believed."""
    try:
        checked = checker.check(payload)
    except Refused as error:
        yield place.found(Rule.CREDENTIAL_UNREADABLE, str(error))
        return None
    status, reason = checked.verdict.status, checked.verdict.reason
    if status is VerifyStatus.INVALID:
        yield place.found(Rule.CREDENTIAL_INVALID, f"the credential is not taken: {_WHY[reason]}")
        return None
    student = whose.of_file(place.file.name) if whose.known_before else whose.of_subject(checked.index)
    if not student:
        yield place.found(Rule.ID_MISSING, "nothing says whose the credential is")
        return checked
    if status is not VerifyStatus.VERIFIED:
        yield place.found(Rule.CREDENTIAL_UNTRUSTED, f"the credential is not verified: {_WHY[reason]}")
    yield Row(_cells(checked, student, part_of, place.file.name), place.line)
    return checked


def _cells(checked: CheckedCredential, student: str, part_of: str, file: str) -> dict[str, str]:
    """Return what is there, by column; a cell without text is absent."""
    index = checked.index
    urls = (one["targetUrl"] for one in index.alignments if "targetUrl" in one)
    cells = {
        "student": student,
        "id": index.id,
        "type": index.type,
        "title": index.title,
        "description": index.description,
        "criteria": index.criteria,
        "issuerId": index.issuer_id,
        "issuerName": index.issuer_name,
        "issuedOn": index.issued_on,
        "expires": index.expires,
        "results": _BETWEEN.join(one.replace(_BETWEEN, "/") for one in index.results),
        "alignments": json.dumps(index.alignments, ensure_ascii=False) if index.alignments else "",
        "alignmentUrls": _BETWEEN.join(url for url in urls if _BETWEEN not in url),
        "image": "true" if index.has_image else "false",
        "imageUri": index.image_uri,
        "format": index.format,
        "payload": base64.b64encode(checked.payload).decode(),
        "verifyStatus": checked.verdict.status,
        "verifyReason": checked.verdict.reason,
        "revocationList": index.revocation_list,
        "revocationStatus": "notChecked" if index.revocation_list else "",
        "partOf": part_of,
        "file": file,
    }
    return {name: str(value) for name, value in cells.items() if value}
