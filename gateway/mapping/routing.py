"""Rows on their way into the buckets of their students, or counted as left out."""

from typing import TYPE_CHECKING

import polars as pl

from gateway.mapping import compose
from gateway.mapping.changes import Changes
from gateway.mapping.columns import AT
from gateway.mapping.fates import FAULTY, reason
from gateway.mapping.frames import Frames
from gateway.mapping.held import BUCKET, STUDENT, WHO, Buckets
from gateway.mapping.keyed import Keyed
from gateway.mapping.plan import PartPlan, Plan, View

if TYPE_CHECKING:
    from gateway.mapping.gathering import Gathering


class Routing:
    """Puts rows into buckets, which are `flat` or not. `students` have `key`, `STUDENT` and `bucket`."""

    def __init__(
        self, plan: Plan, gathered: "Gathering", students: pl.DataFrame, frames: Frames, *, flat: bool
    ) -> None:
        self._plan = plan
        self._gathered = gathered
        self._frames = frames
        named = students.select(pl.col("key").alias(WHO), STUDENT, pl.col("bucket").alias(BUCKET))
        self._students = Keyed(named, WHO)
        self.views: dict[View, Buckets] = {}
        for view in dict.fromkeys(part.view for part in plan.parts()):
            self.views[view] = Buckets(gathered.room, f"view-{len(self.views)}", flat=flat)
        self._numbers = {view: number for number, view in enumerate(self.views, start=1)}

    def route(self, rows: pl.DataFrame, source: str, changes: Changes | None) -> None:
        """Put the rows of a source into the buckets of their students."""
        done: set[View] = set()
        for part in self._plan.parts():
            view = part.view
            if part.source.name == source and view not in done:
                owned = self._owned(rows, part, stray=not done and part.part.split is None)
                if changes is not None and owned.height:
                    changes.see(owned, self._numbers[view])
                self.views[view].add(owned)
                done.add(view)

    def seal(self) -> None:
        """Say that all rows are there."""
        for view in self.views.values():
            view.seal()

    def _owned(self, rows: pl.DataFrame, part: PartPlan, *, stray: bool) -> pl.DataFrame:
        """Return the rows of students, with the student's number; mark the others."""
        whose = rows
        if part.student.links:
            first = part.links[part.student.links[0]]
            whose, _ = self._frames.links.attach(rows, {first.name: first}, part.source.file, bare=True)
        owned = rows.with_columns(whose.get_column(part.student.name).alias(WHO))
        if part.part.split:
            owned = owned.with_columns(pl.col(WHO).str.split(part.part.split)).explode(WHO)
        owned = owned.with_columns(pl.col(WHO).str.strip_chars())
        owned = owned.hstack(self._students.of(owned.get_column(WHO)).drop(WHO))
        if not owned.get_column(STUDENT).null_count():
            return owned
        if stray:
            self._others(part, owned.filter(pl.col(STUDENT).is_null()))
        return owned.filter(pl.col(STUDENT).is_not_null())

    def _others(self, part: PartPlan, others: pl.DataFrame) -> None:
        """Say what rows are that are no student's."""
        source, gathered = part.source, self._gathered
        people = self._plan.sources[self._plan.mapping.student.source]
        roll = gathered.roll.only(others.get_column(WHO))
        roll = roll.select(pl.col("key").alias(WHO), "student", pl.lit(value=True).alias("known"))
        others = others.join(roll, on=WHO, how="left", maintain_order="left")
        gone = others.get_column(WHO).is_in(gathered.gone(people.name).implode())
        known = others.get_column("known").fill_null(value=False)
        if source is not people:
            self._strays(part, others.filter(~known & ~gone), people.file)
        not_student = (~others.get_column("student")).fill_null(value=False)
        no_role = known & others.get_column("student").is_null()
        reasons = (("deletedPerson", gone), ("notAStudent", not_student & ~gone), ("noRole", no_role & ~gone))
        for name, holds in reasons:
            gathered.mark(source.name, reason(name), others.filter(holds).get_column(AT))

    def _strays(self, part: PartPlan, strays: pl.DataFrame, people: str) -> None:
        """Say which rows name nobody, or somebody who is not there."""
        if not strays.height:
            return
        column = part.student.column
        named = strays.with_columns(pl.col(WHO).alias(column))
        blank = pl.col(WHO).str.len_bytes() == 0
        self._gathered.say(part.source.name, named.filter(blank), column, compose.NOBODY)
        self._gathered.say(part.source.name, named.filter(~blank), column, compose.stray_problem(people))
        self._gathered.mark(part.source.name, FAULTY, strays.get_column(AT))
