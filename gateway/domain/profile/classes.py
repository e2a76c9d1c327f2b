"""What a class needs together: counts that anybody can check, each with the students behind it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from gateway.domain.ids import LocalStudentId
from gateway.domain.profile.page import Heading, Told, arranged

SHARED_BY: Final = 3
"""An interest is shared if at least so many students have it."""
LATELY: Final = timedelta(days=30)
_TELLS_WHY: Final = re.compile(
    r"\b(iep|504|ifsp|bip|plan|disab\w*|disorder\w*|diagnos\w*|impair\w*|syndrome|special ed\w*|autis\w*"
    r"|asperger\w*|ad/?hd|dyslexi\w*|dyscalculi\w*|dysgraphi\w*|epilep\w*|anxiety|depress\w*|bipolar|tourette\w*"
    r"|medic\w*|therap\w*|counsel\w*|deaf\w*|blind\w*|discapacid\w*|trastorno\w*|autismo|ansiedad|sord[oa]|cieg[oa])\b",
    re.IGNORECASE,
)
"""Words that say why something is done for a student."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seated:
    """One student of a class, with what is known."""

    student: LocalStudentId
    name: str
    accommodations: Sequence[str]
    told: Sequence[Told]
    languages: Sequence[str] = ()
    """Spoken at home."""
    came_on: date | None = None
    """The first day at this school."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Something that several students have in common."""

    text: str
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Option:
    """Something that helps, in the order in which one would take it up."""

    text: str
    names: Sequence[str]
    """Whom it helps."""
    new: int
    """How many of them no option before it helps."""
    covered: int
    """How many of those with a barrier are helped by it and those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassNeeds:
    """The page of a class."""

    students: Sequence[Seated]
    chart: Sequence[Shared]
    """What is provided or works, the most shared first: a column of the chart each."""
    barriers: Sequence[Shared]
    options: Sequence[Option]
    with_barrier: int
    """How many students told of a barrier: the base of what options cover."""
    interests: Sequence[Shared]
    languages: Sequence[Shared]
    goals: Sequence[tuple[str, str, date | None]]
    """Whose, what, by when."""
    silent: Sequence[str]
    """Who has said nothing yet, and of whom nobody has."""
    newcomers: Sequence[str]
    changed: Sequence[str]
    """Of whom something was said in the last thirty days."""


@dataclass(slots=True)
class _Gathered:
    """Names under texts that differ in capitals and spaces only."""

    texts: dict[str, str] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)

    def add(self, text: str, name: str) -> None:
        key = " ".join(text.casefold().split())
        self.texts.setdefault(key, text.strip())
        self.names.setdefault(key, set()).add(name)

    def shared(self, at_least: int = 1) -> list[Shared]:
        """Return them, the most shared first, then by text."""
        order = sorted(self.names, key=lambda key: (-len(self.names[key]), key))
        return [
            Shared(self.texts[key], sorted(self.names[key]))
            for key in order
            if len(self.names[key]) >= at_least
        ]


@dataclass(slots=True)
class _Sums:
    """Everything that is counted over a class."""

    provided: _Gathered = field(default_factory=_Gathered)
    barriers: _Gathered = field(default_factory=_Gathered)
    supports: _Gathered = field(default_factory=_Gathered)
    interests: _Gathered = field(default_factory=_Gathered)
    languages: _Gathered = field(default_factory=_Gathered)

    def count(self, one: Seated, fresh: Sequence[Told]) -> None:
        """Add a student."""
        for text in one.accommodations:
            self.provided.add(text, one.name)
        for language in one.languages:
            self.languages.add(language, one.name)
        for told in fresh:
            self._count(told, one.name)

    def _count(self, told: Told, name: str) -> None:
        match told.entry.get("kind"):
            case "learningPreference":
                self.provided.add(told.text, name)
            case "udlBarrier":
                self.barriers.add(told.text, name)
                for support in told.helps:
                    self.supports.add(support, name)
                    self.provided.add(support, name)
            case "interest":
                self.interests.add(told.text, name)


def class_needs(students: Sequence[Seated], today: date) -> ClassNeeds:
    """Return what the students of a class need and bring, from what was said and still holds."""
    fresh = {one.name: _fresh(one, today) for one in students}
    sums = _Sums()
    for one in students:
        sums.count(one, fresh[one.name])
    with_barrier = {name for one in sums.barriers.shared() for name in one.names}
    said = [(one.name, told) for one in students for told in fresh[one.name]]
    lately = {name for name, told in said if today - told.said_on <= LATELY}
    return ClassNeeds(
        students=students,
        chart=sums.provided.shared(),
        barriers=sums.barriers.shared(),
        options=options_covering(sums.supports.shared(), with_barrier),
        with_barrier=len(with_barrier),
        interests=sums.interests.shared(SHARED_BY),
        languages=sums.languages.shared(),
        goals=[(name, told.text, told.by) for name, told in said if told.section == "goals"],
        silent=[one.name for one in students if not fresh[one.name]],
        newcomers=[one.name for one in students if one.came_on and today - one.came_on <= LATELY],
        changed=[one.name for one in students if one.name in lately],
    )


def options_covering(supports: Iterable[Shared], needing: Iterable[str]) -> list[Option]:
    """Return the supports in the order in which each helps the most students whom none before it helps.

    Of those that help as many the first by text comes first; one that adds nobody is left out.
    """
    left, covered, chosen = set(needing), 0, []
    open_ = sorted(supports, key=lambda one: one.text.casefold())
    while open_ and left:
        best = max(open_, key=lambda one: len(left & set(one.names)))
        new = len(left & set(best.names))
        if not new:
            break
        left -= set(best.names)
        covered += new
        chosen.append(Option(best.text, best.names, new, covered))
        open_.remove(best)
    return chosen


def _fresh(one: Seated, today: date) -> list[Told]:
    parts: Mapping[Heading, Sequence[Told]] = arranged(one.told, today)
    return [told for heading, found in parts.items() if heading is not Heading.OLDER for told in found]


def for_substitutes(needs: ClassNeeds) -> Sequence[Shared]:
    """Return the chart without what names a disability or a plan: what to do, and for whom."""
    return [one for one in needs.chart if not _TELLS_WHY.search(one.text)]
