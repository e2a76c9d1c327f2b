"""Each kind of dirt gives exactly its finding, at its place, and the rest of the student still maps."""

import asyncio
import codecs
from collections.abc import Callable
from pathlib import Path
from typing import cast

import orjson
import pytest

from gateway.domain.backpack.document import sections_to_json
from gateway.domain.backpack.identity import Learner
from gateway.mapping.findings import Finding, Rule
from tests.harness.bundles import Bundle, map_path, small_district
from tests.harness.mapped import Mapped

Spoil = Callable[[Bundle], None]


def cell(table: str, row: int, column: str, value: str) -> Spoil:
    return lambda bundle: bundle.put(table, row, column, value)


def header(table: str, column: str, spelt: str) -> Spoil:
    return lambda bundle: bundle.rename(table, column, spelt)


def more_cells(table: str, row: int, *cells: str) -> Spoil:
    return lambda bundle: bundle.rows[table][row].extend(cells)


def fewer_cells(table: str, row: int) -> Spoil:
    def drop(bundle: Bundle) -> None:
        bundle.rows[table][row].pop()

    return drop


def copied(table: str, row: int) -> Spoil:
    return lambda bundle: bundle.rows[table].append([*bundle.rows[table][row]])


def header_again(table: str) -> Spoil:
    return lambda bundle: bundle.rows[table].insert(1, [*bundle.headers[table]])


def column(table: str, name: str, value: str) -> Spoil:
    def add(bundle: Bundle) -> None:
        bundle.headers[table].append(name)
        for row in bundle.rows[table]:
            row.append(value)

    return add


def rewritten(table: str, change: Callable[[bytes], bytes]) -> Spoil:
    def write(bundle: Bundle) -> None:
        bundle.extra[f"{table}.csv"] = change(bundle.text(table).encode())

    return write


