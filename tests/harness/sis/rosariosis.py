"""RosarioSIS: tables of its PostgreSQL schema, with its ways of saying things.

Sex, ethnicity, birth date, social security number and language are in columns that only `custom_fields` explains; a grade
point average is a factor of the scale; `syear` is the year in which a school year starts, and every year has its own row
of each school.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.harness.sis.people import ANA, FIRST_DAY, GRADUATE, LAST_DAY, LEAVER, NO_SHOW, PEOPLE, SCHOOLS
from tests.harness.sis.tables import Cells, Expected, Tables, make_database, numbered

_RACES: Final = {
    "W": "White, Non-Hispanic",
    "B": "Black, Non-Hispanic",
    "A": "Asian",
    "I": "American Indian",
    "P": "Pacific Islander",
}
_CUSTOM: Final = (
    "Gender",
    "Ethnicity",
    "Common Name",
    "Social Security",
    "Birthdate",
    "Language",
    "Physician",
)


def make(folder: Path) -> Path:
    """Make the database in the folder."""
    return make_database(folder / "rosariosis.db", _tables())


def _grade(school: int, grade: int) -> int:
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


def _marks() -> Iterator[Cells]:
    for number, title in ((1, "English 9"), (2, "Algebra I")):
        yield {
            "id": number,
            "syear": 2024,
            "school_id": 210,
            "student_id": ANA,
            "marking_period_id": 2025,
            "grade_percent": 88.5,
            "grade_letter": "B+",
            "weighted_gp": 3.3,
            "unweighted_gp": 3.3,
            "gp_scale": 4,
            "credit_attempted": 1,
            "credit_earned": 1,
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
                "student_id:int! last_name first_name middle_name name_suffix username password custom_200000000"
                " custom_200000001 custom_200000002 custom_200000003 custom_200000004:date custom_200000005 custom_200000006"
                " custom_200000012"
            ),
            [
                {
                    "student_id": one.number,
                    "last_name": one.family,
                    "first_name": one.given,
                    "middle_name": one.middle,
                    "username": f"s{one.number}",
                    "password": "hunter2",
                    "custom_200000000": {"F": "Female", "M": "Male"}[one.sex],
                    "custom_200000001": "Hispanic" if one.hispanic else _RACES[one.race],
                    "custom_200000002": "Anita" if one.number == ANA else None,
                    "custom_200000003": one.ssn,
                    "custom_200000004": one.born,
                    "custom_200000005": one.language,
                    "custom_200000012": one.state_id,
                }
                for one in PEOPLE
            ],
        ),
        "custom_fields": (
            "id:int! title type",
            [{"id": 200000000 + at, "title": title, "type": "text"} for at, title in enumerate(_CUSTOM)]
            + [{"id": 200000012, "title": "State ID", "type": "text"}],
        ),
        "address": (
            "address_id:int! address city state zipcode phone",
            [
                {
                    "address_id": one.number,
                    "address": one.street,
                    "city": "Mapleton",
                    "zipcode": "07001",
                    "phone": one.phone,
                }
                for one in PEOPLE
            ],
        ),
        "students_join_address": (
            "id:int! student_id:int address_id:int residence",
            numbered(
                {"student_id": one.number, "address_id": one.number, "residence": "Y"} for one in PEOPLE
            ),
        ),
        "people": (
            "person_id:int! last_name first_name middle_name",
            [
                {"person_id": 800 + one.number, "last_name": one.family, "first_name": one.parent}
                for one in PEOPLE
            ],
        ),
        "students_join_people": (
            "id:int! student_id:int person_id:int address_id:int custody emergency student_relation",
            numbered(
                {
                    "student_id": one.number,
                    "person_id": 800 + one.number,
                    "address_id": one.number,
                    "custody": "Y",
                    "student_relation": "Mother",
                }
                for one in PEOPLE
            ),
        ),
        "people_join_contacts": (
            "id:int! person_id:int title value",
            numbered(
                {"person_id": 800 + one.number, "title": "Mobile", "value": one.phone} for one in PEOPLE
            ),
        ),
    }


def _school_tables() -> Tables:
    high_school = [one for one in PEOPLE if one.school == 210 and one.number not in {NO_SHOW, GRADUATE}]
    years = (2024, 2025)
    return {
        "schools": (
            "syear:int! id:int! title reporting_gp_scale:num",
            [
                {"syear": year, "id": key, "title": name, "reporting_gp_scale": 4}
                for key, name in SCHOOLS.items()
                for year in years
            ],
        ),
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
                {"id": 2, "title": "Beginning of Year", "short_name": "BY", "type": "Add"},
                {"id": 3, "title": "Moved away", "short_name": "MOVE", "type": "Drop"},
                {"id": 4, "title": "Graduated", "short_name": "GRAD", "type": "Drop"},
            ],
        ),
        "school_marking_periods": (
            "marking_period_id:int! syear:int mp school_id:int title short_name start_date:date end_date:date",
            [
                {
                    "marking_period_id": end,
                    "syear": end - 1,
                    "mp": "FY",
                    "school_id": 210,
                    "title": "Full Year",
                    "start_date": FIRST_DAY[end],
                    "end_date": LAST_DAY[end],
                }
                for end in (2025, 2026)
            ]
            + [{"marking_period_id": 1, "syear": 2025, "mp": "QTR", "school_id": 210, "title": "Quarter 1"}],
        ),
        "courses": (
            "course_id:int! title short_name",
            [{"course_id": 31, "title": "English 10", "short_name": "ENG10"}],
        ),
        "course_periods": (
            "course_period_id:int! syear:int school_id:int course_id:int title short_name room",
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
                "student_id:int! course_period_id:int! syear:int school_id:int course_id:int marking_period_id:int"
                " start_date:date! end_date:date"
            ),
            [
                {
                    "student_id": one.number,
                    "course_period_id": 301,
                    "syear": 2025,
                    "school_id": 210,
                    "course_id": 31,
                    "marking_period_id": 2026,
                    "start_date": FIRST_DAY[2026],
                }
                for one in high_school
            ],
        ),
        "student_report_card_grades": (
            (
                "id:int! syear:int school_id:int student_id:int course_period_id:int marking_period_id:int grade_percent:num"
                " grade_letter weighted_gp:num unweighted_gp:num gp_scale:num credit_attempted:num credit_earned:num"
                " course_title comment"
            ),
            list(_marks()),
        ),
        "student_mp_stats": (
            (
                "student_id:int! marking_period_id:int! cum_weighted_factor:num cum_unweighted_factor:num cum_rank:int"
                " mp_rank:int class_size:int"
            ),
            [
                {
                    "student_id": ANA,
                    "marking_period_id": 2025,
                    "cum_weighted_factor": 0.9,
                    "cum_unweighted_factor": 0.8625,
                    "mp_rank": 7,
                    "class_size": 210,
                }
            ],
        ),
    }


def _other_tables() -> Tables:
    return {
        "attendance_day": (
            "student_id:int! school_date:date! minutes_present:int state_value:num syear:int marking_period_id:int comment",
            [
                {"student_id": ANA, "school_date": day, "state_value": value, "syear": 2025}
                for day, value in (("2025-10-01", 0), ("2025-10-02", 0.5), ("2025-10-03", 1))
            ],
        ),
        "attendance_period": ("student_id:int! school_date:date! period_id:int! attendance_code:int", []),
        "attendance_codes": ("id:int! title short_name state_code", []),
        "discipline_fields": ("id:int! short_name data_type column_name", []),
        "discipline_referrals": (
            (
                "id:int! syear:int student_id:int school_id:int staff_id:int entry_date:date referral_date:date category_1"
                " category_2 category_3 category_4 category_5 category_6"
            ),
            [
                {
                    "id": 1,
                    "syear": 2025,
                    "student_id": ANA,
                    "school_id": 210,
                    "entry_date": "2025-12-01",
                    "category_1": "Shouted in class.",
                    "category_3": "Disruption",
                    "category_6": "Detention",
                }
            ],
        ),
        "student_medical": (
            "id:int! student_id:int type medical_date:date comments",
            [{"id": 1, "student_id": ANA, "type": "MMR", "medical_date": "2011-03-20"}],
        ),
        "student_medical_alerts": (
            "id:int! student_id:int title",
            [{"id": 1, "student_id": ANA, "title": "Peanut allergy: pen in the office"}],
        ),
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
            "incidents": 1,
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
