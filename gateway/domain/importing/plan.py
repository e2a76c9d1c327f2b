"""The plan of an import: what each entry of theirs does to ours, as a value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gateway.domain.ids import EntityId, LocalStudentId
from gateway.domain.importing.codes import CodeList, CodeProposal, TheirCode
from gateway.domain.importing.equivalence import Equivalents
from gateway.domain.importing.journal import Beside, Change
from gateway.domain.importing.places import Entry, equal, places, record_id, same


class Verb(StrEnum):
    """What is done with an entry of theirs."""

    CREATE = "create"
    """Make an entry of its own."""
    FILL = "fill"
    """Add to ours what ours does not say."""
    REPLACE = "replace"
    """Say what theirs says; what only ours says stays."""
    CORRECT = "correct"
    """Say what a correction says where ours still says what came before; what was edited here stays."""
    SKIP = "skip"


class Standing(StrEnum):
    """How an entry of theirs stands to what is here."""

    NEW = "new"
    DIFFERS = "differs"
    ALREADY = "already"
    """Already in your SIS: nothing that it says is missing or different here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """One entry of a received record."""

    section: str
    issuer: EntityId
    """The district that asserts it."""
    entry: Entry
    before: Entry | None = None
    """In a correction: the entry as it came before."""

    @property
    def key(self) -> str:
        """The entry's `recordId`."""
        return record_id(self.entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """An entry that does not fit the schema, and what may be done about it."""

    section: str
    issuer: EntityId
    fault: str
    fix: str
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What is here of the student."""

    sections: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    """As the local system has it."""
    changes: Sequence[Change] = ()
    """What earlier imports wrote and nobody undid, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """In what terms this district keeps its records."""

    lists: Mapping[str, CodeList] = field(default_factory=dict)
    """By URI of the shared list."""
    equivalents: Equivalents = field(default_factory=Equivalents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a person decided about an import; what is not here goes as proposed."""

    student: LocalStudentId | None = None
    new_student: bool = False
    sections: Mapping[str, Verb] = field(default_factory=dict)
    entries: Mapping[str, Verb] = field(default_factory=dict)
    """By `recordId` of theirs; counts before the section's."""
    codes: Mapping[TheirCode, str] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()
    """Conversions that may stand beside the original: `recordId` and place, joined by `#`."""

    @property
    def decided(self) -> bool:
        """Whether it is said whose record this is."""
        return self.student is not None or self.new_student


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that is not the same on both sides."""

    place: str
    ours: Any
    """None where ours says nothing."""
    theirs: Any
    """In our codes; None where theirs says nothing."""
    result: Any
    before: Any = None
    """In a correction: what theirs said before, in our codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry of theirs beside ours, and what becomes of it."""

    theirs: Theirs
    offered: Entry
    """Theirs in our codes."""
    before: Entry | None = None
    """In a correction: what theirs said before, in our codes."""
    ours: Entry | None
    standing: Standing
    verb: Verb
    result: Entry | None
    """What is here afterwards; None where it is left out and nothing was here."""
    conversions: tuple[Beside, ...] = ()
    accepted: tuple[Beside, ...] = ()

    @property
    def key(self) -> str:
        """`recordId` of the entry here that this is about."""
        return self.theirs.key if self.ours is None or self.verb is Verb.CREATE else record_id(self.ours)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What is not the same, in the order of theirs; all of it where nothing is here."""
        ours, theirs = places(self.ours or {}), places(self.offered)
        result, before = places(self.result or {}), places(self.before or {})
        return tuple(
            Difference(
                place=place,
                ours=ours.get(place),
                theirs=theirs.get(place),
                result=result.get(place),
                before=before.get(place),
            )
            for place in dict.fromkeys((*theirs, *ours))
            if not same(ours.get(place), theirs.get(place))
        )

    @property
    def change(self) -> Change | None:
        """What this writes; None where it writes nothing."""
        before = None if self.verb is Verb.CREATE else self.ours
        if self.result is None or self.verb is Verb.SKIP or self.standing is Standing.ALREADY:
            return None
        if before is not None and equal(before, self.result) and not self.accepted:
            return None
        return Change(
            section=self.theirs.section,
            key=self.key,
            theirs=self.theirs.key,
            before=before,
            after=self.result,
            beside=self.accepted,
            apart=self.verb is Verb.CREATE and self.ours is not None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What a correction leaves out of the review: the rows are what changed, and nothing else."""

    reason: str
    """Of `domain.corrections.ChangeReason`, as the sender says."""
    unchanged: int
    """Entries that are as they came before."""
    gone: tuple[Theirs, ...]
    """Entries that the sender no longer has in the record, or no longer shows; what is here of them stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """All that an import would do, and all that a person should look at first."""

    choices: Choices
    rows: tuple[Row, ...]
    codes: tuple[CodeProposal, ...]
    set_aside: tuple[SetAside, ...]
    correction: "Corrected | None" = None
    """Where the record corrects one that was taken in."""

    @property
    def sections(self) -> Mapping[str, tuple[Row, ...]]:
        """The rows by section, in the record's order."""
        names = dict.fromkeys(row.theirs.section for row in self.rows)
        return {name: tuple(row for row in self.rows if row.theirs.section == name) for name in names}

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is written, in order. Of entries that change the same one here, each goes on from the last."""
        return tuple(change for row in self.rows if (change := row.change))

    @property
    def undecided(self) -> tuple[CodeProposal, ...]:
        """Codes that a person should look at: until then they stay as they came."""
        return tuple(one for one in self.codes if not one.settled)
