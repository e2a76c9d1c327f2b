"""Entries become rows, and the rows become the same entries."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mapping.inverse_csv import csv_texts
from gateway.mapping.inverse_proof import proved_rows, values_of
from gateway.mapping.invert import rows_of
from tests.harness.bundles import COLUMNS, NOW, Bundle, map_path, small_district
from tests.unit.mapping_reverse.going_back import MAPLE, Journey, bare, ids, journey

MADE_ANEW = {
    *("courses.sourcedId", "classes.courseSourcedId", "lineItems.sourcedId", "results.lineItemSourcedId"),
    *("categories.sourcedId", "lineItems.categorySourcedId", "roles.sourcedId"),
}
"""Keys that no field of an entry says; the `check` names them."""


async def test_a_clean_district_comes_back_the_same(tmp_path: Path) -> None:
    """Nothing is lost, and every entry has its old id."""
    made = await journey(small_district(2), tmp_path)

    assert made.rows.losses == ()
    assert made.rows.blocked == ()
    assert bare(made.after) == bare(made.before)
    assert ids(made.after) == ids(made.before)


async def test_rows_are_the_old_rows_in_every_column_that_is_read(tmp_path: Path) -> None:
    bundle = small_district(1)

    made = await journey(bundle, tmp_path)

    told = made.rows.tables
    for table in ("users", "demographics", "enrollments", "results", "classes", "learnerProfile", "goals"):
        old = [dict(zip(COLUMNS[table], row, strict=True)) for row in bundle.rows[table]]
        for row in told[table]:
            assert any(_says(table, row, one) for one in old), (table, row)


def _says(table: str, row: dict[str, str], old: dict[str, str]) -> bool:
    """Tell whether the old row has every cell, but for codes of the mapping's own lists."""
    codes = {"voice", "polarity", "status", "type"}
    return all(
        text == old[column]
        for column, text in row.items()
        if f"{table}.{column}" not in MADE_ANEW and column not in codes
    )


async def test_what_another_district_sent_keeps_its_values_and_gets_new_keys(tmp_path: Path) -> None:
    """Two districts may have a school S1: the sender's must not become ours."""
    made = await journey(small_district(2), tmp_path, organization="urn:example:cedar")

    texts = {text for rows in made.rows.tables.values() for row in rows for text in row.values()}
    assert texts.isdisjoint({"S1", "D1", "T1", "K1", "G1", "T-1", "E-U1", "R-U1", "C1"})
    assert made.rows.losses == ()
    assert {name: len(entries) for name, entries in made.after.items()} == {
        name: len(entries) for name, entries in made.before.items()
    }
    gone = values_of(made.before) - values_of(made.after)
    assert {(section, path) for section, path, _ in gone} <= {
        ("contacts", "contact"),
        ("enrollments", "school.id"),
        ("enrollments", "school.parent"),
        ("classes", "sectionId"),
        ("classes", "school.id"),
        ("classes", "school.parent"),
        ("classes", "terms[].id"),
        ("classes", "teachers[].id"),
        ("gradebook", "sectionId"),
        ("grades", "sectionId"),
        ("grades", "gradingPeriod.id"),
    }


async def test_the_learner_gets_the_key_that_the_registrar_names(tmp_path: Path) -> None:
    made = await journey(small_district(1), tmp_path, organization="urn:example:cedar", as_key="C-77")

    assert [row["sourcedId"] for row in made.rows.tables["demographics"]] == ["C-77"]
    assert {row["studentSourcedId"] for row in made.rows.tables["results"]} == {"C-77"}


async def test_the_same_record_twice_gives_the_same_rows(tmp_path: Path) -> None:
    one = await journey(small_district(1), tmp_path / "one", organization="urn:example:cedar")
    two = await journey(small_district(1), tmp_path / "two", organization="urn:example:cedar")

    assert one.rows == two.rows


TEXTS = st.sampled_from(
    [
        *("", "x", "Zoë", "N/A", "0", "1", "yes", "no", "true", "  pad ", "<b>x</b>", "a,b", "a|b|", "=1+1"),
        *("2025-09-02", "9/3/2025", "20250904", "45000", "2025-13-01", "9999-12-31", "12.50", "1e3"),
        *("U2", "S1", "S1,D1", "G1", "G1,G2", "T1,T2", "teacher", "student", "guardian", "mother"),
        *("kg", "05", "Grade 5", "female", "M", "Final Grade", "Homework", "exempt", "family", "gap"),
        *("{State:A123456},{sis:77}", "078-05-1120", "voice", "culturalIdentity", "line\nbreak"),
    ]
)
SPOILT = st.lists(
    st.tuples(st.sampled_from(sorted(COLUMNS)), st.integers(0, 99), st.integers(0, 99), TEXTS), max_size=12
)


@given(SPOILT)
@settings(max_examples=12, deadline=None)
def test_every_value_comes_back_or_is_told(spoilt: list[tuple[str, int, int, str]]) -> None:
    """Whatever the cells hold: the rows say nothing that the entries do not, and losses are counted."""
    bundle = small_district(2)
    for table, row, column, text in spoilt:
        columns = COLUMNS[table]
        bundle.put(table, row % len(bundle.rows[table]), columns[column % len(columns)], text)

    with tempfile.TemporaryDirectory() as folder:
        made = asyncio.run(_journey(bundle, Path(folder)))

    if made is not None:
        before, after = values_of(made.before), values_of(made.after)
        told = sum(loss.values for loss in made.rows.losses if not loss.path.startswith("meta"))
        assert after - before == {}
        assert (before - after).total() == told


async def _journey(bundle: Bundle, folder: Path) -> Journey | None:
    """Return the journey of the first student; None where the spoilt district has no such student."""
    there = await map_path(bundle.folder(folder / "first"))
    return await journey(bundle, folder) if "U1" in there.students else None


async def test_who_said_it_is_told_where_no_column_takes_it(tmp_path: Path) -> None:
    made = await journey(small_district(1), tmp_path)
    made.before["grades"][0]["meta"]["source"]["assertedBy"]["actor"] = "family"

    rows = await proved_rows(made.plan, made.before, NOW.date(), organization=MAPLE)

    assert [(loss.section, loss.path) for loss in rows.losses] == [("grades", "meta.source.assertedBy")]


async def test_a_cell_is_no_formula_only_where_a_spreadsheet_reads_it(tmp_path: Path) -> None:
    made = await journey(small_district(1), tmp_path)
    made.before["identity"][0]["pronouns"] = "=1+1"

    rows = rows_of(made.plan, made.before, organization=MAPLE)

    assert ",=1+1\r\n" in csv_texts(made.plan, rows.tables)["users.csv"]
    assert ",'=1+1\r\n" in csv_texts(made.plan, rows.tables, spreadsheet=True)["users.csv"]
