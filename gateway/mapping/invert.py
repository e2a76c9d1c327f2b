"""The reverse mapping: from received entries to rows that the local system can import.

The same mapping file and crosswalks are used as on the way out. Every cell is read back before it counts,
so that a row never says something else than the entry; what finds no cell is told, and nothing is guessed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from gateway.mapping.inverse_cells import CellWriter, Origin
from gateway.mapping.inverse_drafts import KEY, Draft, Line, Lost, Slot, Where, made_key
from gateway.mapping.inverse_fields import Filler, Misfit
from gateway.mapping.inverse_keys import Keys
from gateway.mapping.inverse_places import NO_COLUMN, Reach, Spot, columns_of, leaf_places
from gateway.mapping.inverse_rows import Blocked, Entry, ImportRows, Loss, path_text
from gateway.mapping.inverse_tables import Tables
from gateway.mapping.leaves import fields_of, model_of_entry
from gateway.mapping.plan import PartPlan, Plan
from gateway.mapping.scopes import Scope
from gateway.mapping.spec_fields import Leaf

NOTHING_READS: Final = "the mapping has no rows for such an entry"
NOT_APART: Final = "no column tells its row from that of another entry"
_SAFETY: Final = ("restrictions", "pickupAllowed")
_WHOSE: Final = (("name", "given"), ("name", "family"), KEY)
ACTOR: Final[Where] = ("meta", "source", "assertedBy")
_DEFAULT_ACTOR: Final = "school"
"""Who asserts where no row says it."""


def rows_of(
    plan: Plan,
    sections: Mapping[str, Sequence[Entry]],
    *,
    organization: str | None = None,
    student: str | None = None,
) -> ImportRows:
    """Return the rows of one learner's entries.

    Args:
        plan: Of the mapping and the local system's own tables: only their columns are written.
        sections: Whole entries as on the wire, by section.
        organization: Entity id of this district. Entries that it asserted itself keep the keys and local
            codes of its system; all others get new keys, made of those of the sender.
        student: The learner's key in the local system; by default the old one where it is known, else
            one that is made.
    """
    return _Reverse(plan, organization, student or _key_of(plan, sections, organization)).rows(sections)


def _key_of(plan: Plan, sections: Mapping[str, Sequence[Entry]], organization: str | None) -> str:
    """Return the learner's key: as it was where the entry is of this system, else the entry's id."""
    spec = plan.mapping.student
    files = {
        part.source.spec.file
        for part in plan.parts()
        if part.has_first
        and part.key[0] == part.student.column == spec.key
        and part.source.name == spec.source
    }
    found = [*sections.get("identity", ()), *(entry for entries in sections.values() for entry in entries)]
    for entry in found:
        source = entry["meta"]["source"]
        if _origin(plan, entry, organization).own and source.get("table") in files and "key" in source:
            return str(source["key"])
    return str(found[0]["meta"]["recordId"]) if found else ""


def _origin(plan: Plan, entry: Entry, organization: str | None) -> Origin:
    source = entry["meta"]["source"]
    kin = source.get("system") == plan.mapping.mapping.source_system
    here = organization is not None and source.get("org", {}).get("id") == organization
    return Origin(own=kin and here, kin=kin)


class _Attempt(NamedTuple):
    """What one part of the mapping makes of an entry."""

    part: PartPlan
    draft: Draft
    identity: tuple[str, ...]
    made: set[str]
    losses: list[Lost]


@dataclass(slots=True)
class _Reverse:
    """Collects the rows of one learner."""

    plan: Plan
    organization: str | None
    student: str
    tables: Tables = field(default_factory=Tables)
    losses: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    blocked: list[Blocked] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    _chosen: dict[int, int] = field(default_factory=dict)
    """Of the `[[entries]]` that combine nothing, the part that the first entry went to."""
    _seen: set[tuple[int, tuple[str, ...]]] = field(default_factory=set)

    def rows(self, sections: Mapping[str, Sequence[Entry]]) -> ImportRows:
        """Return the rows of all entries."""
        writer, keys = CellWriter(self.plan.mapping), Keys.of(self.plan)
        for section, entries in sections.items():
            for at, entry in enumerate(entries):
                self._entry(section, at + 1, entry, writer, keys)
        if self.student:
            self._is_student()
        losses = tuple(Loss(*told, count) for told, count in self.losses.items())
        return ImportRows(
            self.tables.tables(),
            losses,
            tuple(self.blocked),
            sum(map(len, sections.values())),
            self.student,
            frozenset(self.made),
        )

    def _entry(self, section: str, number: int, entry: Entry, writer: CellWriter, keys: Keys) -> None:
        attempts = [
            attempt
            for at, parts in enumerate(self.plan.sections)
            for part in self._candidates(at, section, parts, entry)
            if (attempt := self._attempt(at, part, entry, writer, keys))
        ]
        if not attempts:
            self._nothing(section, number, entry)
            return
        best = min(attempts, key=lambda one: len(one.losses))
        self._tell(section, best.losses)
        danger = [lost for lost in best.losses if _is_dangerous(section, lost.place, entry)]
        if danger:
            self._block(section, number, danger[0].reason)
            return
        self.tables.add(best.draft)
        self.made |= best.made
        self._seen.add((best.part.number, best.identity))
        self._chosen.setdefault(id(best.part.spec), best.part.number)

    def _nothing(self, section: str, number: int, entry: Entry) -> None:
        places = list(_places(entry))
        self._tell(section, [Lost(place, NOTHING_READS) for place in places])
        if any(_is_dangerous(section, place, entry) for place in places):
            self._block(section, number, NOTHING_READS)

    def _block(self, section: str, number: int, reason: str) -> None:
        """Leave the entry out as a whole, in words for whoever must enter it by hand."""
        message = (
            f"what this contact may not do cannot be written ({reason});"
            " no row was made: enter the contact and the restriction by hand"
        )
        self.blocked.append(Blocked(section, number, message))

    def _tell(self, section: str, losses: Sequence[Lost]) -> None:
        self.losses.update((section, path_text(lost.place), lost.reason) for lost in losses)

    def _candidates(
        self, at: int, section: str, parts: Sequence[PartPlan], entry: Entry
    ) -> Sequence[PartPlan]:
        """Return the parts that may have made the entry; at home those of its table."""
        spec = self.plan.mapping.entries[at]
        if spec.section != section:
            return ()
        table = entry["meta"]["source"].get("table")
        home = [part for part in parts if part.source.spec.file == table]
        found = home if home and _origin(self.plan, entry, self.organization).own else parts
        chosen = self._chosen.get(id(spec)) if spec.combine == "first" else None
        return [part for part in found if chosen in {None, part.number}]

    def _attempt(
        self, at: int, part: PartPlan, entry: Entry, writer: CellWriter, keys: Keys
    ) -> _Attempt | None:
        """Return the entry's rows as that part reads them; None where it reads other entries."""
        origin = _origin(self.plan, entry, self.organization)
        organization = "" if origin.own else str(entry["meta"]["source"].get("org", {}).get("id", ""))
        draft = Draft(organization)
        filler = Filler(self.plan, writer, draft, origin, Reach(self.plan, draft))
        people = self.plan.mapping.student
        one_each = (people.key,) if part.source.name == people.source else part.key
        root = draft.line(part.source, part.source.spec.key or one_each, needed=True)
        spot = Spot(root, Scope(part.source, part.spec.links, part.part.columns))
        try:
            if not self._fill(at, part, entry, filler, spot):
                return None
        except Misfit:
            return None
        asked = [lost for check in draft.checks if (lost := check())]
        losses = [*draft.losses, *draft.unequal(), *asked]
        for line in draft.lines if not origin.own else ():
            renewed = keys.renewed(line, organization, self.student)
            line.made |= {column for column, text in renewed.items() if line.cells[column] != text}
            line.cells.update(renewed)
        cells = [line.cells[column] for line in draft.lines for column in line.made if column in line.cells]
        made = {text for cell in cells for text in (cell, *cell.split(","))}
        identity = _identity(part, root)
        if (part.number, identity) in self._seen and part.spec.repeats == "finding":
            losses = [Lost(place, NOT_APART) for place in _places(entry)]
        return _Attempt(part, draft, identity, made, losses + self.tables.conflicts(draft))

    def _fill(self, at: int, part: PartPlan, entry: Entry, filler: Filler, spot: Spot) -> bool:
        """Write all cells of the entry's rows; False where the part's conditions do not hold."""
        draft, root = filler.draft, spot.line
        unnamed = Spot(root, Scope(part.source, part.spec.links))
        whose = filler.reach.slot(part.part.student, unnamed)
        if whose is None:
            return False
        draft.put(whose, self.student, KEY)
        if part.part.each:
            root.lists.add(part.part.each)
        if part.part.split:
            root.lists.add(whose.column)
        source = entry["meta"]["source"]
        key = Slot(root, part.key[0]) if part.has_first and part.key else None
        if filler.origin.own and key and not key.text and "key" in source:
            draft.put(key, str(source["key"]), KEY)
        for name, link in part.spec.links.items():
            if link.required and filler.reach.line(spot.scope.way(name), spot) is None:
                return False
        self._values(at, part, entry, filler, spot)
        draft.settle()
        self._borrow(draft)
        filler.reach.holds(part.part.where, spot)
        draft.settle()
        if key and not key.text and part.key[0] not in root.lists:
            draft.put(key, str(entry["meta"]["recordId"]), KEY)
            root.made.add(key.column)
        draft.lead()
        draft.assign()
        self._complete(draft, root, part, entry)
        held = filler.reach.holds(part.part.where, spot)
        draft.spread()
        return held

    def _complete(self, draft: Draft, root: Line, part: PartPlan, entry: Entry) -> None:
        """Make the keys without which nobody reads the rows: of parts of a key, numbers that go up."""
        numbers: Counter[str] = Counter()
        for line in [line for line in draft.lines if line.cells]:
            key = line.source.spec.key
            numbers[line.source.name] += 1
            made = str(self.tables.count(line.source) + numbers[line.source.name])
            if len(key) == 1:
                content = made_key(draft.organization, line, key[0])
                made = str(entry["meta"]["recordId"]) if line is root else content
            for column in key:
                self._key(draft, Slot(line, column), made)
        said = {
            name for node in fields_of(self.plan.mapping, part.spec).values() for name in columns_of(node)
        }
        for column in () if part.spec.alone else part.key:
            if column not in said:
                self._key(draft, Slot(root, column), str(self.tables.count(root.source) + 1))

    def _key(self, draft: Draft, slot: Slot, text: str) -> None:
        if slot.line.writes(slot.column) and not slot.text:
            draft.put(slot, text)
            slot.line.made.add(slot.column)

    def _values(self, at: int, part: PartPlan, entry: Entry, filler: Filler, spot: Spot) -> None:
        spec = self.plan.mapping.entries[at]
        model = model_of_entry(self.plan.mapping, spec)
        if model is None:
            raise Misfit
        value = {wire: one for wire, one in entry.items() if wire != "meta"}
        filler.fields(model, fields_of(self.plan.mapping, spec), value, spot, ())
        actor = entry["meta"]["source"].get("assertedBy", {}).get("actor")
        by = part.spec.asserted_by
        if actor and actor != _DEFAULT_ACTOR and isinstance(by, Leaf) and by.column:
            filler.node(by, str, actor, spot, ACTOR)
        elif actor and isinstance(by, Leaf) and by.static not in {None, actor}:
            filler.draft.lose(ACTOR, NO_COLUMN)

    def _borrow(self, draft: Draft) -> None:
        """Fill keys that other rows of the learner know already, as the numbers by which classes name him."""
        for slot in [slot for tie in draft.ties for pair in tie.pairs for slot in pair]:
            known = all(slot.line.cells.get(column) for column in slot.line.key)
            row = self.tables.find(slot.line) if known and not slot.text else None
            if row and row.get(slot.column):
                draft.put(slot, row[slot.column], KEY)
                slot.line.made.add(slot.column)
                draft.settle()

    def _is_student(self) -> None:
        """Write the rows without which nobody would know that the learner is one."""
        spec = self.plan.mapping.student
        people = self.plan.sources[spec.source]
        if people.table is not None:
            self._one_row(Line(people, (spec.key,), needed=True, cells={spec.key: self.student}))
        for decider in spec.decided_by:
            source = self.plan.sources[decider.source]
            if source.table is None or not {decider.column, decider.role or decider.column} <= set(
                source.columns
            ):
                continue
            cells = {decider.column: self.student}
            words = {word.casefold() for word in decider.students}
            known = any(
                self.tables.has(source, cells | {decider.role: word}, fold=[decider.role]) for word in words
            )
            if decider.role and not known:
                cells[decider.role] = decider.students[0]
            self._one_row(Line(source, source.spec.key, cells=cells))
            return

    def _one_row(self, line: Line) -> None:
        if not self.tables.has(line.source, line.cells):
            self.tables.add(Draft(lines=[line]))


def _identity(part: PartPlan, root: Line) -> tuple[str, ...]:
    """Return what names the row among those of its part."""
    cells = tuple(root.cells.get(column, "") for column in part.key)
    return cells[:1] if part.spec.alone and part.has_first and cells[0] else cells


def _places(entry: Entry) -> Sequence[Where]:
    return list(leaf_places({wire: one for wire, one in entry.items() if wire != "meta"}, ()))


def _is_dangerous(section: str, place: Where, entry: Entry) -> bool:
    """Tell whether a contact's row without this value would let somebody do what is forbidden."""
    forbidden = bool(entry.get("restrictions")) or entry.get("pickupAllowed") is False
    return section == "contacts" and forbidden and (place[0] in _SAFETY or place[:2] in _WHOSE)
