"""openSIS Classic: tables of its MySQL schema, with its ways of saying things.

`syear` is the year in which a school year starts; a day of attendance is 1, 0.5 or 0; grades, ethnicities and languages
are numbers that small tables explain.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.harness.sis.people import ANA, FIRST_DAY, GRADUATE, LAST_DAY, LEAVER, NO_SHOW, PEOPLE, SCHOOLS
from tests.harness.sis.tables import Cells, Expected, Tables, make_database, numbered

_RACES: Final = {"W": 1, "B": 2, "A": 3, "I": 4, "P": 5}
_RACE_NAMES: Final = (
    "White, Non-Hispanic",
    "Black, Non-Hispanic",
    "Asian",
    "American Indian",
    "Pacific Islander",
    "Hispanic",
)
_LANGUAGES: Final = sorted({person.language for person in PEOPLE})


def make(folder: Path) -> Path:
    """Make the database in the folder."""
    return make_database(folder / "opensis.db", _tables())


def _grade(school: int, grade: int) -> int:
    """Return the key of a grade level of a school."""
    return school * 100 + grade


def _stays() -> Iterator[Cells]:
    for person in PEOPLE:
        for year in person.years:
            if person.number != NO_SHOW:
                left = person.number == LEAVER and year == 2026
                yield {
                    "syear": year - 1,
                    "school_id": person.school_in(year),
                    "student_id": person.number,
                    "grade_id": _grade(person.school_in(year), person.grade_in(year)),
                    "start_date": FIRST_DAY[year],
                    "end_date": person.last_day(year),
                    "enrollment_code": 2,
                    "drop_code": 3 if left else 4 if person.number == GRADUATE else None,
                }


def _gradelevels() -> Iterator[Cells]:
    for school in SCHOOLS:
        for grade in range(13):
            name = f"{grade:02}" if grade else "KG"
            yield {
                "id": _grade(school, grade),
                "school_id": school,
                "short_name": name,
                "title": f"Grade {name}",
            }


def _periods() -> Iterator[Cells]:
    for end in (2025, 2026):
        yield {
            "marking_period_id": end,
            "syear": end - 1,
            "school_id": 210,
            "mp_type": "year",
            "title": "Full Year",
            "short_name": "FY",
            "start_date": FIRST_DAY[end],
            "end_date": LAST_DAY[end],
        }
    yield {
        "marking_period_id": 1,
        "syear": 2025,
        "school_id": 210,
        "mp_type": "quarter",
        "title": "Quarter 1",
    }


def _marks() -> Iterator[Cells]:
    for number, period, course, title in ((1, 2025, "ENG9", "English 9"), (2, 2025, "MTH9", "Algebra I")):
        yield {
            "id": number,
            "syear": 2024,
            "school_id": 210,
            "student_id": ANA,
            "marking_period_id": period,
            "grade_percent": 88.5,
            "grade_letter": "B+",
            "weighted_gp": 3.3,
            "unweighted_gp": 3.3,
            "gp_scale": 4,
            "credit_attempted": 1,
            "credit_earned": 1,
            "course_code": course,
            "course_title": title,
        }
    yield {
        "id": 3,
        "syear": 2025,
        "school_id": 210,
        "student_id": ANA,
        "course_period_id": 301,
        "marking_period_id": 1,
        "grade_percent": 91,
        "grade_letter": "A-",
        "course_title": "English 10",
    }


def _tables() -> Tables:
    return {**_people_tables(), **_school_tables(), **_other_tables()}


def _people_tables() -> Tables:
    return {
        "students": (
            (
                "student_id:int! last_name first_name middle_name name_suffix gender ethnicity_id:int common_name"
                " social_security birthdate:date language_id:int estimated_grad_date:date alt_id email phone is_disable"
            ),
            [
                {
                    "student_id": one.number,
                    "last_name": one.family,
                    "first_name": one.given,
                    "middle_name": one.middle,
                    "gender": {"F": "Female", "M": "Male"}[one.sex],
                    "ethnicity_id": 6 if one.hispanic else _RACES[one.race],
                    "common_name": "Anita" if one.number == ANA else None,
                    "social_security": one.ssn,
                    "birthdate": one.born,
                    "language_id": _LANGUAGES.index(one.language) + 1,
                    "alt_id": one.state_id,
                    "phone": one.phone,
                }
                for one in PEOPLE
            ],
        ),
        "ethnicity": (
            "ethnicity_id:int! ethnicity_name",
            numbered(({"ethnicity_name": one} for one in _RACE_NAMES), "ethnicity_id"),
        ),
        "language": (
            "language_id:int! language_name",
            numbered(({"language_name": one} for one in _LANGUAGES), "language_id"),
        ),
        "login_authentication": (
            "id:int! user_id:int profile_id:int username password",
            [{"id": 1, "user_id": 1, "profile_id": 3, "username": "areyes", "password": "hunter2"}],
        ),
        "student_address": (
            "id:int! student_id:int type street_address_1 street_address_2 city state zipcode",
            numbered(
                {
                    "student_id": one.number,
                    "type": "Home Address",
                    "street_address_1": one.street,
                    "city": "Mapleton",
                }
                for one in PEOPLE
            ),
        ),
        "people": (
            "staff_id:int! last_name first_name home_phone cell_phone email",
            [
                {
                    "staff_id": 800 + one.number,
                    "last_name": one.family,
                    "first_name": one.parent,
                    "cell_phone": one.phone,
                    "email": f"{one.parent.lower()}@maple.example",
                }
                for one in PEOPLE
            ],
        ),
        "students_join_people": (
            "id:int! student_id:int person_id:int relationship is_emergency emergency_type",
            numbered(
                {
                    "student_id": one.number,
                    "person_id": 800 + one.number,
                    "relationship": "Mother",
                    "emergency_type": "Primary",
                }
                for one in PEOPLE
            ),
        ),
    }


def _school_tables() -> Tables:
    high_school = [one for one in PEOPLE if one.school == 210 and one.number not in {NO_SHOW, GRADUATE}]
    return {
        "schools": ("id:int! syear:int title", [{"id": key, "title": name} for key, name in SCHOOLS.items()]),
        "school_gradelevels": ("id:int! school_id:int short_name title", list(_gradelevels())),
        "student_enrollment": (
            (
                "id:int! syear:int school_id:int student_id:int grade_id:int start_date:date end_date:date"
                " enrollment_code:int drop_code:int next_school:int last_school:int"
            ),
            numbered(_stays()),
        ),
        "student_enrollment_codes": (
            "id:int! syear:int title short_name type",
            [
                {"id": 2, "title": "New", "short_name": "NEW", "type": "Add"},
                {"id": 3, "title": "Transferred Out", "short_name": "TRAN", "type": "Drop"},
                {"id": 4, "title": "Graduated", "short_name": "GRAD", "type": "Drop"},
            ],
        ),
        "marking_periods": (
            "marking_period_id:int! syear:int school_id:int mp_type title short_name start_date:date end_date:date",
            list(_periods()),
        ),
        "courses": (
            "course_id:int! title short_name",
            [{"course_id": 31, "title": "English 10", "short_name": "ENG10"}],
        ),
        "course_periods": (
            "course_period_id:int! syear:int school_id:int course_id:int title short_name",
            [
                {
                    "course_period_id": 301,
                    "syear": 2025,
                    "school_id": 210,
                    "course_id": 31,
                    "title": "English 10 - 1",
                }
            ],
        ),
        "schedule": (
            (
                "id:int! syear:int school_id:int student_id:int course_id:int course_period_id:int marking_period_id:int"
                " start_date:date end_date:date"
            ),
            numbered(
                {
                    "syear": 2025,
                    "school_id": 210,
                    "student_id": one.number,
                    "course_id": 31,
                    "course_period_id": 301,
                    "marking_period_id": 2026,
                    "start_date": FIRST_DAY[2026],
                }
                for one in high_school
            ),
        ),
        "student_report_card_grades": (
            (
                "id:int! syear:int school_id:int student_id:int course_period_id:int marking_period_id:int"
                " grade_percent:num grade_letter weighted_gp:num unweighted_gp:num gp_scale:num credit_attempted:num"
                " credit_earned:num course_code course_title comment"
            ),
            list(_marks()),
        ),
        "student_gpa_calculated": (
            "student_id:int! marking_period_id:int! gpa:num weighted_gpa:num unweighted_gpa:num class_rank:int",
            [
                {
                    "student_id": ANA,
                    "marking_period_id": 2025,
                    "unweighted_gpa": 3.45,
                    "weighted_gpa": 3.6,
                    "class_rank": 7,
                }
            ],
        ),
        "history_school": ("id:int! student_id:int school_name", []),
    }


def _other_tables() -> Tables:
    return {
        "attendance_day": (
            "student_id:int! school_date:date! minutes_present:int state_value:num syear:int",
            [
                {"student_id": ANA, "school_date": day, "state_value": value, "syear": 2025}
                for day, value in (("2025-10-01", 0), ("2025-10-02", 0.5), ("2025-10-03", 1))
            ],
        ),
        "attendance_period": (
            "student_id:int! school_date:date! course_period_id:int attendance_code:int",
            [],
        ),
        "student_immunization": (
            "id:int! student_id:int type medical_date:date comments",
            [{"id": 1, "student_id": ANA, "type": "MMR", "medical_date": "2011-03-20"}],
        ),
        "student_medical_alerts": (
            "id:int! student_id:int title alert_date:date",
            [{"id": 1, "student_id": ANA, "title": "Peanut allergy: pen in the office"}],
        ),
        "student_mp_comments": ("student_id:int! syear:int marking_period_id:int! comment", []),
    }


EXPECTED: Final[dict[str, Expected]] = {
    "1": {
        "stateId": "8800000001",
        "given": "Ana",
        "family": "Reyes",
        "birthDate": "2010-03-14",
        "gradeLevel": "10",
        "school": "Birch High School",
        "exitDate": None,
        "entries": {
            "identity": 1,
            "demographics": 1,
            "contacts": 1,
            "enrollments": 2,
            "attendance": 3,
            "classes": 1,
            "grades": 1,
            "transcript": 1,
            "immunizations": 1,
            "health": 1,
        },
    },
    "10": {
        "stateId": "8800000010",
        "given": "Liam",
        "family": "O'Brien",
        "birthDate": "2012-02-29",
        "gradeLevel": "08",
        "school": "Birch High School",
        "exitDate": "2026-01-17",
        "entries": {"identity": 1, "demographics": 1, "contacts": 1, "enrollments": 2, "classes": 1},
    },
}
