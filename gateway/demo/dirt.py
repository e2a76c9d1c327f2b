"""Spoils a few per cent of a bundle in the ways real exports are spoilt, and keeps account of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from gateway.demo.tables import Row, Tables

_OWNER = {
    "users.csv": "sourcedId",
    "demographics.csv": "sourcedId",
    "enrollments.csv": "userSourcedId",
    "results.csv": "studentSourcedId",
    "learnerProfile.csv": "userSourcedId",
    "goals.csv": "userSourcedId",
}


@dataclass(frozen=True, slots=True, order=True)
class Planted:
    """One defect put into a bundle on purpose.

    `line` is the physical line, from 1, on which the record starts; the header is line 1. `column` is the
    column's name in the standard, the header's own text if the standard has none, and blank if the whole
    row is meant. `raw_value` is the cell as written, decoded; for a whole row, its first cell.
    """

    file: str
    line: int
    column: str
    rule: str
    raw_value: str


@dataclass(frozen=True, slots=True)
class _Mark:
    rule: str
    file: str
    row: Row | None
    column: str
    raw_value: str


class Spoiler:
    """Spoils tables, no row twice; the spared student's rows only where a caller picks them itself."""

    def __init__(self, tables: Tables, rng: Random, *, per_kind: int, spare: str) -> None:
        self.tables = tables
        self.rng = rng
        self.spare = spare
        self._per_kind = per_kind
        self._pool = 5000 + 50 * per_kind
        self._marks: list[_Mark] = []
        self._spoilt: set[int] = set()

    def victims(self, file: str, where: Callable[[Row], object]) -> list[Row]:
        """Return a few random rows that nothing has spoilt yet; fewer, even none, in a small bundle."""
        table = self.tables[file]
        owner = table.at(_OWNER[file])
        pool = self.rng.sample(table.rows, min(self._pool, len(table.rows)))
        clean = [
            row for row in pool if row[owner] != self.spare and id(row) not in self._spoilt and where(row)
        ]
        return clean[: self._per_kind]

    def note(self, rule: str, file: str, row: Row | None, column: str, raw_value: str) -> None:
        """Write down a defect; no row means the header."""
        if row is not None:
            self._spoilt.add(id(row))
        self._marks.append(_Mark(rule, file, row, column, raw_value))

    def put(self, rule: str, file: str, row: Row, column: str, raw_value: str) -> None:
        """Overwrite a cell and write it down."""
        row[self.tables[file].at(column)] = raw_value
        self.note(rule, file, row, column, raw_value)

    def replace(
        self, rule: str, file: str, column: str, spoil: Callable[[str], str], where: str | None = None
    ) -> None:
        """Spoil filled cells of a column, or cells with the value `where`, which may be blank."""
        at = self.tables[file].at(column)
        for row in self.victims(file, lambda row: row[at] if where is None else row[at] == where):
            self.put(rule, file, row, column, spoil(row[at]))

    def planted(self) -> list[Planted]:
        """Return all defects in the order of file, line and column."""
        lines = {file: self.tables[file].lines() for file in {mark.file for mark in self._marks}}
        return sorted(
            Planted(
                mark.file,
                1 if mark.row is None else lines[mark.file][id(mark.row)],
                mark.column,
                mark.rule,
                mark.raw_value,
            )
            for mark in self._marks
        )


def spoil(tables: Tables, rng: Random, *, per_kind: int, scenario: str) -> list[Planted]:
    """Spoil the tables and return what was done; the scenario's student gets one harmless defect.

    Args:
        tables: the clean bundle, which is changed.
        rng: where the choices come from.
        per_kind: cells or rows to spoil for each kind of defect.
        scenario: the `sourcedId` of a student whose rows stay clean but for HTML in one comment.
    """
    spoiler = Spoiler(tables, rng, per_kind=per_kind, spare=scenario)
    for kind in (_cells, _users, _grades_of_students, _demographics, _enrolments, _results, _text, _rows):
        kind(spoiler)
    _scenario(spoiler)
    _headers(spoiler)
    return spoiler.planted()


