"""One student on demand: how often the source is asked, which no clock can tell reliably."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

import pytest

from adapters.sql import SqlAdapter
from gateway.adapter_api import Batch, Finding, Only, Table
from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.rows import Answer, Found, Question
from gateway.mapping.shelf import Shelf
from gateway.mapping.single import Single, open_single
from tests.harness.sis.products import PRODUCTS, expected_of, mapping_of, source_of

T = TypeVar("T")

TODAY: Final = date(2026, 5, 1)
MOST_ROUNDS: Final = 8
"""Who is a student, the student's rows, and six steps from row to row."""
LONGER: Final = {"synergy": 11}
"""There a class is reached through the organisation's and the student's year."""
KEPT: Final = 60.0
"""Seconds."""

# Skyward's is a folder of files.
each_product = pytest.mark.parametrize("product", sorted(PRODUCTS.keys() - {"skyward"}))


class Counted:
    """A database that notes what it is asked."""

    def __init__(self, source: SqlAdapter) -> None:
        self._source = source
        self.consulted = 0
        self.rounds: list[Sequence[Question]] = []

    async def tables(self) -> Sequence[Table]:
        return await self._source.tables()

    def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
        raise AssertionError(f"{table.name} is read as a whole, or on a connection of its own")

    def unused(self) -> Sequence[Finding]:
        return self._source.unused()

    async def consult(self, work: Callable[[Answer], T]) -> T:
        self.consulted += 1
        return await self._source.consult(lambda answer: work(lambda asked: self._noted(answer, asked)))

    def _noted(self, answer: Answer, asked: Sequence[Question]) -> Sequence[Found]:
        self.rounds.append(asked)
        return answer(asked)

    @property
    def questions(self) -> int:
        return sum(map(len, self.rounds))


def key_of(product: str) -> str:
    """The key of one of the product's students."""
    return next(iter(expected_of(product)))


async def opened(product: str, folder: Path) -> tuple[Single, Counted]:
    """What maps the product's students, and what was asked so far."""
    source = source_of(product, folder)
    assert isinstance(source, SqlAdapter)
    counted = Counted(source)
    return await open_single(counted, mapping_of(product), TODAY, Dictionary()), counted


@each_product
async def test_a_student_takes_one_connection_and_few_rounds(product: str, tmp_path: Path) -> None:
    single, counted = await opened(product, tmp_path)

    student = await single.student(key_of(product))

    assert student is not None
    assert student.sections["identity"]
    assert counted.consulted == 1
    assert len(counted.rounds) <= LONGER.get(product, MOST_ROUNDS)


@each_product
async def test_nothing_is_asked_twice_for_one_student(product: str, tmp_path: Path) -> None:
    single, counted = await opened(product, tmp_path)

    await single.student(key_of(product))

    asked = [
        (one.table.name, one.split, only.column, value)
        for asks in counted.rounds
        for one in asks
        if len(one.only) == 1
        for only in one.only
        for value in only.values
    ]
    assert len(asked) == len(set(asked))


@each_product
async def test_rows_that_many_share_are_kept_for_a_while_and_then_asked_for_again(
    product: str, tmp_path: Path
) -> None:
    single, counted = await opened(product, tmp_path)
    now = [0.0]
    single.shelf = Shelf(single.plan, KEPT, lambda: now[0])

    async def asked_for() -> int:
        before = counted.questions
        await single.student(key_of(product))
        return counted.questions - before

    first = await asked_for()
    while_kept = await asked_for()
    now[0] = KEPT + 1
    later = await asked_for()

    assert while_kept < first
    assert later == first


@each_product
async def test_a_students_own_rows_are_never_kept(product: str, tmp_path: Path) -> None:
    single, counted = await opened(product, tmp_path)
    single.shelf = Shelf(single.plan, KEPT, lambda: 0.0)
    await single.student(key_of(product))
    counted.rounds.clear()

    await single.student(key_of(product))

    own = single.plan.mapping.student
    people = single.plan.sources[own.source]
    assert any(
        one.table.name == people.spec.file and one.only[0].values == [key_of(product)]
        for asks in counted.rounds
        for one in asks
    )


@each_product
async def test_a_kept_row_makes_the_same_document(product: str, tmp_path: Path) -> None:
    single, _ = await opened(product, tmp_path)
    bare = await single.student(key_of(product))
    single.shelf = Shelf(single.plan, KEPT, lambda: 0.0)

    assert await single.student(key_of(product)) == bare
    assert await single.student(key_of(product)) == bare
