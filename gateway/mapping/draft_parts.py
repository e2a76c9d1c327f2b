"""What a draft of a mapping consists of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.mapping.draft_words import ObjectWords, Path
from gateway.mapping.profiling import Column, Profile


@dataclass(frozen=True, slots=True)
class DraftLink:
    """A link to a row of another table."""

    source: str
    on: str
    key: str
    """Column of the other table."""


@dataclass(slots=True)
class DraftEntry:
    """One `[[entries]]`."""

    section: str
    source: str
    student: str
    key: Sequence[str]
    where: Mapping[str, Sequence[str]]
    fields: dict[Path, str] = field(default_factory=dict)
    """TOML of a value by path."""
    links: dict[str, DraftLink] = field(default_factory=dict)
    codes: list[tuple[str, Column]] = field(default_factory=list)
    """Crosswalks with the columns that go through them."""


@dataclass(slots=True)
class DraftObject:
    """One shared object."""

    name: str
    words: ObjectWords
    source: str
    key: str
    fields: dict[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DraftDecider:
    """Who is a student."""

    source: str
    column: str
    role: str = ""
    students: Sequence[str] = ()
    others: Sequence[str] = ()


@dataclass(slots=True)
class Draft:
    """What could be drafted of a source."""

    people: Profile
    key: str
    state_id: str
    deciders: Sequence[DraftDecider]
    objects: Mapping[str, DraftObject]
    entries: Sequence[DraftEntry]
    tables: Mapping[str, Profile]
    keys: Mapping[str, str]
    """The unique column of each table that is linked to."""
    left: Sequence[Profile]
    """Tables of which nothing could be made."""

    @property
    def used(self) -> list[str]:
        """Return the tables that the mapping names."""
        named = {self.people.name, *(one.source for one in self.deciders)}
        named |= {one.source for one in self.objects.values()}
        for entry in self.entries:
            named |= {entry.source, *(link.source for link in entry.links.values())}
        return [name for name in self.tables if name in named]