def _cells(spoiler: Spoiler) -> None:
    replace = spoiler.replace
    replace("date.ambiguousFormat", "demographics.csv", "birthDate", _us_date)
    replace("date.sentinel", "demographics.csv", "birthDate", lambda _: "1900-01-01")
    replace("date.sentinel", "enrollments.csv", "endDate", lambda _: "9999-12-31", where="")
    replace("date.sentinel", "enrollments.csv", "endDate", lambda _: "NULL", where="")
    replace("date.exitBeforeEntry", "enrollments.csv", "endDate", lambda _: "2025-07-01")
    replace("age.implausible", "demographics.csv", "birthDate", lambda born: f"19{born[2:]}")
    replace("enum.unmapped", "demographics.csv", "hispanicOrLatinoEthnicity", _digit)
    replace("enum.unmapped", "results.csv", "late", _digit)
    replace("enum.unmapped", "enrollments.csv", "status", lambda _: "active", where="")
    replace("enum.unmapped", "enrollments.csv", "role", lambda role: f"{role} ", where="student")
    replace("ref.orphan", "enrollments.csv", "classSourcedId", lambda id_: f"{id_}-GONE")
    replace("ref.orphan", "results.csv", "lineItemSourcedId", lambda id_: f"{id_}-GONE")
    replace("text.html", "results.csv", "comment", lambda text: f"<p>{text}<br/></p>")
    replace("text.html", "learnerProfile.csv", "description", lambda text: f"{text}&nbsp;<br/>")


def _users(spoiler: Spoiler) -> None:
    users = spoiler.tables["users.csv"]
    state_id, given, family = (users.at(column) for column in ("identifier", "givenName", "familyName"))

    def students() -> list[Row]:
        return spoiler.victims("users.csv", lambda row: row[state_id])

    for row in students():
        row[users.at("userIds")] = ""
        spoiler.put("id.missing", "users.csv", row, "identifier", "")
    for row in students():
        spoiler.put("id.invalidFormat", "users.csv", row, "identifier", f"{float(row[state_id]):.5E}")
    for row in students():
        spoiler.put("id.invalidFormat", "users.csv", row, "identifier", f"{row[state_id]}  ")
    for row in students():
        spoiler.put("name.placeholder", "users.csv", row, "middleName", "NULL")
    for row in students():
        spoiler.put("password.present", "users.csv", row, "password", f"{row[given]}{row[family]}1")
    for row in students():
        twin = [*row]
        twin[users.at("preferredGivenName")] = row[given][:2]
        users.rows.append(twin)
        spoiler.note("id.duplicate", "users.csv", twin, "sourcedId", twin[0])


def _grades_of_students(spoiler: Spoiler) -> None:
    at = spoiler.tables["users.csv"].at("grades")
    for row in spoiler.victims("users.csv", lambda row: row[at]):
        spoiler.put("enum.unmapped", "users.csv", row, "grades", _local_grade(spoiler.rng, row[at]))


def _demographics(spoiler: Spoiler) -> None:
    file = "demographics.csv"
    spoiler.replace("enum.unmapped", file, "sex", lambda _: spoiler.rng.choice(("X", "Girl", "2")))
    table = spoiler.tables[file]
    first, last = table.at("americanIndianOrAlaskaNative"), table.at("demographicRaceTwoOrMoreRaces")
    for row in spoiler.victims(file, lambda row: row[last] == "true"):
        row[first:last] = ["false"] * (last - first)
        spoiler.note("enum.rolledUp", file, row, "demographicRaceTwoOrMoreRaces", "true")


def _enrolments(spoiler: Spoiler) -> None:
    file = "enrollments.csv"
    table = spoiler.tables[file]
    role = table.at("role")
    for row in spoiler.victims(file, lambda row: row[role] == "student"):
        again = [f"{row[0]}-2", *row[1:]]
        table.rows.append(again)
        spoiler.note("range.overlap", file, again, "beginDate", again[table.at("beginDate")])


