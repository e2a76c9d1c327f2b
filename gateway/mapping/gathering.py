"""All rows of a source, read once: kept, put into the buckets of their students, or counted as left out."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping import compose
from gateway.mapping.changes import Changes
from gateway.mapping.columns import AT, FAULT, FILE, KEY, LINE
from gateway.mapping.dates import Problem
from gateway.mapping.fates import FAULTY, FREE, REASONS, USED, Fates, reason
from gateway.mapping.findings import Finding
from gateway.mapping.frames import Frames
from gateway.mapping.headers import denied_finding, unread_columns
from gateway.mapping.held import IN_MEMORY, WHILE_READING, Buckets, Held, Room
from gateway.mapping.intake import Counts, Intake
from gateway.mapping.kept import all_links, kept_sources
from gateway.mapping.keyed import Keyed
from gateway.mapping.plan import Plan, View
from gateway.mapping.problems import Problems
from gateway.mapping.roll import NO_ROLE, Decision, decide, decisions
from gateway.mapping.routing import Routing
from gateway.mapping.rows import RowSource, Table

_AT_ONCE: Final = 150_000
"""Rows that are put into buckets at a time."""
_REUSE: Final = 32 * 1024 * 1024
"""Bytes of a source that are kept between its two readings."""
_ROLL: Final = {"key": pl.String, "line": pl.UInt32, "student": pl.Boolean}


class Gathering:
    """Reads the sources of a run. It is what links lead to while buckets are made."""

    def __init__(self, adapter: RowSource, plan: Plan, folder: Path, dictionary: Dictionary) -> None:
        self._adapter = adapter
        self._plan = plan
        self.room = Room(folder)
        self.problems = Problems()
        self.dictionary = dictionary
        self._intakes = {
            name: self._intake(name) for name, source in plan.sources.items() if source.table is not None
        }
        self.kept = {name: Held(self.room, name) for name in kept_sources(plan)}
        self.views: dict[View, Buckets] = {}
        self.flat = False
        """Whether rows are not in buckets before they were narrowed to some students."""
        self.twice: dict[str, pl.Series] = {}
        """Where rows stand that have the key of an earlier one."""
        self.roll = Keyed(pl.DataFrame(schema=_ROLL), "key")
        """Everybody, with whether a `student`; when all is read, those of whom nothing says it."""
        self._fates = {name: Fates() for name in self._intakes}
        self._again: dict[str, list[pl.DataFrame]] = {}
        self._decisions: list[Decision] = []

    def _intake(self, name: str) -> Intake:
        return Intake(self._plan.sources[name], self._plan.mapping.conventions, self.problems)

    # --- what links lead to ----------------------------------------------------------------------------

    def rows(self, source: str, key: Sequence[str], keys: pl.Series) -> pl.DataFrame:
        """Return the rows whose key is one of the keys."""
        found = self.kept[source].rows(key, keys)
        if found is not None:
            return found
        asked = self._plan.sources[source].asked
        schema = dict.fromkeys(asked, pl.String) | {LINE: pl.UInt32, AT: pl.UInt32, FAULT: pl.UInt32}
        return pl.DataFrame(schema=schema | {KEY: pl.String})

    def gone(self, source: str) -> pl.Series:
        """Return the keys of the rows that are marked as deleted."""
        gone = self._intakes[source].gone if source in self._intakes else []
        return pl.concat(gone) if gone else pl.Series("gone", [], dtype=pl.String)

    def use(self, source: str, at: pl.Series) -> None:
        """Say that rows were used."""
        self.mark(source, USED, at)

    def mark(self, source: str, what: int, at: pl.Series) -> None:
        """Say what became of rows."""
        self._fates[source].mark(what, at)

    def say(self, source: str, rows: pl.DataFrame, column: str, problem: Problem) -> None:
        """Note a problem of a cell in each of the rows."""
        self._intakes[source].say(rows, column, problem)

    # --- who is a student ------------------------------------------------------------------------------

    async def people(self) -> pl.DataFrame:
        """Return everybody's `key`, `line` and whether a `student`, each once, in order."""
        plan, spec = self._plan, self._plan.mapping.student
        deciders = decisions(spec, plan.sources)
        people = pl.DataFrame(schema={"key": pl.String, "line": pl.UInt32})
        for name in dict.fromkeys([spec.source, *(one.source.name for one in deciders)]):
            here = [one for one in deciders if one.source.name == name]
            if name == spec.source:
                people = await self._everybody(name, here)
            elif not self._settled(people, deciders, name):
                async for rows in self._batches(name, first=True):
                    for decision in here:
                        decision.hear(rows, self.problems)
        self._decisions = deciders
        self.roll = Keyed(decide(people, deciders), "key")
        for decision in deciders:
            decision.said.clear()
        return self.roll.frame

    async def _everybody(self, name: str, here: Sequence[Decision]) -> pl.DataFrame:
        source, key = self._plan.sources[name], self._plan.mapping.student.key
        found = [pl.DataFrame(schema={"key": pl.String, "line": pl.UInt32})]
        if source.table is None or key not in source.asked:
            return found[0]
        async for rows in self._batches(name, first=True):
            place = [pl.col(FILE).alias("file")] if FILE in rows.columns else []
            cells = (pl.col(key).str.strip_chars().alias("key"), pl.col(LINE).alias("line"), *place)
            found.append(rows.select(*cells))
            for decision in here:
                decision.hear(rows, self.problems)
        named = pl.concat(found, how="diagonal").filter(pl.col("key").str.len_bytes() > 0)
        return named.unique("key", keep="first", maintain_order=True)

    def _settled(self, people: pl.DataFrame, deciders: Sequence[Decision], name: str) -> bool:
        """Tell whether deciders before those of the source have decided everybody."""
        first = next(at for at, one in enumerate(deciders) if one.source.name == name)
        before = [one for one in deciders[:first] if one.said]
        return bool(before) and decide(people, before).get_column("student").null_count() == 0

    # --- reading ---------------------------------------------------------------------------------------

    async def read(self, students: pl.DataFrame, frames: Frames, changes: Changes | None) -> None:
        """Read every source; those first through which the students of other rows are reached."""
        self.flat = changes is not None and changes.follows
        self.room.size = WHILE_READING if self.flat else IN_MEMORY
        routing = Routing(self._plan, self, students, frames, flat=self.flat)
        self.views = routing.views
        parts = self._plan.parts()
        through = {link.target.name for part in parts if part.student.links for link in all_links(part.links)}
        names = [name for name, intake in self._intakes.items() if intake.source.columns]
        for name in sorted(names, key=lambda one: one not in through):
            kept = self.kept.get(name)
            async for rows in self._batches(name):
                if kept is not None:
                    kept.add(rows)
                await asyncio.to_thread(routing.route, rows, name, changes)
            if kept is not None:
                self._say_twice(name, kept)
        routing.seal()
        self.roll = Keyed(self.roll.frame.filter(pl.col("student").is_null()), "key")

    def narrow(self, students: pl.Series) -> None:
        """Keep only these students' rows, and those by bucket."""
        self.flat = False
        for view in self.views.values():
            view.narrow(students)
        self.room.size = IN_MEMORY
        self.room.settle()

    async def count(self, table: Table) -> Counts:
        """Count the rows of a table that the mapping does not read."""
        counts = Counts()
        async for batch in self._adapter.batches(table):
            counts.rows += batch.cells.height
        counts.excluded["unusedFile"] = counts.rows
        return counts

    async def _batches(self, name: str, *, first: bool = False) -> AsyncIterator[pl.DataFrame]:
        """Yield a source's rows as they count; small sources are not read a second time."""
        if name in self._again:
            for rows in self._again.pop(name):
                yield rows
            return
        source = self._plan.sources[name]
        intake = self._intakes[name] = self._intake(name)
        held: list[pl.DataFrame] | None = [] if first else None
        size = 0
        if source.table is None:
            return
        async for rows in self._taken(source.table, intake):
            if held is not None:
                size += int(rows.estimated_size())
                held = [*held, rows] if size < _REUSE else None
            yield rows
        if held is not None:
            self._again[name] = held

    async def _taken(self, table: Table, intake: Intake) -> AsyncIterator[pl.DataFrame]:
        """Yield the rows that count, many at a time: to find their students costs as much for few."""
        waiting: list[pl.DataFrame] = []
        height = 0
        async for batch in self._adapter.batches(table):
            waiting.append(await asyncio.to_thread(intake.take, batch))
            height += waiting[-1].height
            if height >= _AT_ONCE:
                yield pl.concat(waiting)
                waiting, height = [], 0
        if waiting:
            yield pl.concat(waiting)

    def _say_twice(self, name: str, kept: Held) -> None:
        """Say which rows have the key of an earlier one."""
        intake = self._intakes[name]
        key = [column for column in intake.source.spec.key if column in intake.source.asked]
        if not key or len(key) != len(intake.source.spec.key) or not intake.stored:
            return
        again = kept.again(key)
        if again.height:
            intake.say(again, key[0], compose.KEY_TWICE)
            self.twice[name] = again.get_column(AT)
            self.mark(name, FAULTY, again.get_column(AT))

    # --- what came of it -------------------------------------------------------------------------------

    def told(self) -> Iterator[Finding]:
        """Yield what is wrong with rows as such, with columns that are never read and those nothing reads."""
        for intake in self._intakes.values():
            source = intake.source
            yield from intake.told
            yield from self.findings(intake.found)
            yield from (denied_finding(source, header, intake.denied[header]) for header in source.denied)
            yield from unread_columns(source)
        for decision in self._decisions:
            yield from self.findings(decision.found)

    def findings(self, found: Sequence[pl.DataFrame]) -> Iterator[Finding]:
        """Yield the findings of frames of `FOUND`."""
        for frame in found:
            for _, file, line, column, raw, code in frame.iter_rows():
                yield self.problems.finding(code, file=file, line=line, column=column, raw_value=raw)

    def nobodies(self) -> Iterator[Finding]:
        """Yield a finding for each person of whom nothing says what they are, and whom nobody names."""
        spec = self._plan.mapping.student
        intake = self._intakes.get(spec.source)
        if intake is None or spec.key not in intake.source.asked:
            return
        if not (self._fates[spec.source].of(intake.stored) == reason("noRole")).any():
            return
        code, header = self.problems.code(NO_ROLE), intake.source.header(spec.key)
        unknown = self.roll.frame.filter(pl.col("student").is_null()).select("key", "line")
        for key, line in unknown.iter_rows():
            yield self.problems.finding(
                code, file=intake.source.file, line=line, column=header, raw_value=key
            )

    def counts(self) -> Iterator[tuple[str, Counts]]:
        """Yield what became of the rows of each table."""
        owned = {part.source.name for part in self._plan.parts()}
        for name, intake in self._intakes.items():
            counts = intake.counts
            state = self._fates[name].of(intake.stored)
            for what, number in state.value_counts().iter_rows() if len(state) else ():
                if what == USED:
                    counts.used = number
                elif what == FAULTY:
                    counts.faulty += number
                elif what == FREE:
                    counts.excluded["ruledOut" if name in owned else "unreferenced"] += number
                else:
                    counts.excluded[REASONS[what - 1]] += number
            if not intake.source.columns:
                counts.excluded["wrongContent"] = counts.rows - counts.faulty
            yield intake.source.file, counts
