"""Writes made-up families, classes and marks as the rows of a OneRoster bundle."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import count
from random import Random

from gateway.demo import gradebook, profiles, schooling
from gateway.demo.people import GRADES, Family, Student, person_name, phone_number, plain
from gateway.demo.schooling import School, Section, school_of
from gateway.demo.tables import Tables

DISTRICT = "DIST-1"
"""The `sourcedId` of the district in `orgs.csv`."""


def write_organisations(tables: Tables, *, district: str) -> None:
    """Write the district, its schools, the calendar and the categories of marks."""
    orgs = tables["orgs.csv"]
    orgs.add(sourcedId=DISTRICT, name=f"{district} Unified School District", type="district")
    for number, school in enumerate(schooling.SCHOOLS, start=1):
        name, identifier = f"{district} {school.name}", f"99{number:05d}"
        orgs.add(
            sourcedId=school.id, name=name, type="school", identifier=identifier, parentSourcedId=DISTRICT
        )
    for session in schooling.SESSIONS:
        tables["academicSessions.csv"].add(
            sourcedId=session.id,
            title=session.title,
            type=session.type,
            startDate=session.start.isoformat(),
            endDate=session.end.isoformat(),
            parentSourcedId=session.parent or ("" if session.type == "schoolYear" else "SY2027"),
            schoolYear=session.id[2:] if session.type == "schoolYear" else "2027",
        )
    for id_, (title, weight) in gradebook.CATEGORIES.items():
        tables["categories.csv"].add(sourcedId=id_, title=title, weight=weight)


def write_family(tables: Tables, family: Family, *, district: str) -> None:
    """Write the family's users, roles and the children's demographics; both sides name each other."""
    children = ",".join(student.id for student in family.students)
    for guardian in family.guardians:
        tables["users.csv"].add(
            sourcedId=guardian.id,
            enabledUser="true",
            username=guardian.email,
            givenName=guardian.given,
            familyName=guardian.family,
            email=guardian.email,
            sms=guardian.phone,
            phone=guardian.phone,
            agentSourcedIds=children,
        )
        for school in sorted({school_of(student.grade).id for student in family.students}):
            _write_role(tables, guardian.id, guardian.role, school)
    agents = ",".join(guardian.id for guardian in family.guardians)
    for student in family.students:
        _write_student(tables, student, agents=agents, domain=f"students.{plain(district)}.example")
        _write_demographics(tables, student)
        _write_role(tables, student.id, "student", school_of(student.grade).id)


def write_classes(tables: Tables, sections: Sequence[Section]) -> None:
    """Write the courses and classes, and the enrolment of teachers and students."""
    numbers = count(1)
    for course in {section.course.code: section.course for section in sections}.values():
        tables["courses.csv"].add(
            sourcedId=f"CRS-{course.code}",
            title=course.title,
            courseCode=course.code,
            grades=",".join(GRADES[grade] for grade in course.grades),
            orgSourcedId=DISTRICT,
            subjects=course.subject,
            subjectCodes=course.area,
        )
    for section in sections:
        _write_class(tables, section)
        end = "" if section.current else section.year.end.isoformat()
        staffed = [(section.teacher, "teacher", section.year.start)]
        seated = [
            (student.id, "student", schooling.first_day(student, section)) for student in section.students
        ]
        for user, role, begin in (*staffed, *seated):
            tables["enrollments.csv"].add(
                sourcedId=f"E{next(numbers)}",
                classSourcedId=section.id,
                schoolSourcedId=section.school.id,
                userSourcedId=user,
                role=role,
                primary="true" if role == "teacher" else "",
                beginDate=begin.isoformat(),
                endDate=end,
            )


def write_staff(tables: Tables, rng: Random, sections: Sequence[Section]) -> None:
    """Write a principal for each school, and the teachers, whom it assigns to their classes."""
    numbers = count(1001)
    for school in schooling.SCHOOLS:
        _write_employee(tables, rng, f"T{next(numbers)}", "principal", school)
    for school, load in schooling.staff(sections):
        teacher = f"T{next(numbers)}"
        _write_employee(tables, rng, teacher, "teacher", school)
        for section in load:
            section.teacher = teacher


def write_gradebook(tables: Tables, rng: Random, sections: Sequence[Section]) -> None:
    """Write the line items of each class and what each student has got for them."""
    numbers = count(1)
    for section in sections:
        for item in gradebook.line_items(rng, section):
            _write_line_item(tables, item)
            for student in section.students:
                if mark := gradebook.mark(rng, item, student):
                    _write_result(tables, f"R{next(numbers)}", item, student, mark)


def write_profile(tables: Tables, rng: Random, student: Student, *, full: bool) -> None:
    """Write the student's learner profile and goals."""
    for entry in profiles.profile_entries(rng, full=full):
        tables["learnerProfile.csv"].add(
            userSourcedId=student.id,
            kind=entry.kind,
            voice=entry.voice,
            date=profiles.day_of_entry(rng).isoformat(),
            label=entry.label,
            description=entry.description,
            context=entry.context,
            polarity=entry.polarity,
            domain=entry.domain,
        )
    for goal in profiles.goals(rng, student, full=full):
        tables["goals.csv"].add(
            userSourcedId=student.id,
            statement=goal.statement,
            type=goal.type,
            start=profiles.day_of_entry(rng).isoformat(),
            target=date(2027, rng.randrange(2, 6), 15).isoformat(),
            status=rng.choice(("active", "active", "active", "proposed", "partiallyMet", "carriedForward")),
            steps="|".join(goal.steps),
        )


