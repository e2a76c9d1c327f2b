"""Made-up assignments, marks and teachers' comments."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from gateway.demo.people import Student
from gateway.demo.schooling import (
    AS_OF,
    FIRST_PERIOD,
    SECOND_PERIOD,
    Section,
    Session,
    first_day,
)

CATEGORIES = {
    "CAT-HW": ("Homework", "15"),
    "CAT-CW": ("Classwork", "20"),
    "CAT-QZ": ("Quiz", "20"),
    "CAT-PR": ("Project", "25"),
    "CAT-TS": ("Unit test", "20"),
    "CAT-GP": ("Grading Period", ""),
    "CAT-FI": ("Final", ""),
}
"""Title and weight of each category by its id; the last two hold marks for a period and for a year."""

_TASKS = {
    "CAT-HW": "Short practice to do at home; notes and a partner are welcome.",
    "CAT-CW": "Worked on in class in small groups, with a written reflection at the end.",
    "CAT-QZ": "Ten-minute check on what we practised this week; one retake is possible.",
    "CAT-PR": "Choose your own question, show what you found in any form, and explain it to the class.",
    "CAT-TS": "End-of-unit test; reference sheet allowed, extra time on request.",
}
_TOPICS = {
    "01": ("Memoir drafts", "Poetry reading", "Persuasive letters", "Character maps", "Book talks"),
    "02": ("Patterns and rules", "Fractions at work", "Slope stories", "Area models", "Data around us"),
    "03": ("Soil samples", "Forces and ramps", "Food webs", "Water cycle", "Mixtures"),
    "04": ("Local maps", "Trade routes", "Voices of the past", "How laws are made", "Oral histories"),
    "05": ("Color studies", "Rhythm reading", "Clay forms", "Stage pictures", "Listening journal"),
    "08": ("Pulse and pace", "Team challenges", "Balance routines", "Fair play", "Personal record"),
    "10": ("Loops and lights", "Bug hunt", "Sensor build", "Story game", "Data cards"),
    "24": ("Introducing my family", "At the market", "Weather report", "A day in my life", "Directions"),
}
_SCHEDULE = (
    *(("CAT-HW", date(2026, 9, 4), 10), ("CAT-QZ", date(2026, 9, 18), 20), ("CAT-PR", date(2026, 10, 6), 50)),
    *(("CAT-CW", date(2026, 10, 29), 25), ("CAT-TS", date(2026, 11, 13), 100)),
)
_TASKS_PER_CLASS = 4
_LETTERS = ((93, "A"), (90, "A-"), (87, "B+"), (83, "B"), (80, "B-"), (77, "C+"), (73, "C"), (70, "C-"))
_EARLY_LETTERS = ((85, "E"), (70, "S"))
_LAST_EARLY_GRADE = 2
_PRAISE = (
    "You explained every step so clearly that two classmates asked to borrow your notes.",
    "Strong evidence and a voice of your own. I would like to display this one.",
    "You went back to the part that was hard and tried a second method. That is real mathematics.",
    "Thoughtful work from start to finish; the labels on your diagram make it easy to follow.",
    "Careful, complete and curious. Your closing question became our discussion on Friday.",
)
_ENCOURAGEMENT = (
    "Good start. Read the question once more before you begin, and check the units at the end.",
    "The ideas are here; now link them with a sentence that says why. Come by at lunch if useful.",
    "You knew more than the page shows. Next time try telling it aloud first, then writing it down.",
    "Solid first half. Let us plan the second half together so that time does not run out.",
    "A retake is open until Thursday. The sorting cards helped last time; use them again.",
)


@dataclass(slots=True)
class LineItem:
    """A column of a class's gradebook."""

    id: str
    section: Section
    category: str
    session: Session
    title: str
    description: str
    due: date
    maximum: int
    days: tuple[str, ...] = field(init=False)
    """The days on which marks are given: one to five after it is due, and none after the export."""

    def __post_init__(self) -> None:
        days = (min(AS_OF, self.due + timedelta(days=late)) for late in range(1, 6))
        self.days = tuple(day.isoformat() for day in days)

    @property
    def assigned(self) -> date:
        """The day on which the work was set: a week before it is due, and never before the session."""
        return max(self.session.start, self.due - timedelta(days=7))


