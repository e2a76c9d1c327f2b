"""Questions to a source in rounds: what several jobs need at the same time is asked for together.

A job is a generator. It yields what it must know, and goes on when `Rest` holds the answer.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, TypeVar, cast

from gateway.mapping.findings import Finding
from gateway.mapping.headers import Resolved
from gateway.mapping.records import Record, Rest, key_in
from gateway.mapping.row_intake import RowIntake
from gateway.mapping.rows import BLANKS, Answer, Found, Only, PointSource, Question, RowSource
from gateway.mapping.shelf import Index, Key, Shelf

T = TypeVar("T")

Keys = frozenset[Key]


class Ask(NamedTuple):
    """The rows of a source whose `key` is one of `keys`."""

    source: Resolved
    key: tuple[str, ...]
    keys: Keys
    split: str | None = None
    """The one column of the key holds several values with this between them."""

    @property
    def by(self) -> tuple[str, ...]:
        """Return what `Rest` knows the rows by, beside the source."""
        return self.key if self.split is None else (*self.key, self.split)


Job = Generator[Sequence[Ask], None, T]


def together(jobs: Iterable[Job[T]]) -> Job[list[T]]:
    """Run jobs side by side, and return what they return in the order of the jobs."""
    running = dict(enumerate(jobs))
    done: dict[int, T] = {}
    while True:
        asked: list[Ask] = []
        for at, job in list(running.items()):
            try:
                asked += next(job)
            except StopIteration as end:
                done[at] = end.value
                del running[at]
        if not running:
            return [done[at] for at in sorted(done)]
        yield asked


async def answered(job: Job[T], source: RowSource, asking: "Asking") -> T:
    """Run the job, and return what it returns; raises whatever the source raises."""
    if _finds_points(type(source)):
        return await cast("PointSource", source).consult(lambda answer: _at_once(job, asking, answer))
    while True:
        try:
            asks = next(job)
        except StopIteration as end:
            result: T = end.value
            return result
        for ask in asking.new(asks):
            asking.take(ask, await _read(source, asking.question(ask)))


@cache
def _finds_points(kind: type[RowSource]) -> bool:
    return issubclass(kind, PointSource)


def _at_once(job: Job[T], asking: "Asking", answer: Answer) -> T:
    while True:
        try:
            asks = asking.new(next(job))
        except StopIteration as end:
            result: T = end.value
            return result
        if asks:
            for ask, found in zip(asks, answer([asking.question(ask) for ask in asks]), strict=True):
                asking.take(ask, found)


async def _read(source: RowSource, question: Question) -> Found:
    """Ask a source that answers in batches; where values are split it reads the whole table."""
    only = None if question.split else question.only[0]
    rows: list[tuple[str | None, ...]] = []
    lines: list[int] = []
    findings: list[Finding] = []
    async for batch in source.batches(question.table, only):
        rows += batch.cells.rows()
        lines += batch.lines.to_list()
        findings += batch.findings
    return Found(rows, lines, findings)


@dataclass
class Asking:
    """What has been asked for and answered so far, for one student."""

    intakes: Mapping[str, RowIntake]
    rest: Rest
    shelf: Shelf | None = None
    _known: dict[Index, set[Key]] = field(default_factory=dict)

    def new(self, asks: Sequence[Ask]) -> list[Ask]:
        """Return what is not known yet, one question for each index."""
        merged: dict[Index, Ask] = {}
        for ask in asks:
            if ask.source.table is None or not ask.source.asked.keys() >= set(ask.key):
                continue
            at = (ask.source.name, ask.by)
            before = merged[at].keys if at in merged else frozenset()
            if keys := self._unknown(at, ask.keys) | before:
                merged[at] = ask._replace(keys=keys)
        return list(merged.values())

    def _unknown(self, at: Index, keys: Keys) -> Keys:
        known = self._known.setdefault(at, set())
        new = frozenset(one for one in keys if all(one)) - known
        if new and self.shelf:
            for key, rows in self.shelf.fresh(at, new):
                self.rest.add(*at, ((key, row) for row in rows))
                known.add(key)
        return new - known

    def question(self, ask: Ask) -> Question:
        """Return the question as the table's own headers put it."""
        assert ask.source.table is not None  # noqa: S101 - `new` leaves the others out
        only = tuple(
            Only(ask.source.columns[column], sorted({one[at] for one in ask.keys}))
            for at, column in enumerate(ask.key)
        )
        return Question(ask.source.table, only, ask.split)

    def take(self, ask: Ask, found: Found) -> None:
        """Keep the rows that count."""
        at = (ask.source.name, ask.by)
        self._known[at] |= ask.keys
        gone = len(self.rest.gone.get(ask.source.name, ()))
        by_key: dict[Key, list[Record]] = {key: [] for key in ask.keys}
        for row in self.intakes[ask.source.name].records(found, self.rest):
            for key in _keys_of(ask, row):
                if key in by_key:
                    by_key[key].append(row)
        self.rest.add(*at, ((key, row) for key, rows in by_key.items() for row in rows))
        if self.shelf and gone == len(self.rest.gone.get(ask.source.name, ())):
            self.shelf.keep(at, by_key)


def _keys_of(ask: Ask, row: Record) -> Iterator[Key]:
    if ask.split is None:
        yield key_in(row, ask.key)
        return
    for piece in row.cells[ask.key[0]].split(ask.split):
        yield (piece.strip(BLANKS),)
