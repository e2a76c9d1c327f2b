"""Schools, sessions, courses, classes and who sits in them. A school has 500 students in four grades."""

from typing import Final

import polars as pl

from tests.bench.mapping import words
from tests.bench.mapping.draws import padded

SCHOOL: Final = 500
"""Students."""
GRADES: Final = 4
FIRST_GRADE: Final = 9
PERIODS: Final = 8
GROUPS: Final = 5
"""Classes of one grade in one period: of 25 students each."""
CLASSES: Final = GRADES * PERIODS * GROUPS
"""Of a school in a year."""
TEACHERS: Final = GRADES * PERIODS
"""Of a school: each teaches the five groups of a grade and period."""
YEARS: Final = (26, 27)
_MIXES: Final = {
    26: ((1, 2, 0), (1, 0, 2), (0, 1, 2), (2, 1, 0), (1, 1, 2), (1, 2, 2), (2, 1, 1), (1, 3, 1)),
    27: ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1), (1, 2, 1)),
}
"""For each year and period the factors by which the digits of a seat, to the base 5, make its group: classmates
differ from period to period, and every group has 25."""
_SESSIONS: Final = (
    ("y", "School Year", "schoolYear", (-1, "-08-15"), (0, "-06-10")),
    ("s1", "Fall Semester", "semester", (-1, "-08-15"), (-1, "-12-19")),
    ("s2", "Spring Semester", "semester", (0, "-01-05"), (0, "-06-10")),
)
_RECORD: Final = {"status": pl.lit(None, pl.String), "dateLastModified": pl.lit(None, pl.String)}
_NONE: Final = pl.lit(None, pl.String)


def student_id(number: pl.Expr) -> pl.Expr:
    """Return the `sourcedId` of a student."""
    return pl.format("usr-s-{}", padded(number, 7))


def teacher_id(number: pl.Expr) -> pl.Expr:
    """Return the `sourcedId` of a teacher."""
    return pl.format("usr-t-{}", padded(number, 6))


def org_id(school: pl.Expr) -> pl.Expr:
    """Return the `sourcedId` of a school."""
    return pl.format("org-{}", padded(school, 4))


def class_id(year: int) -> pl.Expr:
    """Return the `sourcedId` of the class of the columns `school`, `grade`, `period` and `group`."""
    return pl.format(f"cls-{year}-{{}}", padded(class_number(), 7))


def class_number() -> pl.Expr:
    """Return the number of the class among all of its year."""
    within = (pl.col("grade") * PERIODS + pl.col("period")) * GROUPS + pl.col("group")
    return pl.col("school") * CLASSES + within


def orgs(schools: int) -> pl.DataFrame:
    """Return the district and its schools."""
    number = pl.col("number")
    district = pl.DataFrame({"sourcedId": ["org-d"]}).select(
        "sourcedId",
        **_RECORD,
        name=pl.lit("Maple Unified"),
        type=pl.lit("district"),
        identifier=pl.lit("1700042"),
        parentSourcedId=_NONE,
    )
    made = pl.select(number=pl.int_range(schools)).select(
        sourcedId=org_id(number),
        **_RECORD,
        name=pl.format("Maple High School {}", number + 1),
        type=pl.lit("school"),
        identifier=pl.format("1700042{}", padded(number, 5)),
        parentSourcedId=pl.lit("org-d"),
    )
    return pl.concat([district, made])


def sessions() -> pl.DataFrame:
    """Return two school years and their semesters."""
    rows = [
        {
            "sourcedId": f"ses-{year}-{part}",
            "title": f"{title} 20{year - 1}-{year}",
            "type": kind,
            "startDate": f"{2000 + year + begin[0]}{begin[1]}",
            "endDate": f"{2000 + year + end[0]}{end[1]}",
            "parentSourcedId": None if part == "y" else f"ses-{year}-y",
            "schoolYear": f"20{year}",
        }
        for year in YEARS
        for part, title, kind, begin, end in _SESSIONS
    ]
    return _with_status(pl.DataFrame(rows))


def courses() -> pl.DataFrame:
    """Return a course of each subject for each grade, and for the one below."""
    rows = [
        {
            "sourcedId": f"crs-{code}-{grade}",
            "title": f"{title} {grade}",
            "courseCode": f"{code}{grade:02}",
            "grades": f"{grade:02}",
            "orgSourcedId": "org-d",
            "subjects": title,
        }
        for title, code in words.SUBJECTS
        for grade in range(FIRST_GRADE - 1, FIRST_GRADE + GRADES)
    ]
    return _with_status(pl.DataFrame(rows))


