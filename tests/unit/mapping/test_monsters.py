"""Files that nobody would export, and that arrive all the same: never a crash, never a hang, always a finding."""

import asyncio
import codecs
import tempfile
from pathlib import Path

import pytest

from gateway.domain.errors import Malformed
from gateway.mapping.findings import Rule
from tests.harness.bundles import Bundle, map_path, small_district
from tests.harness.mapped import Mapped

EMPTY: dict[str, bytes] = {
    "nothing": b"",
    "a mark only": codecs.BOM_UTF8,
    "a UTF-16 mark only": codecs.BOM_UTF16_LE,
    "one line end": b"\n",
    "200,000 blank lines": b"\n" * 200_000,
    "200,000 lines of spaces": b"   \r\n" * 200_000,
    "only NULs": b"\0" * 5_000,
    "only quotes": b'"' * 4_001,
    "only commas": b"," * 20_000,
    "only a word": b"hello",
    "a picture": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("kind", EMPTY)
@pytest.mark.parametrize("table", ["users", "demographics"])
def test_a_file_without_rows_is_named_in_a_finding(table: str, kind: str) -> None:
    mapped = _with({f"{table}.csv": EMPTY[kind]})

    assert any(found.file == f"{table}.csv" for found in mapped.findings)
    assert ([*mapped.students] == ["U1"]) is (table != "users")


def test_four_hundred_more_columns_are_told_and_the_others_read() -> None:
    bundle = _widened(small_district(1), "results", 400)

    mapped = _mapped(bundle)

    assert len(mapped.students["U1"].sections["gradebook"]) == 1
    unused = {found.column for found in mapped.findings if found.rule is Rule.HEADER_UNKNOWN}
    assert {f"extra{number}" for number in range(400)} <= unused


@pytest.mark.parametrize("table", ["users", "results"])
def test_a_file_of_ten_thousand_columns_is_refused_in_a_finding_and_the_others_are_read(table: str) -> None:
    bundle = _widened(small_district(1), table, 10_000)

    mapped = _mapped(bundle)

    assert any(found.file == f"{table}.csv" for found in mapped.warnings())
    assert ([*mapped.students] == ["U1"]) is (table != "users")


def _widened(bundle: Bundle, table: str, columns: int) -> Bundle:
    bundle.headers[table] += [f"extra{number}" for number in range(columns)]
    for row in bundle.rows[table]:
        row.extend(["x"] * columns)
    return bundle


def test_every_row_of_every_file_may_be_ragged() -> None:
    bundle = small_district(1)
    for at, rows in enumerate(bundle.rows.values()):
        for row in rows:
            if at % 2:
                row.append("surplus")
            else:
                row.pop()

    mapped = _mapped(bundle)

    ragged = {(found.file, found.line) for found in mapped.findings if found.rule is Rule.ROW_RAGGED}
    assert {
        (f"{name}.csv", at + 2) for name, rows in bundle.rows.items() for at in range(len(rows))
    } <= ragged
    assert [*mapped.students] == ["U1"]


def test_headers_that_come_again_and_again_are_no_rows() -> None:
    bundle = small_district(1)
    for name, rows in bundle.rows.items():
        bundle.rows[name] = [one for row in rows for one in (row, [*bundle.headers[name]])]

    mapped = _mapped(bundle)

    again = [found for found in mapped.findings if found.rule is Rule.ROW_REPEATED_HEADER]
    assert {found.file for found in again} == {f"{name}.csv" for name in bundle.headers}
    assert [*mapped.students] == ["U1"]
    assert {found.severity for found in mapped.warnings()} <= {"warning", "error"}


def test_the_same_column_twice_is_told() -> None:
    bundle = small_district(1)
    for name in bundle.headers:
        bundle.headers[name] = [*bundle.headers[name], bundle.headers[name][0]]
        for row in bundle.rows[name]:
            row.append("other")

    mapped = _mapped(bundle)

    files = {found.file for found in mapped.findings if found.rule.value.startswith("header.")}
    assert files == {f"{name}.csv" for name in bundle.headers}
    assert [*mapped.students] == ["U1"]


@pytest.mark.parametrize("text", ["\0", "\0\0\0", "NULL", "\ufeff", "\ufffd"])
def test_every_cell_of_a_file_may_be_the_same_nothing(text: str) -> None:
    bundle = small_district(1)
    for row in bundle.rows["results"]:
        row[:] = [text] * len(row)

    mapped = _mapped(bundle)

    assert "gradebook" not in mapped.students["U1"].sections
    assert any(found.file == "results.csv" for found in mapped.warnings())


def test_a_million_characters_in_a_cell_are_told() -> None:
    bundle = small_district(1)
    bundle.put("results", 0, "comment", "é" * 1_000_000)

    mapped = _mapped(bundle)

    assert any(found.file == "results.csv" and found.line == 2 for found in mapped.warnings())
    assert len(mapped.students["U1"].sections["identity"]) == 1


def test_everybody_may_have_the_same_key() -> None:
    bundle = small_district(2)
    for name in ("users", "roles", "results", "enrollments"):
        for row in bundle.rows[name]:
            row[0] = "U1"

    mapped = _mapped(bundle)

    assert {*mapped.students} <= {"U1"}
    assert any(found.rule is Rule.ID_DUPLICATE for found in mapped.warnings())


def test_rows_that_lead_to_each_other_in_a_ring_end() -> None:
    bundle = small_district(1)
    bundle.put("orgs", 0, "parentSourcedId", "S1")
    bundle.put("orgs", 1, "parentSourcedId", "S1")
    for row in range(len(bundle.rows["users"])):
        bundle.put("users", row, "agentSourcedIds", "U1,G1,U1,,G1")

    mapped = _mapped(bundle)

    contacts = mapped.students["U1"].sections["contacts"]
    assert len({entry.meta.record_id for entry in contacts}) == len(contacts)


def test_a_file_of_blank_cells_has_no_rows() -> None:
    bundle = small_district(1)
    for row in bundle.rows["results"]:
        row[:] = ["   "] * len(row)

    mapped = _mapped(bundle)

    assert mapped.counts["results.csv"].used == 0
    assert "gradebook" not in mapped.students["U1"].sections


def test_a_folder_of_nothing_is_refused() -> None:
    bundle = small_district(1)
    bundle.drop(*bundle.headers)

    with pytest.raises(Malformed, match="no OneRoster bundle"):
        _mapped(bundle)


def _with(files: dict[str, bytes]) -> Mapped:
    bundle = small_district(1)
    bundle.extra.update(files)
    return _mapped(bundle)


def _mapped(bundle: Bundle) -> Mapped:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(map_path(bundle.folder(Path(folder))))
