"""The learner profile and goals: what the learner, the family and those who teach say.

No student information system has a standard for these. A barrier lies in the curriculum, not in the learner;
a preference has a context, and is no trait.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from gateway.domain.backpack.base import CodedValue, Entry, Part, StandardRef, Text, held

Strength = Annotated[int, Field(ge=1, le=5)]
"""From 1, slight, to 5, very strong."""


class ProfileEntry(Entry):
    """What every entry of the learner profile has. `kind` says which it is."""

    kind: str
    voice: Literal["learner", "family", "teacher", "specialist", "system"]
    """Whose words these are."""
    recorded_on: date | None = None
    expires_on: date | None = None
    context: str | None = None
    description: str | None = None


class Interest(ProfileEntry):
    """Something the learner cares about. CEDS 001288 for careers; no Ed-Fi counterpart."""

    kind: Literal["interest"]
    label: Text
    category: CodedValue | None = None
    intensity: Strength | None = None


class StrengthOrNeed(ProfileEntry):
    """A strength, a gap, or something to watch (CAST Class Learning Profile). CEDS 001709."""

    kind: Literal["strengthOrNeed"]
    polarity: Literal["strength", "gap", "watch"]
    label: str | None = None
    network: Literal["recognition", "strategic", "affective"] | None = None
    domain: CodedValue | None = None
    standards: tuple[StandardRef, ...] = ()


class LearningPreference(ProfileEntry):
    """What helps this learner to learn, and where (1EdTech AfA 3.0 for access features). CEDS 001025."""

    kind: Literal["learningPreference"]
    dimension: CodedValue | None = None
    value: Text
    strength: Strength | None = None
    access_feature: Annotated[CodedValue | None, held("S", "disability")] = None


class UdlBarrier(ProfileEntry):
    """A barrier in materials, methods or places, and what works against it (CAST UDL 3.0)."""

    kind: Literal["udlBarrier"]
    guideline: CodedValue | None = None
    barrier: Text
    where: Literal["material", "method", "goal", "assessment", "environment"] | None = None
    supports_that_work: tuple[str, ...] = ()
    supports_tried_not_working: tuple[str, ...] = ()


class Motivation(ProfileEntry):
    """What moves the learner, or takes the will away."""

    kind: Literal["motivation"]
    label: Text
    demotivator: bool | None = None


class Skill(ProfileEntry):
    """Something the learner can do, from whatever place it was learnt."""

    kind: Literal["skill"]
    label: Text
    framework: str | None = None
    proficiency: CodedValue | None = None


class Experience(ProfileEntry):
    """Work, volunteering, care, travel, clubs. CEDS 001530, 001527."""

    kind: Literal["experience"]
    label: Text
    organisation: str | None = None
    role: str | None = None


class Voice(ProfileEntry):
    """Words to a new teacher: who I am, how to teach me, what I want to know."""

    kind: Literal["voice"]
    topic: str | None = None
    text: Text


class Identity(ProfileEntry):
    """Culture, languages and community, entered by the learner or the family only."""

    kind: Literal["culturalIdentity"]
    text: Annotated[Text, held("S", "ethnicity", "language")]


AnyProfileEntry = Annotated[
    Interest
    | StrengthOrNeed
    | LearningPreference
    | UdlBarrier
    | Motivation
    | Skill
    | Experience
    | Voice
    | Identity,
    Field(discriminator="kind"),
]


class GoalStep(Part):
    """A step on the way. CEDS 001700."""

    text: Text
    due: date | None = None
    done: bool | None = None


class Goal(Entry):
    """What the learner works towards. CEDS 000903, 001165, 001166. Ed-Fi 6: StudentIEP.goals."""

    statement: Text
    type: CodedValue | None = None
    """CEDS 001698."""
    start: date | None = None
    target: date | None = None
    status: CodedValue | None = None
    """CEDS 001703."""
    success_criteria: str | None = None
    steps: tuple[GoalStep, ...] = ()
