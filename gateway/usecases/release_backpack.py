"""Build, sign, seal and release an approved record; steps of the loop at the holder."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.domain.backpack.document import SCHEMA_VERSION
from gateway.domain.clocks import FRESH_FOR_RELEASE, RELEASE_LIFE, TRANSFER_LIFE
from gateway.domain.errors import Conflict, Untrusted
from gateway.domain.ids import digest
from gateway.domain.messages import MessageType
from gateway.domain.policy import Release
from gateway.domain.policy.basis import ReleaseBasis
from gateway.domain.policy.release import NOT_KEPT
from gateway.domain.transfer import State, Transfer
from gateway.usecases.basis import basis_of
from gateway.usecases.evidence import announcement, correction_announcement, leaf
from gateway.usecases.planning import Held, Planned, plan, read_held
from gateway.usecases.ports import Node, Parcel, Segment, SentSegment, Tx
from gateway.usecases.safety import is_kept
from gateway.usecases.sealing import make_parts, store_made
from gateway.usecases.wholes import sections_of

Disclosures = Mapping[str, Sequence[str]]


async def package_backpack(node: Node, transfer: Transfer) -> Transfer:
    """APPROVED to PACKAGED: freeze what is released, sign it, seal it to the requester's one-time key.

    Raises:
        Conflict: the approval, the student or the one-time key is missing.
        NoticeBasisMissing: what told the family of the release does not hold any more.
        Unknown: the student is no longer in the source.
    """
    student = transfer.student
    if student is None or (transfer.response_key is None and not transfer.accepted_version):
        raise Conflict("an approved transfer needs a matched student and the requester's key")
    if transfer.approved_by is None or transfer.approved_at is None:
        raise Conflict("nobody approved this release")
    by, at = transfer.approved_by, transfer.approved_at

    def look(tx: Tx) -> tuple[Held, ReleaseBasis, Sequence[Planned]] | None:
        if is_kept(tx, student):
            return None
        held = read_held(tx, student)
        return held, basis_of(node, tx, transfer), plan(node, tx, transfer, held, by=by, at=at)

    if (found := await node.store.read(look)) is None:
        return await _wait(node, transfer)
    if transfer.response_key is None:
        return await _announce_correction(node, transfer)
    held, basis, planned = found
    own = held.known or await sign_segment(node, held)
    segments = [*held.earlier, own]
    version = transfer.version + 1
    releases = [one.release for one in planned]
    chain = await node.directory.own_chain()
    parts = await make_parts(node, transfer, version, list(zip(segments, releases, strict=True)))
    claims = record_claims(node, transfer, version, segments, releases) | {
        "basis": basis.claims(),
        "parts": [one.listed for one in parts],
    }
    claims |= await node.store.read(lambda tx: _correction(tx, transfer))
    record = node.seals.sign(MessageType.RECORD, claims, chain)
    jwe = await node.seals.seal(record, transfer.response_key)
    parcel = Parcel(transfer=transfer.id, version=version, jwe=jwe, digest=digest(jwe))
    now = node.now()
    sent = [sent_segment(transfer, version, *part) for part in zip(segments, releases, strict=True)]
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
        if transfer.version:
            tx.parcels.drop(transfer.id)
        tx.parcels.put(parcel)
        store_made(tx, parts)
        tx.sent.put(sent)
        tx.transfers.move(transfer, after)
        for source in {gone.source for of_segment in planned for gone in of_segment.purged}:
            tx.audit.add(leaf(after, now, action="release.purged", rule=source))
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


async def _announce_correction(node: Node, transfer: Transfer) -> Transfer:
    """APPROVED to CORRECTED: the receiver is told, and answers with a new one-time key."""
    now = node.now()
    until = now + TRANSFER_LIFE
    after = transfer.to(State.CORRECTED, at=now, expires_at=until, next_try_at=until)
    event = correction_announcement(node, after)

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        tx.messages.add(event)
        tx.audit.add(leaf(after, now))

    await node.store.write(store)
    node.wake()
    return after


def _correction(tx: Tx, transfer: Transfer) -> dict[str, Any]:
    """Return the claims that only a corrected record has."""
    known = tx.corrections.of(transfer.id)
    if not known:
        return {}
    change = {"reason": known[-1].reason, "pointers": list(known[-1].pointers)}
    return {"replaces": known[-1].replaces, "change": change}


async def _wait(node: Node, transfer: Transfer) -> Transfer:
    """Leave a record where it is until the hold on its student is lifted; nothing says that it waits."""
    after = transfer.stay(at=node.now(), next_try_at=transfer.expires_at)
    await node.store.write(lambda tx: tx.transfers.move(transfer, after))
    return after


async def sign_segment(node: Node, held: Held) -> Segment:
    """Sign the backpack as it is."""
    now, backpack, learner = node.now(), held.backpack, held.learner
    claims = {
        "iss": node.id,
        "iat": int(now.timestamp()),
        "jti": node.new_id(),
        "schema": SCHEMA_VERSION,
        "learner": f"urn:uuid:{learner}",
        "as_of": backpack.mapped_at.date().isoformat(),
        "replaces": held.before and held.before.digest,
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


def record_claims(
    node: Node,
    transfer: Transfer,
    version: int,
    segments: Sequence[Segment],
    releases: Sequence[Release],
) -> dict[str, Any]:
    """Return the claims of a record that holds these segments, as far as they are released."""
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
    }


def sent_segment(transfer: Transfer, version: int, segment: Segment, plan: Release) -> SentSegment:
    """Return that the version contains the segment, and how much of it."""
    decided = {kept.section for kept in plan.withheld if kept.reason not in NOT_KEPT}
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
