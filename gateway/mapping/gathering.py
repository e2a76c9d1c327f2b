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
from gateway.mapping.findings import Finding
from gateway.mapping.frames import Frames
from gateway.mapping.headers import denied_finding, unread_columns
from gateway.mapping.held import Buckets, Held
from gateway.mapping.intake import FAULTY, FREE, REASONS, USED, Counts, Intake
from gateway.mapping.kept import all_links, kept_sources
from gateway.mapping.parts import STUDENT, WHO
from gateway.mapping.plan import PartPlan, Plan
from gateway.mapping.problems import Problems
from gateway.mapping.roll import NO_ROLE, Decision, decide, decisions
from gateway.mapping.rows import RowSource, Table

_BUCKET: Final = "@bucket"
_AT_ONCE: Final = 300_000
"""Rows that are put into buckets at a time."""
_REUSE: Final = 96 * 1024 * 1024
"""Bytes of a source that are kept between its two readings."""

View = tuple[str, str, str | None]
"""A source, by whose student its rows are found, and what parts several students there."""


def view_of(part: PartPlan) -> View:
    """Return which rows a part takes."""
    return part.source.name, part.student.name, part.part.split


class Gathering:
    """Reads the sources of a run. It is what links lead to while buckets are made."""

    def __init__(self, adapter: RowSource, plan: Plan, folder: Path, dictionary: Dictionary) -> None:
        self._adapter = adapter
        self._plan = plan
        self._folder = folder
        self.problems = Problems()
        self.dictionary = dictionary
        self._intakes = {
            name: Intake(source, plan.mapping.conventions, self.problems)
            for name, source in plan.sources.items()
            if source.table is not None
        }
        self.kept = {name: Held(folder, name) for name in kept_sources(plan)}
        self.views: dict[View, Buckets] = {}
        self.twice: dict[str, pl.Series] = {}
        """Where rows stand that have the key of an earlier one."""
        self._marks: dict[str, list[tuple[int, pl.Series]]] = {}
        self._again: dict[str, list[pl.DataFrame]] = {}
        self._decisions: list[Decision] = []
        self._roll = pl.DataFrame(schema={"key": pl.String, "line": pl.UInt32, "student": pl.Boolean})
        self._students = pl.DataFrame(schema={"key": pl.String})

    # --- what links lead to ----------------------------------------------------------------------------

    def rows(self, source: str, key: Sequence[str], keys: pl.Series) -> pl.DataFrame:
        """Return the rows whose key is one of the keys."""
        found = self.kept[source].rows(list(key), keys)
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
        if len(at):
            self._marks.setdefault(source, []).append((what, at.cast(pl.UInt32)))

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
        self._roll = decide(people, deciders)
        return self._roll

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

    async def read(
        self, students: pl.DataFrame, frames: Frames, buckets: int, changes: Changes | None
    ) -> None:
        """Read every source; those first through which the students of other rows are reached."""
        self._students = students.select(pl.col("key").alias(WHO), STUDENT, pl.col("bucket").alias(_BUCKET))
        parts = self._plan.parts()
        for view in dict.fromkeys(map(view_of, parts)):
            self.views[view] = Buckets(self._folder, f"view-{len(self.views)}", buckets)
        through = {link.target.name for part in parts if part.student.links for link in all_links(part.links)}
        names = [name for name, intake in self._intakes.items() if intake.source.columns]
        for name in sorted(names, key=lambda one: one not in through):
            kept, routed = self.kept.get(name), [part for part in parts if part.source.name == name]
            async for rows in self._batches(name):
                if kept is not None:
                    kept.add(rows)
                await asyncio.to_thread(self._route, rows, routed, frames, changes)
            if kept is not None:
                self._say_twice(name, kept)
        for buckets_of_view in self.views.values():
            buckets_of_view.seal()

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
        intake = Intake(source, self._plan.mapping.conventions, self.problems)
        self._intakes[name] = intake
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
        keys = kept.keys(key)
        again = keys.filter(~pl.col(KEY).is_first_distinct() & pl.col(KEY).is_not_null())
        if again.height:
            rows = self.rows(name, key, again.get_column(KEY))
            twice = rows.filter(pl.col(AT).is_in(again.get_column(AT).implode()))
            intake.say(twice, key[0], compose.KEY_TWICE)
            self.twice[name] = again.get_column(AT)
            self.mark(name, FAULTY, again.get_column(AT))

    def _route(
        self, rows: pl.DataFrame, parts: Sequence[PartPlan], frames: Frames, changes: Changes | None
    ) -> None:
        """Put rows into the buckets of their students."""
        done: set[View] = set()
        for part in parts:
            view = view_of(part)
            if view not in done:
                stray = not done and part.part.split is None
                owned = self._owned(rows, part, frames, stray=stray)
                if changes is not None and owned.height:
                    changes.see(owned, list(self.views).index(view) + 1)
                self.views[view].add(owned)
                done.add(view)

    def _owned(self, rows: pl.DataFrame, part: PartPlan, frames: Frames, *, stray: bool) -> pl.DataFrame:
        """Return the rows of students, with the student's number; mark the others."""
        whose = rows
        if part.student.links:
            first = part.links[part.student.links[0]]
            whose, _ = frames.links.attach(rows, {first.name: first}, part.source.file, bare=True)
        owned = rows.with_columns(whose.get_column(part.student.name).alias(WHO))
        if part.part.split:
            owned = owned.with_columns(pl.col(WHO).str.split(part.part.split)).explode(WHO)
        owned = owned.with_columns(pl.col(WHO).str.strip_chars())
        owned = owned.join(self._students, on=WHO, how="left", maintain_order="left")
        others = owned.filter(pl.col(STUDENT).is_null())
        if stray and others.height:
            self._others(part, others)
        return owned.filter(pl.col(STUDENT).is_not_null())

    def _others(self, part: PartPlan, others: pl.DataFrame) -> None:
        """Say what rows are that are no student's."""
        source = part.source
        people = self._plan.sources[self._plan.mapping.student.source]
        roll = self._roll.select(pl.col("key").alias(WHO), "student", pl.lit(True).alias("known"))
        others = others.join(roll, on=WHO, how="left", maintain_order="left")
        gone = others.get_column(WHO).is_in(self.gone(people.name).implode())
        known = others.get_column("known").fill_null(False)
        if source is not people:
            self._strays(part, others.filter(~known & ~gone), people.file)
        not_student = (~others.get_column("student")).fill_null(False)
        no_role = known & others.get_column("student").is_null()
        reasons = (("deletedPerson", gone), ("notAStudent", not_student & ~gone), ("noRole", no_role & ~gone))
        for reason, holds in reasons:
            self.mark(source.name, _reason(reason), others.filter(holds).get_column(AT))

    def _strays(self, part: PartPlan, strays: pl.DataFrame, people: str) -> None:
        """Say which rows name nobody, or somebody who is not there."""
        if not strays.height:
            return
        intake, column = self._intakes[part.source.name], part.student.column
        named = strays.with_columns(pl.col(WHO).alias(column))
        blank = pl.col(WHO).str.len_bytes() == 0
        intake.say(named.filter(blank), column, compose.NOBODY)
        intake.say(named.filter(~blank), column, compose.stray_problem(people))
        self.mark(part.source.name, FAULTY, strays.get_column(AT))

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
        if not (self._state(spec.source, intake) == _reason("noRole")).any():
            return
        code, header = self.problems.code(NO_ROLE), intake.source.header(spec.key)
        unknown = self._roll.filter(pl.col("student").is_null()).select("key", "line")
        for key, line in unknown.iter_rows():
            yield self.problems.finding(
                code, file=intake.source.file, line=line, column=header, raw_value=key
            )

    def counts(self) -> Iterator[tuple[str, Counts]]:
        """Yield what became of the rows of each table."""
        owned = {part.source.name for part in self._plan.parts()}
        for name, intake in self._intakes.items():
            counts = intake.counts
            state = self._state(name, intake)
            for what, number in state.value_counts().iter_rows() if len(state) else ():
                if what == USED:
                    counts.used = number
                elif what == FAULTY:
                    counts.faulty += number
                elif what == FREE:
                    counts.excluded["ruledOut" if name in owned else "unreferenced"] += number
                else:
                    counts.excluded[REASONS[what - _FIRST_REASON]] += number
            if not intake.source.columns:
                counts.excluded["wrongContent"] = counts.rows - counts.faulty
            yield intake.source.file, counts

    def _state(self, name: str, intake: Intake) -> pl.Series:
        """Return what became of each row; being used outweighs everything."""
        state = pl.Series(name, [FREE], dtype=pl.UInt8).new_from_index(0, intake.stored)
        for wanted in (*range(_FIRST_REASON, _FIRST_REASON + len(REASONS)), FAULTY, USED):
            marks = [at for what, at in self._marks.get(name, ()) if what == wanted]
            if marks:
                state = state.scatter(pl.concat(marks).unique(), wanted)
        return state


_FIRST_REASON: Final = FAULTY + 1


def _reason(name: str) -> int:
    return _FIRST_REASON + REASONS.index(name)