DIRT: dict[str, tuple[Spoil, tuple[str, str, int | None, str | None, str | None]]] = {
    "a word for no date": (
        cell("demographics", 0, "birthDate", "soon"),
        ("date.invalid", "demographics.csv", 2, "birthDate", "soon"),
    ),
    "the 31st of April": (
        cell("results", 0, "scoreDate", "2025-04-31"),
        ("date.invalid", "results.csv", 2, "scoreDate", "2025-04-31"),
    ),
    "an American date": (
        cell("demographics", 0, "birthDate", "05/06/2016"),
        ("date.ambiguousFormat", "demographics.csv", 2, "birthDate", "05/06/2016"),
    ),
    "a spreadsheet's day number": (
        cell("demographics", 0, "birthDate", "42510"),
        ("date.ambiguousFormat", "demographics.csv", 2, "birthDate", "42510"),
    ),
    "a date that means none": (
        cell("roles", 1, "endDate", "9999-12-31"),
        ("date.sentinel", "roles.csv", 3, "endDate", "9999-12-31"),
    ),
    "an age that nobody has": (
        cell("demographics", 0, "birthDate", "1916-05-20"),
        ("age.implausible", "demographics.csv", 2, "birthDate", "1916-05-20"),
    ),
    "an exit before the entry": (
        cell("roles", 1, "endDate", "2024-01-05"),
        ("date.exitBeforeEntry", "roles.csv", 3, "endDate", "2024-01-05"),
    ),
    "a score in words": (
        cell("results", 0, "score", "eight"),
        ("number.invalid", "results.csv", 2, "score", "eight"),
    ),
    "a boolean in other words": (
        cell("demographics", 0, "asian", "perhaps"),
        ("boolean.invalid", "demographics.csv", 2, "asian", "perhaps"),
    ),
    "an unknown sex": (
        cell("demographics", 0, "sex", "Q"),
        ("enum.unmapped", "demographics.csv", 2, "sex", "Q"),
    ),
    "an unknown grade": (
        cell("users", 1, "grades", "98"),
        ("enum.unmapped", "users.csv", 3, "grades", "98"),
    ),
    "an unknown polarity": (
        cell("learnerProfile", 1, "polarity", "superb"),
        ("enum.unmapped", "learnerProfile.csv", 3, "polarity", "superb"),
    ),
    "an unknown kind of entry": (
        cell("learnerProfile", 0, "kind", "zodiac"),
        ("enum.unmapped", "learnerProfile.csv", 2, "kind", "zodiac"),
    ),
    "an unknown status": (
        cell("results", 0, "status", "lively"),
        ("enum.unmapped", "results.csv", 2, "status", "lively"),
    ),
    "an unknown role": (
        cell("roles", 0, "role", "teachr"),
        ("enum.unmapped", "roles.csv", 2, "role", "teachr"),
    ),
    "a guardian who is not there": (
        cell("users", 1, "agentSourcedIds", "G1,G77"),
        ("ref.orphan", "users.csv", 3, "agentSourcedIds", "G77"),
    ),
    "a class that is not there": (
        cell("enrollments", 1, "classSourcedId", "K9"),
        ("ref.orphan", "enrollments.csv", 3, "classSourcedId", "K9"),
    ),
    "a course that is not there": (
        cell("classes", 0, "courseSourcedId", "C9"),
        ("ref.orphan", "classes.csv", 2, "courseSourcedId", "C9"),
    ),
    "a result of somebody who is not there": (
        cell("results", 0, "studentSourcedId", "U77"),
        ("ref.orphan", "results.csv", 2, "studentSourcedId", "U77"),
    ),
    "a result of nobody": (
        cell("results", 0, "studentSourcedId", " "),
        ("id.missing", "results.csv", 2, "studentSourcedId", ""),
    ),
    "a result of nothing": (
        cell("results", 0, "lineItemSourcedId", ""),
        ("ref.orphan", "results.csv", 2, "lineItemSourcedId", ""),
    ),
    "a user twice": (copied("users", 1), ("id.duplicate", "users.csv", 5, "sourcedId", "U1")),
    "a result twice": (copied("results", 0), ("id.duplicate", "results.csv", 4, "sourcedId", "X1-U1")),
    "a user without a key": (
        lambda bundle: bundle.rows["users"].append(["", *bundle.rows["users"][0][1:]]),
        ("id.missing", "users.csv", 5, "sourcedId", ""),
    ),
    "an identifier that a spreadsheet rounded": (
        cell("users", 1, "identifier", "9.87E+09"),
        ("id.invalidFormat", "users.csv", 3, "identifier", "9.87E+09"),
    ),
    "a student without a state id": (
        cell("users", 1, "identifier", ""),
        ("id.missing", "users.csv", 3, "identifier", ""),
    ),
    "a number for a letter": (
        cell("results", 1, "textScore", "91"),
        ("grade.letterNumericConflict", "results.csv", 3, "textScore", "91"),
    ),
    "the same class twice at once": (
        lambda bundle: bundle.rows["enrollments"].append(["E-2", *bundle.rows["enrollments"][1][1:]]),
        ("range.overlap", "enrollments.csv", 4, "beginDate", "2025-08-18"),
    ),
    "a file that the manifest promises": (
        lambda bundle: bundle.extra.update(
            {"manifest.csv": b"propertyName,value\nfile.users,bulk\nfile.scoreScales,bulk\n"}
        ),
        ("file.missing", "manifest.csv", 3, "value", "bulk"),
    ),
    "a name that is none": (
        cell("users", 1, "familyName", "UNKNOWN"),
        ("name.placeholder", "users.csv", 3, "familyName", "UNKNOWN"),
    ),
    "markup in a comment": (
        cell("results", 0, "comment", "<b>neat</b>"),
        ("text.html", "results.csv", 2, "comment", "<b>neat</b>"),
    ),
    "a social security number as identifier": (
        cell("users", 1, "identifier", "123-45-6789"),
        ("ssn.present", "users.csv", 3, "identifier", "(not shown)"),
    ),
    "a typed social security number": (
        cell("users", 1, "userIds", "{SSN:123456789}"),
        ("ssn.present", "users.csv", 3, "userIds", "(not shown)"),
    ),
    "a column of social security numbers": (
        column("users", "SSN", "123456789"),
        ("ssn.present", "users.csv", 1, "SSN", None),
    ),
    "a social security number with spaces as identifier": (
        cell("users", 1, "identifier", "123 45 6789"),
        ("ssn.present", "users.csv", 3, "identifier", "(not shown)"),
    ),
    "a typed social security number without braces": (
        cell("users", 1, "userIds", "SSN:123-45-6789"),
        ("ssn.present", "users.csv", 3, "userIds", "(not shown)"),
    ),
    "a social security number for a code": (
        cell("demographics", 0, "sex", "123-45-6789"),
        ("ssn.present", "demographics.csv", 2, "sex", "(not shown)"),
    ),
    "a social security number for a term": (
        cell("classes", 0, "termSourcedIds", "123-45-6789"),
        ("ssn.present", "classes.csv", 2, "termSourcedIds", "(not shown)"),
    ),
    "a social security number in a comment": (
        cell("results", 0, "comment", "see 123-45-6789"),
        ("ssn.present", "results.csv", 2, "comment", "(not shown)"),
    ),
    "a social security number in a surplus cell": (
        more_cells("users", 1, "123-45-6789"),
        ("row.ragged", "users.csv", 3, None, "(not shown)"),
    ),
    "a column of PINs": (
        column("users", "lunch_pin", "4711"),
        ("password.present", "users.csv", 1, "lunch_pin", None),
    ),
    "a column of passwords": (
        column("users", "password", "hunter2"),
        ("password.present", "users.csv", 1, "password", None),
    ),
    "a column of religions": (
        column("demographics", "religion", "none of yours"),
        ("religion.present", "demographics.csv", 1, "religion", None),
    ),
    "a header in another case": (
        header("users", "givenName", "GIVENNAME"),
        ("header.misspelt", "users.csv", 1, "givenName", "GIVENNAME"),
    ),
    "a misspelt header": (
        header("users", "familyName", "famlyName"),
        ("header.misspelt", "users.csv", 1, "familyName", "famlyName"),
    ),
    "a header with spaces": (
        header("demographics", "birthDate", " Birth Date "),
        ("header.misspelt", "demographics.csv", 1, "birthDate", "Birth Date"),
    ),
    "a header twice": (
        column("users", "givenName", "Wrong"),
        ("header.duplicate", "users.csv", 1, "givenName", "givenName"),
    ),
    "a column too like another": (
        column("results", "scoring", "1"),
        ("header.unknown", "results.csv", 1, "scoring", "scoring"),
    ),
    "a row with too few cells": (fewer_cells("users", 1), ("row.ragged", "users.csv", 3, None, None)),
    "a row with too many cells": (
        more_cells("users", 1, "over"),
        ("row.ragged", "users.csv", 3, None, "over"),
    ),
    "the header again": (
        header_again("results"),
        ("row.repeatedHeader", "results.csv", 3, None, "sourcedId"),
    ),
    "a line in Windows-1252": (
        rewritten("users", lambda text: text.replace(b"Wren", b"Ren\xe9e", 1)),
        ("text.encoding", "users.csv", 3, None, "é"),
    ),
    "a NUL": (
        rewritten("results", lambda text: text.replace(b"Neat", b"Ne\0at", 1)),
        ("text.nul", "results.csv", 2, None, None),
    ),
    "a file in UTF-16": (
        rewritten("orgs", lambda text: text.decode().encode("utf-16")),
        ("text.encoding", "orgs.csv", None, None, None),
    ),
    "a quote that nobody closes": (
        rewritten("results", lambda text: text.replace(b"Neat work", b'"Neat work', 1)),
        ("row.unclosedQuote", "results.csv", 2, None, None),
    ),
    "another file's rows": (
        lambda bundle: bundle.extra.update({"demographics.csv": bundle.text("results").encode()}),
        ("file.wrongContent", "demographics.csv", 1, None, None),
    ),
    "a file with a name that is nearly right": (
        lambda bundle: bundle.extra.update({"user.csv": b"sourcedId\n1\n"}),
        ("file.unused", "user.csv", None, None, None),
    ),
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Mapped:
    folder = small_district(1).folder(tmp_path_factory.mktemp("clean"))
    return asyncio.run(map_path(folder))


@pytest.mark.parametrize("kind", DIRT)
async def test_dirt_gives_its_finding_and_nothing_else(kind: str, clean: Mapped, tmp_path: Path) -> None:
    spoil, expected = DIRT[kind]
    bundle = small_district(1)
    spoil(bundle)

    mapped = await map_path(bundle.folder(tmp_path))

    assert [_place(found) for found in _new(clean, mapped)] == [expected]
    learner = cast("Learner", mapped.students["U1"].sections["identity"][0])
    assert learner.names[0].given == "Juniper1"


async def test_a_finding_stands_at_its_entry_too(tmp_path: Path) -> None:
    bundle = small_district(1)
    bundle.put("results", 0, "score", "eightish")

    mapped = await map_path(bundle.folder(tmp_path))

    (quality,) = mapped.students["U1"].sections["gradebook"][0].meta.dq
    assert (quality.code, quality.field, quality.severity) == ("number.invalid", "score", "error")
    document = sections_to_json(mapped.students["U1"].sections)
    assert "gradebook" in document
    assert "eightish" not in orjson.dumps(document).decode()


async def test_lines_are_physical_where_a_value_holds_newlines(tmp_path: Path) -> None:
    bundle = small_district(1)
    bundle.put("results", 0, "comment", "one\ntwo\r\nthree")
    bundle.put("results", 1, "score", "much")

    mapped = await map_path(bundle.folder(tmp_path))

    assert [(found.line, found.raw_value) for found in mapped.warnings()] == [(5, "much")]


async def test_a_deleted_row_is_left_out_and_counted(tmp_path: Path) -> None:
    bundle = small_district(2)
    bundle.put("results", 0, "status", "tobedeleted")
    bundle.put("users", 3, "status", "ToBeDeleted")

    mapped = await map_path(bundle.folder(tmp_path))

    assert [*mapped.students] == ["U1"]
    assert "gradebook" not in mapped.students["U1"].sections
    assert mapped.counts["results.csv"].excluded == {"deleted": 1, "deletedPerson": 2}
    assert mapped.warnings() == []


async def test_the_first_active_of_two_users_counts(tmp_path: Path) -> None:
    bundle = small_district(1)
    deleted = [*bundle.rows["users"][1]]
    deleted[1], deleted[5] = "tobedeleted", "Former"
    bundle.rows["users"].insert(0, deleted)

    mapped = await map_path(bundle.folder(tmp_path))

    assert mapped.students["U1"].keys.given_names == {"Juniper1"}
    assert mapped.warnings() == []


async def test_blank_status_and_words_for_nothing_are_not_dirt(tmp_path: Path) -> None:
    bundle = small_district(1)
    for table in ("users", "results"):
        for row in range(len(bundle.rows[table])):
            bundle.put(table, row, "status", "")
    bundle.put("results", 0, "comment", "NULL")
    bundle.put("users", 1, "pronouns", "N/A")

    mapped = await map_path(bundle.folder(tmp_path))

    assert mapped.warnings() == []
    assert "pronouns" not in mapped.students["U1"].sections["identity"][0].model_fields_set


async def test_optional_files_may_be_missing(tmp_path: Path) -> None:
    bundle = small_district(1)
    bundle.drop(
        "courses", "academicSessions", "categories", "lineItems", "results", "learnerProfile", "goals"
    )

    mapped = await map_path(bundle.folder(tmp_path))

    assert mapped.warnings() == []
    assert {*mapped.students["U1"].sections} == {
        "identity",
        "demographics",
        "contacts",
        "enrollments",
        "classes",
    }


async def test_without_users_there_are_no_students_and_the_run_says_so(tmp_path: Path) -> None:
    bundle = small_district(1)
    bundle.drop("users")

    mapped = await map_path(bundle.folder(tmp_path))

    assert mapped.students == {}
    assert ("file.missing", "users") in {(found.rule, found.file) for found in mapped.warnings()}


@pytest.mark.parametrize("start", [codecs.BOM_UTF8, b"\n\n", b"\r\n"])
async def test_what_stands_before_a_header_is_skipped(start: bytes, tmp_path: Path) -> None:
    bundle = small_district(1)
    bundle.extra["users.csv"] = start + bundle.text("users").encode()

    mapped = await map_path(bundle.folder(tmp_path))

    assert mapped.students["U1"].keys.state_id == "9876500001"


async def test_old_line_ends_and_semicolons_are_read(tmp_path: Path) -> None:
    bundle = small_district(1)
    bundle.extra["users.csv"] = bundle.text("users").replace("\n", "\r").encode()
    bundle.extra["demographics.csv"] = bundle.text("demographics").replace(",", ";").encode()

    mapped = await map_path(bundle.folder(tmp_path))

    assert mapped.students["U1"].keys.birth_cities == {"Cedar Bend"}


async def test_a_roll_up_is_kept_only_where_the_races_are_lost(tmp_path: Path) -> None:
    bundle = small_district(2)
    for race in ("asian", "white"):
        bundle.put("demographics", 0, race, "")
    for row in (0, 1):
        bundle.put("demographics", row, "demographicRaceTwoOrMoreRaces", "true")

    mapped = await map_path(bundle.folder(tmp_path))

    lost, known = (mapped.students[key].sections["demographics"][0] for key in ("U1", "U2"))
    assert "federal_race_rollup" in lost.model_fields_set
    assert "federal_race_rollup" not in known.model_fields_set
    assert [found.rule for found in mapped.warnings()] == ["enum.rolledUp"]


async def test_secrets_reach_neither_entries_nor_findings(tmp_path: Path) -> None:
    bundle = small_district(1)
    bundle.put("users", 1, "identifier", "123-45-6789")
    column("users", "password", "hunter2")(bundle)
    column("users", "social_security_number", "123456789")(bundle)

    mapped = await map_path(bundle.folder(tmp_path))

    said = repr(mapped)
    assert not any(secret in said for secret in ("123-45-6789", "hunter2", "123456789"))


def _new(clean: Mapped, dirty: Mapped) -> list[Finding]:
    """Return the findings that the dirt made, each place once; unused files and columns are the clean one's."""
    before = set(clean.findings)
    found = [one for one in dirty.findings if one not in before]
    return [one for one in dict.fromkeys(found) if one.rule is not Rule.COLUMN_UNUSED]


def _place(found: Finding) -> tuple[str, str, int | None, str | None, str | None]:
    return (found.rule.value, found.file, found.line, found.column, found.raw_value)
