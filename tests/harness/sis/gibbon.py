"""Gibbon: tables of its MySQL schema, with its ways of saying things.

Everybody is in one table, and a role says who is a student; attendance is a log in which the last entry of a day wins;
year groups are British; there is a column for religion, and a JSON of the school's own fields.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.harness.sis.people import ANA, FIRST_DAY, GRADUATE, LAST_DAY, LEAVER, LEFT, NO_SHOW, PEOPLE
from tests.harness.sis.tables import Cells, Expected, Tables, make_database

_PARENTS: Final = 1000
_ETHNICITIES: Final = {
    "W": "White",
    "B": "Black or African American",
    "A": "Asian",
    "I": "American Indian",
    "P": "Pacific Islander",
}
"""A list of the school's own."""


def make(folder: Path) -> Path:
    """Make the database in the folder."""
    return make_database(folder / "gibbon.db", _tables())


def _people() -> Iterator[Cells]:
    for person in PEOPLE:
        left = {LEAVER: LEFT, GRADUATE: LAST_DAY[2025]}.get(person.number)
        yield {
            "gibbonPersonID": person.number,
            "surname": person.family,
            "firstName": person.given,
            "preferredName": "Anita" if person.number == ANA else person.given,
            "officialName": f"{person.given} {person.family}",
            "gender": person.sex,
            "dob": person.born,
            "studentID": person.local,
            "dateStart": FIRST_DAY[person.years[0]],
            "dateEnd": left,
            "departureReason": "Moved to another district" if person.number == LEAVER else None,
            "nextSchool": "Elsewhere School" if person.number == LEAVER else None,
            "languageFirst": person.language,
            "ethnicity": _ETHNICITIES[person.race],
            "religion": "None of our business",
            "gibbonRoleIDPrimary": "003",
            "status": "Left" if left else "Full",
            "username": f"s{person.number}",
            "passwordStrong": "hunter2",
            "email": f"s{person.number}@maple.example",
            "address1": person.street,
            "address1District": "Mapleton",
            "phone1": person.phone,
            "emergency1Name": "Neighbour Jo",
            "emergency1Number1": "555-555-0199",
            "emergency1Relationship": "Other",
            "fields": json.dumps({"001": "Violin", "002": person.state_id}),
        }
        yield {
            "gibbonPersonID": _PARENTS + person.number,
            "surname": person.family,
            "firstName": person.parent,
            "gibbonRoleIDPrimary": "004",
            "email": f"{person.parent.lower()}@maple.example",
            "phone1": person.phone,
            "religion": "None of our business",
        }


def _enrolments() -> Iterator[Cells]:
    number = 0
    for person in PEOPLE:
        for year in person.years:
            if person.number != NO_SHOW:
                number += 1
                yield {
                    "gibbonStudentEnrolmentID": number,
                    "gibbonPersonID": person.number,
                    "gibbonSchoolYearID": year,
                    "gibbonYearGroupID": person.grade_in(year) + 1,
                    "gibbonFormGroupID": 1,
                }


def _logs() -> Iterator[Cells]:
    """Yield entries of the log: Ana was marked absent in the morning and came late."""
    entries = (
        ("2025-10-01", "Out", "Absent", "2025-10-01 08:30:00"),
        ("2025-10-02", "Out", "Absent", "2025-10-02 08:30:00"),
        ("2025-10-02", "In", "Present - Late", "2025-10-02 09:10:00"),
        ("2025-10-03", "In", "Present", "2025-10-03 08:30:00"),
    )
    for number, (day, direction, kind, taken) in enumerate(entries, 1):
        yield {
            "gibbonAttendanceLogPersonID": number,
            "gibbonPersonID": ANA,
            "date": day,
            "direction": direction,
            "type": kind,
            "timestampTaken": taken,
        }


def _tables() -> Tables:
    return {**_people_tables(), **_school_tables(), **_course_tables(), **_other_tables()}


def _people_tables() -> Tables:
    return {
        "gibbonPerson": (
            (
                "gibbonPersonID:int! surname firstName preferredName officialName gender dob:date studentID dateStart:date"
                " dateEnd:date departureReason lastSchool nextSchool languageFirst languageSecond ethnicity religion"
                " gibbonRoleIDPrimary status username passwordStrong passwordStrongSalt email address1 address1District"
                " address1Country phone1 emergency1Name emergency1Number1 emergency1Relationship fields"
            ),
            list(_people()),
        ),
        "gibbonFamily": ("gibbonFamilyID:int! name", [{"gibbonFamilyID": one.number} for one in PEOPLE]),
        "gibbonFamilyChild": (
            "gibbonFamilyChildID:int! gibbonFamilyID:int gibbonPersonID:int",
            [
                {
                    "gibbonFamilyChildID": one.number,
                    "gibbonFamilyID": one.number,
                    "gibbonPersonID": one.number,
                }
                for one in PEOPLE
            ],
        ),
        "gibbonFamilyAdult": (
            "gibbonFamilyAdultID:int! gibbonFamilyID:int gibbonPersonID:int childDataAccess contactPriority:int",
            [
                {
                    "gibbonFamilyAdultID": one.number,
                    "gibbonFamilyID": one.number,
                    "gibbonPersonID": _PARENTS + one.number,
                    "childDataAccess": "Y",
                    "contactPriority": 1,
                }
                for one in PEOPLE
            ],
        ),
        "gibbonFamilyRelationship": (
            "gibbonFamilyRelationshipID:int! gibbonFamilyID:int gibbonPersonID1:int gibbonPersonID2:int relationship",
            [
                {
                    "gibbonFamilyRelationshipID": one.number,
                    "gibbonFamilyID": one.number,
                    "gibbonPersonID1": _PARENTS + one.number,
                    "gibbonPersonID2": one.number,
                    "relationship": "Mother",
                }
                for one in PEOPLE
            ],
        ),
        "gibbonPersonalDocument": ("gibbonPersonalDocumentID:int! foreignTableID:int documentNumber", []),
    }