def classes_of(schools: pl.DataFrame, year: int) -> pl.DataFrame:
    """Return the classes of a year: `school`, `grade`, `period`, `group`, `id`."""
    places = (("grade", GRADES), ("period", PERIODS), ("group", GROUPS))
    made = schools
    for name, count in places:
        made = made.join(pl.select(pl.int_range(count).alias(name)), how="cross")
    return made.with_columns(id=class_id(year))


def classes(schools: pl.DataFrame, year: int) -> pl.DataFrame:
    """Return the rows of `classes.csv`."""
    subject, code = (pl.Series([one[at] for one in words.SUBJECTS]) for at in (0, 1))
    period = pl.col("period")
    grade = pl.col("grade") + FIRST_GRADE + year - max(YEARS)
    return classes_of(schools, year).select(
        sourcedId=pl.col("id"),
        **_RECORD,
        title=pl.format("{} {}, group {}", pl.lit(subject).gather(period), grade, pl.col("group") + 1),
        grades=padded(grade, 2),
        courseSourcedId=pl.format("crs-{}-{}", pl.lit(code).gather(period), grade),
        classCode=pl.format("{}{}-{}", pl.lit(code).gather(period), padded(grade, 2), pl.col("group") + 1),
        classType=pl.lit("scheduled"),
        location=pl.format("Room {}{}", pl.col("grade") + 1, padded(period * GROUPS + pl.col("group"), 2)),
        schoolSourcedId=org_id(pl.col("school")),
        termSourcedIds=pl.lit(f"ses-{year}-s1,ses-{year}-s2"),
        subjects=pl.lit(subject).gather(period),
        periods=(period + 1).cast(pl.String),
    )


def seats(students: pl.DataFrame, year: int) -> pl.DataFrame:
    """Return each student's eight classes of a year: the student's columns, `period`, `group` and `class`.

    They come class by class, as a gradebook writes them, so a student's rows lie far apart.
    """
    period, seat = pl.col("period"), pl.col("seat") // GRADES
    factors = [pl.lit(pl.Series([mix[digit] for mix in _MIXES[year]])).gather(period) for digit in range(3)]
    digits = (seat % 5, seat // 5 % 5, seat // 25)
    group = sum((factor * digit for factor, digit in zip(factors, digits, strict=True)), pl.lit(0)) % GROUPS
    return (
        students.join(pl.select(period=pl.int_range(PERIODS)), how="cross")
        .with_columns(group=group)
        .with_columns(class_number=class_number())
        .sort("class_number", "student")
        .with_columns(**{"class": class_id(year)})
    )


def enrollments(taken: pl.DataFrame, year: int) -> pl.DataFrame:
    """Return the rows of `enrollments.csv` of students, from what `seats` returned."""
    begin, end = ("2026-08-17", None) if year == max(YEARS) else ("2025-08-18", "2026-06-06")
    return taken.select(
        **_enrolled(pl.format(f"enr-{year}-{{}}-{{}}", pl.col("student"), pl.col("period")), "class"),
        userSourcedId=pl.col("id"),
        role=pl.lit("student"),
        primary=pl.lit("false"),
        beginDate=pl.lit(begin),
        endDate=pl.lit(end, pl.String),
    )


def teaching(schools: pl.DataFrame, year: int) -> pl.DataFrame:
    """Return the rows of `enrollments.csv` of teachers."""
    teacher = pl.col("school") * TEACHERS + pl.col("grade") * PERIODS + pl.col("period")
    return classes_of(schools, year).select(
        **_enrolled(pl.format(f"enr-t-{year}-{{}}", class_number()), "id"),
        userSourcedId=teacher_id(teacher),
        role=pl.lit("teacher"),
        primary=pl.lit("true"),
        beginDate=_NONE.alias("begin"),
        endDate=_NONE.alias("end"),
    )


def _enrolled(id_: pl.Expr, class_column: str) -> dict[str, pl.Expr]:
    return {
        "sourcedId": id_,
        **_RECORD,
        "classSourcedId": pl.col(class_column),
        "schoolSourcedId": org_id(pl.col("school")),
    }


def _with_status(rows: pl.DataFrame) -> pl.DataFrame:
    first, *others = rows.columns
    return rows.select(first, *(value.alias(name) for name, value in _RECORD.items()), *others)
