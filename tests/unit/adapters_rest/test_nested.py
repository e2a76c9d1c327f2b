"""Records within records become tables."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters._nested import MAX_CELLS, Columns, Flat, batches_of, flatten
from gateway.adapter_api import Malformed, Rule, Table, TooLarge, finding


def test_scalars_become_text_as_they_stand() -> None:
    record: dict[str, Any] = {
        "a": "x",
        "b": True,
        "c": False,
        "d": 3,
        "e": 3.5,
        "f": None,
        "g": "7.50",
        "h": "",
    }

    (row,) = flatten("students", record, 4)

    assert row == (
        "students",
        4,
        {"a": "x", "b": "true", "c": "false", "d": "3", "e": "3.5", "g": "7.50", "h": ""},
    )


def test_objects_give_dotted_columns_and_links_are_dropped() -> None:
    record: dict[str, Any] = {
        "schoolReference": {"schoolId": "1", "link": {"rel": "School", "href": "/x"}},
        "link": "kept",
    }

    (row,) = flatten("grades", record, 1)

    assert row[2] == {"schoolReference.schoolId": "1", "link": "kept"}


def test_arrays_of_scalars_are_joined_and_empty_ones_are_absent() -> None:
    (row,) = flatten(
        "classes", {"grades": ["09", None, 10], "subjects": [], "nested": [["a"], ["b", "c"]]}, 1
    )

    assert row[2] == {"grades": "09,10", "nested": "a,b,c"}


def test_arrays_of_objects_are_tables_whose_rows_repeat_what_is_above_them() -> None:
    record: dict[str, Any] = {
        "id": "S1",
        "name": {"first": "Eva"},
        "addresses": [{"city": "Brno", "periods": [{"begin": "2020"}]}, {"city": "Oslo"}],
    }

    rows = list(flatten("students", record, 7))

    assert rows == [
        ("students", 7, {"id": "S1", "name.first": "Eva"}),
        ("students.addresses", 7, {"city": "Brno", "parent.id": "S1", "parent.name.first": "Eva"}),
        (
            "students.addresses.periods",
            7,
            {
                "begin": "2020",
                "parent.city": "Brno",
                "parent.parent.id": "S1",
                "parent.parent.name.first": "Eva",
            },
        ),
        ("students.addresses", 7, {"city": "Oslo", "parent.id": "S1", "parent.name.first": "Eva"}),
    ]


def test_an_array_within_an_object_names_its_table_by_both() -> None:
    rows = list(flatten("students", {"_ext": {"tx": {"services": [{"code": "1"}]}}}, 1))

    assert rows[1] == ("students._ext.tx.services", 1, {"code": "1"})


def test_an_array_of_both_gives_a_column_and_rows() -> None:
    rows = list(flatten("t", {"mixed": ["a", {"b": "c"}]}, 1))

    assert rows == [("t", 1, {"mixed": "a"}), ("t.mixed", 1, {"b": "c", "parent.mixed": "a"})]


def test_half_a_character_becomes_a_question_mark() -> None:
    (row,) = flatten("t", {"a": "\ud83d", "b": "Žofie 🎒"}, 1)

    assert row[2] == {"a": "?", "b": "Žofie 🎒"}


@pytest.mark.parametrize("kind", ["object", "array", "array of objects"])
def test_a_record_that_is_too_deep_is_refused_whole(kind: str) -> None:
    deep: Any = "x"
    for _ in range(40):
        deep = {"object": {"a": deep}, "array": [deep], "array of objects": [{"a": deep}]}[kind]

    with pytest.raises(Malformed, match="deeper"):
        flatten("t", {"a": deep}, 1)


def test_a_record_that_spreads_too_wide_is_refused_whole() -> None:
    wide = {f"c{number}": "x" for number in range(1000)} | {"rows": [{"a": "1"}] * (MAX_CELLS // 1000)}

    with pytest.raises(Malformed, match="spreads"):
        flatten("t", wide, 1)


NAMES = st.text("abc", min_size=1, max_size=3)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_whatever_the_record_its_own_row_comes_first_and_no_text_is_lost(record: dict[str, Any]) -> None:
    rows = list(flatten("t", record, 1))

    assert rows[0][0] == "t"
    held = "\n".join(value for _, _, cells in rows for value in cells.values())
    assert all(text in held for text in texts(record))


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(one)


def rows_of(*records: dict[str, Any]) -> list[Flat]:
    return [row for line, record in enumerate(records, 1) for row in flatten("t", record, line * 10)]


def test_columns_are_all_that_were_seen_in_the_order_of_their_first_time() -> None:
    columns = Columns()
    columns.see(rows_of({"b": "1"}, {"a": "2", "kids": [{"x": "3"}]}, {"b": "4", "c": "5"}))

    tables = columns.tables(lambda name: f"{name}.xml", lined=True)

    assert [(table.name, table.columns, table.file, table.lined) for table in tables] == [
        ("t", ("b", "a", "c"), "t.xml", True),
        ("t.kids", ("x", "parent.a"), "t.kids.xml", False),
    ]


def test_a_table_has_a_limit_of_columns() -> None:
    with pytest.raises(TooLarge, match="columns"):
        Columns().see([("t", 1, {f"c{number}": "" for number in range(3000)})])


@pytest.mark.parametrize(("lined", "lines"), [(True, [10, 20, 30]), (False, [1, 2, 3])])
def test_batches_have_every_column_and_rising_lines(lined: bool, lines: list[int]) -> None:
    table = Table("t", ("a", "b"), "f", lined=lined)

    batches = list(batches_of(table, rows_of({"a": "1"}, {"b": "2"}, {"a": "3", "z": "4"}), size=2))

    assert [batch.cells.rows() for batch in batches] == [[("1", None), (None, "2")], [("3", None)]]
    assert [line for batch in batches for line in batch.lines] == lines


def test_two_records_on_one_line_still_rise() -> None:
    rows: list[Flat] = [("t", 5, {"a": "1"}), ("t", 5, {"a": "2"}), ("t", 9, {"a": "3"})]

    (batch,) = batches_of(Table("t", ("a",), "f"), rows)

    assert list(batch.lines) == [5, 6, 9]


def test_what_is_noted_at_the_end_comes_in_a_batch_of_its_own() -> None:
    notes = [finding(Rule.ROW_UNREADABLE, "broken", file="f", line=3)]

    (batch,) = batches_of(Table("t", ("a",), "f"), [], findings=lambda: [notes.pop()] if notes else [])

    assert (batch.cells.height, len(batch.findings)) == (0, 1)
