"""Proves what lies in Cedar's import folder, with files alone, and compares it with what Maple has mapped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.crypto import jws, seals
from gateway.crypto.offline import ProvenRecord, pinned, prove
from gateway.demo.nodes import Federation
from gateway.demo.outcome import Kept
from gateway.domain.errors import Malformed, Untrusted
from gateway.domain.ids import Digest, TransferId
from gateway.domain.messages import Direction, Message, MessageType
from gateway.domain.trust import Listing
from gateway.usecases.ports import Node, OpenedSegment, StoredBackpack

RECORD_FILE: Final = "record.jws"
DOCUMENT_FILE: Final = "backpack.json"
HOLDS: Final = "the record proves itself with the agency's public key and no network"
ONE: Final = "exactly one record was imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must have arrived."""

    federation: Federation
    asked: TransferId
    """Cedar's id of the transfer: the name of its folder."""
    held: TransferId
    """Maple's."""
    backpack: StoredBackpack
    """What Maple has mapped of the student."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found."""

    file: Path
    checks: Mapping[str, bool]
    imports: int
    digest: Digest | None = None
    moved: Mapping[str, int] = field(default_factory=dict)
    withheld: tuple[Kept, ...] = ()


def prove_import(expected: Expected, *, now: datetime) -> Proof:
    """Read the import folder and hold it against what is expected. Asks no node and no database."""
    agency, cedar = expected.federation.agency, expected.federation.cedar
    imports = sum(1 for _ in cedar.imports.glob(f"*/{RECORD_FILE}"))
    file = cedar.imports / expected.asked / RECORD_FILE
    try:
        text = file.read_text("ascii")
        anchors = {agency.url: pinned(agency.anchor_keys.read_text("utf-8"))}
        proven = prove(text, anchors, now=now, allow_loopback_http=True)
    except (OSError, UnicodeDecodeError, Untrusted, Malformed):
        return Proof(file=file, checks={HOLDS: False, ONE: imports == 1}, imports=imports)
    own = proven.segments[-1]
    return Proof(
        file=file,
        checks={
            HOLDS: True,
            ONE: imports == 1,
            **_compared(expected, proven, own, {kept.section for kept in _withheld(text)}),
            "the file for the local system says the same": _same_document(file.parent, proven, own),
        },
        imports=imports,
        digest=proven.digest,
        moved={name: len(entries) for name, entries in own.sections.items() if entries},
        withheld=_withheld(text),
    )


def _compared(
    expected: Expected, proven: ProvenRecord, own: OpenedSegment, named: set[str]
) -> dict[str, bool]:
    mapped: dict[str, list[Any]] = orjson.loads(expected.backpack.sections)
    maple, cedar = expected.federation.maple, expected.federation.cedar
    shown = {name: list(entries) for name, entries in own.sections.items()}
    return {
        "Maple released it, to Cedar, for this transfer": (
            (proven.issuer.id, own.issuer, proven.receiver) == (maple.url, maple.url, cedar.url)
            and proven.transfer == expected.held
        ),
        "it is about the student who moves": own.learner == expected.backpack.learner
        and shown.get("identity") == mapped.get("identity"),
        "every entry in it is as Maple mapped it": all(
            entry in mapped.get(name, ()) for name, entries in shown.items() for entry in entries
        ),
        "what did not move is named with its reason": all(
            len(shown.get(name, ())) == len(entries) or name in named for name, entries in mapped.items()
        ),
    }


def _same_document(folder: Path, proven: ProvenRecord, own: OpenedSegment) -> bool:
    try:
        document = orjson.loads((folder / DOCUMENT_FILE).read_bytes())
        sections = {name: entries for name, entries in own.sections.items() if entries}
        written = {name: entries for name, entries in document["segments"][-1]["sections"].items() if entries}
        return bool(document["recordDigest"] == proven.digest and written == sections)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _withheld(record: str) -> tuple[Kept, ...]:
    """Return what the proven record says of its own part that stayed behind."""
    claims = jws.peek(record.strip(), max_bytes=seals.MAX_RECORD_BYTES).claims
    return tuple(
        Kept(section=kept["datatype"], reason=kept["reason"], entries=kept["entries"])
        for kept in claims["granted"][-1]["withheld"]
    )


async def receipts_for(node: Node, held: TransferId, record: Digest | None) -> int:
    """Return how many receipts for the transfer lie at the holder.

    None counts if one is not genuine, rejects the record, or is for another one.

    Raises:
        Untrusted, PeerUnavailable: the receiver cannot be looked up.
    """
    transfer = await node.store.read(lambda tx: tx.transfers.get(held))
    messages = await node.store.read(lambda tx: tx.messages.of(held))
    receiver = await node.directory.listing(transfer.peer)
    receipts = [one for one in messages if (one.type, one.direction) == (MessageType.RECEIPT, Direction.IN)]
    genuine = all(_accepts(node, receipt, receiver, record) for receipt in receipts)
    return len(receipts) if genuine else 0


def _accepts(node: Node, receipt: Message, receiver: Listing, record: Digest | None) -> bool:
    try:
        claims = node.seals.read(MessageType.RECEIPT, receipt.body, receiver)
    except (Untrusted, Malformed):
        return False
    return claims.get("outcome") == "accepted" and claims.get("record_digest") == record