class Mark(NamedTuple):
    """A student's cell in that column: cells as `results.csv` has them, blank where nothing is said."""

    status: str
    score: str
    day: str
    comment: str = ""
    letter: str = ""
    late: bool = False
    missing: bool = False
    in_progress: bool = False


def line_items(rng: Random, section: Section) -> Iterator[LineItem]:
    """Yield four tasks and the first period's mark of a class of this year, or last year's final mark."""
    if not section.course.area:
        return
    if not section.current:
        title, due = f"{section.course.title}: final grade", section.year.end - timedelta(days=2)
        yield LineItem(f"LI-{section.id}-F", section, "CAT-FI", section.year, title, "", due, 100)
        return
    topics = iter(rng.sample(_TOPICS[section.course.area], _TASKS_PER_CLASS))
    for number in range(len(_SCHEDULE)):
        if number != _SCHEDULED_OUT[section.school.id]:
            yield _task(section, number, next(topics))
    title = f"{section.course.title}: grading period 1 grade"
    last = FIRST_PERIOD.end - timedelta(days=1)
    yield LineItem(f"LI-{section.id}-P", section, "CAT-GP", FIRST_PERIOD, title, "", last, 100)


_SCHEDULED_OUT = {"SCH-1": 4, "SCH-2": 0, "SCH-3": 3}
"""The task of the schedule that a school does without."""


def mark(rng: Random, item: LineItem, student: Student) -> Mark | None:
    """Return the student's mark, or nothing if the work was due before the student joined."""
    if student.roots.newcomer and item.due < first_day(student, item.section):
        return None
    share = min(1.0, max(0.3, rng.gauss(student.ability, 0.08)))
    day = item.days[int(len(item.days) * rng.random())]
    if item.category in {"CAT-GP", "CAT-FI"}:
        percent = round(share * 100)
        return Mark("fully graded", str(percent), day, _comment(rng, share), letter(percent, student.grade))
    luck = rng.random()
    if luck < _MISSING:
        return Mark("not submitted", "0", day, "Not handed in yet; it can still be.", missing=True)
    if luck < _EXEMPT:
        return Mark("exempt", "", day, "Excused: away with the class that day.")
    if luck < _UNFINISHED:
        return Mark("partially graded", "", day, "First part marked; second part to come.", in_progress=True)
    score = f"{round(share * item.maximum * 2) / 2:g}"
    return Mark("fully graded", score, day, _comment(rng, share), late=luck > _LATE)


_MISSING, _EXEMPT, _UNFINISHED, _LATE = 0.03, 0.04, 0.055, 0.94
"""Bounds, in the share of marks, of the kinds of mark."""


def letter(percent: int, grade: int) -> str:
    """Return the letter for a share of 100 points: E, S or D up to grade 2, and A to D or F after that."""
    scale, lowest = (_EARLY_LETTERS, "D") if grade <= _LAST_EARLY_GRADE else (_LETTERS, "")
    passing = 60
    below = lowest or ("D" if percent >= passing else "F")
    return next((name for least, name in scale if percent >= least), below)


def _task(section: Section, number: int, topic: str) -> LineItem:
    category, due, maximum = _SCHEDULE[number]
    session = FIRST_PERIOD if due < FIRST_PERIOD.end else SECOND_PERIOD
    title = f"{topic}: {CATEGORIES[category][0].lower()}"
    id_ = f"LI-{section.id}-{number}"
    return LineItem(id_, section, category, session, title, _TASKS[category], due, maximum)


def _comment(rng: Random, share: float) -> str:
    """Return a comment on five marks in eleven: praise from a B- on, else encouragement."""
    chosen = int(11 * rng.random())
    comments = _PRAISE if share > _PRAISED else _ENCOURAGEMENT
    return comments[chosen] if chosen < len(comments) else ""


_PRAISED = 0.8
