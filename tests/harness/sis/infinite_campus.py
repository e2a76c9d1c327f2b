"""Infinite Campus: tables of its SQL Server schema `dbo`, with its ways of saying things.

`endDate` is the last day; a stay with `noShow` never began; a student is at several schools at once, and
`serviceType` P says which one is responsible; names are those of the current `Identity`.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from tests.harness.sis.people import (
    ANA,
    DISTRICT,
    FIRST_DAY,
    LAST_DAY,
    LEAVER,
    NO_SHOW,
    PEOPLE,
    SCHOOLS,
    Person,
)
from tests.harness.sis.tables import Cells, Expected, Tables, make_database, numbered

_FEDERAL: Final = {"W": 6, "B": 4, "A": 3, "I": 2, "P": 5}
_PARENTS: Final = 1000


def make(folder: Path) -> Path:
    """Make the database in the folder."""
    return make_database(folder / "infinite_campus.db", _tables())


def _at(day: date | None) -> str | None:
    """Write a day as `smalldatetime` has it."""
    return f"{day} 00:00:00" if day else None


def _calendar(school: int, year: int) -> int:
    return school * 100 + year % 100


def _stays() -> Iterator[Cells]:
    for person in PEOPLE:
        for year in person.years:
            yield _stay(person, year, "P")
    yield {**_stay(PEOPLE[ANA - 1], 2026, "N"), "calendarID": _calendar(110, 2026), "grade": "05"}


def _stay(person: Person, year: int, service: str) -> Cells:
    gone = person.number == NO_SHOW
    return {
        "personID": person.number,
        "calendarID": _calendar(person.school_in(year), year),
        "structureID": 1,
        "grade": _grade(person, year),
        "startDate": _at(FIRST_DAY[year]),
        "endDate": _at(FIRST_DAY[year] if gone else person.last_day(year)),
        "startStatus": "E1",
        "endStatus": "NS" if gone else "T1" if person.number == LEAVER and year == 2026 else None,
        "endComments": "Moved to another district" if person.number == LEAVER and year == 2026 else None,
        "serviceType": service,
        "noShow": int(gone),
        "active": int(year == 2026),
        "stateExclude": 0,
    }


def _grade(person: Person, year: int) -> str:
    grade = person.grade_in(year)
    return f"{grade:02}" if grade > 0 else "KG"


def _identities() -> Iterator[Cells]:
    """Yield the names of all, and one that Ana had before."""
    for person in PEOPLE:
        yield {
            "identityID": 100 + person.number,
            "personID": person.number,
            "lastName": person.family,
            "firstName": person.given,
            "middleName": person.middle or None,
            "birthdate": _at(person.born),
            "gender": person.sex,
            "raceEthnicityFed": 1 if person.hispanic else _FEDERAL[person.race],
            "hispanicEthnicity": "Y" if person.hispanic else "N",
            "homePrimaryLanguage": person.language,
            "ssn": person.ssn,
            "effectiveDate": "2020-01-01 00:00:00",
        }
        yield {
            "identityID": 1100 + person.number,
            "personID": _PARENTS + person.number,
            "lastName": person.family,
            "firstName": person.parent,
        }
    yield {
        "identityID": 99,
        "personID": ANA,
        "lastName": "Rios",
        "firstName": "Ana",
        "effectiveDate": "2010-04-01",
    }


def _view() -> Iterator[Cells]:
    """Yield the rows of the view `student`, one for each stay."""
    for stay in _stays():
        person = PEOPLE[int(stay["personID"]) - 1]
        yield {
            "personID": person.number,
            "stateID": person.state_id,
            "studentNumber": person.local,
            "calendarID": stay["calendarID"],
            "structureID": 1,
            "schoolID": int(stay["calendarID"]) // 100,
            "districtID": 1,
            "lastName": person.family,
            "firstName": person.given,
            "birthdate": _at(person.born),
            "gender": person.sex,
            "grade": stay["grade"],
            "startDate": stay["startDate"],
            "endDate": stay["endDate"],
            "serviceType": stay["serviceType"],
            "activeYear": stay["active"],
        }


def _people() -> Iterator[Cells]:
    for person in PEOPLE:
        yield {
            "personID": person.number,
            "currentIdentityID": 100 + person.number,
            "studentNumber": person.local,
            "stateID": person.state_id,
        }
        yield {"personID": _PARENTS + person.number, "currentIdentityID": 1100 + person.number}


def _pairs() -> Iterator[Cells]:
    for person in PEOPLE:
        yield {
            "personID1": person.number,
            "personID2": _PARENTS + person.number,
            "name": "Mother",
            "guardian": 1,
            "mailing": 1,
            "portal": 0,
            "seq": 1,
        }


def _rosters() -> Iterator[Cells]:
    for person in PEOPLE:
        if person.school == 210 and person.number != NO_SHOW and 2026 in person.years:
            yield {
                "personID": person.number,
                "sectionID": 301,
                "trialID": 1,
                "startDate": None,
                "endDate": None,
            }
            yield {"personID": person.number, "sectionID": 302, "trialID": 2}


_ANA: Final = PEOPLE[ANA - 1]


def _tables() -> Tables:
    return {**_people_tables(), **_school_tables(), **_course_tables(), **_other_tables()}


def _people_tables() -> Tables:
    return {
        "student": (
            (
                "personID:int stateID studentNumber calendarID:int structureID:int schoolID:int districtID:int lastName"
                " firstName middleName suffix birthdate:time gender grade stateGrade startDate:time endDate:time"
                " startStatus endStatus serviceType activeYear:int enrollmentStateExclude:int raceEthnicityFed:int"
                " hispanicEthnicity homePrimaryLanguage"
            ),
            list(_view()),
        ),
        "Person": (
            "personID:int! currentIdentityID:int studentNumber stateID staffStateID",
            list(_people()),
        ),
        "Identity": (
            (
                "identityID:int! personID:int lastName firstName middleName suffix alias birthdate:time gender"
                " raceEthnicityFed:int hispanicEthnicity homePrimaryLanguage ssn effectiveDate:time"
            ),
            list(_identities()),
        ),
        "UserAccount": (
            "userID:int! personID:int username password",
            numbered(({"personID": 1, "username": "areyes", "password": "hunter2"},), "userID"),
        ),
        "Contact": (
            "personID:int! email homePhone cellPhone workPhone",
            [
                {
                    "personID": _PARENTS + one.number,
                    "email": f"{one.parent.lower()}@maple.example",
                    "cellPhone": one.phone,
                }
                for one in PEOPLE
            ],
        ),
        "StudentContact": ("personID:int relationship email", []),
        "RelatedPair": (
            (
                "relatedPairID:int! personID1:int personID2:int name guardian:int mailing:int portal:int seq:int"
                " startDate:time endDate:time"
            ),
            numbered(_pairs(), "relatedPairID"),
        ),
    }


def _school_tables() -> Tables:
    calendars = [
        {
            "calendarID": _calendar(school, year),
            "schoolID": school,
            "districtID": 1,
            "endYear": year,
            "name": f"{year - 1}-{year} {name}",
            "startDate": _at(FIRST_DAY[year]),
            "endDate": _at(LAST_DAY[year]),
        }
        for school, name in SCHOOLS.items()
        for year in (2025, 2026)
    ]
    return {
        "District": ("districtID:int! name number", [{"districtID": 1, "name": DISTRICT, "number": "2410"}]),
        "School": (
            "schoolID:int! districtID:int name number",
            [
                {"schoolID": key, "districtID": 1, "name": name, "number": str(key)}
                for key, name in SCHOOLS.items()
            ],
        ),
        "Calendar": (
            "calendarID:int! schoolID:int districtID:int endYear:int name startDate:time endDate:time",
            list(calendars),
        ),
        "ScheduleStructure": ("structureID:int! calendarID:int name", []),
        "Trial": (
            "trialID:int! calendarID:int structureID:int active:int",
            [
                {"trialID": 1, "calendarID": 21026, "active": 1},
                {"trialID": 2, "calendarID": 21026, "active": 0},
            ],
        ),
        "TermSchedule": ("termScheduleID:int! structureID:int name", []),
        "Term": (
            "termID:int! termScheduleID:int name seq:int startDate:time endDate:time",
            [
                {
                    "termID": 5,
                    "name": "Q1",
                    "seq": 1,
                    "startDate": "2025-08-25 00:00:00",
                    "endDate": "2025-11-07 00:00:00",
                }
            ],
        ),
        "Enrollment": (
            (
                "enrollmentID:int! personID:int calendarID:int structureID:int grade startDate:time endDate:time"
                " startStatus endStatus endComments serviceType noShow:int active:int stateExclude:int"
            ),
            numbered(_stays(), "enrollmentID"),
        ),
        "Graduation": (
            "personID:int! diplomaType diplomaDate:time",
            [{"personID": 11, "diplomaType": "Regular", "diplomaDate": "2025-06-12 00:00:00"}],
        ),
    }


def _course_tables() -> Tables:
    return {
        "Course": (
            "courseID:int! calendarID:int number name stateCode",
            [
                {
                    "courseID": 31,
                    "calendarID": 21026,
                    "number": "ENG10",
                    "name": "English 10",
                    "stateCode": "01002",
                }
            ],
        ),
        "Section": (
            "sectionID:int! courseID:int trialID:int number:int teacherDisplay",
            [
                {"sectionID": 301, "courseID": 31, "trialID": 1, "number": 1, "teacherDisplay": "Osei"},
                {"sectionID": 302, "courseID": 31, "trialID": 2, "number": 2, "teacherDisplay": "Osei"},
            ],
        ),
        "Roster": (
            "rosterID:int! personID:int sectionID:int trialID:int startDate:time endDate:time",
            numbered(_rosters(), "rosterID"),
        ),
        "GradingTask": ("taskID:int! name code", [{"taskID": 6, "name": "Quarter Grade", "code": "Q"}]),
        "GradingScore": (
            (
                "scoreID:int! personID:int sectionID:int taskID:int termID:int calendarID:int score percent:num"
                " date:time comments"
            ),
            [
                {
                    "scoreID": 1,
                    "personID": ANA,
                    "sectionID": 301,
                    "taskID": 6,
                    "termID": 5,
                    "score": "A-",
                    "percent": 91,
                    "date": "2025-11-10 00:00:00",
                    "comments": "Reads widely.",
                }
            ],
        ),
        "TranscriptCourse": (
            (
                "transcriptID:int! personID:int courseNumber courseName stateCode schoolName schoolNumber endYear:int"
                " grade score percent:num unweightedGPA:num weightedGPA:num repeatCourse:int date:time"
            ),
            [
                {
                    "transcriptID": key,
                    "personID": ANA,
                    "courseNumber": course,
                    "courseName": name,
                    "schoolName": SCHOOLS[210],
                    "schoolNumber": "210",
                    "endYear": 2025,
                    "grade": "09",
                    "score": "B+",
                    "percent": 88.5,
                    "unweightedGPA": 3.3,
                }
                for key, course, name in ((1, "ENG9", "English 9"), (2, "MTH9", "Algebra I"))
            ],
        ),
        "TranscriptCredit": (
            "creditID:int! transcriptID:int personID:int creditsEarned:num creditsAttempted:num standardName",
            [
                {
                    "creditID": key,
                    "transcriptID": key,
                    "personID": ANA,
                    "creditsEarned": 1,
                    "creditsAttempted": 1,
                }
                for key in (1, 2)
            ],
        ),
    }


def _other_tables() -> Tables:
    days = (("2025-10-01", 11), ("2025-10-02", 12), ("2025-10-03", 13))
    return {
        "AttendanceExcuse": (
            "excuseID:int! code description status excuse",
            [
                {"excuseID": 11, "code": "UNX", "description": "Unexcused", "status": "A", "excuse": "U"},
                {"excuseID": 12, "code": "EXC", "description": "Excused", "status": "A", "excuse": "E"},
                {"excuseID": 13, "code": "TDY", "description": "Tardy", "status": "T", "excuse": "U"},
            ],
        ),
        "Attendance": (
            (
                "attendanceID:int! personID:int calendarID:int date:time periodID:int excuseID:int presentMinutes:int"
                " comments"
            ),
            numbered(
                (
                    {
                        "personID": ANA,
                        "calendarID": 21026,
                        "date": f"{day} 00:00:00",
                        "periodID": 4,
                        "excuseID": code,
                    }
                    for day, code in days
                ),
                "attendanceID",
            ),
        ),
        "BehaviorIncident": (
            "incidentID:int! calendarID:int title timestamp:time location comments",
            [
                {
                    "incidentID": 71,
                    "calendarID": 21026,
                    "title": "Disruption",
                    "timestamp": "2025-12-01 10:20:00",
                    "comments": "Shouted in class.",
                }
            ],
        ),
        "BehaviorRole": (
            "roleID:int! incidentID:int personID:int role",
            [
                {"roleID": 1, "incidentID": 71, "personID": ANA, "role": "Offender"},
                {"roleID": 2, "incidentID": 71, "personID": 2, "role": "Witness"},
            ],
        ),
        "BehaviorResolution": (
            "resolutionID:int! roleID:int name startDate:time endDate:time",
            [{"resolutionID": 1, "roleID": 1, "name": "Detention", "startDate": "2025-12-02 00:00:00"}],
        ),
        "Test": ("testID:int! name code", [{"testID": 4, "name": "PSAT 10", "code": "PSAT"}]),
        "TestScore": (
            "scoreID:int! personID:int testID:int date:time rawScore:num scaleScore:num percentile:num result",
            [{"scoreID": 1, "personID": ANA, "testID": 4, "date": "2025-10-15 00:00:00", "scaleScore": 560}],
        ),
        "Lep": (
            "lepID:int! personID:int programStatus identifiedDate:time exitDate:time",
            [{"lepID": 1, "personID": ANA, "programStatus": "EL", "identifiedDate": "2016-09-01 00:00:00"}],
        ),
        "SpecialEDState": (
            "personID:int! primaryDisability",
            [{"personID": ANA, "primaryDisability": "SLD"}],
        ),
        "Plan": (
            "planID:int! personID:int typeID:int startDate:time endDate:time",
            [{"planID": 1, "personID": ANA, "typeID": 1, "startDate": "2025-09-15 00:00:00"}],
        ),
        "ContactLog": ("contactLogID:int! personID:int text", []),
        "CampusAttribute": ("attributeID:int! object element", []),
        "CustomStudent": ("customID:int! personID:int attributeID:int value date:time", []),
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
            "enrollments": 3,
            "attendance": 3,
            "classes": 1,
            "grades": 1,
            "transcript": 1,
            "assessments": 1,
            "incidents": 1,
            "programs": 2,
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
