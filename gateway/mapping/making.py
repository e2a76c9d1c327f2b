"""The documents of one bucket of students, from the rows that were put into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from gateway.domain.backpack.document import SECTIONS
from gateway.mapping import compose
from gateway.mapping.columns import AT, JSON, LINE
from gateway.mapping.fates import FAULTY
from gateway.mapping.found import FOUND, files_of, found_frame, repeated
from gateway.mapping.frames import Frames
from gateway.mapping.gathering import Gathering
from gateway.mapping.held import STUDENT, WHO
from gateway.mapping.parts import IDENTITY, PartOnColumns
from gateway.mapping.plan import PartPlan, Plan, View

_FOUND: Final = {WHO: pl.String} | {name: kind for name, kind in FOUND.items() if name != "row"}


@dataclass(frozen=True, slots=True)
class MappedBucket:
    """Some students' documents, and what was wrong with their rows."""

    numbers: Sequence[int]
    """Of the buckets that the students are of."""
    students: pl.DataFrame
    """`student`, `line`, and for each section of the schema that somebody has a JSON array, or null."""
    found: pl.DataFrame
    """`student`, `file`, `line`, `column`, `raw`, `code`; distinct."""


class Making:
    """Makes buckets; several at a time in several threads."""

    def __init__(self, plan: Plan, frames: Frames, gathered: Gathering) -> None:
        self._plan = plan
        self._frames = frames
        self._gathered = gathered
        self._sections = [
            (parts, [PartOnColumns(part, frames) for part in parts]) for parts in plan.sections if parts
        ]
        last = {part.view: at for at, (parts, _) in enumerate(self._sections) for part in parts}
        self._done = [
            [view for view, when in last.items() if when == at] for at in range(len(self._sections))
        ]
        """For each section the rows that no later one needs."""

    def bucket(self, numbers: Sequence[int], students: pl.DataFrame) -> MappedBucket:
        """Return the documents of these students of the buckets, who have `key`, `line` and `STUDENT`."""
        sections: dict[str, list[pl.DataFrame]] = {}
        found: list[pl.DataFrame] = []
        rows = self._rows(numbers) if students.height else {}
        for at, (parts, makers) in enumerate(self._sections):
            entries = self._entries(rows, parts, makers, found)
            for view in self._done[at]:
                rows.pop(view, None)
            if entries is not None:
                sections.setdefault(parts[0].section, []).append(entries.select(STUDENT, JSON))
        documents = students
        for name in SECTIONS:
            if name in sections:
                lists = _listed(sections[name], name)
                documents = documents.join(lists, on=STUDENT, how="left", maintain_order="left")
        found += self._without_state_id(documents, found)
        whole = pl.concat([one.select(*_FOUND) for one in found]) if found else pl.DataFrame(schema=_FOUND)
        distinct = whole.unique(maintain_order=True).rename({WHO: "student"})
        plain = documents.rename({"key": "student"}).drop(STUDENT, "file", strict=False)
        return MappedBucket(numbers, plain, distinct)

    def _entries(
        self,
        whole: Mapping[View, pl.DataFrame],
        parts: Sequence[PartPlan],
        makers: Sequence[PartOnColumns],
        found: list[pl.DataFrame],
    ) -> pl.DataFrame | None:
        """Return the entries of one `[[entries]]`, each once; what is wrong is added to `found`."""
        made: list[pl.DataFrame] = []
        for at, (part, maker) in enumerate(zip(parts, makers, strict=True)):
            rows = whole.get(part.view)
            if rows is None:
                continue
            if (twice := self._gathered.twice.get(part.source.name)) is not None:
                rows = rows.filter(~pl.col(AT).is_in(twice.implode()))
            if made and part.spec.combine == "first":
                done = pl.concat([one.get_column(STUDENT) for one in made]).unique()
                rows = rows.filter(~pl.col(STUDENT).is_in(done.implode()))
            if rows.height:
                entries = maker.entries(rows)
                found += entries.found
                self._gathered.mark(part.source.name, FAULTY, entries.faulty)
                self._gathered.use(part.source.name, entries.used)
                made.append(entries.made.with_columns(pl.lit(at).alias("part")))
        if not made:
            return None
        distinct, again = self._distinct(pl.concat(made, how="diagonal"), parts)
        found += again
        found += makers[0].overlapping(distinct)
        return distinct

    def _rows(self, numbers: Sequence[int]) -> dict[View, pl.DataFrame]:
        """Return the rows of the buckets, by how they are found."""
        taken = {
            view: [rows for number in numbers if (rows := held.take(number)) is not None]
            for view, held in self._gathered.views.items()
        }
        return {view: pl.concat(frames) for view, frames in taken.items() if frames}

    def _distinct(
        self, whole: pl.DataFrame, parts: Sequence[PartPlan]
    ) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
        """Return each entry once, and what is wrong with the others."""
        named = pl.struct(STUDENT, IDENTITY)
        repeats = parts[0].spec.repeats
        counts = named.is_last_distinct() if repeats == "last" else named.is_first_distinct()
        kept = whole.select(counts).to_series()
        if kept.all():
            return whole, []
        again = whole.filter(~kept) if repeats == "finding" else whole.clear()
        found = [
            self._twice(part, rows)
            for at, part in enumerate(parts)
            if (rows := again.filter(pl.col("part") == at)).height
        ]
        return whole.filter(kept), found

    def _twice(self, part: PartPlan, rows: pl.DataFrame) -> pl.DataFrame:
        number = pl.int_range(rows.height, eager=True, dtype=pl.UInt32)
        codes = repeated(self._gathered.problems.code(compose.TWICE), rows.height)
        column = part.source.header(part.key[0]) if part.key else None
        lines, raw = rows.get_column(LINE), rows.get_column(IDENTITY)
        made = found_frame(number, files_of(rows, part.source.file), lines, column, raw=raw, codes=codes)
        return made.with_columns(rows.get_column(WHO))

    def _without_state_id(self, documents: pl.DataFrame, found: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
        """Return what is to be said of students without a state id, where the table has a column for it.

        Nothing is said where a finding says already what is wrong with that cell.
        """
        spec = self._plan.mapping.student
        people = self._plan.sources[spec.source]
        if spec.state_id not in people.asked or "identity" not in documents.columns:
            return []
        numbers = "|".join(map(str, self._gathered.dictionary.having('"code":"State"')))
        identity = pl.col("identity")
        has_one = identity.str.contains(rf'"system":\{{"\$":({numbers})\}}') if numbers else pl.lit(False)
        lacking = documents.filter(identity.is_not_null() & ~has_one)
        header = people.header(spec.state_id)
        for one in found:
            about = one.filter(pl.col("column") == header)
            lacking = lacking.join(about, left_on="key", right_on=WHO, how="anti")
        if not lacking.height:
            return []
        number = pl.int_range(lacking.height, eager=True, dtype=pl.UInt32)
        codes = repeated(self._gathered.problems.code(compose.NO_STATE_ID), lacking.height)
        empty = pl.Series("raw", [""]).new_from_index(0, lacking.height)
        file = files_of(lacking, people.file, "file")
        made = found_frame(number, file, lacking.get_column("line"), header, raw=empty, codes=codes)
        return [made.with_columns(lacking.get_column("key").alias(WHO))]


def _listed(entries: Sequence[pl.DataFrame], section: str) -> pl.DataFrame:
    """Return each student's entries as a JSON array."""
    lists = pl.concat(entries).group_by(STUDENT, maintain_order=True).agg(JSON)
    joined = pl.concat_str([pl.lit("["), pl.col(JSON).list.join(","), pl.lit("]")])
    return lists.select(STUDENT, joined.alias(section))
