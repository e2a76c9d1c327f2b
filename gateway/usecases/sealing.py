"""Make the sealed parts of a record that is packaged: signed and encrypted each by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.domain.backpack.document import SCHEMA_VERSION
from gateway.domain.calendars import Unit
from gateway.domain.errors import Conflict
from gateway.domain.ids import digest
from gateway.domain.messages import MessageType
from gateway.domain.packs import Pack
from gateway.domain.policy import Release
from gateway.domain.sealed import RECEIPT_DAYS, PartState, SealedPart, routing_of
from gateway.domain.transfer import Transfer
from gateway.usecases.ports import Node, Parcel, Segment, Tx

MEDIA_TYPE: Final = "application/jose"

Signed = Sequence[tuple[Segment, Release]]
"""The segments of a release, each with what leaves of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePart:
    """A sealed part: its row, what is served, and what the record says of it."""

    part: SealedPart
    parcel: Parcel
    listed: Mapping[str, Any]


async def make_parts(node: Node, transfer: Transfer, version: int, signed: Signed) -> Sequence[MadePart]:
    """Return a part for each section that two people let go sealed, numbered in the order asked."""
    going = {section for _, release in signed for section in release.sealed}
    sections = [section for section in transfer.sections if section in going]
    return [
        await _make(node, transfer, version, signed, section=section, n=n)
        for n, section in enumerate(sections, start=1)
    ]


async def _make(
    node: Node, transfer: Transfer, version: int, signed: Signed, *, section: str, n: int
) -> MadePart:
    routing = routing_of(node.pack, section)
    if routing is None or transfer.response_key is None:
        raise Conflict("a sealed part needs its role and the requester's key")
    claims = _claims(node, transfer, version, signed, section) | {"n": n, "role": routing.role}
    jws = node.seals.sign(MessageType.PART, claims, await node.directory.own_chain())
    jwe = await node.seals.seal(jws, transfer.response_key)
    now = node.now()
    part = SealedPart(
        transfer=transfer.id,
        version=version,
        n=n,
        role=routing.role,
        sections=(section,),
        digest=digest(jws.encode()),
        jwe_digest=digest(jwe),
        state=PartState.PACKAGED,
        at=now,
        due_on=node.calendar.after(
            node.calendar.day_of(now), receipt_days(node.pack, (section,)), Unit.SCHOOL_DAY
        ),
    )
    parcel = Parcel(transfer=transfer.id, version=version, part=n, jwe=jwe, digest=part.jwe_digest)
    return MadePart(part=part, parcel=parcel, listed=_listed(part, len(jwe)))


def store_made(tx: Tx, made: Sequence[MadePart]) -> None:
    """Keep the parts with what is served of them, in the transaction that packages their record."""
    for one in made:
        replace_earlier(tx, one.part)
        tx.sealed_parts.put(one.part)
        tx.parcels.put(one.parcel)


def replace_earlier(tx: Tx, part: SealedPart) -> None:
    """Delete the parts of earlier versions that this one replaces; what was answered stays as it was."""
    for earlier in tx.sealed_parts.of(part.transfer):
        replaced = earlier.version < part.version and earlier.sections == part.sections
        if replaced and not earlier.settled:
            tx.sealed_parts.remove(earlier)


def receipt_days(pack: Pack, sections: Sequence[str]) -> int:
    """Return within how many school days such a part is confirmed: the shortest of its sections."""
    routings = [routing for section in sections if (routing := routing_of(pack, section))]
    said = [routing.receipt_days for routing in routings if routing.receipt_days]
    return min(said, default=RECEIPT_DAYS)


def _claims(node: Node, transfer: Transfer, version: int, signed: Signed, section: str) -> dict[str, Any]:
    return {
        "iss": node.id,
        "aud": transfer.peer,
        "iat": int(node.now().timestamp()),
        "jti": node.new_id(),
        "transfer": transfer.id,
        "request_digest": transfer.request_digest,
        "version": version,
        "datatypes": [section],
        "record": {
            "schema": SCHEMA_VERSION,
            "segments": [
                {
                    "jws": segment.jws,
                    "disclosures": {
                        section: [
                            segment.disclosures[section][position] for position in release.sealed[section]
                        ]
                    },
                }
                for segment, release in signed
                if section in release.sealed
            ],
        },
    }


def _listed(part: SealedPart, size: int) -> Mapping[str, Any]:
    """Return what the record says of a part (`exchange.ListedPart`): not how many entries it has."""
    return {
        "n": part.n,
        "role": part.role,
        "datatypes": list(part.sections),
        "media_type": MEDIA_TYPE,
        "bytes": size,
        "digest": part.digest,
        "jwe_digest": part.jwe_digest,
    }
