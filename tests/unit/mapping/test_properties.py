"""What holds for any rows at all: both executors say the same, whatever the bucket and the order."""

import json
import random
import re
from collections.abc import Mapping
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from gateway.domain.backpack.compact import Dictionary, numbers_in
from gateway.domain.backpack.document import entry_from, json_schema, sections_to_json
from gateway.domain.backpack.whole import record_id
from gateway.mapping.cells import LONGEST_PLAIN, cell_of, json_text, plain_text
from gateway.mapping.spec_fields import Leaf
from gateway.mapping.transforms import parser
from tests.harness.mapped import Mapped
from tests.harness.tables import NOW, MemoryTables, Rows, map_now
from tests.harness.tables_any import CELLS, MAPPING, any_tables

few = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
VALIDATOR = Draft202012Validator(json_schema())


@few
@given(any_tables(), st.sampled_from([1, 2, 1000]))
def test_both_executors_say_the_same_of_any_rows_and_every_document_fits_the_schema(
    tables: dict[str, Rows], bucket: int
) -> None:
    mapped = map_now(MemoryTables(tables), MAPPING, bucket=bucket)

    for student in mapped.students.values():
        for section, entries in sections_to_json(student.sections).items():
            assert [entry_from(section, entry) for entry in entries] == [*student.sections[section]]
    assert all(len(one.raw_value or "") <= 203 for one in mapped.findings)


@settings(few, max_examples=4)
@given(any_tables())
def test_the_size_of_a_bucket_changes_nothing(tables: dict[str, Rows]) -> None:
    small, large = (map_now(MemoryTables(tables), MAPPING, bucket=size) for size in (1, 1000))

    assert _documents(small) == _documents(large)
    assert set(small.findings) == set(large.findings)
    assert small.counts == large.counts


@settings(few, max_examples=4)
@given(any_tables())
def test_the_size_of_a_batch_changes_nothing(tables: dict[str, Rows]) -> None:
    small, large = (map_now(MemoryTables(tables, batch=size), MAPPING) for size in (1, 1000))

    assert _documents(small) == _documents(large)
    assert set(small.findings) == set(large.findings)


@settings(few, max_examples=4)
@given(any_tables(), st.randoms(use_true_random=False))
def test_record_ids_do_not_change_when_rows_are_reordered_and_no_two_entries_share_one(
    tables: dict[str, Rows], chance: random.Random
) -> None:
    distinct = {name: _once(rows) for name, rows in tables.items()}
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in distinct.items()}

    before = map_now(MemoryTables(distinct), MAPPING)
    after = map_now(MemoryTables(shuffled), MAPPING)

    assert _ids(before) == _ids(after)
    for student in before.students.values():
        for entries in student.sections.values():
            ids = [entry.meta.record_id for entry in entries]
            assert len(set(ids)) == len(ids)


def _once(rows: Rows) -> Rows:
    """Return the rows of which none shares its first cell with another: their order cannot matter."""
    first = [next(iter(row.values()), "").strip() for row in rows]
    return [row for at, row in enumerate(rows) if first.count(first[at]) == 1]


def _ids(mapped: Mapped) -> dict[str, set[str]]:
    return {
        key: {entry.meta.record_id for entries in student.sections.values() for entry in entries}
        for key, student in mapped.students.items()
    }


def _documents(mapped: Mapped) -> dict[str, Any]:
    return {key: sections_to_json(student.sections) for key, student in mapped.students.items()}


