"""A received record beside what is here: what the review shows, the import does, and the undoing asks."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.corrections import EntryChange
from gateway.domain.errors import Conflict, Refused, Unknown
from gateway.domain.ids import EntityId, LocalStudentId, TransferId
from gateway.domain.importing.codes import TheirCode
from gateway.domain.importing.plan import Choices, Corrected, ImportPlan, Ours, SetAside, Theirs
from gateway.domain.importing.planning import plan_import
from gateway.domain.matching import Band, Candidate, Match, match, normalise
from gateway.domain.transfer import Role, State, Subject, Transfer
from gateway.usecases.import_backpack import corrected
from gateway.usecases.ports import ArchivedRecord, Node, OpenedRecord, Review, ReviewState, Tx
from gateway.usecases.received import document_of
from gateway.usecases.wholes import read_whole, sections_of

IMPORTABLE = frozenset({State.VERIFIED, State.IMPORTED, State.RECEIPTED, State.CLOSED})
"""Where a requester has a record that may be taken in, again after an import was undone."""
_ASK = "ask the sender for a correction, or enter it by hand; the original is kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the store has for one import."""

    transfer: Transfer
    archived: ArchivedRecord
    review: Review | None
    candidates: Sequence[Candidate]
    remembered: Mapping[TheirCode, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A record under review: opened, matched with a local student, planned."""

    kept: Kept
    record: OpenedRecord
    document: Mapping[str, Any]
    found: Match
    """Which local student the matcher takes it to be about."""
    student: str
    """Key of the student in the journal: the local id, or the pseudonym of one who is new here."""
    plan: ImportPlan
    before: OpenedRecord | None
    """The record that this one corrects."""


async def open_import(node: Node, id_: TransferId) -> Opened:
    """Return the record with the plan of its import, as decided so far.

    Raises:
        Unknown: there is no such transfer.
        Refused: this node is the holder, or there is nothing to import.
    """
    kept = await node.store.read(lambda tx: _kept(tx, id_))
    record = await node.seals.open_record(kept.archived.jws, kept.transfer.peer)
    document = document_of(record)
    found = match(kept.transfer.subject, kept.candidates)
    choices = settled(kept.review.choices if kept.review else Choices(), found, kept.transfer)
    student = journal_key(node, choices, kept.transfer.subject)
    ours = await node.store.read(lambda tx: ours_of(tx, choices.student, student))
    theirs, set_aside = entries_of(document)
    before = await corrected(node, kept.transfer, record)
    theirs, correction = await _since(node, kept.transfer, record, before, theirs)
    plan = plan_import(
        theirs,
        ours,
        choices,
        node.terms(),
        partner=kept.transfer.peer,
        remembered=kept.remembered,
        set_aside=set_aside,
        correction=correction,
    )
    return Opened(
        kept=kept,
        record=record,
        document=document,
        found=found,
        student=student,
        plan=plan,
        before=before,
    )


async def _since(
    node: Node,
    transfer: Transfer,
    record: OpenedRecord,
    before: OpenedRecord | None,
    theirs: list[Theirs],
) -> tuple[list[Theirs], Corrected | None]:
    """Return the entries to look at: all, or where the record before was taken in, what changed since."""
    if before is None:
        return theirs, None
    old, _ = entries_of(await asyncio.to_thread(document_of, before))
    known = {(one.issuer, one.section, one.key): one for one in old}
    compared = [replace(one, before=_entry(known.get((one.issuer, one.section, one.key)))) for one in theirs]
    version = int(before.claims["version"])
    if not await node.store.read(lambda tx: _was_taken_in(tx, transfer, version)):
        return compared, None
    changed = [one for one in compared if one.before is None or _differs(one)]
    still = {(one.issuer, one.section, one.key) for one in theirs}
    change = record.claims.get("change") or {}
    return changed, Corrected(
        reason=str(change.get("reason", "")),
        unchanged=len(theirs) - len(changed),
        gone=tuple(one for key, one in known.items() if key not in still),
    )


def _entry(one: Theirs | None) -> Mapping[str, Any] | None:
    return None if one is None else one.entry


def _differs(one: Theirs) -> bool:
    change = EntryChange(issuer=one.issuer, section=one.section, before=one.before, after=one.entry)
    return bool(change.fields)


def _was_taken_in(tx: Tx, transfer: Transfer, version: int) -> bool:
    """Whether that version is imported: as a person reviewed it and did not undo it, or by the node."""
    review = tx.reviews.get(transfer.id, version)
    if review is not None:
        return review.state is ReviewState.APPLIED
    return transfer.accepted_version >= version


def _kept(tx: Tx, id_: TransferId) -> Kept:
    transfer = tx.transfers.get(id_)
    if transfer.role is not Role.REQUESTER:
        raise Refused("this node holds that record; there is nothing to import")
    if transfer.state not in IMPORTABLE:
        raise Conflict(f"a record that is {transfer.state} cannot be imported")
    return Kept(
        transfer=transfer,
        archived=tx.archive.get(id_, transfer.version),
        review=tx.reviews.get(id_, transfer.version),
        candidates=tx.backpacks.candidates(transfer.subject),
        remembered=tx.code_choices.of(transfer.peer),
    )


def settled(choices: Choices, found: Match, transfer: Transfer) -> Choices:
    """Return the choices with whose record it is, where a person need not say.

    A certain match is that student and no match a new one; whatever is in doubt waits for a person.
    """
    if choices.decided or transfer.reason is not None or found.band is Band.UNSETTLED:
        return choices
    return replace(choices, student=found.student, new_student=found.student is None)


def journal_key(node: Node, choices: Choices, subject: Subject) -> str:
    """Return under what the journal has the student. One who is new is the same by name and birth date."""
    if choices.student is not None:
        return choices.student
    told = (normalise(subject.family_name), normalise(subject.given_name), subject.birth_date.isoformat())
    return "new:" + node.pseudonym("newcomer", "|".join(told))


def ours_of(tx: Tx, student: LocalStudentId | None, key: str) -> Ours:
    """Return what is here of the student; one who has left the local system has nothing but imports."""
    changes = tuple(line.change for line in tx.journal.of_student(key))
    try:
        sections = {} if student is None else sections_of(read_whole(tx, student))
    except Unknown:
        sections = {}
    return Ours(sections=sections, changes=changes)


def entries_of(document: Mapping[str, Any]) -> tuple[list[Theirs], list[SetAside]]:
    """Return the good entries of a received document, and those that were set aside."""
    return list(_good(document)), list(_set_aside(document))


def _good(document: Mapping[str, Any]) -> Iterator[Theirs]:
    for segment in document["segments"]:
        for section, entries in segment["sections"].items():
            for entry in entries:
                yield Theirs(section=section, issuer=EntityId(segment["issuer"]), entry=entry)


def _set_aside(document: Mapping[str, Any]) -> Iterator[SetAside]:
    for segment in document["segments"]:
        for section, entries in segment["quarantined"].items():
            for one in entries:
                yield SetAside(
                    section=section,
                    issuer=EntityId(segment["issuer"]),
                    fault=one["fault"],
                    fix=_ASK,
                    entry=one["entry"],
                )