def _results(spoiler: Spoiler) -> None:
    file = "results.csv"
    table = spoiler.tables[file]
    letter, score = table.at("textScore"), table.at("score")
    for row in spoiler.victims(file, lambda row: row[letter]):
        spoiler.put("grade.letterNumericConflict", file, row, "textScore", row[score])


def _text(spoiler: Spoiler) -> None:
    users = spoiler.tables["users.csv"]
    grades, given, family = (users.at(column) for column in ("grades", "givenName", "familyName"))
    others = [row for row in users.rows if row[grades] and row[0] != spoiler.spare]
    if others:
        spoiler.replace(
            "thirdParty.named",
            "results.csv",
            "comment",
            lambda text: (
                f"{text} Shared the lead with {(named := spoiler.rng.choice(others))[given]} {named[family]}."
            ),
        )
    spoiler.replace(
        "text.encoding", "goals.csv", "statement", lambda text: f"\u201cI\u2019ll try:\u201d {text}"
    )
    spoiler.tables["goals.csv"].encoding = "cp1252"


def _rows(spoiler: Spoiler) -> None:
    file = "enrollments.csv"
    for row in spoiler.victims(file, lambda row: not row[-1]):
        row.pop()
        spoiler.note("row.ragged", file, row, "", row[0])
    for row in spoiler.victims(file, lambda row: row):
        row.append("Y")
        spoiler.note("row.ragged", file, row, "", row[0])
    for file in ("results.csv", "enrollments.csv"):
        table = spoiler.tables[file]
        header = [*table.header]
        table.rows.insert(len(table.rows) // 2, header)
        spoiler.note("row.repeatedHeader", file, header, "", header[0])


def _scenario(spoiler: Spoiler) -> None:
    results = spoiler.tables["results.csv"]
    student, comment = results.at("studentSourcedId"), results.at("comment")
    row = next((row for row in results.rows if row[student] == spoiler.spare and row[comment]), None)
    if row:
        spoiler.put("text.html", "results.csv", row, "comment", f"<b>{row[comment]}</b>")


def _headers(spoiler: Spoiler) -> None:
    for column, written in (
        ("cityOfBirth", "CityOfBirth"),
        ("stateOfBirthAbbreviation", "stateOfBirthAbreviation"),
    ):
        table = spoiler.tables["demographics.csv"]
        table.header[table.at(column)] = written
        spoiler.note("header.misspelt", "demographics.csv", None, column, written)
    spoiler.tables["users.csv"].encoding = "utf-8-sig"
    spoiler.note("text.encoding", "users.csv", None, "sourcedId", "\ufeffsourcedId")
    _extra_column(spoiler, "courses.csv", "legacy_dept", lambda row: f"D{len(row[0]):02d}")
    numbers = _advertised_numbers(spoiler)
    _extra_column(spoiler, "demographics.csv", "SSN", lambda row: numbers.get(id(row), ""))


def _extra_column(spoiler: Spoiler, file: str, name: str, cell: Callable[[Row], str]) -> None:
    table = spoiler.tables[file]
    table.header.append(name)
    for row in table.rows:
        row.append(cell(row))
    spoiler.note("header.unknown", file, None, name, name)


def _advertised_numbers(spoiler: Spoiler) -> dict[int, str]:
    """Note numbers for a few rows, out of 987-65-4320 to -4329, which were never given to anybody."""
    numbers = dict[int, str]()
    for row in spoiler.victims("demographics.csv", lambda row: row):
        numbers[id(row)] = f"987-65-432{spoiler.rng.randrange(10)}"
        spoiler.note("ssn.present", "demographics.csv", row, "SSN", numbers[id(row)])
    return numbers


def _us_date(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.month}/{day.day}/{day.year}"


def _digit(boolean: str) -> str:
    return "1" if boolean == "true" else "0"


def _local_grade(rng: Random, grade: str) -> str:
    if grade == "KG":
        return "K"
    return rng.choice((f"Gr {int(grade)}", f"{grade}th"))
