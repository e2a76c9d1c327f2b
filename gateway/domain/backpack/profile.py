"""The learner profile: what the learner, the family and those who teach say.

No student information system has a standard for it. A barrier lies in the curriculum, not in the learner; a
preference has a context, and is no trait.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from gateway.domain.backpack.base import CodedValue, Entry, Number, Part, StandardRef, Text, about, held
from gateway.domain.backpack.competencies import EvidenceRef

Strength = Annotated[int, Field(ge=1, le=5)]
"""From 1, slight, to 5, very strong."""


class ProfileEntry(Entry):
    """What every entry of the learner profile has. `kind` says which it is."""

    kind: str
    """Interest, strength or need, preference, barrier, motivation, skill, experience, voice, identity."""
    voice: Literal["learner", "family", "teacher", "specialist", "system"]
    """Whose words these are."""
    recorded_on: date | None = None
    """When they were said."""
    expires_on: date | None = None
    """Until when they count; a year, where it is not said."""
    context: str | None = None
    """Where and when it holds."""
    description: str | None = None
    """In sentences."""
    no_export: bool | None = None
    """The learner does not want it to leave the district."""


class Interest(ProfileEntry):
    """Something the learner cares about. CEDS 001288 for careers; no Ed-Fi counterpart."""

    kind: Literal["interest"]
    """Says that this is an interest."""
    label: Text
    """In a few words."""
    category: CodedValue | None = None
    """Arts, sport, STEM, languages, nature, social, making, games, civic, careers."""
    intensity: Strength | None = None
    """How strong, from 1 to 5."""
    careers: Annotated[tuple[CodedValue, ...], about("001288", "careerPathwayDescriptor")] = ()
    """Career clusters or O*NET-SOC occupations."""


class StrengthOrNeed(ProfileEntry):
    """A strength, a gap, or something to watch (CAST Class Learning Profile). CEDS 001709."""

    kind: Literal["strengthOrNeed"]
    """Says that this is a strength or need."""
    polarity: Literal["strength", "gap", "watch"]
    """Which of them."""
    label: str | None = None
    """In a few words."""
    network: Literal["recognition", "strategic", "affective"] | None = None
    """Which of the three networks of learning."""
    domain: CodedValue | None = None
    """Subject, executive function, social-emotional, communication, motor, creative."""
    standards: tuple[StandardRef, ...] = ()
    """Standards that a gap is about."""
    evidence: tuple[EvidenceRef, ...] = ()
    """What it rests on."""
    priority: Strength | None = None
    """How much it matters, from 1 to 5."""


class LearningPreference(ProfileEntry):
    """What helps this learner to learn, and where (1EdTech AfA 3.0 for access features). CEDS 001025."""

    kind: Literal["learningPreference"]
    """Says that this is a preference."""
    dimension: CodedValue | None = None
    """Representation, expression, grouping, environment, pace, feedback, technology, language, structure."""
    value: Text
    """What helps."""
    strength: Strength | None = None
    """How much, from 1 to 5."""
    access_feature: Annotated[CodedValue | None, about("001025 001127 001004", "", "S", "disability")] = None
    """Captions, text to speech, signing, magnification, extra time and others."""


class Support(Part):
    """Something that was tried. Ed-Fi: InterventionEffectivenessRating."""

    text: str
    """What was done."""
    evidence: str | None = None
    """How one saw what it did."""


class UdlBarrier(ProfileEntry):
    """A barrier in materials, methods or places, and what works against it (CAST UDL 3.0)."""

    kind: Literal["udlBarrier"]
    """Says that this is a barrier."""
    guideline: CodedValue | None = None
    """UDL 3.0 guideline, 1 to 9."""
    barrier: Text
    """What is in the way."""
    where: Literal["material", "method", "goal", "assessment", "environment"] | None = None
    """In what it lies."""
    supports_that_work: tuple[Support, ...] = ()
    """What helps against it."""
    supports_tried_not_working: tuple[Support, ...] = ()
    """What was tried and does not help."""


class Motivation(ProfileEntry):
    """What moves the learner, or takes the will away."""

    kind: Literal["motivation"]
    """Says that this is a motivation."""
    label: Text
    """In a few words."""
    category: CodedValue | None = None
    """Autonomy, mastery, purpose, belonging, recognition, reward."""
    demotivator: bool | None = None
    """Whether it takes the will away."""


class Skill(ProfileEntry):
    """Something the learner can do, from whatever place it was learnt."""

    kind: Literal["skill"]
    """Says that this is a skill."""
    label: Text
    """In a few words."""
    framework: str | None = None
    """URI of the list that names it: ESCO, O*NET, local."""
    proficiency: CodedValue | None = None
    """How well."""
    evidence: tuple[EvidenceRef, ...] = ()
    """What it rests on."""


class Experience(ProfileEntry):
    """Work, volunteering, care, travel, clubs. CEDS 001530, 001527."""

    kind: Literal["experience"]
    """Says that this is an experience."""
    label: Text
    """In a few words."""
    category: CodedValue | None = None
    """Job, volunteering, co-curricular, caring, travel, leadership."""
    organisation: Annotated[str | None, about("", "", None, "location")] = None
    """Where."""
    role: str | None = None
    """As what."""
    hours: Annotated[Number | None, about("001527")] = None
    """Hours in all."""
    begin: Annotated[date | None, about("001530")] = None
    """First day."""
    end: date | None = None
    """Last day, inclusive."""


class Voice(ProfileEntry):
    """Words to a new teacher: who I am, how to teach me, what I want to know."""

    kind: Literal["voice"]
    """Says that these are such words."""
    topic: str | None = None
    """About me, best teaching advice, questions for a new teacher."""
    text: Text
    """The words."""


class Identity(ProfileEntry):
    """Culture, languages and community, entered by the learner or the family only."""

    kind: Literal["culturalIdentity"]
    """Says that this is about identity."""
    topic: str | None = None
    """Cultural identity, languages at home, community."""
    text: Annotated[Text, held("S", "ethnicity", "language")]
    """The words."""


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
