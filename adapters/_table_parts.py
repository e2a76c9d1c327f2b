"""Which files of a folder are which table, and the reading of them one after the other."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

import polars as pl

from adapters._bundles import DAMAGED, Bundle, Member
from adapters._delimited import Delimited, NoTable, damaged
from adapters._delimited_batches import matching
from adapters._described import Described, format_by_ending
from adapters._fixed_width import FixedWidth, Place, places_of
from adapters._records import Dialect
from adapters._sheets import Sheet
from gateway.adapter_api import (
    FILE_COLUMN,
    LINE_COLUMN,
    Batch,
    Finding,
    Limits,
    Malformed,
    Only,
    Rule,
    Table,
    TryLater,
    finding,
)


class Part(Protocol):
    """One file of a table, read once."""

    columns: tuple[str, ...]
    findings: list[Finding]

    @property
    def last_line(self) -> int:
        """Of what was read."""

    def __iter__(self) -> Iterator[Batch]:
        """Yield its rows."""

    def close(self) -> None:
        """Let go of it."""


class Parts(NamedTuple):
    """A table and the files that it consists of, in the order in which they are read."""

    described: Described
    members: Sequence[Member]

    def open(self, bundle: Bundle, member: Member, limits: Limits) -> Part:
        """Open one of the files.

        Raises:
            NoTable: it holds none.
            Exception: one of `DAMAGED`: it cannot be read.
        """
        stream = bundle.open(member)
        says, file = self.described, member.path
        try:
            match says.format_of(member):
                case "sheet":
                    return Sheet(stream, file, limits, sheet=says.sheet, columns=says.names, skip=says.skip)
                case "fixed":
                    places, names = _places(says), says.names
                    return FixedWidth(
                        stream, file, limits, places, names=names, encoding=says.encoding, skip=says.skip
                    )
                case "delimited":
                    given = None if says.header else says.names
                    dialect = Dialect(says.delimiter_of(member), says.quote, given, says.skip)
                    return Delimited(stream, file, limits, dialect=dialect, encoding=says.encoding)
        except BaseException:
            stream.close()
            raise

    def table(self, bundle: Bundle, limits: Limits, unused: list[Finding]) -> Table | None:
        """Return the table with the columns of all its files; those without one are added to `unused`."""
        columns: dict[str, None] = {}
        found: list[Finding] = []
        for member in self.members:
            try:
                with closing(self.open(bundle, member, limits)) as part:
                    found += [*part.findings, *_lacking(member, columns, part.columns)]
                    columns |= dict.fromkeys(part.columns)
            except NoTable as none:
                unused.append(none.found)
            except DAMAGED:
                unused.append(damaged(member.path))
        if not columns:
            return None
        if self.described.file_column:
            columns[self.described.file_column] = None
        one = len(self.members) == 1
        if not one:
            columns |= {FILE_COLUMN: None, LINE_COLUMN: None}
        file = self.members[0].path if one else self.described.file
        return Table(self.described.name, tuple(columns), file, tuple(found), lined=one)

    def batches(self, bundle: Bundle, table: Table, only: Only | None, limits: Limits) -> Iterator[Batch]:
        """Yield the rows of all files. Lines count on from file to file; findings have the file's own."""
        read = 0
        for member in self.members:
            try:
                part = self.open(bundle, member, limits)
            except (NoTable, *DAMAGED):
                continue
            with closing(part):
                for batch in part:
                    whole = Batch(_cells(batch, table, member, self.described), batch.lines, batch.findings)
                    kept = matching(whole, only)
                    yield Batch(kept.cells, kept.lines + read if read else kept.lines, kept.findings)
                read += part.last_line


def parted(
    members: Iterable[Member], described: Sequence[Described]
) -> tuple[Sequence[Parts], Sequence[Finding]]:
    """Return the tables that the files are, and a finding for each file or description left over.

    Without descriptions each file that looks like a table is one, named by its name without the ending, or
    by its path where two have the same name.

    Raises:
        Malformed: two files would be the same table.
    """
    found = sorted(members, key=_natural)
    if not described:
        return _each_its_own(found)
    tables = [Parts(says, [member for member in found if says.fits(member)]) for says in described]
    used = {member for table in tables for member in table.members}
    unused = [_left_out(member) for member in found if member not in used]
    unused += [_missing(table.described) for table in tables if not table.members]
    return [table for table in tables if table.members], unused


def _each_its_own(members: Sequence[Member]) -> tuple[Sequence[Parts], Sequence[Finding]]:
    known = [member for member in members if format_by_ending(member)]
    stems = Counter(PurePosixPath(member.name).stem.casefold() for member in known)
    names = [
        PurePosixPath(member.name).stem
        if stems[PurePosixPath(member.name).stem.casefold()] == 1
        else str(PurePosixPath(member.path).with_suffix(""))
        for member in known
    ]
    if len({name.casefold() for name in names}) != len(names):
        raise Malformed("two files differ in their ending only: say in `tables` which is which table")
    tables = [
        Parts(Described(name=name, file=member.path), [member])
        for name, member in zip(names, known, strict=True)
    ]
    return tables, [_left_out(member) for member in members if not format_by_ending(member)]


def _places(says: Described) -> list[Place]:
    return [(span.start - 1, span.end) for span in says.spans] or places_of(says.widths)


def _cells(batch: Batch, table: Table, member: Member, says: Described) -> pl.DataFrame:
    """Return the cells in the order of the table; a column that the file lacks is null.

    Raises:
        TryLater: the file has a column that it did not have before: an export is being written.
    """
    cells = batch.cells
    if FILE_COLUMN in table.columns:
        lines = batch.lines.cast(pl.String).alias(LINE_COLUMN)
        cells = cells.with_columns(pl.lit(member.path).alias(FILE_COLUMN), lines)
    if says.file_column:
        cells = cells.with_columns(pl.lit(member.path).alias(says.file_column))
    if not set(cells.columns) <= set(table.columns):
        raise TryLater("a file was changed while it was read")
    if tuple(cells.columns) == table.columns:
        return cells
    lacking = [pl.lit(None, pl.String).alias(name) for name in table.columns if name not in cells.columns]
    return cells.with_columns(lacking).select(table.columns)


def _lacking(member: Member, known: Iterable[str], columns: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each column that the files before have and this one has not."""
    for name in known:
        if name not in columns:
            yield finding(
                Rule.HEADER_MISSING,
                "other files of the table have this column, and this one has not",
                file=member.path,
                column=name,
                severity="warning",
            )


def _natural(member: Member) -> list[tuple[int, str]]:
    """Return what sorts `day2` before `day10`."""
    return [(int(part or 0) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", member.path)]


def _left_out(member: Member) -> Finding:
    return finding(Rule.FILE_UNUSED, "the file belongs to no table and was not read", file=member.path)


def _missing(says: Described) -> Finding:
    return finding(
        Rule.FILE_MISSING,
        "there is no file of that name",
        file=says.file,
        suggestion=f"the table {says.name} is empty without it",
    )
