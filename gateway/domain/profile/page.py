"""A student's page in the order in which a teacher reads it: own words first, records last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from gateway.domain.ids import EntityId
from gateway.domain.profile.contributions import is_faded


class Heading(StrEnum):
    """The parts of the page, in their order."""

    OWN_WORDS = "own_words"
    STRENGTHS = "strengths"
    WORKS = "works"
    GOALS = "goals"
    OLDER = "older"
    """What was said so long ago that it may no longer hold. Closed: opening it takes a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry as it is told: in words, with whose they are and from where."""

    section: str
    entry: Mapping[str, Any]
    issuer: EntityId
    """The district that signed it, or this one."""
    contribution: str | None = None
    """Id of what was added here and may be retired here."""

    @property
    def text(self) -> str:
        """What is said."""
        return next((str(self.entry[name]) for name in _TEXTS if self.entry.get(name)), "")

    @property
    def context(self) -> str:
        """Where or when it holds; empty if that is not said."""
        return str(self.entry.get("context") or "")

    @property
    def helps(self) -> Sequence[str]:
        """What helps against a barrier, or the steps to a goal."""
        supports = (*self.entry.get("supportsThatWork", ()), *self.entry.get("steps", ()))
        return [one["text"] for one in supports]

    @property
    def voice(self) -> str:
        """Whose words: learner, family, teacher, specialist, or the school."""
        said: str = self.entry.get("voice") or self.entry["meta"]["source"]["assertedBy"]["actor"]
        return said

    @property
    def said_on(self) -> date:
        """When it was said, or else written down."""
        known = next((self.entry[name] for name in _DAYS if self.entry.get(name)), None)
        return date.fromisoformat(str(known or self.entry["meta"]["source"]["extractedAt"])[:10])

    @property
    def by(self) -> date | None:
        """By when a goal is to be reached."""
        target = self.entry.get("target")
        return date.fromisoformat(target) if target else None

    @property
    def heading(self) -> Heading | None:
        """Where it stands while it is fresh; None: not on this page."""
        return _BY_KIND.get(str(self.entry.get("kind")), _BY_SECTION.get(self.section))


_TEXTS: Final = ("text", "value", "label", "barrier", "statement", "title", "description")
_DAYS: Final = ("recordedOn", "date", "start", "issuedOn")
_BY_KIND: Final[Mapping[str, Heading]] = {
    "voice": Heading.OWN_WORDS,
    "interest": Heading.OWN_WORDS,
    "motivation": Heading.OWN_WORDS,
    "experience": Heading.STRENGTHS,
    "strengthOrNeed": Heading.STRENGTHS,
    "skill": Heading.STRENGTHS,
    "learningPreference": Heading.WORKS,
    "udlBarrier": Heading.WORKS,
}
_BY_SECTION: Final[Mapping[str, Heading]] = {
    "achievements": Heading.STRENGTHS,
    "comments": Heading.WORKS,
    "goals": Heading.GOALS,
}
SECTIONS: Final = ("learnerProfile", "achievements", "comments", "goals")
"""The sections of a backpack that stand on the page entry by entry."""


def arranged(told: Iterable[Told], today: date) -> Mapping[Heading, Sequence[Told]]:
    """Return the entries under their headings, the newest first; old words are under the last one.

    A gap without what helps is under none: needs are told as barriers with supports.
    """
    found: dict[Heading, list[Told]] = {heading: [] for heading in Heading}
    for one in sorted(told, key=lambda one: one.said_on, reverse=True):
        if one.heading is None or one.entry.get("polarity") in {"gap", "watch"}:
            continue
        old = one.section == "learnerProfile" and is_faded(one.said_on, today)
        found[Heading.OLDER if old else one.heading].append(one)
    return found


def accommodations_in(programs: Iterable[Mapping[str, Any]], today: date) -> Sequence[str]:
    """Return what is changed for the learner in lessons, without the plan that says so or the reason."""
    running = (one for one in programs if str(one.get("end") or "9999") >= today.isoformat())
    return sorted({_display(one["code"]) for program in running for one in program.get("accommodations", ())})


def _display(code: Mapping[str, Any]) -> str:
    return str(code.get("display") or code.get("localDisplay") or code["code"])