@settings(few, max_examples=6)
@given(st.lists(CELLS, min_size=1, max_size=8), st.booleans())
def test_a_whole_document_fits_the_published_schema(cells: list[str], late: bool) -> None:
    marks = [
        {"id": str(at), "who": "A", "course": cell, "school": cell, "from": cell, "to": "", "score": cell,
         "late": "is x" if late else "", "notes": cell, "kind": "me" if at % 2 else "", "status": ""}
        for at, cell in enumerate(cells)
    ]  # fmt: skip
    people = [{"id": "A", "state": "12345", "given": cells[0], "family": "Bramblewick", "born": "2015-02-03"}]

    mapped = map_now(MemoryTables({"people": people, "marks": marks}), MAPPING)

    document = {
        "schemaVersion": "2.0.0",
        **sections_to_json(mapped.students["A"].sections),
    }
    wrong = [error for error in VALIDATOR.iter_errors(document) if error.absolute_path]
    assert [(list(error.absolute_path), error.message) for error in wrong] == []


# --- texts that are their own value --------------------------------------------------------------------

NULLS = MAPPING.conventions.null_tokens
PLAIN = plain_text(NULLS)
TEXTS = CELLS | st.text(st.characters(max_codepoint=0x7F), max_size=12) | st.from_regex(r"[0-9 .\-]{9,13}")


@settings(few, max_examples=300)
@given(TEXTS)
def test_a_text_in_which_nothing_is_odd_is_its_own_json(text: str) -> None:
    read = cell_of(parser(Leaf(column=("c",)), MAPPING.conventions, {}, NOW.date()), str)
    by_python = re.search(PLAIN, text) is None
    by_polars = not pl.Series([text]).str.contains(PLAIN)[0]

    made = read(text)

    if text and len(text.encode()) <= LONGEST_PLAIN and (by_polars or by_python):
        assert made == (f'"{text}"', None)
        assert json.loads(f'"{text}"') == text
    assert not (by_polars and not by_python)


@pytest.mark.parametrize("token", [*NULLS, "null", "n/a"])
def test_no_word_for_nothing_is_its_own_value(token: str) -> None:
    assert re.search(PLAIN, token)
    assert pl.Series([token]).str.contains(PLAIN)[0]


# --- what is kept once ---------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(few, max_examples=100)
@given(st.lists(st.dictionaries(st.text("abc", min_size=1), VALUES, max_size=4), max_size=6))
def test_what_a_dictionary_keeps_is_put_back_the_same(objects: list[dict[str, Any]]) -> None:
    dictionary = Dictionary()
    texts = [orjson.dumps(one).decode() for one in objects]

    compact = [dictionary.ref(text) for text in texts]

    again = Dictionary({**dictionary.texts})
    kept = dictionary.taken()
    assert [again.expand(orjson.loads(text)) for text in compact] == objects
    assert [again.ref(text) for text in texts] == compact
    assert set().union(*(numbers_in(orjson.loads(text)) for text in compact)) == set(kept)
    assert dictionary.taken() == {}


def test_a_kept_object_may_hold_another_one_and_later_fields_win() -> None:
    dictionary = Dictionary()
    inner = dictionary.ref('{"name":"Maple Elementary School of the Arts","id":"S1"}')
    outer = dictionary.ref(f'{{"school":{inner},"title":"Mathematics for everybody"}}')

    compact = orjson.loads(f'{{"$":{orjson.loads(outer)["$"]},"title":"Algebra"}}')

    assert dictionary.expand(compact) == {
        "school": {"name": "Maple Elementary School of the Arts", "id": "S1"},
        "title": "Algebra",
    }


PARTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@settings(few, max_examples=100)
@given(st.lists(st.tuples(PARTS, PARTS, PARTS, PARTS, PARTS), min_size=2, max_size=6, unique=True))
def test_record_ids_are_uuids_and_differ_where_anything_differs(
    named: list[tuple[str, str, str, str, str]],
) -> None:
    ids = [record_id(*one) for one in named]

    assert len(set(ids)) == len(named)
    assert ids == [record_id(*one) for one in named]
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one)
        for one in ids
    )


def test_json_of_a_text_is_what_every_reader_reads() -> None:
    odd: Mapping[str, str] = {
        text: json_text(text) for text in ('"', "\\", "\x00", "\u2028", "\U0001f600", "\x7f")
    }

    assert all(json.loads(made) == text for text, made in odd.items())
