"""A first mapping of tables that nobody has described: by names of columns and the look of their values.

Nothing is invented: what is drafted has a column with a fitting name whose values fit, and what has to be
decided is marked. The rest is left to people, and `map check` lists it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from gateway.mapping.denied import denied_column
from gateway.mapping.draft_keys import (
    ENOUGH,
    OF_PEOPLE,
    ends_as_key,
    is_key,
    key_named,
    names_student,
    people_among,
    quoted,
    share_of,
    spoken_for,
)
from gateway.mapping.draft_parts import Draft, DraftDecider, DraftEntry, DraftLink, DraftObject
from gateway.mapping.draft_words import (
    Path,
    Section,
    Slot,
    objects,
    sections,
    singular,
    speaks_for,
    spellings,
    table_words,
    words_of,
)
from gateway.mapping.profiling import Column, Profile

_STUDENT_ROLES: Final = frozenset({"student", "students", "learner", "pupil", "s"})


def draft(found: Sequence[Profile]) -> Draft | None:
    """Return what the tables may mean; None if none of them looks like a table of people."""
    people = people_among(found)
    return _Drafting(found, people).draft() if people else None


class _Drafting:
    """Looks through the tables of one source."""

    def __init__(self, found: Sequence[Profile], people: Profile) -> None:
        self._tables = {profile.name: profile for profile in found}
        self._people = people
        self._key = self._key_of_people()
        self._keys: dict[str, str] = {people.name: self._key}
        self._objects = {name: made for name in objects() if (made := self._object(name))}

    def draft(self) -> Draft:
        """Draft everything."""
        entries = [*self._own(), *self._others()]
        if all(entry.section != "enrollments" for entry in entries) or self._has_stays():
            stay = self._entry(sections()["enrollments"], self._people, self._key)
            entries += [stay] if stay else []
        found = sorted(
            self._deciders(), key=lambda one: (-len(one.others), "role" not in table_words(one.source))
        )
        deciders = found or [DraftDecider(self._people.name, self._key)]
        identity = sections()["identity"]
        state = self._column(identity.slots[0], self._people, set())
        order = list(sections())
        entries.sort(key=lambda entry: order.index(entry.section))
        made = Draft(
            self._people,
            self._key,
            state.name if state else self._key,
            deciders,
            self._used_objects(entries),
            entries,
            self._tables,
            self._keys,
            (),
        )
        made.left = [profile for name, profile in self._tables.items() if name not in made.used]
        return made

    def _used_objects(self, entries: Sequence[DraftEntry]) -> dict[str, DraftObject]:
        texts = "".join(text for entry in entries for text in entry.fields.values())
        return {name: one for name, one in self._objects.items() if f'object = "{name}"' in texts}

    # --- people -------------------------------------------------------------------------------------------

    def _key_of_people(self) -> str:
        """Return the unique column that most other tables name, else the first that is called a key."""
        unique = [column for column in self._people.columns.values() if column.unique and is_key(column)]
        votes = {column.name: 0 for column in unique}
        for profile in self._others_than(self._people):
            for column in profile.columns.values():
                for key in unique:
                    votes[key.name] += names_student(column) and share_of(column, key) >= ENOUGH
        ordered = sorted(unique, key=lambda one: (-votes[one.name], not ends_as_key(one.name)))
        return ordered[0].name if ordered else next(iter(self._people.columns))

    def _reference(self, profile: Profile) -> str | None:
        """Return whose rows these are: a column, or `column>key` where it names people by another key."""
        if profile is self._people:
            return self._key
        named = [one for one in profile.columns.values() if names_student(one)]
        same = [one for one in profile.columns.values() if one.name == self._key != "id"]
        for columns in (named, same):
            pairs = list(self._pairs(columns))
            scores = [self._score(column, key) for column, key in pairs]
            if scores and max(scores) >= ENOUGH:
                column, key = pairs[scores.index(max(scores))]
                return column.name if key.name == self._key else f"{column.name}>{key.name}"
        return None

    def _score(self, column: Column, key: Column) -> float:
        """Return how surely a column names people by that key; of two the shorter name is theirs."""
        return share_of(column, key) + 0.2 * (key.name == self._key) - 0.01 * len(words_of(column.name))

    def _pairs(self, columns: Sequence[Column]) -> Iterator[tuple[Column, Column]]:
        """Yield each column with each unique column of the table of people."""
        for column in columns:
            for key in self._people.columns.values():
                if key.unique and column.filled:
                    yield column, key

    def _deciders(self) -> Iterator[DraftDecider]:
        for profile in (*self._others_than(self._people), self._people):
            role = next((one for one in profile.columns.values() if words_of(one.name) == ("role",)), None)
            reference = self._reference(profile)
            if role is None or reference is None or ">" in reference:
                continue
            known = sorted({code.casefold() for code in role.codes})
            students = [code for code in known if code in _STUDENT_ROLES]
            if students:
                others = [code for code in known if code not in students]
                yield DraftDecider(profile.name, reference, role.name, students, others)

    # --- entries ------------------------------------------------------------------------------------------

    def _own(self) -> Iterator[DraftEntry]:
        """Yield what the table of people says itself, with the tables that have one row for each of them."""
        for name in ("identity", "demographics"):
            beside = [link for one in self._others_than(self._people) if (link := self._beside(one))]
            entry = self._entry(sections()[name], self._people, self._key, beside)
            if entry:
                yield entry

    def _has_stays(self) -> bool:
        slot = next(slot for slot in sections()["enrollments"].slots if slot.path == ("entryDate",))
        return self._column(slot, self._people, set()) is not None

    def _others(self) -> Iterator[DraftEntry]:
        for profile in self._others_than(self._people):
            reference = self._reference(profile)
            if reference is None:
                continue
            made = [
                entry
                for section in spoken_for(profile.name)
                if (entry := self._entry(section, profile, reference)) is not None
            ]
            if made:
                yield max(made, key=lambda entry: len(entry.fields))

    def _entry(
        self, section: Section, profile: Profile, reference: str, beside: Sequence[DraftLink] = ()
    ) -> DraftEntry | None:
        """Draft the entries of a section from the rows of a table."""
        column, _, key = reference.partition(">")
        entry = DraftEntry(section.name, profile.name, column, (), self._where(profile))
        if key:
            entry.links["student"] = DraftLink(self._people.name, column, key)
            entry.student = f"student.{self._key}"
            self._keys.setdefault(self._people.name, self._key)
        used = {column} if section.name not in OF_PEOPLE else set()
        self._fill(entry, section.slots, profile, "", used)
        for link in beside:
            self._look_through(entry, section, self._tables[link.source], link)
        for link, other in self._linked(profile, section, column):
            self._look_through(entry, section, other, link)
        if section.name == "enrollments" and profile is not self._people:
            self._grade_of_person(entry, section, column)
        if section.name == "contacts" and ("contact",) not in entry.fields:
            keys = [one.name for one in profile.columns.values() if one.unique]
            entry.fields |= {("contact",): quoted(keys[0])} if keys else {}
        given = {path[0] for path in entry.fields}
        if not given or not section.needs <= given:
            return None
        for path, text in section.fixed.items():
            if len(path) == 1 or any(one[: len(path) - 1] == path[:-1] for one in entry.fields):
                entry.fields[path] = text
        entry.key = self._entry_key(profile, column, entry)
        return entry

    def _where(self, profile: Profile) -> dict[str, Sequence[str]]:
        """Keep rows of students, where rows say of whom they are."""
        for column in profile.columns.values():
            if words_of(column.name) == ("role",) and profile is not self._people:
                roles = sorted(code for code in column.codes if code.casefold() in _STUDENT_ROLES)
                return {column.name: roles} if roles else {}
        return {}

    def _grade_of_person(self, entry: DraftEntry, section: Section, column: str) -> None:
        slots = [slot for slot in section.slots if slot.path == ("gradeLevel",)]
        if ("gradeLevel",) in entry.fields or not self._column(slots[0], self._people, set()):
            return
        if "student" not in entry.links:
            entry.links["student"] = DraftLink(self._people.name, column, self._key)
        self._fill(entry, slots, self._people, "student.", set())

    def _look_through(self, entry: DraftEntry, section: Section, other: Profile, link: DraftLink) -> None:
        """Fill what is still lacking from a linked table, and keep the link if it was of use."""
        name = singular(other.name)
        if name in entry.links:
            return
        lacking = [slot for slot in section.slots if slot.path not in entry.fields]
        before = len(entry.fields)
        self._fill(entry, lacking, other, f"{name}.", {link.key})
        if len(entry.fields) > before:
            entry.links[name] = link
            self._keys.setdefault(other.name, link.key)

    def _linked(
        self, profile: Profile, section: Section, student: str
    ) -> Iterator[tuple[DraftLink, Profile]]:
        """Yield the tables that a row names, of those that may hold what the section lacks."""
        for other in self._tables.values():
            if other is profile or not speaks_for(other.name, section.through):
                continue
            for column in profile.columns.values():
                key = None if column.name == student else key_named(column, other)
                if key:
                    yield DraftLink(other.name, column.name, key), other
                    break

    def _entry_key(self, profile: Profile, student: str, entry: DraftEntry) -> list[str]:
        unique = [
            one.name
            for one in profile.columns.values()
            if one.unique and is_key(one) and ends_as_key(one.name) and one.name != student
        ]
        if profile is self._people:
            return [self._key]
        if unique:
            return unique[:1]
        dated = [name for name, one in profile.columns.items() if one.filled and one.fits("date")]
        keys = [name for name, one in profile.columns.items() if ends_as_key(name) and one.filled]
        return list(dict.fromkeys([student, *keys, *dated])) or [entry.student]

    # --- columns ------------------------------------------------------------------------------------------

    def _fill(
        self, entry: DraftEntry, slots: Sequence[Slot], profile: Profile, prefix: str, used: set[str]
    ) -> None:
        for slot in slots:
            column = self._column(slot, profile, used)
            if column is None:
                continue
            path, text = self._leaf(slot, column, prefix)
            entry.fields.setdefault(path, text)
            if slot.kind == "code" and not slot.gives:
                entry.codes.append((str(slot.lookup), column))
            used.add(column.name)

    def _column(self, slot: Slot, profile: Profile, used: set[str]) -> Column | None:
        """Return the column that fills the slot: by its full name, then without the word that says whose."""
        kind = "text" if slot.kind in objects() else "boolean" if slot.gives else slot.kind
        open_columns = [
            column
            for column in profile.columns.values()
            if column.filled
            and column.name not in used
            and column.fits(kind)
            and not denied_column(column.name)
        ]
        for whole in (True, False):
            for name in slot.names:
                for column in open_columns:
                    if name in (spellings(column.name)[:1] if whole else spellings(column.name)[1:]):
                        return column
        return None

    def _leaf(self, slot: Slot, column: Column, prefix: str) -> tuple[Path, str]:
        name = quoted(prefix + column.name)
        if slot.kind in objects():
            return self._object_leaf(slot, column, name)
        if slot.gives:
            text = f'as = "boolean", gives = "{slot.gives}", lookup = "{slot.lookup}"'
            return slot.path, f"{{ column = {name}, {text} }}"
        if slot.kind == "code":
            return slot.path, f'{{ column = {name}, lookup = "{slot.lookup}" }}'
        return slot.path, name if slot.kind == "text" else f'{{ column = {name}, as = "{slot.kind}" }}'

    def _object_leaf(self, slot: Slot, column: Column, name: str) -> tuple[Path, str]:
        made = self._objects.get(slot.kind)
        if made and share_of(column, self._tables[made.source].columns[made.key]) >= ENOUGH:
            return slot.path, f'{{ column = {name}, object = "{slot.kind}" }}'
        if made and slot.path[-1] == 0 and any("," in value for value in column.values):
            return slot.path, f'{{ column = {name}, split = ",", object = "{slot.kind}" }}'
        wire = {"org": "name" if "name" in words_of(column.name) else "id", "course": "localCode"}
        return (*slot.path, wire.get(slot.kind, "name")), name

    # --- other tables -------------------------------------------------------------------------------------

    def _object(self, name: str) -> DraftObject | None:
        words = objects()[name]
        for profile in self._others_than(self._people):
            if not words.tables & table_words(profile.name) or self._reference(profile):
                continue
            key = self._named_key(profile, name)
            fields = {
                slot.path: self._leaf(slot, column, "")[1]
                for slot in words.slots
                if (column := self._column(slot, profile, {key or ""}))
            }
            if key and fields:
                self._keys[profile.name] = key
                return DraftObject(name, words, profile.name, key, {(words.key,): quoted(key)} | fields)
        return None

    def _named_key(self, profile: Profile, kind: str) -> str | None:
        """Return the unique column that other tables name where they name such an object."""
        slots = [slot for section in sections().values() for slot in section.slots if slot.kind == kind]
        unique = [one for one in profile.columns.values() if one.unique and is_key(one)]
        votes = {
            key.name: sum(
                share_of(column, key) >= ENOUGH
                for other in self._tables.values()
                if other is not profile
                for slot in slots
                if (column := self._column(slot, other, set()))
            )
            for key in unique
        }
        ordered = sorted(unique, key=lambda one: (-votes[one.name], not ends_as_key(one.name)))
        return (
            ordered[0].name if ordered and (votes[ordered[0].name] or ends_as_key(ordered[0].name)) else None
        )

    def _beside(self, profile: Profile) -> DraftLink | None:
        """Return the link to a table that has at most one row for each person."""
        if self._where(profile):
            return None
        for column in profile.columns.values():
            if column.unique and (names_student(column) or column.name == self._key != "id"):
                for _, key in self._pairs([column]):
                    if share_of(column, key) >= ENOUGH:
                        return DraftLink(profile.name, key.name, column.name)
        return None

    def _others_than(self, profile: Profile) -> list[Profile]:
        return [one for one in self._tables.values() if one is not profile]
