"""The rows of every source on their way in: what is dropped, what is wrong, and whose each row is."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from gateway.mapping import compose
from gateway.mapping.columns import AT, FAULT, FILE, LINE, key_of
from gateway.mapping.conventions import Conventions
from gateway.mapping.dates import Problem
from gateway.mapping.denied import holds_ssn
from gateway.mapping.findings import Finding, Rule
from gateway.mapping.found import files_of, found_frame, repeated
from gateway.mapping.headers import Resolved
from gateway.mapping.problems import CODE, Problems, of_finding
from gateway.mapping.rows import FILE_COLUMN, LINE_COLUMN, LINE_TYPE, Batch

_LOST: Final = frozenset({Rule.ROW_REPEATED_HEADER, Rule.ROW_UNREADABLE})


@dataclass
class Counts:
    """What became of the rows of one table. `rows` is the sum of the other three."""

    rows: int = 0
    used: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    """By the rule that left them out."""
    faulty: int = 0


class Intake:
    """Takes the batches of one source in: only the columns that are read, and only rows that count."""

    def __init__(self, source: Resolved, conventions: Conventions, problems: Problems) -> None:
        self.source = source
        self.counts = Counts()
        self.denied: Counter[str] = Counter()
        """Cells that hold something, by the header of a column that is never read."""
        self.gone: list[pl.Series] = []
        """Keys of rows that are marked as deleted."""
        self.found: list[pl.DataFrame] = []
        self.told: list[Finding] = []
        """Findings that belong to no row, and those of rows that could not be read."""
        self.stored = 0
        self._problems = problems
        self._deleted = [word.casefold() for word in conventions.deleted]
        self._alive = ["active", "", *(word.casefold() for word in conventions.null_tokens)]
        self._keys = [column for column in source.spec.key if column in source.asked]
        self._lined = source.table is not None and source.table.lined

    def take(self, batch: Batch) -> pl.DataFrame:
        """Return the rows that count, with their lines, positions and the numbers of their faults."""
        cells = batch.cells
        self.counts.rows += cells.height
        for header in self.source.denied:
            self.denied[header] += _filled(cells.get_column(header))
        faults = self._faults_of(batch)
        columns = self.source.columns
        asked = (pl.col(columns[name]).fill_null("").alias(name) for name in self.source.asked)
        frame = cells.select(*self._place(batch), faults, *asked)
        if batch.findings and self.source.denied:
            frame = self._unmoved(frame, batch)
        frame = self._without_deleted(frame)
        frame = self._with_key(frame)
        frame = self._expected(frame)
        at = pl.int_range(self.stored, self.stored + frame.height, eager=True, dtype=pl.UInt32)
        self.stored += frame.height
        return frame.with_columns(at.alias(AT))

    def say(self, frame: pl.DataFrame, column: str, problem: Problem) -> None:
        """Note a problem of a cell in every row of the frame."""
        if frame.height:
            rows = pl.int_range(frame.height, eager=True, dtype=pl.UInt32)
            codes = repeated(self._problems.code(problem), frame.height)
            raw = frame.get_column(column).str.strip_chars()
            header = self.source.header(column)
            file = files_of(frame, self.source.file)
            self.found.append(found_frame(rows, file, frame.get_column(LINE), header, raw=raw, codes=codes))

    def _place(self, batch: Batch) -> list[pl.Series]:
        """Return where each row stands: its line, null where nobody could find it by that; and its file."""
        place = []
        if FILE_COLUMN in batch.cells.columns:
            place.append(batch.cells.get_column(FILE_COLUMN).alias(FILE))
        if LINE_COLUMN in batch.cells.columns:
            return [batch.cells.get_column(LINE_COLUMN).cast(LINE_TYPE, strict=False).alias(LINE), *place]
        if self._lined:
            return [batch.lines.alias(LINE), *place]
        nowhere = pl.Series(LINE, [None], dtype=LINE_TYPE).new_from_index(0, len(batch.lines))
        return [nowhere, *place]

    def _faults_of(self, batch: Batch) -> pl.Series:
        """Return the number of what was wrong with each row as a row; rows that were lost are counted."""
        by_line: dict[int, int] = {}
        for one in batch.findings:
            if one.rule in _LOST:
                self.counts.rows += 1
                self.counts.faulty += 1
                self.told.append(one)
            elif one.line is None or one.line in by_line:
                self.told.append(one)
            else:
                by_line[one.line] = self._problems.code(of_finding(one), one.severity)
                self.told.append(one)
        if not by_line:
            return pl.Series(FAULT, [None], dtype=CODE).new_from_index(0, len(batch.lines))
        lines = pl.DataFrame({LINE: batch.lines})
        known = pl.DataFrame(
            {LINE: list(by_line), FAULT: list(by_line.values())},
            schema={LINE: batch.lines.dtype, FAULT: CODE},
        )
        return lines.join(known, on=LINE, how="left", maintain_order="left").get_column(FAULT)

    def _unmoved(self, frame: pl.DataFrame, batch: Batch) -> pl.DataFrame:
        """Empty the cells of ragged rows into which a denied column's cell may have moved."""
        if not self._lined:
            return frame
        ragged = [one.line for one in batch.findings if one.rule is Rule.ROW_RAGGED and one.line]
        if not ragged:
            return frame
        headers = batch.cells.columns
        denied = [at for at, header in enumerate(headers) if header in self.source.denied]
        lacking = batch.cells.select(pl.sum_horizontal(pl.all().is_null())).to_series()
        is_ragged = frame.get_column(LINE).is_in(ragged)
        emptied = []
        for name in self.source.asked:
            at = headers.index(self.source.columns[name])
            reached = pl.Series([False]).new_from_index(0, frame.height)
            for place in denied:
                if at < place:
                    reached |= (lacking > 0) & (lacking >= place - at)
                else:
                    reached |= (lacking == 0) | (at == place)
            cell = pl.DataFrame({name: frame.get_column(name), "reached": is_ragged & reached})
            emptied.append(
                cell.select(pl.when("reached").then(pl.lit("")).otherwise(name).alias(name)).to_series()
            )
        return frame.with_columns(emptied)

    def _without_deleted(self, frame: pl.DataFrame) -> pl.DataFrame:
        status = self.source.spec.status
        if status not in self.source.asked:
            return frame
        words = frame.get_column(status)
        if not ((words != "") & (words != "active")).any():
            return frame
        folded = words.str.strip_chars().str.to_lowercase()
        deleted = folded.is_in(self._deleted)
        if deleted.any():
            gone = frame.filter(deleted)
            self.counts.excluded["deleted"] += gone.height
            if self._keys:
                self.gone.append(key_of(gone, self._keys).drop_nulls())
        unknown = frame.filter(~folded.is_in([*self._deleted, *self._alive]))
        self.say(unknown, status, compose.UNKNOWN_STATUS)
        return frame.filter(~deleted)

    def _with_key(self, frame: pl.DataFrame) -> pl.DataFrame:
        if len(self._keys) != len(self.source.spec.key) or not self._keys:
            return frame
        frame = frame.with_columns(pl.col(name).str.strip_chars() for name in self._keys)
        first = self._keys[0]
        whole = frame.select(pl.all_horizontal(pl.col(name) != "" for name in self._keys)).to_series()
        frame = self._drop(frame, ~whole, first, compose.NO_KEY)
        keys = frame.get_column(first)
        doubtful = keys.str.contains(r"\d{3}\W+\d{2}\W+\d{4}|(?i)ssn")
        if doubtful.any():
            secret = pl.Series(
                [bool(odd) and holds_ssn(key) for odd, key in zip(doubtful, keys, strict=True)]
            )
            frame = self._drop(frame, secret, first, compose.KEY_IS_SSN)
        return frame

    def _expected(self, frame: pl.DataFrame) -> pl.DataFrame:
        for column, words in self.source.spec.expect.items():
            if column not in self.source.asked:
                continue
            folded = frame.get_column(column).str.strip_chars().str.to_lowercase()
            known = ", ".join(words)
            bad = ~folded.is_in([word.casefold() for word in words])
            empty = folded == ""
            self.say(frame.filter(bad & empty), column, compose.unexpected_problem(known, empty=True))
            self.say(frame.filter(bad & ~empty), column, compose.unexpected_problem(known, empty=False))
            self.counts.faulty += int(bad.sum())
            frame = frame.filter(~bad)
        return frame

    def _drop(self, frame: pl.DataFrame, bad: pl.Series, column: str, problem: Problem) -> pl.DataFrame:
        if not bad.any():
            return frame
        self.say(frame.filter(bad), column, problem)
        self.counts.faulty += int(bad.sum())
        return frame.filter(~bad)


def _filled(cells: pl.Series) -> int:
    return int((cells.fill_null("").str.strip_chars() != "").sum())
