"""Skyward SMS: CSV files that an SFTP server holds every night, with its ways of saying things.

Entity 000 is the district and repeats every student; the grade of a stay of several years is that of the last one;
whoever has a state code of a disability is in special education.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.harness.sis.people import ANA, FIRST_DAY, GRADUATE, LEAVER, NO_SHOW, PEOPLE, SCHOOLS, Person
from tests.harness.sis.tables import Cells, Expected, Tables, make_folder


def make(folder: Path) -> Path:
    """Make the folder of files in the folder."""
    return make_folder(folder / "skyward", _tables())


def _day(day: object) -> str:
    """Write a day as the export has it."""
    year, month, number = str(day).split("-")
    return f"{month}/{number}/{year}"


def _grade(person: Person, year: int) -> str:
    grade = person.grade_in(year)
    return f"{grade:02}" if grade else "KG"


def _students() -> Iterator[Cells]:
    for person in PEOPLE:
        cells = {
            "NameID": 40000 + person.number,
            "StudentOtherID": person.local,
            "StateID": person.state_id,
            "LastName": person.family,
            "FirstName": person.given,
            "MiddleName": person.middle,
            "BirthDate": _day(person.born),
            "StudentGrade": _grade(person, 2026),
            "GenderMaleFemale": {"F": "Female", "M": "Male"}[person.sex],
            "HispanicLatino": "Yes" if person.hispanic else "No",
            "FederalRace": person.race,
            "LanguageCode": person.language,
            "LEPStatus": "Yes" if person.number == ANA else "No",
            "LunchCodeType": "F" if person.number == ANA else "P",
            "HomelessStatus": "Yes" if person.number == ANA else "No",
            "SPEDDisStateCode": "SLD" if person.number == ANA else "",
            "NCLBMigrantStatus": "No",
            "SocialSecurityNumber": person.ssn,
        }
        yield cells | {"EntityID": "000"}
        yield cells | {"EntityID": str(person.school)}


def _stays() -> Iterator[Cells]:
    for person in PEOPLE:
        if person.number != NO_SHOW:
            yield from _stays_of(person)


def _stays_of(person: Person) -> Iterator[Cells]:
    """Yield one stay for both years where the school is the same: with the grade of the second."""
    years = person.years
    together = len(years) > 1 and person.school_in(2025) == person.school_in(2026)
    for year in years[-1:] if together else years:
        first = years[0] if together else year
        last = person.last_day(year)
        left = person.number == LEAVER and year == 2026
        yield {
            "NameID": 40000 + person.number,
            "EntityID": str(person.school_in(year)),
            "GradeLevel": _grade(person, year),
            "EntryDate": _day(FIRST_DAY[first]),
            "WithdrawalDate": _day(last) if last else "",
            "EntryCode": "E1",
            "WithdrawalCode": "T1" if left else "Graduated" if person.number == GRADUATE else "",
        }


def _tables() -> Tables:
    return {
        "Student": (
            (
                "NameID StudentOtherID StateID EntityID LastName FirstName MiddleName BirthDate StudentGrade GenderMaleFemale"
                " HispanicLatino FederalRace LanguageCode LEPStatus LunchCodeType HomelessStatus SPEDDisStateCode"
                " NCLBMigrantStatus SocialSecurityNumber"
            ),
            list(_students()),
        ),
        "EntryWithdraw": (
            "NameID EntityID GradeLevel EntryDate WithdrawalDate EntryCode WithdrawalCode",
            list(_stays()),
        ),
        "Entity": (
            "EntityID EntityName",
            [{"EntityID": str(key), "EntityName": name} for key, name in SCHOOLS.items()]
            + [{"EntityID": "000", "EntityName": "District"}],
        ),
    }


EXPECTED: Final[dict[str, Expected]] = {
    "40001": {
        "stateId": "8800000001",
        "given": "Ana",
        "family": "Reyes",
        "birthDate": "2010-03-14",
        "gradeLevel": "10",
        "school": "Birch High School",
        "exitDate": None,
        "entries": {"identity": 1, "demographics": 1, "enrollments": 1, "programs": 4},
    },
    "40010": {
        "stateId": "8800000010",
        "given": "Liam",
        "family": "O'Brien",
        "birthDate": "2012-02-29",
        "gradeLevel": "08",
        "school": "Birch High School",
        "exitDate": "2026-01-17",
        "entries": {"identity": 1, "demographics": 1, "enrollments": 1},
    },
}
