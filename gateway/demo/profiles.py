"""Made-up learner profiles and goals: strengths first, needs as a barrier and the support that helps."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from random import Random

from gateway.demo.people import Student, chance


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of `learnerProfile.csv`.

    `kind` is a kind of the backpack's learner profile; `voice` says who speaks: learner, family or teacher;
    `polarity` is strength or gap for `strengthOrNeed` and blank for the others.
    """

    kind: str
    voice: str
    label: str
    description: str
    context: str = ""
    polarity: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """A line of `goals.csv`; it is offered to students from `grade` on, counted from 0."""

    grade: int
    statement: str
    type: str
    steps: list[str]


_KINDS = {
    "strength": "strengthOrNeed",
    "need": "strengthOrNeed",
    "preference": "learningPreference",
    "advice": "voice",
    "aboutMe": "voice",
}
_SENTENCES = tomllib.loads(files("gateway.demo").joinpath("profiles.toml").read_text("utf-8"))
_GOALS = [Goal(**goal) for goal in _SENTENCES.pop("goal")]
_ENTRIES = {
    topic: [Entry(_KINDS.get(topic, topic), **entry) for entry in entries]
    for topic, entries in _SENTENCES.items()
}


def profile_entries(rng: Random, *, full: bool) -> Iterator[Entry]:
    """Yield five to nine different entries, strengths first, or eleven on all topics if `full`."""
    yield from rng.sample(_ENTRIES["strength"], 3 if full else 2)
    yield from rng.sample(_ENTRIES["interest"], 2 if full else 1)
    yield rng.choice(_ENTRIES["need"])
    yield rng.choice(_ENTRIES["preference"])
    for topic in ("motivation", "experience", "advice", "aboutMe"):
        if full or chance(rng, 0.5):
            yield rng.choice(_ENTRIES[topic])


def goals(rng: Random, student: Student, *, full: bool) -> list[Goal]:
    """Return one or two goals that suit the student's grade, up to three if `full`."""
    suitable = [goal for goal in _GOALS if goal.grade <= student.grade][-5:]
    return rng.sample(suitable, min(len(suitable), 3 if full else rng.randrange(1, 3)))


def day_of_entry(rng: Random) -> date:
    """Return a day of this autumn."""
    return date(2026, 8, 31) + timedelta(days=rng.randrange(75))
