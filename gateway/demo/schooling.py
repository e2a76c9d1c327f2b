"""The made-up district's calendar, courses, classes and who sits in them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from gateway.demo.people import GRADES, Student

AS_OF = date(2026, 11, 20)
"""The day on which the export was made. Nothing in it is later, except due dates and the ends of terms."""

_CLASS_SIZE = 24
_CLASSES_PER_TEACHER = 5


@dataclass(frozen=True, slots=True)
class Session:
    """A OneRoster academic session; the end date is the first day after it, as the standard has it."""

    id: str
    title: str
    type: str
    start: date
    end: date
    parent: str = ""


LAST_YEAR = Session("SY2026", "2025-26 School Year", "schoolYear", date(2025, 8, 18), date(2026, 5, 30))
THIS_YEAR = Session("SY2027", "2026-27 School Year", "schoolYear", date(2026, 8, 17), date(2027, 5, 29))
FIRST_PERIOD = Session(
    "GP2027-1", "Grading Period 1", "gradingPeriod", date(2026, 8, 17), date(2026, 10, 17), "SEM2027-1"
)
SECOND_PERIOD = Session(
    "GP2027-2", "Grading Period 2", "gradingPeriod", date(2026, 10, 19), date(2027, 1, 16), "SEM2027-1"
)
SESSIONS = (
    *(LAST_YEAR, THIS_YEAR),
    Session("SEM2027-1", "Fall Semester", "semester", date(2026, 8, 17), date(2027, 1, 16), "SY2027"),
    Session("SEM2027-2", "Spring Semester", "semester", date(2027, 1, 19), date(2027, 5, 29), "SY2027"),
    *(FIRST_PERIOD, SECOND_PERIOD),
    Session(
        "GP2027-3", "Grading Period 3", "gradingPeriod", date(2027, 1, 19), date(2027, 3, 20), "SEM2027-2"
    ),
    Session(
        "GP2027-4", "Grading Period 4", "gradingPeriod", date(2027, 3, 29), date(2027, 5, 29), "SEM2027-2"
    ),
)


@dataclass(frozen=True, slots=True)
class School:
    """A school of the district; `grades` are positions in `GRADES`."""

    id: str
    name: str
    grades: range


SCHOOLS = (
    School("SCH-1", "Elementary School", range(6)),
    School("SCH-2", "Middle School", range(6, 9)),
    School("SCH-3", "High School", range(9, 13)),
)


@dataclass(frozen=True, slots=True)
class Course:
    """A course; `area` is the SCED subject area, blank for a homeroom, which has no gradebook."""

    code: str
    title: str
    subject: str
    area: str
    grades: tuple[int, ...]


_SUBJECTS = {
    "01": "English Language Arts",
    "02": "Mathematics",
    "03": "Science",
    "04": "Social Studies",
    "05": "Fine Arts",
    "08": "Physical Education",
    "10": "Computer Science",
    "24": "World Languages",
    "": "Homeroom",
}
_ELEMENTARY = (
    ("HR", "Homeroom", ""),
    *(("ELA", "Reading and Writing", "01"), ("MAT", "Mathematics", "02")),
    *(("SCI", "Science and Nature", "03"), ("SOC", "People and Places", "04")),
)
_MIDDLE = (
    *(("ELA", "Language Arts", "01"), ("MAT", "Mathematics", "02")),
    *(("SCI", "Integrated Science", "03"), ("SOC", "World Studies", "04")),
)
_HIGH = {
    9: (("ENG9", "English 9"), ("ALG1", "Algebra 1"), ("BIO", "Biology"), ("WHIS", "World History")),
    10: (("ENG10", "English 10"), ("GEOM", "Geometry"), ("CHEM", "Chemistry"), ("GEOG", "Human Geography")),
    11: (("ENG11", "English 11"), ("ALG2", "Algebra 2"), ("PHYS", "Physics"), ("USH", "US History")),
    12: (
        ("ENG12", "English 12"),
        ("STAT", "Statistics"),
        ("ENV", "Environmental Science"),
        ("GOV", "Civics"),
    ),
}
_ELECTIVES = {
    "SCH-1": (("MUS", "Music", "05"), ("ART", "Art", "05")),
    "SCH-2": (
        *(("PE", "Physical Education", "08"), ("BAND", "Beginning Band", "05")),
        *(("SPA1", "Spanish 1A", "24"), ("CODE", "Coding and Making", "10"), ("STUD", "Art Studio", "05")),
    ),
    "SCH-3": (
        *(("SPA2", "Spanish 2", "24"), ("MAND", "Mandarin 1", "24"), ("CERA", "Ceramics", "05")),
        *(("JAZZ", "Jazz Ensemble", "05"), ("THEA", "Theatre Workshop", "05")),
        *(("CSP", "Computer Science Principles", "10"), ("ROBO", "Robotics", "10")),
        *(("FIT", "Lifetime Fitness", "08"),),
    ),
}


def _course(code: str, title: str, area: str, grades: Sequence[int]) -> Course:
    return Course(code, title, _SUBJECTS[area], area, tuple(grades))


def _core(grade: int) -> tuple[Course, ...]:
    if grade in _HIGH:
        areas = ("01", "02", "03", "04")
        return tuple(
            _course(*course, area, [grade]) for course, area in zip(_HIGH[grade], areas, strict=True)
        )
    named = _ELEMENTARY if grade in SCHOOLS[0].grades else _MIDDLE
    label = GRADES[grade]
    return tuple(_course(f"{code}{label}", f"{title} {label}", area, [grade]) for code, title, area in named)


CORE = {grade: _core(grade) for grade in range(len(GRADES))}
"""The courses that every student of a grade takes."""

ELECTIVES = {
    school.id: tuple(_course(*course, school.grades) for course in _ELECTIVES[school.id])
    for school in SCHOOLS
}
"""The courses that students of a school choose from."""


def school_of(grade: int) -> School:
    """Return the school that teaches the grade."""
    return next(school for school in SCHOOLS if grade in school.grades)


@dataclass(slots=True)
class Section:
    """A class: a course in one year, with one teacher (a user's id) and its students."""

    id: str
    course: Course
    school: School
    year: Session
    teacher: str = ""
    students: list[Student] = field(default_factory=list)

    @property
    def current(self) -> bool:
        """Whether the class is taught this year."""
        return self.year is THIS_YEAR


def first_day(student: Student, section: Section) -> date:
    """Return the day on which the student joined the class."""
    return date(2026, 9, 14) if student.roots.newcomer and section.current else section.year.start


def make_sections(rng: Random, students: Sequence[Student]) -> list[Section]:
    """Return this year's classes and last year's core classes, with students and no teachers yet."""
    wanted = defaultdict[tuple[str, str], list[Student]](list)
    courses = dict[str, Course]()
    for student in students:
        for year, course in _choices(rng, student):
            courses[course.code] = course
            wanted[year.id, course.code].append(student)
    years = {year.id: year for year in (THIS_YEAR, LAST_YEAR)}
    return [
        section
        for (year, code), members in sorted(wanted.items(), key=lambda choice: choice[0])
        for section in _split(courses[code], years[year], members)
    ]


def staff(sections: Sequence[Section]) -> Iterator[tuple[School, list[Section]]]:
    """Yield the loads of the teachers: up to five classes a year in one subject of one school."""
    pools = defaultdict[tuple[School, str, str], list[Section]](list)
    for section in sections:
        pools[section.school, section.course.area, section.year.id].append(section)
    for (school, _, _), pool in pools.items():
        for start in range(0, len(pool), _CLASSES_PER_TEACHER):
            yield school, pool[start : start + _CLASSES_PER_TEACHER]


def _choices(rng: Random, student: Student) -> Iterator[tuple[Session, Course]]:
    """Yield six or seven courses of this year, and the four graded ones of last year."""
    electives = ELECTIVES[school_of(student.grade).id]
    number = {"SCH-1": 1, "SCH-2": 2, "SCH-3": rng.choice((2, 3, 3))}[school_of(student.grade).id]
    for course in (*CORE[student.grade], *rng.sample(electives, number)):
        yield THIS_YEAR, course
    if student.grade and not student.roots.newcomer:
        for course in CORE[student.grade - 1]:
            if course.area:
                yield LAST_YEAR, course


def _split(course: Course, year: Session, members: list[Student]) -> Iterator[Section]:
    count = -(-len(members) // _CLASS_SIZE)
    school = school_of(course.grades[0])
    for number in range(count):
        id_ = f"C{year.id[2:]}-{course.code}-{number + 1}"
        yield Section(id_, course, school, year, students=members[number::count])