def _write_student(tables: Tables, student: Student, *, agents: str, domain: str) -> None:
    tables["users.csv"].add(
        sourcedId=student.id,
        enabledUser="true",
        username=student.username,
        userIds=f"{{State:{student.state_id}}},{{Local:{student.local_number}}}",
        givenName=student.given,
        familyName=student.family,
        middleName=student.middle,
        identifier=student.state_id,
        email=f"{student.username}@{domain}",
        agentSourcedIds=agents,
        grades=GRADES[student.grade],
        preferredGivenName=student.preferred,
        primaryOrgSourcedId=school_of(student.grade).id,
        pronouns=student.pronouns,
    )


def _write_demographics(tables: Tables, student: Student) -> None:
    country, state, city = student.roots.birthplace
    tables["demographics.csv"].add(
        sourcedId=student.id,
        birthDate=student.born.isoformat(),
        sex=student.sex,
        demographicRaceTwoOrMoreRaces=_boolean(len(student.roots.races) > 1),
        hispanicOrLatinoEthnicity=_boolean(student.roots.hispanic),
        countryOfBirthCode=country,
        stateOfBirthAbbreviation=state,
        cityOfBirth=city,
        publicSchoolResidenceStatus="01652",
        **dict(_race_cells(student)),
    )


def _race_cells(student: Student) -> Iterator[tuple[str, str]]:
    for race in (
        *("americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican"),
        *("nativeHawaiianOrOtherPacificIslander", "white"),
    ):
        yield race, _boolean(race in student.roots.races)


def _write_role(tables: Tables, user: str, role: str, org: str) -> None:
    roles = tables["roles.csv"]
    first = not roles.rows or roles.rows[-1][roles.at("userSourcedId")] != user
    roles.add(
        sourcedId=f"RL{len(roles.rows) + 1}",
        userSourcedId=user,
        roleType="primary" if first else "secondary",
        role=role,
        orgSourcedId=org,
    )


def _write_employee(tables: Tables, rng: Random, id_: str, role: str, school: School) -> None:
    given, family = person_name(rng)
    email = f"{plain(given)}.{plain(family)}.{id_[1:]}@staff.example"
    tables["users.csv"].add(
        sourcedId=id_,
        enabledUser="true",
        username=email,
        givenName=given,
        familyName=family,
        email=email,
        phone=phone_number(rng),
        primaryOrgSourcedId=school.id,
    )
    _write_role(tables, id_, role, school.id)


def _write_class(tables: Tables, section: Section) -> None:
    course, number = section.course, section.id.rpartition("-")[2]
    tables["classes.csv"].add(
        sourcedId=section.id,
        title=f"{course.title}, section {number}",
        grades=",".join(GRADES[grade] for grade in course.grades),
        courseSourcedId=f"CRS-{course.code}",
        classCode=f"{course.code}-{number}",
        classType="scheduled" if course.area else "homeroom",
        location=f"Room {100 + len(tables['classes.csv'].rows) % 80}",
        schoolSourcedId=section.school.id,
        termSourcedIds=section.year.id,
        subjects=course.subject,
        subjectCodes=course.area,
        periods=str(1 + len(tables["classes.csv"].rows) % 7),
    )


def _write_line_item(tables: Tables, item: gradebook.LineItem) -> None:
    tables["lineItems.csv"].add(
        sourcedId=item.id,
        title=item.title,
        description=item.description,
        assignDate=item.assigned.isoformat(),
        dueDate=item.due.isoformat(),
        classSourcedId=item.section.id,
        categorySourcedId=item.category,
        academicSessionSourcedId=item.session.id,
        resultValueMin="0",
        resultValueMax=str(item.maximum),
        schoolSourcedId=item.section.school.id,
    )


def _write_result(
    tables: Tables, id_: str, item: gradebook.LineItem, student: Student, mark: gradebook.Mark
) -> None:
    tables["results.csv"].add(
        sourcedId=id_,
        lineItemSourcedId=item.id,
        studentSourcedId=student.id,
        scoreStatus=mark.status,
        score=mark.score,
        scoreDate=mark.day,
        comment=mark.comment,
        textScore=mark.letter,
        classSourcedId=item.section.id,
        inProgress=_boolean(mark.in_progress),
        incomplete=_boolean(mark.in_progress),
        late=_boolean(mark.late),
        missing=_boolean(mark.missing),
    )


def _boolean(value: bool) -> str:
    return "true" if value else "false"
