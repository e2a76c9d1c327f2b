"""Rows that wait for their bucket come out whole and in order, in memory or not, flat or not."""

from pathlib import Path

import polars as pl
import pytest

from gateway.mapping.held import BUCKET, STUDENT, Buckets, Room
from gateway.mapping.keyed import Keyed

ROWS = [(number % 6, number) for number in range(60)]
"""Student and mark; two students in a bucket."""


def filled(folder: Path, *, size: int, flat: bool) -> Buckets:
    buckets = Buckets(Room(folder, size), "view", flat=flat)
    for start in range(0, len(ROWS), 7):
        rows = ROWS[start : start + 7]
        buckets.add(
            pl.DataFrame(
                {STUDENT: [who for who, _ in rows], "mark": [mark for _, mark in rows]},
                schema={STUDENT: pl.UInt32, "mark": pl.UInt32},
            ).with_columns((pl.col(STUDENT) // 2).alias(BUCKET))
        )
    buckets.seal()
    return buckets


def taken(buckets: Buckets, number: int) -> list[tuple[int, int]]:
    rows = buckets.take(number)
    return [] if rows is None else rows.select(STUDENT, "mark").rows()


@pytest.mark.parametrize("size", [0, 2_000, 1_000_000], ids=["written", "partly written", "in memory"])
def test_each_bucket_has_its_students_rows_in_order(tmp_path: Path, size: int) -> None:
    buckets = filled(tmp_path, size=size, flat=False)

    assert [taken(buckets, number) for number in range(4)] == [
        [row for row in ROWS if row[0] // 2 == number] for number in range(4)
    ]


@pytest.mark.parametrize("size", [0, 2_000, 1_000_000], ids=["written", "partly written", "in memory"])
@pytest.mark.parametrize("flat", [True, False], ids=["flat", "by bucket"])
@pytest.mark.parametrize("students", [[], [3], [1, 4], range(6)], ids=["nobody", "one", "two", "all"])
def test_narrowed_rows_are_those_of_the_students_in_order(
    tmp_path: Path, size: int, flat: bool, students: list[int]
) -> None:
    buckets = filled(tmp_path, size=size, flat=flat)

    buckets.narrow(pl.Series(STUDENT, list(students), dtype=pl.UInt32))

    assert [taken(buckets, number) for number in range(4)] == [
        [row for row in ROWS if row[0] // 2 == number and row[0] in students] for number in range(4)
    ]


@pytest.mark.parametrize("size", [0, 1_000_000], ids=["written", "in memory"])
def test_all_rows_can_be_looked_at_before_any_is_taken(tmp_path: Path, size: int) -> None:
    buckets = filled(tmp_path, size=size, flat=True)

    assert pl.concat(buckets.frames()).select(STUDENT, "mark").rows() == ROWS


def test_the_row_of_each_key_is_found_and_nothing_for_other_keys() -> None:
    keyed = Keyed(pl.DataFrame({"key": [f"k{at}" for at in range(100)], "at": range(100)}), "key")
    asked = pl.Series("key", ["k7", None, "k99", "unknown", "", "k0", "k7"])

    assert keyed.of(asked).get_column("at").to_list() == [7, None, 99, None, None, 0, 7]


def test_where_there_are_no_rows_no_key_has_one() -> None:
    keyed = Keyed(pl.DataFrame(schema={"key": pl.String, "at": pl.UInt32}), "key")

    assert keyed.of(pl.Series("key", ["a", "b"])).get_column("at").to_list() == [None, None]
