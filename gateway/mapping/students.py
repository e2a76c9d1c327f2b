"""Who is a student, and whose rows the others are."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence

from gateway.mapping.entries import EntryMaker
from gateway.mapping.findings import Finding, Rule
from gateway.mapping.sources import SourceTable, Stored
from gateway.mapping.spec import Decider, StudentSpec


class Roll:
    """The people of a bundle, and which of them are students. Filled by `call_roll`."""

    def __init__(self, spec: StudentSpec, sources: Mapping[str, SourceTable]) -> None:
        self.spec = spec
        self.people = sources[spec.source]
        self.sources = sources
        self.students: set[str] = set()
        self.others: set[str] = set()
        """People who are something else."""
        self.owners: dict[str, str] = {}
        """By source, the column that says whose row it is."""
        self.swept: set[str] = set()
        """Sources whose rows have been held against the people."""
        self._known = self.people.one(spec.key)
        self._slot = self.people.slot(spec.key)
        for decider in spec.decided_by:
            for column in (decider.column, decider.role):
                sources[decider.source].slot(column)

    def rows(self) -> Iterator[Stored]:
        """Yield the students' own rows, in their order."""
        return (row for row in self.people.rows if self.key(row) in self.students)

    def key(self, row: Stored) -> str:
        """Return the person's key."""
        return "" if self._slot is None else str(row[self._slot]).strip()

    def has(self, key: str) -> bool:
        """Tell whether somebody has the key."""
        return key in self._known

    def why(self, source: SourceTable) -> Callable[[Stored], str]:
        """Return what names the rule that left a row of the source out."""
        column = self.spec.key if source is self.people else self.owners.get(source.name)
        return lambda row: self._why(source.at(row, column)) if column else "unreferenced"

    def nobody(self) -> Iterator[Finding]:
        """Yield a finding for each person of whom nothing says what they are, and whom nobody names."""
        for row in self.people.rows:
            if self.people.is_free(row) and self._why(self.key(row)) == "noRole":
                yield self.people.about(
                    row,
                    self.spec.key,
                    Rule.FIELD_MISSING,
                    "nothing says whether this person is a student; the row was left out",
                    "give the person a role",
                )

    def without_state_id(self, row: Stored, found: Sequence[Finding]) -> list[Finding]:
        """Return a finding about a student without a state id, where the table has a column for it.

        Nothing is said where a finding says already what is wrong with that cell.
        """
        column = self.spec.state_id
        header = self.people.header(column)
        if column not in self.people.slots or any(one.column == header for one in found):
            return []
        return [
            self.people.about(
                row, column, Rule.ID_MISSING, "the student has no state id and is hard to match", "fill it in"
            )
        ]

    def _why(self, key: str) -> str:
        if key in self.students:
            return "ruledOut"
        if key in self.people.gone:
            return "deletedPerson"
        return "notAStudent" if key in self.others else "noRole"


def call_roll(roll: Roll, makers: Sequence[EntryMaker]) -> list[Finding]:
    """Find out who is a student and which rows are nobody's; return what is wrong with those."""
    found: list[Finding] = []
    decided: set[str] = set()
    for decider in roll.spec.decided_by:
        said = _said(roll.sources[decider.source], decider, found)
        for key, student in said.items():
            if key not in decided and roll.has(key):
                (roll.students if student else roll.others).add(key)
        decided |= said.keys()
    for maker in makers:
        if maker.works and maker.source is not roll.people and not maker.part.split:
            found += _strays(roll, maker)
    return found


def _said(source: SourceTable, decider: Decider, found: list[Finding]) -> dict[str, bool]:
    """Return what the rows say of each person; who is a student in one role is a student."""
    if not {decider.column, decider.role} <= source.slots.keys():
        return {}
    students = {word.casefold() for word in decider.students}
    others = {word.casefold() for word in decider.others}
    said: dict[str, bool] = {}
    for row in source.rows:
        key, role = source.at(row, decider.column), source.at(row, decider.role).casefold()
        if role in students:
            said[key] = True
        elif role in others:
            said.setdefault(key, False)
        elif role:
            found.append(_unknown_role(source, row, decider))
    return said


def _unknown_role(source: SourceTable, row: Stored, decider: Decider) -> Finding:
    known = (*decider.students, *decider.others)
    near = difflib.get_close_matches(source.at(row, decider.role), known, n=1)
    return source.about(
        row,
        decider.role,
        Rule.CODE_UNMAPPED,
        "no such role is known; it says nothing of the person",
        f"did you mean {near[0]}?" if near else None,
    )


def _strays(roll: Roll, maker: EntryMaker) -> list[Finding]:
    """Return findings for rows that name nobody, or somebody who is not there."""
    source, column = maker.source, maker.part.student
    if roll.owners.setdefault(source.name, column) != column or source.name in roll.swept:
        return []
    roll.swept.add(source.name)
    found = []
    for key, rows in source.many(column).items():
        if roll.has(key) or key in roll.people.gone:
            continue
        for row in rows:
            source.spoil(row)
            found.append(_stray(source, row, column, roll.people))
    return found


def _stray(source: SourceTable, row: Stored, column: str, people: SourceTable) -> Finding:
    if not source.at(row, column):
        return source.about(row, column, Rule.ID_MISSING, "the row does not say whose it is", "fill it in")
    return source.about(
        row,
        column,
        Rule.REFERENCE_ORPHAN,
        f"{people.file} has nobody with this key",
        f"export {people.file} again",
    )
