"""A family's statement of disagreement is attached to an entry (34 CFR 99.21(b)(2)); who may, and to what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.domain.audit import Leaf
from gateway.domain.errors import Refused
from gateway.domain.ids import LocalStudentId
from gateway.domain.importing.places import record_id
from gateway.domain.policy import Action, Person
from gateway.domain.statements import Statement, statement_text, statement_words
from gateway.usecases.disclosures import reading
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Node, Tx
from gateway.usecases.safety import about_student
from gateway.usecases.wholes import read_whole, sections_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStatement:
    """What a family wants to stand beside an entry."""

    section: str
    record: str
    """`recordId` of the entry."""
    text: str
    by: str
    """Who disagrees, such as `Rosa Ortiz, mother`."""
    made_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A student's entries to which a statement may be attached, and what was stated."""

    student: LocalStudentId
    sections: Mapping[str, Sequence[Mapping[str, Any]]]
    """As on the wire, each entry with its statements."""
    statements: Sequence[Statement]
    """Oldest first."""
    without_entry: frozenset[str]
    """Ids of statements whose entry the local system no longer has."""


async def read_statements(node: Node, student: LocalStudentId, *, person: Person) -> Stated:
    """Return the student's entries and what was stated about them. Who looked is kept.

    Raises:
        Unknown: there is no such student.
        Forbidden: the person may not attach statements.
    """
    await _permit(node, person, student)

    def look(tx: Tx) -> Stated:
        sections = sections_of(read_whole(tx, student))
        statements = tx.statements.of(student)
        there = {(name, record_id(one)) for name, entries in sections.items() for one in entries}
        tx.accesses.add(reading(node, person, Action.STATEMENT_ATTACH, tuple(sections), student=student))
        return Stated(
            student=student,
            sections=sections,
            statements=statements,
            without_entry=frozenset(one.id for one in statements if (one.section, one.record) not in there),
        )

    return await node.store.write(look)


async def attach_statement(
    node: Node, student: LocalStudentId, new: NewStatement, *, person: Person
) -> Statement:
    """Let the statement stand in the entry: from now on nobody sees the one without the other.

    Those who have the entry already get it as a correction, which a person sends.

    Raises:
        Unknown: there is no such student.
        Refused: there is no such entry of this district's own, or the day is still to come.
        Malformed: the text is empty or too long.
        Forbidden: the person may not.
    """
    await _permit(node, person, student)
    now = node.now()
    if new.made_on > node.calendar.day_of(now):
        raise Refused("a statement has the day on which it was made")
    statement = Statement(
        id=node.new_id(),
        student=student,
        section=new.section,
        record=new.record,
        text=statement_text(new.text),
        by=statement_words(new.by),
        made_on=new.made_on,
        attached_by=person.name,
        at=now,
    )
    handle = node.pseudonym("learner", student)
    done = Leaf(at=now, actor=actor_of(node, person), action="statement.attached", object=handle)

    def store(tx: Tx) -> None:
        entries = sections_of(read_whole(tx, student)).get(new.section, ())
        if new.record not in {record_id(one) for one in entries}:
            raise Refused("this district asserts no such entry; what another asserts is stated there")
        tx.statements.add(statement)
        tx.audit.add(done)

    await node.store.write(store)
    return statement


async def _permit(node: Node, person: Person, student: LocalStudentId) -> None:
    object_ = await node.store.read(lambda tx: about_student(tx, node, student))
    await permit(node, person, Action.STATEMENT_ATTACH, object_)
