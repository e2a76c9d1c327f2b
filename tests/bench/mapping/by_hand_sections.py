"""Sections of a backpack in polars, written by hand: each a frame of `student`, `row` and the entry's fields."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from tests.bench.mapping.by_hand_shared import SharedObjects, date_of, number_of

_BOOLEANS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_RACES: Final = (
    *("americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican"),
    *("nativeHawaiianOrOtherPacificIslander", "white"),
)
ENTRY: Final = ("student", "row")


class Sections(SharedObjects):
    """The entries of each section, of the students whose rows are in the frames."""

    def all(self, students: pl.LazyFrame) -> Iterator[tuple[str, pl.LazyFrame]]:
        """Yield the sections by name, small ones first: each is joined to those before it, which are copied."""
        yield "programs", self._programs()
        yield "goals", self._goals()
        yield "learnerProfile", self._profile()
        yield "demographics", self._demographics()
        yield "contacts", self._contacts()
        yield "identity", self._identity(students)
        yield "enrollments", self._enrollments()
        yield "grades", self._grades()
        yield "classes", self._taken()
        yield "gradebook", self._gradebook()

    def _identity(self, students: pl.LazyFrame) -> pl.LazyFrame:
        born = self._frames["demographics"].select(
            "student", "birthDate", "cityOfBirth", "stateOfBirthAbbreviation", "countryOfBirthCode"
        )
        typed = (
            pl.col("userIds")
            .fill_null("")
            .str.extract_all(r"\{[^{}:]+:[^{}]+\}")
            .list.eval(
                self._identifier(
                    pl.element().str.extract(r"\{([^:]+):"), pl.element().str.extract(r":([^}]+)\}")
                )
            )
        )
        state = _present("identifier", self._identifier(pl.lit("State"), pl.col("identifier")))
        own = self._identifier(pl.lit("Local"), pl.col("sourcedId"))
        preferred = _present("preferredGivenName", _name("preferred", "preferredGivenName"))
        return (
            self._frames["users"]
            .join(students, on="student", how="semi")
            .join(born, on="student", how="left")
            .select(
                *ENTRY,
                identifiers=pl.concat_list(state, typed, own).list.drop_nulls(),
                names=pl.concat_list(
                    _name("legal", "givenName", "middleName", "familyName"), preferred
                ).list.drop_nulls(),
                birthDate=date_of("birthDate"),
                birthPlace=pl.struct(
                    city="cityOfBirth", state="stateOfBirthAbbreviation", country="countryOfBirthCode"
                ),
                pronouns="pronouns",
                loginIds=pl.concat_list(pl.struct(value="username")),
                meta=meta("users"),
            )
        )

    def _demographics(self) -> pl.LazyFrame:
        races = [
            pl.when(_boolean(race)).then(self._coded(pl.lit(race), "race", spelt=pl.col(race)))
            for race in _RACES
        ]
        return self._frames["demographics"].select(
            *ENTRY,
            sex=self._coded(pl.col("sex"), "sex"),
            hispanicLatino=_boolean("hispanicOrLatinoEthnicity"),
            races=pl.concat_list(races).list.drop_nulls(),
            residency=self._coded(pl.col("publicSchoolResidenceStatus"), "residency"),
            meta=meta("demographics"),
        )

    def _contacts(self) -> pl.LazyFrame:
        people = self._frames["people"].select(
            "sourcedId", "givenName", "middleName", "familyName", "phone", "sms", "email"
        )
        phone = pl.struct(value="phone", smsCapable=pl.lit(None, pl.Boolean))
        sms = pl.struct(value="sms", smsCapable=pl.lit(True))
        phones = pl.concat_list(_present("phone", phone), _present("sms", sms))
        return (
            self._frames["relationships"]
            .join(people, left_on="relationshipUserSourcedId", right_on="sourcedId")
            .select(
                *ENTRY,
                contact="relationshipUserSourcedId",
                name=pl.struct(given="givenName", middle="middleName", family="familyName"),
                phones=phones.list.drop_nulls(),
                emails=pl.concat_list(_present("email", pl.struct(value="email"))).list.drop_nulls(),
                relation=self._coded(pl.col("relationshipRole"), "relation"),
                meta=meta("relationships", "relationshipUserSourcedId"),
            )
        )

    def _enrollments(self) -> pl.LazyFrame:
        years = self._frames["academicSessions"].select("sourcedId", "schoolYear")
        return (
            self._frames["roles"]
            .filter(pl.col("role") == "student")
            .join(years, left_on="sessionSourcedId", right_on="sourcedId", how="left")
            .join(self._orgs(), left_on="orgSourcedId", right_on="id", how="left")
            .select(
                *ENTRY,
                school="school",
                schoolYear=pl.col("schoolYear").cast(pl.Int32, strict=False),
                entryDate=date_of("beginDate"),
                exitDate=date_of("endDate"),
                rawExitDate=date_of("endDate"),
                exitDateConvention=pl.lit("firstDayNotEnrolled"),
                gradeLevel=self._coded(pl.col("grade"), "grade_level"),
                primary=_boolean("isPrimary"),
                meta=meta("roles"),
            )
        )

    def _taken(self) -> pl.LazyFrame:
        return (
            self._frames["enrollments"]
            .filter(pl.col("role") == "student")
            .join(self._classes, left_on="classSourcedId", right_on="class", how="left")
            .select(
                *ENTRY,
                *(
                    "sectionId",
                    "title",
                    "classCode",
                    "period",
                    "room",
                    "school",
                    "course",
                    "terms",
                    "teachers",
                ),
                begin=date_of("beginDate"),
                end=date_of("endDate"),
                meta=meta("enrollments"),
            )
        )

    def _gradebook(self) -> pl.LazyFrame:
        work = self._items.filter(~self._is_grade())
        return self._results(work).select(
            *ENTRY,
            *("title", "description", "category", "sectionId", "sectionTitle", "assigned", "due"),
            *("minPoints", "maxPoints", "standards"),
            result=self._result(),
            meta=meta("results"),
        )

    def _grades(self) -> pl.LazyFrame:
        return self._results(self._items.filter(self._is_grade())).select(
            *ENTRY,
            *("gradeType", "sectionId", "sectionTitle", "course", "gradingPeriod"),
            asOf=date_of("scoreDate"),
            comment="comment",
            grade=self._grade(),
            meta=meta("results"),
        )

    def _programs(self) -> pl.LazyFrame:
        kind = self._coded(pl.col("flag"), "program")
        return self._frames["userFlags"].select(*ENTRY, kind=kind, meta=meta("userFlags", "flag"))

    def _goals(self) -> pl.LazyFrame:
        return self._frames["goals"].select(
            *ENTRY,
            statement="statement",
            type=self._coded(pl.col("type"), "goal_type"),
            start=date_of("start"),
            target=date_of("target"),
            status=self._coded(pl.col("status"), "goal_status"),
            steps=pl.col("steps").str.split("|").list.eval(pl.struct(text=pl.element())),
            meta=meta("goals"),
        )

    def _profile(self) -> pl.LazyFrame:
        label, domain = pl.col("label"), self._coded(pl.col("domain"), "profile_domain")
        kind = pl.col("kind")
        return self._frames["learnerProfile"].select(
            *ENTRY,
            kind="kind",
            voice="voice",
            recordedOn=date_of("date"),
            label=pl.when(kind != "voice").then(label),
            topic=pl.when(kind == "voice").then(label),
            text=pl.when(kind == "voice").then(label),
            polarity="polarity",
            category=pl.when(kind == "interest").then(domain),
            domain=pl.when(kind == "strengthOrNeed").then(domain),
            intensity=pl.col("intensity").cast(pl.Int8, strict=False),
            meta=meta("learnerProfile"),
        )

    def _result(self) -> pl.Expr:
        return pl.struct(
            score=number_of("score"),
            textScore="textScore",
            status=self._coded(pl.col("scoreStatus"), "score_status"),
            late=_boolean("late"),
            missing=_boolean("missing"),
            incomplete=_boolean("incomplete"),
            inProgress=_boolean("inProgress"),
            scoreDate=date_of("scoreDate"),
            comment="comment",
        )

    def _grade(self) -> pl.Expr:
        return pl.struct(
            letter="textScore",
            numeric=number_of("score"),
            minimum="minPoints",
            maximum="maxPoints",
            status=self._coded(pl.col("scoreStatus"), "score_status"),
        )

    def _results(self, items: pl.LazyFrame) -> pl.LazyFrame:
        return self._frames["results"].join(items, left_on="lineItemSourcedId", right_on="item")

    def _identifier(self, kind: pl.Expr, value: pl.Expr) -> pl.Expr:
        return pl.struct(system=self._coded(kind, "identifier_system"), value=value)


def _present(column: str, value: pl.Expr) -> pl.Expr:
    return pl.when(pl.col(column).is_not_null()).then(value)


def _name(use: str, given: str, middle: str | None = None, family: str | None = None) -> pl.Expr:
    none = pl.lit(None, pl.String)
    return pl.struct(use=pl.lit(use), given=given, middle=middle or none, family=family or none)


def meta(table: str, key: str = "sourcedId") -> pl.Expr:
    """Return where an entry is from: table, line, key."""
    return pl.struct(table=pl.lit(table), row="row", key=key)


def _boolean(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)
