"""Build, sign, seal and release an approved record; steps of the loop at the holder."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from gateway.domain.backpack.base import LEVELS
from gateway.domain.backpack.document import SCHEMA_VERSION
from gateway.domain.backpack.versions import readable
from gateway.domain.clocks import FRESH_FOR_RELEASE, RELEASE_LIFE
from gateway.domain.confidentiality import tells_place
from gateway.domain.errors import Conflict, Malformed, Untrusted
from gateway.domain.ids import LocalStudentId, b64url_decode, digest
from gateway.domain.messages import MessageType
from gateway.domain.packs import Purged, to_purge
from gateway.domain.policy import Release, WithheldReason, plan_release
from gateway.domain.transfer import State, Transfer
from gateway.usecases.basis import basis_of
from gateway.usecases.evidence import announcement, leaf
from gateway.usecases.ports import Node, Parcel, Segment, SentSegment, StoredBackpack, Tx
from gateway.usecases.safety import is_kept, is_protected
from gateway.usecases.wholes import read_whole, sections_of

Disclosures = Mapping[str, Sequence[str]]


async def package_backpack(node: Node, transfer: Transfer) -> Transfer:
    """APPROVED to PACKAGED: freeze what is released, sign it, seal it to the requester's one-time key.

    Raises:
        Conflict: the approval, the student or the one-time key is missing.
        NoticeBasisMissing: what told the family of the release does not hold any more.
        Unknown: the student is no longer in the source.
    """
    student = transfer.student
    if student is None or transfer.response_key is None:
        raise Conflict("an approved transfer needs a matched student and the requester's key")
    if await node.store.read(lambda tx: is_kept(tx, student)):
        return await _wait(node, transfer)
    backpack, earlier, known = await node.store.read(lambda tx: _held(tx, student))
    basis = await node.store.read(lambda tx: basis_of(node, tx, transfer))
    own = known or await _sign_segment(node, backpack, _learner(backpack, earlier))
    segments = [*earlier, own]
    version = transfer.version + 1
    purged = [_to_purge(node, entries) for entries in (*map(_disclosed, earlier), sections_of(backpack))]
    hidden = await node.store.read(lambda tx: is_protected(tx, student))
    classes = [_classes_of(one, hidden=hidden) for one in earlier] + [_own_classes(backpack)]
    releases = _plan(node, transfer, [_without(*one) for one in zip(classes, purged, strict=True)])
    chain = await node.directory.own_chain()
    claims = _claims(node, transfer, version, segments, releases) | {"basis": basis.claims()}
    record = node.seals.sign(MessageType.RECORD, claims, chain)
    jwe = await node.seals.seal(record, transfer.response_key)
    parcel = Parcel(transfer=transfer.id, version=version, jwe=jwe, digest=digest(jwe))
    now = node.now()
    sent = [_sent(transfer, version, *part) for part in zip(segments, releases, strict=True)]
    after = transfer.to(
        State.PACKAGED,
        at=now,
        version=version,
        fetches=0,
        record_digest=digest(record.encode()),
        parcel_digest=parcel.digest,
        next_try_at=now,
    )

    def store(tx: Tx) -> None:
        tx.segments.put(own)
        tx.parcels.put(parcel)
        tx.sent.put(sent)
        tx.transfers.move(transfer, after)
        for one in {gone.source for of_segment in purged for gone in of_segment}:
            tx.audit.add(leaf(after, now, action="release.purged", rule=one))
        tx.audit.add(leaf(after, now, rule=str(basis), digests=(digest(record.encode()),)))

    await node.store.write(store)
    return after


async def release_backpack(node: Node, transfer: Transfer) -> Transfer:
    """PACKAGED to RELEASED, if the agency vouches for the requester at this moment.

    Raises:
        Untrusted: it no longer does. The record stays here; the loop asks again later.
        PeerUnavailable: the agency cannot be asked. The same.
    """
    if await node.store.read(lambda tx: is_kept(tx, transfer.student)):
        return await _wait(node, transfer)
    listing = await node.directory.listing(transfer.peer, max_age=FRESH_FOR_RELEASE)
    if node.rules.required_marks - listing.trust_marks:
        raise Untrusted("trust_mark_missing")
    now = node.now()
    expires_at = now + RELEASE_LIFE
    after = transfer.to(State.RELEASED, at=now, expires_at=expires_at, next_try_at=expires_at)
    event = announcement(node, after)

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        tx.messages.add(event)
        tx.audit.add(leaf(after, now, rule=transfer.legal_basis))

    await node.store.write(store)
    node.wake()
    return after


async def _wait(node: Node, transfer: Transfer) -> Transfer:
    """Leave a record where it is until the hold on its student is lifted; nothing says that it waits."""
    after = transfer.stay(at=node.now(), next_try_at=transfer.expires_at)
    await node.store.write(lambda tx: tx.transfers.move(transfer, after))
    return after


def _held(tx: Tx, student: LocalStudentId) -> tuple[StoredBackpack, Sequence[Segment], Segment | None]:
    """Return the student's backpack, what earlier districts signed, and the segment that signs it already."""
    backpack = read_whole(tx, student)
    keys = backpack.candidate
    earlier = tx.segments.received(state_id=keys.state_id, birth_date=keys.birth_date)
    known = tx.segments.own(student, backpack.fingerprint)
    if known and known.learner != _learner(backpack, earlier):
        known = None
    return backpack, earlier, known


def _learner(backpack: StoredBackpack, earlier: Sequence[Segment]) -> str:
    """Return the learner's pseudonym: that of the first district which asserted anything."""
    return earlier[0].learner if earlier else backpack.learner


