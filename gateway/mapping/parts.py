"""One part of a section on columns: from the rows of a source to entries, and what was wrong."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import polars as pl

from gateway.domain.backpack.compact import REF
from gateway.mapping import compose
from gateway.mapping.columns import (
    AT,
    FAULT,
    FILE,
    JSON,
    LACKS,
    LINE,
    PRESENT,
    UNSAID,
    constant,
    enclosed,
    joined,
    key_of,
    quoted_any,
)
from gateway.mapping.found import files_of, found_frame, repeated
from gateway.mapping.frames import Frames
from gateway.mapping.held import STUDENT, WHO
from gateway.mapping.lookups import CellLookup
from gateway.mapping.made import FieldsMade
from gateway.mapping.nodes import Fixed, LinkPlan, Test
from gateway.mapping.part_stays import PartStays, date_of
from gateway.mapping.plan import PartPlan
from gateway.mapping.problems import Problems

IDENTITY: Final = "@identity"

_KEY_CELL: Final = compose.key_cell()


class Entries(NamedTuple):
    """Entries as JSON with their students, where the rows stand that made none, and what was wrong."""

    made: pl.DataFrame
    """`STUDENT`, `JSON`, `IDENTITY`, `AT`."""
    faulty: pl.Series
    used: pl.Series
    """Where the rows stand that made an entry, or none and nothing is wrong with them."""
    found: list[pl.DataFrame]
    """`FOUND` with `WHO`."""


class PartOnColumns:
    """Makes the entries of one part."""

    def __init__(self, plan: PartPlan, frames: Frames) -> None:
        self._plan = plan
        self._frames = frames
        self._file = plan.source.file
        meta = compose.meta_of(plan.source.spec.file, plan.spec.key, plan.spec.verification, plan.actor)
        self._head = f'{{"meta":{{"{REF}":{frames.dictionary.number(meta)}'
        self._stays = PartStays(plan, frames.problems)
        self._keys = CellLookup(_KEY_CELL, "", Problems(), frames.dictionary, bare=True)

    def entries(self, rows: pl.DataFrame) -> Entries:
        """Return the entries of rows, which have `STUDENT` and `WHO` beside their cells."""
        plan, frames = self._plan, self._frames
        rows = self._each(rows)
        own = tuple(one for one in plan.where if one.place is None or not one.place.links)
        linked = tuple(one for one in plan.where if one not in own)
        if (holds := frames.conditions.holds(own, rows)) is not None:
            rows = rows.filter(holds)
        if linked:
            bare, _ = frames.links.attach(rows, self._asked(linked), self._file, bare=True)
            holds = frames.conditions.holds(linked, bare)
            rows = rows if holds is None else rows.filter(holds)
        rows, found = frames.links.attach(rows, plan.links, self._file)
        if not rows.height:
            none = pl.Series(AT, [], dtype=pl.UInt32)
            return Entries(_nothing(), none, none, [])
        return self._made(rows, found)

    def overlapping(self, made: pl.DataFrame) -> list[pl.DataFrame]:
        """Return what is wrong with entries that are about the same thing at the same time."""
        return self._stays.overlapping(made)

    def _asked(self, test: Test) -> dict[str, LinkPlan]:
        """Return the links that conditions follow, and those that these start from."""
        names = {one.place.links[0] for one in test if one.place}
        links = self._plan.links
        names |= {place.links[0] for name in names for place in links[name].on if place.links}
        return {name: link for name, link in links.items() if name in names}

    def _each(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return a row for each value of the `each` column."""
        column = self._plan.part.each
        if column is None:
            return rows
        pieces = rows.with_columns(pl.col(column).str.split(",")).explode(column)
        return pieces.with_columns(pl.col(column).str.strip_chars()).filter(pl.col(column) != "")

    def _made(self, rows: pl.DataFrame, found: list[pl.DataFrame]) -> Entries:
        keep = pl.Series([True]).new_from_index(0, rows.height)
        for link in self._plan.links.values():
            if link.required:
                keep &= self._guard(rows, link, found)
        own = self._frames.fields(self._plan.tree, rows, self._file, always=True)
        found += own.found
        for name in self._plan.required:
            lacking = self._lacking(rows, own.lacks, name)
            if lacking is not None:
                header = self._plan.column(name)
                model = self._plan.tree.model
                unsaid = keep & (lacking == UNSAID)
                found += self._frames.missing(rows, unsaid, name, model=model, file=self._file, header=header)
                keep &= lacking == PRESENT
        found = [*found, *self._disordered(rows, own, keep)]
        identity, first = self._identity(rows)
        json = self._json(rows, own.json, identity, first, found)
        files = [FILE] if FILE in rows.columns else []
        made = rows.select(STUDENT, WHO, LINE, AT, *files).with_columns(
            json.alias(JSON), identity.alias(IDENTITY), *self._stays.columns(own, rows.height)
        )
        at, whose = rows.get_column(AT), rows.get_column(WHO)
        told = [one.with_columns(whose.gather(one.get_column("row")).alias(WHO)) for one in found]
        if keep.all():
            return Entries(made, at.clear(), at, told)
        wrong = pl.Series([False]).new_from_index(0, rows.height)
        for one in found:
            wrong = wrong.scatter(one.get_column("row").unique(), True)
        return Entries(made.filter(keep), at.filter(~keep & wrong), at.filter(keep | ~wrong), told)

    def _guard(self, rows: pl.DataFrame, link: LinkPlan, found: list[pl.DataFrame]) -> pl.Series:
        """Return where the link leads to a row; say it where the row names nothing."""
        there = rows.get_column(f"{link.name}|{AT}").is_not_null()
        keys = key_of(rows, [place.name for place in link.on])
        silent = (keys.is_null() & ~there).arg_true()
        if len(silent):
            code = repeated(self._frames.problems.code(compose.NAMES_NOTHING), len(silent))
            place = link.on[0]
            lines = rows.get_column(LINE).gather(silent)
            raw = rows.get_column(place.name).gather(silent)
            file = files_of(rows, self._file, rows=silent)
            found.append(found_frame(silent, file, lines, place.header, raw=raw, codes=code))
        return there

    def _lacking(self, rows: pl.DataFrame, lacks: Mapping[str, pl.Series], name: str) -> pl.Series | None:
        for link in self._plan.groups:
            if link.group and any(one.name == name for one in link.group.fields):
                column = f"{link.name}|{LACKS}{name}"
                if column not in rows.columns:
                    there = rows.get_column(f"{link.name}|{AT}").is_null()
                    return there.cast(pl.UInt8) * UNSAID
                return rows.get_column(column).fill_null(UNSAID)
        return self._frames.lacking(self._plan.tree, lacks, name, rows.height)

    def _disordered(self, rows: pl.DataFrame, own: FieldsMade, keep: pl.Series) -> list[pl.DataFrame]:
        """Return what is wrong with dates that stand in the wrong order."""
        found = []
        for first, second in self._plan.spec.in_order:
            begin, end = date_of(own, first, rows.height), date_of(own, second, rows.height)
            at = (keep & (end < begin)).fill_null(False).arg_true()
            if len(at):
                code = self._frames.problems.code(compose.before_problem(first, second))
                found.append(
                    found_frame(
                        at,
                        files_of(rows, self._file, rows=at),
                        rows.get_column(LINE).gather(at),
                        self._plan.column(second),
                        raw=end.gather(at),
                        codes=repeated(code, len(at)),
                    )
                )
        return found

    def _identity(self, rows: pl.DataFrame) -> tuple[pl.Series, pl.Series | None]:
        """Return what names each row for good, and the first key column as text inside JSON."""
        cells = [self._keys(rows.get_column(column)).json for column in self._plan.key]
        first = cells[0] if cells and self._plan.has_first else None
        if self._plan.spec.alone and first is not None and (first != "").all():
            return first.alias(IDENTITY), first
        whole = rows.select(
            pl.concat_str([pl.col(WHO), *(pl.lit(cell) for cell in cells)], separator="|").alias(IDENTITY)
        ).get_column(IDENTITY)
        if not self._plan.spec.alone or first is None:
            return whole, first
        frame = pl.DataFrame({"first": first, "whole": whole})
        chosen = pl.when(pl.col("first") != "").then("first").otherwise("whole").alias(IDENTITY)
        return frame.select(chosen).get_column(IDENTITY), first

    def _json(
        self,
        rows: pl.DataFrame,
        own: pl.Series,
        identity: pl.Series,
        first: pl.Series | None,
        found: Sequence[pl.DataFrame],
    ) -> pl.Series:
        """Return the entries."""
        height = rows.height
        texts = [constant(self._head, height), enclosed(_lines(rows), ',"row":')]
        if FILE in rows.columns:
            texts.append(enclosed(quoted_any(rows.get_column(FILE).fill_null("")), ',"file":'))
        if first is not None:
            texts.append(enclosed(first, ',"key":"', '"'))
        texts += self._id(identity, first)
        if self._plan.actor is not None and not isinstance(self._plan.actor, Fixed):
            by = self._frames.make(self._plan.actor, rows, self._file, ',"by":')
            texts.append(by.json)
            found = [*found, *by.found]
        if (marks := self._marks(rows, found)) is not None:
            texts.append(marks)
        texts.append(constant("}", height))
        texts += [rows.get_column(f"{link.name}|{JSON}") for link in self._plan.groups]
        return joined([*texts, own, constant("}", height)], height)

    def _id(self, identity: pl.Series, first: pl.Series | None) -> list[pl.Series]:
        """Return the row's identity where the key is not it."""
        if first is not None and self._plan.spec.alone:
            same = first == identity
            if same.all():
                return []
        else:
            same = pl.Series([False]).new_from_index(0, len(identity))
        texts = quoted_any(identity)
        frame = pl.DataFrame({"same": same, JSON: texts})
        made = pl.when("same").then(pl.lit("")).otherwise(pl.concat_str([pl.lit(',"id":'), pl.col(JSON)]))
        return [frame.select(made.alias(JSON)).get_column(JSON)]

    def _marks(self, rows: pl.DataFrame, found: Sequence[pl.DataFrame]) -> pl.Series | None:
        """Return the data quality marks of each row."""
        problems = self._frames.problems
        marks = [
            (row, code, column)
            for one in found
            for row, code, column in one.select("row", "code", "column").iter_rows()
        ]
        faults = rows.get_column(FAULT)
        if faults.null_count() < len(faults):
            broken = faults.is_not_null().arg_true()
            codes = faults.gather(broken)
            marks = [*((row, code, None) for row, code in zip(broken, codes, strict=True)), *marks]
        if not marks:
            return None
        by_row: dict[int, list[str]] = {}
        for row, code, column in marks:
            by_row.setdefault(row, []).append(problems.quality(code, column))
        texts = [f',"dq":[{",".join(one)}]' for one in by_row.values()]
        empty = pl.Series(JSON, [""], dtype=pl.String).new_from_index(0, rows.height)
        return empty.scatter(pl.Series(list(by_row), dtype=pl.UInt32), pl.Series(texts))


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            STUDENT: pl.UInt32,
            WHO: pl.String,
            LINE: pl.UInt32,
            AT: pl.UInt32,
            JSON: pl.String,
            IDENTITY: pl.String,
        }
    )


def _lines(rows: pl.DataFrame) -> pl.Series:
    return rows.get_column(LINE).cast(pl.String).fill_null("")
