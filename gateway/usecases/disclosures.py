"""The lines of a student's record of disclosures, and of who read the record here (34 CFR 99.32).

Whoever acts writes the line in the transaction of the act.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.domain.audit import Leaf
from gateway.domain.confidentiality import ELSEWHERE
from gateway.domain.disclosures import Access, Disclosure, DisclosureKind, is_exempt
from gateway.domain.errors import GatewayError
from gateway.domain.ids import EntityId, LocalStudentId, TransferId
from gateway.domain.policy import Action, Flag, Kind, Object, Obligation, Person
from gateway.domain.safety.flags import for_policy
from gateway.domain.sealed import SealedPart
from gateway.domain.transfer import Transfer
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Node, SentSegment, Tx
from gateway.usecases.safety import flags_of


def requested(node: Node, transfer: Transfer, student: LocalStudentId) -> Disclosure:
    """Return the line of a request, written when it is known about whom it is."""
    return _line(node, transfer, student, DisclosureKind.REQUEST, transfer.sections)


def denied(node: Node, transfer: Transfer, student: LocalStudentId) -> Disclosure:
    """Return the line of a request that was refused."""
    return _line(
        node, transfer, student, DisclosureKind.DENIAL, transfer.sections, reason=transfer.reason or ""
    )


def released(
    node: Node, transfer: Transfer, student: LocalStudentId, sent: Sequence[SentSegment]
) -> Disclosure:
    """Return the line of a record that was handed over: whole, or in part."""
    left = sorted({section for one in sent for section in one.sections})
    partial = any(one.kept_back for one in sent)
    kind = DisclosureKind.PARTIAL if partial else DisclosureKind.RELEASE
    return _line(node, transfer, student, kind, left, reason="restricted" if partial else "")


def ahead(node: Node, transfer: Transfer, student: LocalStudentId, sent: Sequence[SentSegment]) -> Disclosure:
    """Return the line of a snapshot that was handed over ahead of the record."""
    left = sorted({section for one in sent for section in one.sections})
    return _line(node, transfer, student, DisclosureKind.PARTIAL, left, reason="follows")


def released_sealed(node: Node, transfer: Transfer, student: LocalStudentId, part: SealedPart) -> Disclosure:
    """Return the line of a sealed part that was handed over."""
    return _line(node, transfer, student, DisclosureKind.RELEASE, part.sections, reason="sealed")


def reading(
    node: Node,
    person: Person,
    action: Action,
    sections: Collection[str],
    *,
    student: LocalStudentId | None = None,
    transfer: TransferId | None = None,
) -> Access:
    """Return the line of a person of this district who read a record for that action."""
    return Access(
        id=node.new_id(),
        at=node.now(),
        person=person.name,
        role=", ".join(sorted(person.roles)),
        why=action,
        sections=tuple(sections),
        student=student,
        transfer=transfer,
    )


def _line(
    node: Node,
    transfer: Transfer,
    student: LocalStudentId,
    kind: DisclosureKind,
    sections: Sequence[str],
    *,
    reason: str = "",
) -> Disclosure:
    return Disclosure(
        id=node.new_id(),
        student=student,
        kind=kind,
        at=node.now(),
        party=transfer.peer,
        interest=transfer.purpose,
        basis=transfer.legal_basis,
        sections=tuple(sections),
        transfer=transfer.id,
        ferpa_exempt=is_exempt(transfer.legal_basis),
        reason=reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureRecord:
    """All that is kept of who asked for, received or read one student's record."""

    student: LocalStudentId
    disclosures: Sequence[Disclosure]
    accesses: Sequence[Access]
    parties: Mapping[str, str]
    """Name of each party by its id, where its trust chain can still be proven."""


async def read_disclosures(node: Node, student: LocalStudentId, *, person: Person) -> DisclosureRecord:
    """Return the student's record of disclosures. Who looked is in the audit log.

    Where a student with a confidential address goes is not named to those whom the rules keep it from.

    Raises:
        Forbidden: the person may not read it.
    """
    handle = node.pseudonym("student", student)
    flags = for_policy(await node.store.read(lambda tx: flags_of(tx, node, student))) - {Flag.MISSING}
    object_ = Object(kind=Kind.STUDENT, id=handle, flags=flags)
    decision = await permit(node, person, Action.DISCLOSURES_READ, object_)
    seen = Leaf(
        at=node.now(), actor=actor_of(node, person), action=Action.DISCLOSURES_READ.value, object=handle
    )

    def look(tx: Tx) -> tuple[Sequence[Disclosure], Sequence[Access]]:
        tx.audit.add(seen)
        return tx.disclosures.of(student), tx.accesses.of(student)

    disclosures, accesses = await node.store.write(look)
    if Obligation.MASK_DESTINATION in decision.obligations:
        disclosures = [replace(one, party=ELSEWHERE, transfer=None) for one in disclosures]
        parties = {ELSEWHERE: ELSEWHERE}
    else:
        parties = {one.party: await _name(node, one.party) for one in disclosures}
    return DisclosureRecord(student=student, disclosures=disclosures, accesses=accesses, parties=parties)


async def _name(node: Node, party: str) -> str:
    try:
        return (await node.directory.listing(EntityId(party))).organization_name
    except GatewayError:
        return party