def _school_tables() -> Tables:
    return {
        "gibbonSchoolYear": (
            "gibbonSchoolYearID:int! name status firstDay:date lastDay:date",
            [
                {
                    "gibbonSchoolYearID": end,
                    "name": f"{end - 1}-{end}",
                    "status": "Current" if end == 2026 else "Past",
                    "firstDay": FIRST_DAY[end],
                    "lastDay": LAST_DAY[end],
                }
                for end in (2025, 2026)
            ],
        ),
        "gibbonYearGroup": (
            "gibbonYearGroupID:int! name nameShort",
            [
                {"gibbonYearGroupID": one, "name": f"Year {one}", "nameShort": f"Y{one:02}"}
                for one in range(1, 14)
            ],
        ),
        "gibbonFormGroup": ("gibbonFormGroupID:int! name", [{"gibbonFormGroupID": 1, "name": "10.1"}]),
        "gibbonStudentEnrolment": (
            (
                "gibbonStudentEnrolmentID:int! gibbonPersonID:int gibbonSchoolYearID:int gibbonYearGroupID:int"
                " gibbonFormGroupID:int"
            ),
            list(_enrolments()),
        ),
    }


def _course_tables() -> Tables:
    entered = {"gibbonCourseClassPersonID": 2, "gibbonCourseClassID": 302, "gibbonPersonID": ANA}
    return {
        "gibbonCourse": (
            "gibbonCourseID:int! gibbonSchoolYearID:int name nameShort",
            [{"gibbonCourseID": 31, "gibbonSchoolYearID": 2026, "name": "English 10", "nameShort": "ENG10"}],
        ),
        "gibbonCourseClass": (
            "gibbonCourseClassID:int! gibbonCourseID:int name nameShort",
            [
                {"gibbonCourseClassID": key, "gibbonCourseID": 31, "name": name, "nameShort": name}
                for key, name in ((301, "1"), (302, "2"))
            ],
        ),
        "gibbonCourseClassPerson": (
            (
                "gibbonCourseClassPersonID:int! gibbonCourseClassID:int gibbonPersonID:int role dateEnrolled:date"
                " dateUnenrolled:date"
            ),
            [
                {
                    "gibbonCourseClassPersonID": 1,
                    "gibbonCourseClassID": 301,
                    "gibbonPersonID": ANA,
                    "role": "Student",
                },
                entered | {"role": "Student - Left", "dateUnenrolled": "2025-09-05"},
                {
                    "gibbonCourseClassPersonID": 3,
                    "gibbonCourseClassID": 301,
                    "gibbonPersonID": 1001,
                    "role": "Parent",
                },
            ],
        ),
        "gibbonMarkbookColumn": (
            "gibbonMarkbookColumnID:int! gibbonCourseClassID:int name description type date:date completeDate:date",
            [{"gibbonMarkbookColumnID": 1, "gibbonCourseClassID": 301, "name": "Essay", "type": "Essay"}],
        ),
        "gibbonMarkbookEntry": (
            (
                "gibbonMarkbookEntryID:int! gibbonMarkbookColumnID:int gibbonPersonIDStudent:int attainmentValue"
                " attainmentConcern effortValue effortConcern comment"
            ),
            [
                {
                    "gibbonMarkbookEntryID": 1,
                    "gibbonMarkbookColumnID": 1,
                    "gibbonPersonIDStudent": ANA,
                    "attainmentValue": "A-",
                }
            ],
        ),
        "gibbonInternalAssessmentColumn": ("gibbonInternalAssessmentColumnID:int! name", []),
        "gibbonInternalAssessmentEntry": (
            "gibbonInternalAssessmentEntryID:int! gibbonPersonIDStudent:int",
            [],
        ),
        "gibbonExternalAssessment": (
            "gibbonExternalAssessmentID:int! name nameShort",
            [{"gibbonExternalAssessmentID": 4, "name": "PSAT 10", "nameShort": "PSAT"}],
        ),
        "gibbonExternalAssessmentField": (
            "gibbonExternalAssessmentFieldID:int! gibbonExternalAssessmentID:int name",
            [{"gibbonExternalAssessmentFieldID": 41, "gibbonExternalAssessmentID": 4, "name": "Math"}],
        ),
        "gibbonExternalAssessmentStudent": (
            "gibbonExternalAssessmentStudentID:int! gibbonExternalAssessmentID:int gibbonPersonID:int date:date",
            [
                {
                    "gibbonExternalAssessmentStudentID": 1,
                    "gibbonExternalAssessmentID": 4,
                    "gibbonPersonID": ANA,
                    "date": "2025-10-15",
                }
            ],
        ),
        "gibbonExternalAssessmentStudentEntry": (
            (
                "gibbonExternalAssessmentStudentEntryID:int! gibbonExternalAssessmentStudentID:int"
                " gibbonExternalAssessmentFieldID:int gibbonScaleGradeID:int"
            ),
            [
                {
                    "gibbonExternalAssessmentStudentEntryID": 1,
                    "gibbonExternalAssessmentStudentID": 1,
                    "gibbonExternalAssessmentFieldID": 41,
                    "gibbonScaleGradeID": 9,
                }
            ],
        ),
        "gibbonScaleGrade": (
            "gibbonScaleGradeID:int! value descriptor",
            [{"gibbonScaleGradeID": 9, "value": "560"}],
        ),
        "gibbonReportingCycle": (
            "gibbonReportingCycleID:int! name dateStart:date dateEnd:date",
            [{"gibbonReportingCycleID": 1, "name": "Term 1"}],
        ),
        "gibbonReportingValue": (
            (
                "gibbonReportingValueID:int! gibbonReportingCycleID:int gibbonPersonIDStudent:int gibbonCourseClassID:int"
                " value comment"
            ),
            [
                {
                    "gibbonReportingValueID": 1,
                    "gibbonReportingCycleID": 1,
                    "gibbonPersonIDStudent": ANA,
                    "gibbonCourseClassID": 301,
                    "value": "A-",
                    "comment": "Reads widely.",
                }
            ],
        ),
    }