async def _sign_segment(node: Node, backpack: StoredBackpack, learner: str) -> Segment:
    """Sign the backpack as it is."""
    now = node.now()
    claims = {
        "iss": node.id,
        "iat": int(now.timestamp()),
        "jti": node.new_id(),
        "schema": SCHEMA_VERSION,
        "learner": f"urn:uuid:{learner}",
        "as_of": backpack.mapped_at.date().isoformat(),
        "replaces": None,
    }
    chain = await node.directory.own_chain()
    jws, disclosures = await node.seals.sign_segment(claims, sections_of(backpack), chain)
    return Segment(
        digest=digest(jws.encode()),
        issuer=node.id,
        learner=learner,
        jws=jws,
        disclosures=disclosures,
        fingerprint=backpack.fingerprint,
        student=backpack.student,
        state_id=backpack.candidate.state_id,
        birth_date=backpack.candidate.birth_date,
        received_with=None,
        at=now,
    )


def _plan(
    node: Node, transfer: Transfer, classes: Sequence[Mapping[str, Sequence[str]]]
) -> tuple[Release, ...]:
    """Decide for each segment; the district's own rules bind what it passes on from others too."""
    if transfer.approved_by is None or transfer.approved_at is None:
        raise Conflict("nobody approved this release")
    return tuple(
        plan_release(
            asked=transfer.sections,
            classes=of_segment,
            rules=node.rules,
            approved_by=transfer.approved_by,
            approved_at=transfer.approved_at,
        )
        for of_segment in classes
    )


_PURGED: Final = "purged"
"""A class that no rule knows: such entries stay."""


def _to_purge(node: Node, sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Purged]:
    """Return the entries that the law wants gone before a record is packaged."""
    today = node.calendar.day_of(node.now())
    return [one for name, entries in sections.items() for one in to_purge(node.pack, name, entries, today)]


def _without(classes: Mapping[str, Sequence[str]], purged: Sequence[Purged]) -> Mapping[str, Sequence[str]]:
    gone = {(one.section, one.position) for one in purged}
    return {
        name: [_PURGED if (name, n) in gone else held for n, held in enumerate(entries)]
        for name, entries in classes.items()
    }


def _disclosed(segment: Segment) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the entries that another district disclosed: of `[salt, entry]` (RFC 9901, 4.2.2) the second."""
    return {
        name: [orjson.loads(b64url_decode(text))[1] for text in texts]
        for name, texts in segment.disclosures.items()
    }


def _own_classes(backpack: StoredBackpack) -> dict[str, list[str]]:
    """Return the sensitivity class of each own entry, in the order of its disclosures."""
    sections = sections_of(backpack)
    return {
        name: [str(entry["meta"]["sensitivity"]["class"]) for entry in entries]
        for name, entries in sections.items()
    }


def _classes_of(segment: Segment, *, hidden: bool) -> dict[str, list[str]]:
    """Return the classes of what another district disclosed; its word and the entry's fields count.

    Where a student's whereabouts are hidden, what tells them has a class that nobody knows: it stays.
    """
    return {
        name: [_class(name, text, hidden=hidden) for text in texts]
        for name, texts in segment.disclosures.items()
    }


def _class(section: str, disclosure: str, *, hidden: bool) -> str:
    """Return the class of a disclosed entry, `[salt, entry]` (RFC 9901, 4.2.2).

    What does not fit the schema is restricted.
    """
    _, entry = orjson.loads(b64url_decode(disclosure))
    try:
        read, present = readable(section, entry)
    except Malformed:
        return LEVELS[-1]
    return "hidden" if hidden and tells_place(section, present) else read.sensitivity().level


def _claims(
    node: Node,
    transfer: Transfer,
    version: int,
    segments: Sequence[Segment],
    releases: Sequence[Release],
) -> dict[str, Any]:
    last = releases[-1]
    return {
        "iss": node.id,
        "aud": transfer.peer,
        "iat": int(node.now().timestamp()),
        "jti": node.new_id(),
        "transfer": transfer.id,
        "request_digest": transfer.request_digest,
        "version": version,
        "replaces": None,
        "approved": {
            "by": last.approved_by,
            "role": "records-officer",
            "at": int(last.approved_at.timestamp()),
            "policy": last.rule,
        },
        "granted": [_granted(segment, plan) for segment, plan in zip(segments, releases, strict=True)],
        "redisclosure": "34CFR99.33",
        "retain_until": None,
        "record": {
            "schema": SCHEMA_VERSION,
            "segments": [_segment(segment, plan) for segment, plan in zip(segments, releases, strict=True)],
        },
        "parts": [],
    }


_NO_DECISION = frozenset({WithheldReason.NOT_HELD, WithheldReason.NOT_ASKED})


def _sent(transfer: Transfer, version: int, segment: Segment, plan: Release) -> SentSegment:
    decided = {kept.section for kept in plan.withheld if kept.reason not in _NO_DECISION}
    return SentSegment(
        transfer=transfer.id,
        version=version,
        segment=segment.digest,
        issuer=segment.issuer,
        sections=tuple(sorted(plan.granted)),
        kept_back=tuple(sorted(decided)),
    )


def _granted(segment: Segment, plan: Release) -> dict[str, Any]:
    return {
        "issuer": segment.issuer,
        "datatypes": sorted(plan.granted),
        "withheld": [
            {"datatype": kept.section, "reason": kept.reason, "entries": kept.entries}
            for kept in plan.withheld
        ],
    }


def _segment(segment: Segment, plan: Release) -> dict[str, Any]:
    return {
        "jws": segment.jws,
        "disclosures": {
            section: [segment.disclosures[section][position] for position in positions]
            for section, positions in plan.granted.items()
        },
    }
