"""Goals, and the plans that they stand in."""

from typing import Annotated, Literal

from gateway.domain.backpack.base import (
    CodedValue,
    Day,
    Entry,
    EntryRef,
    Part,
    Period,
    PersonRef,
    Score,
    StandardRef,
    Text,
    about,
)


class GoalStep(Part):
    """A step on the way. CEDS 001700."""

    text: Text
    """What is to be done."""
    due: Day | None = None
    """By when."""
    done: bool | None = None
    """Whether it is done."""


class GoalReview(Part):
    """How far it was when somebody looked."""

    date: Day | None = None
    """When."""
    by: PersonRef | None = None
    """Who looked."""
    progress: str | None = None
    """How far it was."""
    comment: str | None = None
    """In words."""


class Goal(Entry):
    """What the learner works towards. CEDS 000903, 001165, 001166. Ed-Fi 6: StudentIEP.goals."""

    statement: Annotated[Text, about("000903", "iepGoalDetails")]
    """The goal in words."""
    type: Annotated[CodedValue | None, about("001698", "iepGoalTypeDescriptor")] = None
    """Academic, career, personal, social-emotional, IEP, transition, attendance."""
    owner: PersonRef | None = None
    """Whose goal it is, if not the learner's."""
    authors: tuple[PersonRef, ...] = ()
    """Who wrote it."""
    start: Annotated[Day | None, about("001165", "achievementPeriod")] = None
    """From when."""
    target: Annotated[Day | None, about("001166")] = None
    """By when."""
    status: Annotated[CodedValue | None, about("001702 001703")] = None
    """Proposed, active, met, partially met, abandoned, carried forward."""
    success_criteria: Annotated[str | None, about("000902 001693")] = None
    """How one sees that it is met."""
    measure: Annotated[str | None, about("001690")] = None
    """How it is measured."""
    baseline: Annotated[Score | None, about("001697")] = None
    """Where the learner began."""
    current: Score | None = None
    """Where the learner is."""
    standards: Annotated[tuple[StandardRef, ...], about("000874")] = ()
    """Standards that it is about."""
    steps: Annotated[tuple[GoalStep, ...], about("001700")] = ()
    """On the way."""
    reviews: tuple[GoalReview, ...] = ()
    """Looks back."""
    program_record: EntryRef | None = None
    """The IEP in `programs` that it stands in."""


class PlanActivity(Part):
    """Something to be done. CEDS 000939, 000946."""

    title: Annotated[Text, about("000939")]
    """What."""
    standards: tuple[StandardRef, ...] = ()
    """What it is about."""
    resource: str | None = None
    """With what: title or URI."""
    due: Annotated[Day | None, about("000946")] = None
    """By when."""
    status: Literal["planned", "started", "done", "dropped"] | None = None
    """How far it is."""


class LearningPlan(Entry):
    """A personalised learning plan. CEDS 001289, 001290. Ed-Fi: educationPlans; 6: StudentPath."""

    type: Annotated[CodedValue, about("001290", "educationPlanDescriptor")]
    """Personalised, career and academic, MTSS, transition."""
    title: str | None = None
    """As it is called."""
    period: Annotated[Period | None, about(edfi="StudentPathPeriod")] = None
    """When it holds."""
    team: tuple[PersonRef, ...] = ()
    """Who works on it."""
    goals: tuple[EntryRef, ...] = ()
    """Its entries in `goals`."""
    pathway: Annotated[CodedValue | None, about("001288 001289", "careerPathwayDescriptor")] = None
    """Career cluster or pathway."""
    activities: tuple[PlanActivity, ...] = ()
    """What is to be done."""
    supports: tuple[EntryRef, ...] = ()
    """The entries in `learnerProfile` or `programs` that help."""
    review_schedule: Annotated[str | None, about("001681")] = None
    """How often it is looked at."""
    last_review: Day | None = None
    """When it was last looked at."""
    next_review: Day | None = None
    """When it is next."""
