"""Edupoint Synergy: tables of its SQL Server schema `rev`, with its ways of saying things.

Every key is a GUID; a school year is named by the year in which it starts; a grade is a code that a lookup explains;
people are in one table, students and parents in others that have the same key.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.harness.sis.people import ANA, FIRST_DAY, LEAVER, NO_SHOW, PEOPLE, SCHOOLS, Person
from tests.harness.sis.tables import Cells, Expected, Tables, make_database

QUERIES: Final = {
    "LOOKUP_VALUES": (
        "SELECT d.LOOKUP_NAMESPACE || '.' || d.LOOKUP_DEF_CODE AS LOOKUP, v.VALUE_CODE, v.VALUE_DESCRIPTION,"
        " v.ALT_CODE_1 FROM REV_BOD_LOOKUP_VALUES v JOIN REV_BOD_LOOKUP_DEF d ON d.LOOKUP_DEF_GU = v.LOOKUP_DEF_GU"
    )
}
"""What the mapping asks the adapter for beside the tables."""


def make(folder: Path) -> Path:
    """Make the database in the folder."""
    return make_database(folder / "synergy.db", _tables())


def gu(kind: int, number: int) -> str:
    """Return the GUID of the row of that number among those of a kind."""
    return f"{kind:08X}-0000-4000-8000-{number:012X}"


_PERSON, _STAY, _ORG, _ORG_YEAR, _YEAR, _SECTION, _COURSE, _LOOKUP, _OTHER = range(1, 10)
_PARENTS: Final = 1000


def _stay_key(person: Person, year: int) -> str:
    return gu(_STAY, person.number * 10 + year - 2020)


def _people() -> Iterator[Cells]:
    for person in PEOPLE:
        yield {
            "PERSON_GU": gu(_PERSON, person.number),
            "LAST_NAME": person.family,
            "FIRST_NAME": person.given,
            "MIDDLE_NAME": person.middle or None,
            "BIRTH_DATE": f"{person.born} 00:00:00",
            "GENDER": person.sex,
            "HISPANIC_INDICATOR": "Y" if person.hispanic else "N",
            "RESOLVED_RACE": person.race,
            "PRIMARY_PHONE": person.phone,
            "HOME_ADDRESS_GU": gu(_OTHER, 500 + person.number),
            "SOCIAL_SECURITY_NUMBER": person.ssn,
        }
        yield {
            "PERSON_GU": gu(_PERSON, _PARENTS + person.number),
            "LAST_NAME": person.family,
            "FIRST_NAME": person.parent,
            "PRIMARY_PHONE": person.phone,
            "EMAIL": f"{person.parent.lower()}@maple.example",
        }


def _stays() -> Iterator[Cells]:
    for person in PEOPLE:
        for year in person.years:
            gone = person.number == NO_SHOW
            yield {
                "STUDENT_SCHOOL_YEAR_GU": _stay_key(person, year),
                "STUDENT_GU": gu(_PERSON, person.number),
                "ORGANIZATION_YEAR_GU": gu(_ORG_YEAR, person.school_in(year) * 10 + year - 2020),
                "GRADE": str(100 + 10 * person.grade_in(year)),
                "ENTER_DATE": f"{FIRST_DAY[year]} 00:00:00",
                "LEAVE_DATE": person.last_day(year) and f"{person.last_day(year)} 00:00:00",
                "STATUS": "I" if person.number == LEAVER and year == 2026 else None,
                "NO_SHOW_STUDENT": "Y" if gone else "N",
                "EXCLUDE_ADA_ADM": None,
                "FTE": 1,
            }


def _enrollments() -> Iterator[Cells]:
    for stay in _stays():
        left = stay["STATUS"] == "I"
        yield {
            "ENROLLMENT_GU": stay["STUDENT_SCHOOL_YEAR_GU"].replace("00000002", "00000012", 1),
            "STUDENT_SCHOOL_YEAR_GU": stay["STUDENT_SCHOOL_YEAR_GU"],
            "ENTER_DATE": stay["ENTER_DATE"],
            "LEAVE_DATE": stay["LEAVE_DATE"],
            "ENTER_CODE": "E1",
            "LEAVE_CODE": "T1" if left else None,
        }


def _history() -> Iterator[Cells]:
    for number, (course, title) in enumerate((("ENG9", "English 9"), ("MTH9", "Algebra I")), 1):
        yield {
            "STU_COURSE_HISTORY_GU": gu(_OTHER, 700 + number),
            "STUDENT_GU": gu(_PERSON, ANA),
            "COURSE_ID": course,
            "COURSE_TITLE": title,
            "TERM_CODE": "S2",
            "MARK": "B+",
            "CREDIT_ATTEMPTED": 0.5,
            "CREDIT_COMPLETED": 0.5,
            "CALENDAR_YEAR": 2025,
            "CALENDAR_MONTH": 6,
            "SCHOOL_YEAR": 2024,
            "SCHOOL_IN_DISTRICT_GU": gu(_ORG, 210),
            "GRADE": "190",
            "COURSE_HISTORY_TYPE": "HIGH",
        }


def _lookups() -> Iterator[Cells]:
    for grade in range(13):
        text = f"{grade:02}" if grade else "K"
        yield {
            "LOOKUP_DEF_GU": gu(_LOOKUP, 1),
            "VALUE_CODE": str(100 + 10 * grade),
            "VALUE_DESCRIPTION": text,
        }
    for code, name in (("M", "Mother"), ("F", "Father"), ("100", "Decoy")):
        yield {"LOOKUP_DEF_GU": gu(_LOOKUP, 2), "VALUE_CODE": code, "VALUE_DESCRIPTION": name}
    for language in sorted({person.language for person in PEOPLE}):
        yield {
            "LOOKUP_DEF_GU": gu(_LOOKUP, 3),
            "VALUE_CODE": language[:2].upper(),
            "VALUE_DESCRIPTION": language,
            "ALT_CODE_1": language,
        }


def _tables() -> Tables:
    return {**_people_tables(), **_school_tables(), **_course_tables(), **_other_tables()}


def _people_tables() -> Tables:
    return {
        "REV_PERSON": (
            (
                "PERSON_GU! LAST_NAME FIRST_NAME MIDDLE_NAME SUFFIX BIRTH_DATE:time GENDER HISPANIC_INDICATOR RESOLVED_RACE"
                " PRIMARY_PHONE EMAIL HOME_ADDRESS_GU SOCIAL_SECURITY_NUMBER"
            ),
            list(_people()),
        ),
        "REV_PERSON_SECONDRY_ETH_LST": ("PERSON_GU ETHNIC_CODE", []),
        "EPC_STU": (
            "STUDENT_GU! SIS_NUMBER STATE_STUDENT_NUMBER HOME_LANGUAGE EXPECTED_GRADUATION_YEAR:int",
            [
                {
                    "STUDENT_GU": gu(_PERSON, one.number),
                    "SIS_NUMBER": one.local,
                    "STATE_STUDENT_NUMBER": one.state_id,
                    "HOME_LANGUAGE": one.language[:2].upper(),
                    "EXPECTED_GRADUATION_YEAR": 2026 + 12 - one.grade,
                }
                for one in PEOPLE
            ],
        ),
        "EPC_PARENT": ("PARENT_GU!", [{"PARENT_GU": gu(_PERSON, _PARENTS + one.number)} for one in PEOPLE]),
        "EPC_STU_PARENT": (
            (
                "STU_PARENT_GU! STUDENT_GU PARENT_GU RELATION_TYPE CONTACT_ALLOWED LIVES_WITH HAS_CUSTODY MAILING_ALLOWED"
                " ED_RIGHTS RELEASE_TO ORDERBY:int"
            ),
            [
                {
                    "STU_PARENT_GU": gu(_OTHER, 600 + one.number),
                    "STUDENT_GU": gu(_PERSON, one.number),
                    "PARENT_GU": gu(_PERSON, _PARENTS + one.number),
                    "RELATION_TYPE": "M",
                    "CONTACT_ALLOWED": "Y",
                    "LIVES_WITH": "Y",
                    "HAS_CUSTODY": "Y",
                    "MAILING_ALLOWED": "Y",
                    "ED_RIGHTS": "Y",
                    "RELEASE_TO": "Y",
                    "ORDERBY": 1,
                }
                for one in PEOPLE
            ],
        ),
        "REV_ADDRESS": (
            "ADDRESS_GU! ADDRESS CITY STATE ZIP_5",
            [
                {
                    "ADDRESS_GU": gu(_OTHER, 500 + one.number),
                    "ADDRESS": one.street,
                    "CITY": "Mapleton",
                    "ZIP_5": "87001",
                }
                for one in PEOPLE
            ],
        ),
        "EPC_STREET": ("STREET_GU! STREET_NAME", []),
        "UD_STU": ("STUDENT_GU! SHIRT_SIZE", []),
    }


def _school_tables() -> Tables:
    return {
        "REV_ORGANIZATION": (
            "ORGANIZATION_GU! ORGANIZATION_NAME",
            [{"ORGANIZATION_GU": gu(_ORG, key), "ORGANIZATION_NAME": name} for key, name in SCHOOLS.items()],
        ),
        "EPC_SCH": (
            "ORGANIZATION_GU! SCHOOL_CODE",
            [{"ORGANIZATION_GU": gu(_ORG, key), "SCHOOL_CODE": str(key)} for key in SCHOOLS],
        ),
        "REV_YEAR": (
            "YEAR_GU! SCHOOL_YEAR:int EXTENSION",
            [{"YEAR_GU": gu(_YEAR, end), "SCHOOL_YEAR": end - 1, "EXTENSION": "R"} for end in (2025, 2026)],
        ),
        "REV_ORGANIZATION_YEAR": (
            "ORGANIZATION_YEAR_GU! ORGANIZATION_GU YEAR_GU",
            [
                {
                    "ORGANIZATION_YEAR_GU": gu(_ORG_YEAR, key * 10 + end - 2020),
                    "ORGANIZATION_GU": gu(_ORG, key),
                    "YEAR_GU": gu(_YEAR, end),
                }
                for key in SCHOOLS
                for end in (2025, 2026)
            ],
        ),
        "EPC_STU_SCH_YR": (
            (
                "STUDENT_SCHOOL_YEAR_GU! STUDENT_GU ORGANIZATION_YEAR_GU GRADE ENTER_DATE:time LEAVE_DATE:time STATUS"
                " NO_SHOW_STUDENT EXCLUDE_ADA_ADM YEAR_END_STATUS SUMMER_WITHDRAWL_CODE FTE:num NEXT_GRADE_LEVEL"
            ),
            list(_stays()),
        ),
        "EPC_STU_ENROLL": (
            "ENROLLMENT_GU! STUDENT_SCHOOL_YEAR_GU ENTER_DATE:time LEAVE_DATE:time ENTER_CODE LEAVE_CODE",
            list(_enrollments()),
        ),
        "REV_BOD_LOOKUP_DEF": (
            "LOOKUP_DEF_GU! LOOKUP_NAMESPACE LOOKUP_DEF_CODE",
            [
                {"LOOKUP_DEF_GU": gu(_LOOKUP, number), "LOOKUP_NAMESPACE": space, "LOOKUP_DEF_CODE": code}
                for number, space, code in (
                    (1, "K12", "GRADE"),
                    (2, "K12", "RELATION_TYPE"),
                    (3, "K12", "LANGUAGE"),
                )
            ],
        ),
        "REV_BOD_LOOKUP_VALUES": ("LOOKUP_DEF_GU VALUE_CODE VALUE_DESCRIPTION ALT_CODE_1", list(_lookups())),
    }


def _course_tables() -> Tables:
    high_school = [one for one in PEOPLE if one.school == 210 and one.number != NO_SHOW and 2026 in one.years]
    return {
        "EPC_CRS": (
            "COURSE_GU! COURSE_ID COURSE_TITLE STATE_COURSE_CODE",
            [{"COURSE_GU": gu(_COURSE, 1), "COURSE_ID": "ENG10", "COURSE_TITLE": "English 10"}],
        ),
        "EPC_SCH_YR_SECT": (
            "SECTION_GU! ORGANIZATION_YEAR_GU COURSE_GU SECTION_ID TERM_CODE PERIOD_BEGIN:int ROOM_SIMPLE",
            [
                {
                    "SECTION_GU": gu(_SECTION, 1),
                    "ORGANIZATION_YEAR_GU": gu(_ORG_YEAR, 2106),
                    "COURSE_GU": gu(_COURSE, 1),
                    "SECTION_ID": "301",
                    "TERM_CODE": "YR",
                    "PERIOD_BEGIN": 4,
                    "ROOM_SIMPLE": "R1",
                }
            ],
        ),
        "EPC_STU_CLASS": (
            "STU_CLASS_GU! STUDENT_SCHOOL_YEAR_GU SECTION_GU ENTER_DATE:time LEAVE_DATE:time",
            [
                {
                    "STU_CLASS_GU": gu(_OTHER, 800 + one.number),
                    "STUDENT_SCHOOL_YEAR_GU": _stay_key(one, 2026),
                    "SECTION_GU": gu(_SECTION, 1),
                    "ENTER_DATE": f"{FIRST_DAY[2026]} 00:00:00",
                }
                for one in high_school
            ],
        ),
        "EPC_STU_SCH_YR_GRD_PRD": (
            "STU_SCHOOL_YEAR_GRD_PRD_GU! STUDENT_SCHOOL_YEAR_GU SECTION_GU PERIOD_NAME",
            [
                {
                    "STU_SCHOOL_YEAR_GRD_PRD_GU": gu(_OTHER, 1),
                    "STUDENT_SCHOOL_YEAR_GU": _stay_key(PEOPLE[0], 2026),
                    "SECTION_GU": gu(_SECTION, 1),
                    "PERIOD_NAME": "Quarter 1",
                }
            ],
        ),
        "EPC_STU_SCH_YR_GRD_PRD_MK": (
            "STU_SCHOOL_YEAR_GRD_PRD_MK_GU! STU_SCHOOL_YEAR_GRD_PRD_GU MARK",
            [
                {
                    "STU_SCHOOL_YEAR_GRD_PRD_MK_GU": gu(_OTHER, 2),
                    "STU_SCHOOL_YEAR_GRD_PRD_GU": gu(_OTHER, 1),
                    "MARK": "A-",
                }
            ],
        ),
        "EPC_STU_CRS_HIS": (
            (
                "STU_COURSE_HISTORY_GU! STUDENT_GU COURSE_ID COURSE_TITLE TERM_CODE MARK CREDIT_ATTEMPTED:num"
                " CREDIT_COMPLETED:num REPEAT_TAG_GU CALENDAR_YEAR:int CALENDAR_MONTH:int SCHOOL_YEAR:int GRADE"
                " SCHOOL_IN_DISTRICT_GU SCHOOL_NON_DISTRICT_GU COURSE_HISTORY_TYPE"
            ),
            list(_history()),
        ),
        "EPC_STU_GPA": (
            "STU_GPA_GU! STUDENT_GU GPA:num CLASS_RANK:int CLASS_SIZE:int",
            [
                {
                    "STU_GPA_GU": gu(_OTHER, 3),
                    "STUDENT_GU": gu(_PERSON, ANA),
                    "GPA": 3.45,
                    "CLASS_RANK": 7,
                    "CLASS_SIZE": 210,
                }
            ],
        ),
    }


def _other_tables() -> Tables:
    ana = gu(_PERSON, ANA)
    days = (("2025-10-01", 1), ("2025-10-02", 2), ("2025-10-03", 3))
    return {
        "EPC_CODE_ABS_REAS": (
            "CODE_ABS_REAS_GU! ABBREVIATION DESCRIPTION",
            [
                {"CODE_ABS_REAS_GU": gu(_OTHER, 10 + number), "ABBREVIATION": code, "DESCRIPTION": name}
                for number, (code, name) in enumerate(
                    (("UNX", "Unexcused"), ("EXC", "Excused"), ("TDY", "Tardy")), 1
                )
            ],
        ),
        "EPC_STU_ATT_DAILY": (
            "DAILY_ATTEND_GU! ENROLLMENT_GU ABS_DATE:time CODE_ALL_DAY_GU",
            [
                {
                    "DAILY_ATTEND_GU": gu(_OTHER, 20 + number),
                    "ENROLLMENT_GU": _stay_key(PEOPLE[0], 2026).replace("00000002", "00000012", 1),
                    "ABS_DATE": f"{day} 00:00:00",
                    "CODE_ALL_DAY_GU": gu(_OTHER, 10 + number),
                }
                for day, number in days
            ],
        ),
        "EPC_TEST": ("TEST_GU! TEST_NAME", [{"TEST_GU": gu(_OTHER, 30), "TEST_NAME": "PSAT 10"}]),
        "EPC_STU_TEST": (
            "STUDENT_TEST_GU! STUDENT_GU TEST_GU ADMIN_DATE:time",
            [
                {
                    "STUDENT_TEST_GU": gu(_OTHER, 31),
                    "STUDENT_GU": ana,
                    "TEST_GU": gu(_OTHER, 30),
                    "ADMIN_DATE": "2025-10-15",
                }
            ],
        ),
        "EPC_STU_TEST_PART": (
            "STU_TEST_PART_GU! STUDENT_TEST_GU PART_DESCRIPTION",
            [
                {
                    "STU_TEST_PART_GU": gu(_OTHER, 32),
                    "STUDENT_TEST_GU": gu(_OTHER, 31),
                    "PART_DESCRIPTION": "Math",
                }
            ],
        ),
        "EPC_STU_TEST_PART_SCORE": (
            "STU_TEST_PART_SCORE_GU! STU_TEST_PART_GU TEST_SCORE",
            [
                {
                    "STU_TEST_PART_SCORE_GU": gu(_OTHER, 33),
                    "STU_TEST_PART_GU": gu(_OTHER, 32),
                    "TEST_SCORE": "560",
                }
            ],
        ),
        "EPC_STU_PGM_ELL": ("STUDENT_GU! CURRENT_STATUS", []),
        "EPC_STU_PGM_ELL_HIS": (
            "STU_PGM_ELL_HIS_GU! STUDENT_GU ENTER_DATE:time EXIT_DATE:time",
            [{"STU_PGM_ELL_HIS_GU": gu(_OTHER, 40), "STUDENT_GU": ana, "ENTER_DATE": "2016-09-01 00:00:00"}],
        ),
        "EPC_STU_PGM_FRM_HIS": (
            "STU_PGM_FRM_HIS_GU! STUDENT_GU FRM_CODE ENTER_DATE:time EXIT_DATE:time",
            [
                {
                    "STU_PGM_FRM_HIS_GU": gu(_OTHER, 41),
                    "STUDENT_GU": ana,
                    "FRM_CODE": "F",
                    "ENTER_DATE": "2025-09-01 00:00:00",
                }
            ],
        ),
    }


EXPECTED: Final[dict[str, Expected]] = {
    gu(_PERSON, 1): {
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
            "transcript": 2,
            "assessments": 1,
            "programs": 2,
        },
    },
    gu(_PERSON, 10): {
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
