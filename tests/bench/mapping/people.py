"""Users, roles, demographics, relationships, flags, profiles and goals of the students of a chunk."""

from typing import Final

import polars as pl

from tests.bench.mapping import words
from tests.bench.mapping.draws import Draws, day, padded
from tests.bench.mapping.schools import FIRST_GRADE, SCHOOL, TEACHERS, org_id, student_id, teacher_id

_FAMILIES_OF_TEN: Final = (0, 1, 2, 3, 3, 4, 4, 5, 5, 5)
"""Which of six families each of ten students belongs to: half of the students have a sibling."""
_FAMILIES: Final = 6
_RACES: Final = (
    *("americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican"),
    *("nativeHawaiianOrOtherPacificIslander", "white"),
)
_FLAGS: Final = ("IEP", "504", "ELL", "Gifted", "Homeless", "Migrant")


def students_of(first: int, last: int) -> pl.DataFrame:
    """Return numbers of students, with school, seat in the school, grade and family."""
    number = pl.col("student")
    families = pl.lit(pl.Series(_FAMILIES_OF_TEN, dtype=pl.Int64))
    return (
        pl.select(student=pl.int_range(first, last))
        .with_columns(school=number // SCHOOL, seat=number % SCHOOL)
        .with_columns(
            id=student_id(number),
            grade=pl.col("seat") % 4,
            family=number // 10 * _FAMILIES + families.gather(number % 10),
        )
    )


def guardians_of(students: pl.DataFrame) -> pl.DataFrame:
    """Return the guardians, each once: three of four families have two."""
    families = students.select(pl.col("family").unique(maintain_order=True))
    return (
        families.join(pl.DataFrame({"place": [0, 1]}), how="cross")
        .filter((pl.col("place") == 0) | (pl.col("family") % 4 > 0))
        .with_columns(guardian=pl.col("family") * 2 + pl.col("place"))
        .with_columns(id=guardian_id(pl.col("guardian")))
    )


def guardian_id(number: pl.Expr) -> pl.Expr:
    """Return the `sourcedId` of a guardian."""
    return pl.format("usr-g-{}", padded(number, 7))


def users(students: pl.DataFrame, guardians: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Return everybody: students, guardians, teachers."""
    return pl.concat(
        [
            students.select(**_user(draws, "student", pl.col("student"), pl.col("family")), **_pupil(draws)),
            guardians.select(
                **_user(draws, "guardian", pl.col("guardian"), pl.col("family")), **_NOT_A_PUPIL
            ),
            teachers_of(students).select(
                **_user(draws, "teacher", pl.col("teacher"), pl.col("teacher")), **_NOT_A_PUPIL
            ),
        ]
    )


def teachers_of(students: pl.DataFrame) -> pl.DataFrame:
    """Return the teachers of the schools of these students."""
    schools = students.select(pl.col("school").unique(maintain_order=True))
    teacher = pl.col("school") * TEACHERS + pl.col("place")
    return schools.join(pl.select(place=pl.int_range(TEACHERS)), how="cross").select(
        "school", teacher=teacher, id=teacher_id(teacher)
    )


def _user(draws: Draws, kind: str, number: pl.Expr, family: pl.Expr) -> dict[str, pl.Expr]:
    given = draws.pick(number, f"{kind} given", words.GIVEN)
    middle = draws.pick(number, f"{kind} middle", words.GIVEN)
    line = padded(draws.between(number, f"{kind} phone", 0, 9999), 4)
    mail = pl.format("{}{}@{}.example", pl.lit(kind), number, pl.lit("maple"))
    return {
        **_record(pl.col("id")),
        "enabledUser": pl.lit("true"),
        "username": pl.format("{}{}", pl.lit(kind[0]), padded(number, 8)),
        "userIds": pl.concat_str(pl.lit("{District:"), number, pl.lit("}"))
        if kind == "student"
        else pl.lit(None, pl.String),
        "givenName": given,
        "familyName": draws.pick(
            family, f"{'teacher' if kind == 'teacher' else 'family'} name", words.FAMILY
        ),
        "middleName": pl.when(draws.chance(number, f"{kind} has middle", 0.6)).then(middle),
        "email": mail,
        "sms": pl.when(draws.chance(number, f"{kind} has sms", 0.4)).then(pl.format("555-01{}", line)),
        "phone": pl.when(draws.chance(number, f"{kind} has phone", 0.8)).then(
            pl.format("(555) 010-{}", line)
        ),
        "agentSourcedIds": pl.lit(None, pl.String),
    }


def _pupil(draws: Draws) -> dict[str, pl.Expr]:
    number = pl.col("student")
    preferred = draws.pick(number, "preferred", words.GIVEN)
    return {
        "identifier": pl.format("MP{}", padded(number, 8)),
        "grades": padded(pl.col("grade") + FIRST_GRADE, 2),
        "preferredGivenName": pl.when(draws.chance(number, "prefers", 0.1)).then(preferred),
        "primaryOrgSourcedId": org_id(pl.col("school")),
        "pronouns": pl.when(draws.chance(number, "pronouns", 0.3)).then(pl.lit("they/them")),
    }


_NOT_A_PUPIL: Final = {
    name: pl.lit(None, pl.String).alias(name)
    for name in ("identifier", "grades", "preferredGivenName", "primaryOrgSourcedId", "pronouns")
}


def roles(students: pl.DataFrame, guardians: pl.DataFrame) -> pl.DataFrame:
    """Return this year's and last year's role of each student, and one of everybody else."""
    now = students.select(
        **_role(pl.format("rol-27-{}", pl.col("student")), "student"),
        **_stay("2026-08-17", None, "ses-27-y", pl.col("grade") + FIRST_GRADE),
    )
    before = students.select(
        **_role(pl.format("rol-26-{}", pl.col("student")), "student"),
        **_stay("2025-08-18", "2026-06-06", "ses-26-y", pl.col("grade") + FIRST_GRADE - 1),
    )
    others = [
        guardians.with_columns(school=pl.col("family") * 10 // _FAMILIES // SCHOOL).select(
            **_role(pl.format("rol-g-{}", pl.col("guardian")), "guardian"),
            **_stay("2025-08-18", None, None, None),
        ),
        teachers_of(students).select(
            **_role(pl.format("rol-t-{}", pl.col("teacher")), "teacher"),
            **_stay("2025-08-18", None, None, None),
        ),
    ]
    return pl.concat([now, before, *others])


def _role(id_: pl.Expr, role: str) -> dict[str, pl.Expr]:
    return {
        **_record(id_),
        "userSourcedId": pl.col("id"),
        "roleType": pl.lit("primary"),
        "role": pl.lit(role),
        "orgSourcedId": org_id(pl.col("school")),
    }


def _stay(begin: str, end: str | None, session: str | None, grade: pl.Expr | None) -> dict[str, pl.Expr]:
    return {
        "beginDate": pl.lit(begin),
        "endDate": pl.lit(end, pl.String),
        "sessionSourcedId": pl.lit(session, pl.String),
        "grade": pl.lit(None, pl.String) if grade is None else padded(grade, 2),
        "isPrimary": pl.lit("true"),
    }


def demographics(students: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Return birth, sex, races and residency of each student."""
    number = pl.col("student")
    main = draws.number(number, "race") % len(_RACES)
    races = {
        name: pl.when((main == at) | draws.chance(number, name, 0.05))
        .then(pl.lit("true"))
        .otherwise(pl.lit("false"))
        for at, name in enumerate(_RACES)
    }
    return students.select(
        **_record(pl.col("id")),
        birthDate=day("2011-09-01", draws.between(number, "born", 0, 364) - pl.col("grade") * 365).cast(
            pl.String
        ),
        sex=draws.pick(number, "sex", ("male", "female") * 10 + ("other",)),
        **races,
        hispanicOrLatinoEthnicity=draws.pick(number, "hispanic", ("true", "false", "false", "false")),
        countryOfBirthCode=draws.pick(number, "country", ("US",) * 9 + ("MX",)),
        stateOfBirthAbbreviation=draws.pick(number, "state", words.STATES),
        cityOfBirth=draws.pick(number, "town", words.TOWNS),
        publicSchoolResidenceStatus=draws.pick(number, "residency", ("01652", "01652", "01653", "01654")),
    )


def relationships(students: pl.DataFrame, guardians: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Return who is whose guardian."""
    return students.join(guardians, on="family", suffix="_of").select(
        userSourcedId=pl.col("id"),
        relationshipUserSourcedId=pl.col("id_of"),
        relationshipRole=draws.pick(
            pl.col("guardian"), "relation", ("mother", "father", "parent", "guardian")
        ),
    )


def user_flags(students: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Return the programmes of about a fifth of the students."""
    number = pl.col("student")
    return students.filter(draws.chance(number, "flagged", 0.2)).select(
        userSourcedId=pl.col("id"), flag=draws.pick(number, "flag", _FLAGS)
    )


def learner_profile(students: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Return an interest of 30 % of the students, a strength of 20 %, words of 10 %."""
    number = pl.col("student")
    none = pl.lit(None, pl.String)
    kinds = (
        (
            "interest",
            0.3,
            words.INTERESTS,
            none,
            pl.lit("arts"),
            draws.between(number, "keen", 1, 5).cast(pl.String),
        ),
        ("strengthOrNeed", 0.2, words.STRENGTHS, pl.lit("strength"), pl.lit("stem"), none),
        ("voice", 0.1, words.WORDS, none, none, none),
    )
    return pl.concat(
        students.filter(draws.chance(number, kind, share)).select(
            sourcedId=pl.format("lp-{}-{}", pl.lit(kind), number),
            userSourcedId=pl.col("id"),
            kind=pl.lit(kind),
            voice=draws.pick(number, f"{kind} voice", ("learner", "family", "teacher")),
            date=day("2026-08-20", draws.between(number, f"{kind} date", 0, 80)).cast(pl.String),
            label=draws.pick(number, f"{kind} label", labels),
            polarity=polarity,
            domain=domain,
            intensity=intensity,
        )
        for kind, share, labels, polarity, domain, intensity in kinds
    )


def goals(students: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Return a goal of a fifth of the students."""
    number = pl.col("student")
    return students.filter(draws.chance(number, "has goal", 0.2)).select(
        sourcedId=pl.format("gol-{}", number),
        status=draws.pick(number, "goal status", ("active", "active", "met", "in progress")),
        userSourcedId=pl.col("id"),
        statement=draws.pick(number, "goal", words.GOALS),
        type=draws.pick(number, "goal type", ("academic", "personal", "attendance")),
        start=pl.lit("2026-09-01"),
        target=day("2026-12-01", draws.between(number, "target", 0, 180)).cast(pl.String),
        steps=pl.lit("Plan it|Begin|Look back"),
        voice=draws.pick(number, "goal voice", ("learner", "family", "teacher")),
    )


def _record(id_: pl.Expr) -> dict[str, pl.Expr]:
    none = pl.lit(None, pl.String)
    return {"sourcedId": id_, "status": none, "dateLastModified": none}
