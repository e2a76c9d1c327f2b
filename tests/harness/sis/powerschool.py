"""PowerSchool SIS: tables of its Oracle schema, with its ways of saying things.

`exitdate` is the day after the last; a negative section was dropped; grade 0 is kindergarten and 99 graduated;
year ids count from 1990; some tables know students by `dcid` and some by `id`.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from tests.harness.sis.people import (
    ANA,
    FIRST_DAY,
    GRADUATE,
    LAST_DAY,
    LEAVER,
    NO_SHOW,
    PEOPLE,
    SCHOOLS,
    Person,
)
from tests.harness.sis.tables import Cells, Expected, Tables, make_database, numbered

_NEXT: Final = timedelta(days=1)
_STATUS: Final = {LEAVER: 2, GRADUATE: 3, NO_SHOW: -1}
_RELATIONS: Final = {7001: "Mother", 7002: "Emergency Contact"}


def make(folder: Path) -> Path:
    """Make the database in the folder."""
    return make_database(folder / "powerschool.db", _tables())


def _dcid(person: Person) -> int:
    return 5000 + person.number


def _student(person: Person) -> Cells:
    year = person.years[-1]
    last = person.last_day(year)
    graduated = person.number == GRADUATE
    return {
        "id": person.number,
        "dcid": _dcid(person),
        "student_number": person.local,
        "state_studentnumber": person.state_id,
        "lastfirst": f"{person.family}, {person.given}",
        "first_name": person.given,
        "middle_name": person.middle or None,
        "last_name": person.family,
        "dob": person.born,
        "gender": person.sex,
        "ethnicity": person.race,
        "fedethnicity": 1 if person.hispanic else 0 if person.number % 3 else -1,
        "fedracedecline": 0,
        "grade_level": 99 if graduated else person.grade,
        "enroll_status": _STATUS.get(person.number, 0),
        "schoolid": 999999 if graduated else person.school,
        "entrydate": LAST_DAY[2025] + _NEXT if graduated else FIRST_DAY[2026],
        "exitdate": last + _NEXT if last and not graduated else LAST_DAY[2026] + _NEXT,
        "entrycode": "E1",
        "exitcode": "T1" if person.number == LEAVER else None,
        "exitcomment": "Moved to another district" if person.number == LEAVER else None,
        "lunchstatus": {1: "FDC", 2: "R", 3: "F"}.get(person.number, "P"),
        "street": person.street,
        "city": "Mapleton",
        "state": "NJ",
        "zip": "07001",
        "home_phone": person.phone,
        "mother": f"{person.family}, {person.parent}",
        "guardianemail": f"{person.parent.lower()}@maple.example",
        "home_room": f"H{person.grade}",
        "classof": 2026 + 12 - person.grade,
        "alert_medical": "Peanut allergy: pen in the office" if person.number == ANA else None,
        "ssn": person.ssn,
        "web_password": "hunter2",
        "student_web_password": "hunter3",
    }


def _stays() -> Iterator[Cells]:
    for person in PEOPLE:
        if 2025 in person.years:
            yield {
                "studentid": person.number,
                "schoolid": person.school_in(2025),
                "entrydate": FIRST_DAY[2025],
                "exitdate": LAST_DAY[2025] + _NEXT,
                "entrycode": "E1",
                "exitcode": "Graduated" if person.number == GRADUATE else "EOY",
                "grade_level": person.grade_in(2025),
                "type": 1,
            }


def _terms() -> Iterator[Cells]:
    for school in SCHOOLS:
        for end in (2025, 2026):
            year, half = end - 1991, date(end, 1, 20)
            first, last = FIRST_DAY[end], LAST_DAY[end]
            yield _term(school, year, 0, f"{end - 1}-{end}", (first, last))
            yield _term(school, year, 1, "Semester 1", (first, half))
            yield _term(school, year, 2, "Semester 2", (half + _NEXT, last))


def _term(school: int, year: int, part: int, name: str, days: tuple[date, date]) -> Cells:
    return {
        "dcid": school * 1000 + year * 10 + part,
        "id": year * 100 + part,
        "schoolid": school,
        "yearid": year,
        "name": name,
        "abbreviation": f"S{part}" if part else name[2:4] + "-" + name[7:],
        "firstday": days[0],
        "lastday": days[1],
        "isyearrec": int(not part),
    }


_COURSES: Final = (("ENG10", "English 10", "ENG", 1.0), ("MTH10", "Algebra II", "MATH", 1.0))


def _sections() -> Iterator[Cells]:
    for number, (course, *_) in enumerate(_COURSES, 1):
        yield {
            "id": 300 + number,
            "dcid": 9300 + number,
            "course_number": course,
            "section_number": str(number),
            "schoolid": 210,
            "termid": 3500,
            "expression": f"{number}(A)",
            "room": f"R{number}",
            "teacher": 40 + number,
        }


def _classes() -> Iterator[Cells]:
    for person in PEOPLE:
        if person.school == 210 and person.number not in _STATUS:
            for section in (301, 302, -301 if person.number == ANA else 0):
                if section:
                    yield {
                        "dcid": 60000 + person.number * 10 + section % 7,
                        "studentid": person.number,
                        "sectionid": section,
                        "course_number": "ENG10" if abs(section) == 301 else "MTH10",
                        "termid": 3500 if section > 0 else -3500,
                        "schoolid": 210,
                        "dateenrolled": FIRST_DAY[2026],
                        "dateleft": LAST_DAY[2026] + _NEXT if section > 0 else FIRST_DAY[2026],
                    }


def _stored(person: Person) -> Iterator[Cells]:
    for course, title, kind, credit in _COURSES:
        for code, part in (("Q1", 0), ("Y1", 1)):
            yield {
                "studentid": person.number,
                "course_number": course,
                "course_name": title,
                "termid": 3400,
                "storecode": code,
                "grade": "B+",
                "percent": 88.5,
                "gpa_points": 3.3,
                "gpa_addedvalue": 0,
                "potentialcrhrs": credit * part,
                "earnedcrhrs": credit * part,
                "credit_type": kind,
                "grade_level": person.grade_in(2025),
                "schoolname": SCHOOLS[210],
                "schoolid": 210,
                "excludefromgpa": 0,
                "excludefromtranscripts": 0,
                "datestored": LAST_DAY[2025],
                "absences": 2,
            }


def _contacts() -> dict[str, tuple[str, list[Cells]]]:
    people: list[Cells] = []
    links: list[Cells] = []
    details: list[Cells] = []
    for person in PEOPLE:
        people.append({"id": 800 + person.number, "firstname": person.parent, "lastname": person.family})
        key = 900 + person.number
        links.append(
            {
                "studentcontactassocid": key,
                "studentdcid": _dcid(person),
                "personid": 800 + person.number,
                "contactpriorityorder": 1,
                "currreltypecodesetid": 7001,
            }
        )
        details.append(
            {
                "studentcontactdetailid": key,
                "studentcontactassocid": key,
                "relationshiptypecodesetid": 7001,
                "isactive": 1,
                "isemergency": 1,
                "iscustodial": 1,
                "liveswithflg": 1,
                "schoolpickupflg": 1,
                "receivesmailflg": 1,
            }
        )
    numbers = [{"phonenumberid": 800 + one.number, "phonenumber": one.phone} for one in PEOPLE]
    mails = [
        {"emailaddressid": 800 + one.number, "emailaddress": f"{one.parent.lower()}@maple.example"}
        for one in PEOPLE
    ]
    keys = [800 + one.number for one in PEOPLE]
    return {
        "person": ("id:int! firstname middlename lastname isactive:int", people),
        "studentcontactassoc": (
            "studentcontactassocid:int! studentdcid:int personid:int contactpriorityorder:int currreltypecodesetid:int",
            links,
        ),
        "studentcontactdetail": (
            (
                "studentcontactdetailid:int! studentcontactassocid:int relationshiptypecodesetid:int isactive:int"
                " isemergency:int iscustodial:int liveswithflg:int schoolpickupflg:int receivesmailflg:int"
            ),
            details,
        ),
        "phonenumber": ("phonenumberid:int! phonenumber phonenumberext", list(numbers)),
        "personphonenumberassoc": (
            "personphonenumberassocid:int! personid:int phonenumberid:int phonetypecodesetid:int",
            list(
                numbered(
                    ({"personid": key, "phonenumberid": key} for key in keys), "personphonenumberassocid"
                )
            ),
        ),
        "emailaddress": ("emailaddressid:int! emailaddress", list(mails)),
        "personemailaddressassoc": (
            "personemailaddressassocid:int! personid:int emailaddressid:int",
            list(
                numbered(
                    ({"personid": key, "emailaddressid": key} for key in keys), "personemailaddressassocid"
                )
            ),
        ),
        "personaddress": ("personaddressid:int! street city statescodesetid:int postalcode", []),
        "codeset": (
            "codesetid:int! codetype code displayvalue",
            [
                {"codesetid": key, "codetype": "Relationship", "code": name, "displayvalue": name}
                for key, name in _RELATIONS.items()
            ],
        ),
    }


def _of_ana(**cells: Any) -> list[Cells]:
    return [{"id": 1, "studentid": ANA, **cells}]


def _tables() -> Tables:
    ana = PEOPLE[0]
    return {
        "students": (
            (
                "id:int! dcid:int student_number state_studentnumber lastfirst first_name middle_name last_name dob:date"
                " gender ethnicity fedethnicity:int fedracedecline:int grade_level:int enroll_status:int schoolid:int"
                " entrydate:date exitdate:date entrycode exitcode exitcomment track lunchstatus street city state zip"
                " mailing_street mailing_city mailing_state mailing_zip home_phone mother father guardianemail"
                " emerg_contact_1 emerg_phone_1 doctor_name doctor_phone home_room districtofresidence classof:int"
                " sched_yearofgraduation:int cumulative_gpa:num alert_medical alert_medicalexpires:date alert_guardian"
                " alert_guardianexpires:date alert_discipline alert_other ssn web_password student_web_password"
            ),
            [_student(person) for person in PEOPLE],
        ),
        "reenrollments": (
            (
                "id:int! studentid:int schoolid:int entrydate:date exitdate:date entrycode exitcode exitcomment"
                " grade_level:int type:int track"
            ),
            numbered(_stays()),
        ),
        "schools": (
            "id:int! dcid:int school_number:int name abbreviation",
            numbered({"school_number": key, "name": name} for key, name in SCHOOLS.items()),
        ),
        "studentcorefields": (
            "studentsdcid:int! primarylanguage pscore_legal_first_name",
            [{"studentsdcid": _dcid(one), "primarylanguage": one.language} for one in PEOPLE],
        ),
        "s_stu_x": (
            "studentsdcid:int! luncheligibility homeless birthcity pref_first",
            [{"studentsdcid": _dcid(ana), "birthcity": "Mapleton", "pref_first": "Anita", "homeless": "0"}],
        ),
        "studentrace": (
            "id:int! studentid:int racecd",
            numbered({"studentid": one.number, "racecd": one.race} for one in PEOPLE),
        ),
        "gen": (
            "id:int! cat name value valuet",
            [{"id": 55, "cat": "specprog", "name": "Gifted and Talented"}],
        ),
        "spenrollments": (
            "id:int! studentid:int programid:int schoolid:int enter_date:date exit_date:date gradelevel:int",
            _of_ana(programid=55, schoolid=210, enter_date=FIRST_DAY[2025], exit_date="1900-01-01"),
        ),
        **_contacts(),
        "courses": (
            "course_number! course_name credittype credit_hours:num gpa_addedvalue:num",
            [
                {"course_number": key, "course_name": name, "credittype": kind, "credit_hours": credit}
                for key, name, kind, credit in _COURSES
            ],
        ),
        "sections": (
            "id:int! dcid:int course_number section_number schoolid:int termid:int expression room teacher:int",
            list(_sections()),
        ),
        "cc": (
            (
                "id:int! dcid:int studentid:int sectionid:int course_number termid:int schoolid:int dateenrolled:date"
                " dateleft:date"
            ),
            numbered(_classes()),
        ),
        "terms": (
            "dcid:int! id:int schoolid:int yearid:int name abbreviation firstday:date lastday:date isyearrec:int",
            list(_terms()),
        ),
        "pgfinalgrades": (
            (
                "id:int! studentid:int sectionid:int finalgradename grade percent:num citizenship comment_value"
                " startdate:date enddate:date lastgradeupdate:date"
            ),
            _of_ana(
                sectionid=301,
                finalgradename="Q1",
                grade="A-",
                percent=91,
                citizenship="S",
                comment_value="Reads widely.",
                startdate=FIRST_DAY[2026],
                enddate="2025-11-07",
                lastgradeupdate="2025-11-10",
            ),
        ),
        "storedgrades": (
            (
                "dcid:int! studentid:int sectionid:int course_number course_name termid:int storecode grade percent:num"
                " gpa_points:num gpa_addedvalue:num potentialcrhrs:num earnedcrhrs:num credit_type grade_level:int"
                " schoolname schoolid:int excludefromgpa:int excludefromtranscripts:int datestored:date absences:num"
                " replaced_grade"
            ),
            numbered(_stored(ana), "dcid"),
        ),
        "attendance": (
            (
                "id:int! studentid:int schoolid:int att_date:date att_mode_code attendance_codeid:int ccid:int"
                " periodid:int yearid:int att_comment"
            ),
            numbered(
                {
                    "studentid": ANA,
                    "schoolid": 210,
                    "att_date": day,
                    "att_mode_code": "ATT_ModeDaily",
                    "attendance_codeid": code,
                    "yearid": 35,
                }
                for day, code in (("2025-10-01", 11), ("2025-10-02", 12), ("2025-10-03", 13))
            ),
        ),
        "attendance_code": (
            "id:int! att_code description presence_status_cd schoolid:int yearid:int",
            [
                {"id": 11, "att_code": "A", "description": "Absent", "presence_status_cd": "Absent"},
                {"id": 12, "att_code": "E", "description": "Excused", "presence_status_cd": "Absent"},
                {"id": 13, "att_code": "T", "description": "Tardy", "presence_status_cd": "Present"},
            ],
        ),
        "calendar_day": ("id:int! schoolid:int date_value:date insession:int", []),
        "log": (
            (
                "id:int! studentid:int logtypeid:int entry_date:date entry consequence discipline_incidentdate:date"
                " discipline_incidenttype discipline_actiontaken"
            ),
            _of_ana(
                logtypeid=-100000,
                entry_date="2025-12-01",
                entry="Shouted in class.",
                consequence="Talk",
                discipline_incidentdate="2025-12-01",
                discipline_incidenttype="Disruption",
                discipline_actiontaken="Detention",
            ),
        ),
        "test": ("id:int! name test_type", [{"id": 4, "name": "PSAT 10", "test_type": 1}]),
        "testscore": ("id:int! testid:int name", [{"id": 41, "testid": 4, "name": "Math"}]),
        "studenttest": (
            "id:int! studentid:int testid:int test_date:date grade_level:int schoolid:int termid:int",
            _of_ana(testid=4, test_date="2025-10-15", grade_level=10, schoolid=210, termid=3500),
        ),
        "studenttestscore": (
            "id:int! studentid:int studenttestid:int testscoreid:int numscore:num alphascore percentscore:num",
            _of_ana(studenttestid=1, testscoreid=41, numscore=560, percentscore=74),
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
        "exitDate": "2026-06-12",
        "entries": {
            "identity": 1,
            "demographics": 1,
            "contacts": 1,
            "enrollments": 2,
            "attendance": 3,
            "classes": 2,
            "grades": 3,
            "transcript": 1,
            "assessments": 1,
            "incidents": 1,
            "health": 1,
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
        "entries": {"identity": 1, "demographics": 1, "contacts": 1, "enrollments": 2},
    },
}
