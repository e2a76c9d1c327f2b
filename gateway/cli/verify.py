"""Offline proof of a received record."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.entries import words
from gateway.cli.exits import ExitCode, sentence_of
from gateway.cli.options import AsJson
from gateway.cli.output import moment, show
from gateway.domain.errors import Malformed, Misconfigured, Refused
from gateway.domain.ids import EntityId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.crypto.chains import Anchors
    from gateway.crypto.offline import ProvenEnrollment, ProvenRecord
    from gateway.usecases.ports import OpenedSegment

RECORD_FILE = "record.jws"


def verify(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, help=f"{RECORD_FILE}, or the import folder that holds it."
        ),
    ],
    anchor: Annotated[
        Path, typer.Option(metavar="KEYS.json", exists=True, dir_okay=False, help="The agency's key file.")
    ],
    anchor_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The agency's address; else as the record names it.")
    ] = None,
    *,
    allow_loopback_http: Annotated[
        bool, typer.Option("--allow-loopback-http", help="The record is from a demonstration on one machine.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Prove a record without any network: who signed what, when, for whom. Exit 1 if it does not hold.

    Only the agency's public key is needed, even if no node of that day exists any more.
    """
    try:
        told = _proven(_text(file), anchor, anchor_url, loopback=allow_loopback_http)
    except Misconfigured:
        raise
    except Refused as error:
        told = {"holds": False, "file": str(file), "code": error.code, "why": sentence_of(error)}
    show({"file": str(file)} | told, _lines(told), as_json=as_json)
    if not told["holds"]:
        raise typer.Exit(ExitCode.REFUSED)


def _text(place: Path) -> str:
    file = place / RECORD_FILE if place.is_dir() else place
    if not file.is_file():
        raise Malformed(f"there is no {RECORD_FILE} in this folder")
    try:
        return file.read_text("ascii")
    except UnicodeDecodeError:
        raise Malformed("this is no signed record") from None


def _proven(text: str, anchor: Path, url: str | None, *, loopback: bool) -> dict[str, Any]:
    from gateway.crypto.offline import is_enrollment, prove, prove_enrollment

    anchors, now = _anchors(text, anchor, url), datetime.now(UTC)
    if is_enrollment(text):
        proven = prove_enrollment(text, anchors, now=now, allow_loopback_http=loopback)
        return _signer(proven) | {"enrolled_on": proven.enrolled_on}
    return _told(prove(text, anchors, now=now, allow_loopback_http=loopback))


def _anchors(record: str, anchor: Path, url: str | None) -> "Anchors":
    from gateway.crypto.offline import anchor_of, pinned

    try:
        keys = pinned(anchor.read_text("utf-8"))
    except (Malformed, UnicodeDecodeError) as error:
        raise Misconfigured(f"{anchor}: {error}; ask the agency for its key file") from None
    return {EntityId(url) if url else anchor_of(record): keys}


def _told(proven: "ProvenRecord") -> dict[str, Any]:
    return _signer(proven) | {
        "version": proven.version,
        "segments": [_segment(segment) for segment in proven.segments],
    }


def _signer(proven: "ProvenRecord | ProvenEnrollment") -> dict[str, Any]:
    return {
        "holds": True,
        "signed_by": {
            "id": proven.issuer.id,
            "name": proven.issuer.organization_name,
            "lea": dict(proven.issuer.lea_ids),
            "vouched_for_by": proven.issuer.anchor,
        },
        "signed_at": proven.signed_at,
        "for": proven.receiver,
        "transfer": proven.transfer,
        "digest": proven.digest,
    }


def _segment(segment: "OpenedSegment") -> dict[str, Any]:
    disclosed = {name: len(entries) for name, entries in segment.sections.items()}
    return {
        "signed_by": segment.issuer,
        "as_of": segment.as_of,
        "learner": segment.learner,
        "disclosed": disclosed,
        "undisclosed": dict(segment.undisclosed),
    }


def _lines(told: dict[str, Any]) -> "Iterator[str]":
    if not told["holds"]:
        yield f"The record does not hold. {told['why']}"
        return
    signer = told["signed_by"]
    if "enrolled_on" in told:
        yield "The confirmation holds: its signature is genuine."
        yield f"Signed by    {signer['name']} ({signer['id']}), vouched for by {signer['vouched_for_by']}"
        yield f"On           {moment(told['signed_at'])}"
        yield f"For          {told['for']}"
        yield f"Transfer     {told['transfer']}"
        yield f"Enrolled on  {told['enrolled_on']}"
        yield f"Digest       {told['digest']}"
        return
    yield "The record holds: every signature in it is genuine."
    yield f"Released by  {signer['name']} ({signer['id']}), vouched for by {signer['vouched_for_by']}"
    yield f"On           {moment(told['signed_at'])}"
    yield f"For          {told['for']}"
    yield f"Transfer     {told['transfer']}, version {told['version']}"
    yield f"Digest       {told['digest']}"
    for number, segment in enumerate(told["segments"], 1):
        yield ""
        yield f"Part {number}: what {segment['signed_by']} says as of {segment['as_of']}"
        yield from _counts(segment)


def _counts(segment: dict[str, Any]) -> "Iterator[str]":
    for name in {**segment["disclosed"], **segment["undisclosed"]}:
        shown, more = segment["disclosed"].get(name, 0), segment["undisclosed"].get(name, 0)
        yield f"  {words(name)}: {shown} disclosed" + (f"; {more} withheld or padding" if more else "")
    if not segment["disclosed"] and not segment["undisclosed"]:
        yield "  nothing"