def _other_tables() -> Tables:
    return {
        "gibbonAttendanceLogPerson": (
            (
                "gibbonAttendanceLogPersonID:int! gibbonPersonID:int date:date direction type reason comment"
                " timestampTaken:time"
            ),
            list(_logs()),
        ),
        "gibbonBehaviour": (
            "gibbonBehaviourID:int! gibbonPersonID:int date:date type descriptor level comment",
            [
                {
                    "gibbonBehaviourID": key,
                    "gibbonPersonID": ANA,
                    "date": "2025-12-01",
                    "type": kind,
                    "descriptor": name,
                }
                for key, kind, name in ((1, "Negative", "Disruption"), (2, "Positive", "Helpfulness"))
            ],
        ),
        "gibbonPersonMedical": (
            "gibbonPersonMedicalID:int! gibbonPersonID:int",
            [{"gibbonPersonMedicalID": 1, "gibbonPersonID": ANA}],
        ),
        "gibbonPersonMedicalCondition": (
            (
                "gibbonPersonMedicalConditionID:int! gibbonPersonMedicalID:int name gibbonAlertLevelID triggers reaction"
                " medication comment"
            ),
            [
                {
                    "gibbonPersonMedicalConditionID": 1,
                    "gibbonPersonMedicalID": 1,
                    "name": "Peanut allergy",
                    "medication": "Pen in the office",
                }
            ],
        ),
        "gibbonIN": (
            "gibbonINID:int! gibbonPersonID:int strategies targets notes",
            [
                {
                    "gibbonINID": 1,
                    "gibbonPersonID": ANA,
                    "strategies": "Sits at the front.",
                    "targets": "Reads one book a month.",
                    "notes": "Reads slowly and well.",
                }
            ],
        ),
        "gibbonINPersonDescriptor": (
            "gibbonINPersonDescriptorID:int! gibbonPersonID:int gibbonINDescriptorID:int",
            [],
        ),
        "gibbonStudentNote": ("gibbonStudentNoteID:int! gibbonPersonID:int title note", []),
    }


EXPECTED: Final[dict[str, Expected]] = {
    "1": {
        "stateId": "8800000001",
        "given": "Ana",
        "family": "Reyes",
        "birthDate": "2010-03-14",
        "gradeLevel": "10",
        "school": "",
        "exitDate": None,
        "entries": {
            "identity": 1,
            "demographics": 1,
            "contacts": 1,
            "enrollments": 2,
            "attendance": 3,
            "classes": 2,
            "gradebook": 1,
            "grades": 1,
            "assessments": 1,
            "incidents": 1,
            "positiveBehavior": 1,
            "health": 1,
            "programs": 1,
            "goals": 1,
        },
    },
    "10": {
        "stateId": "8800000010",
        "given": "Liam",
        "family": "O'Brien",
        "birthDate": "2012-02-29",
        "gradeLevel": "08",
        "school": "",
        "exitDate": "2026-01-17",
        "entries": {"identity": 1, "demographics": 1, "contacts": 1, "enrollments": 2},
    },
}
