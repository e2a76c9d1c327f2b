"""Tables out of XML files, all of which are read once, in the order of their paths."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

import polars as pl

from adapters._bundles import Member
from adapters._nested import JSON, Columns, Flat, flatten
from adapters._xml import Element, XmlLimits, records, root_of
from adapters._xml_files import XmlFiles
from adapters._xml_spool import Spool
from gateway.adapter_api import Batch, Finding, Malformed, Only, Rule, Table, TooLarge, finding

_MOST_TABLES: Final = 2_000
_MOST_NOTES: Final = 10_000
"""Findings about the records of one table."""
_LINE: Final = "_line"

Shaping = Callable[[Element, list[Finding]], Mapping[str, JSON]]
"""Gives a record of one file its shape, and adds what was wrong with it to the list."""


class Kind(Protocol):
    """What sort of XML it is."""

    name: str
    """For messages."""

    def level(self, root: str) -> int | None:
        """Return the depth of the records under that root; None where the file is of another sort."""

    def resource(self, tag: str) -> str:
        """Return the table of a record."""

    def shaping(self, files: XmlFiles, member: Member) -> Shaping:
        """Return what shapes the records of a file."""


@dataclass
class _Place:
    """Where the rows of a table are: the file's own lines count while it is one file and they rise."""

    file: str
    lined: bool
    line: int = 0
    one_file: bool = True

    def see(self, file: str, line: int) -> None:
        self.one_file = self.one_file and self.file == file
        self.lined = self.lined and self.one_file and line > self.line
        self.line = line


@dataclass
class _Contents:
    """What the files hold."""

    stamp: object
    columns: Columns = field(default_factory=Columns)
    places: dict[str, _Place] = field(default_factory=dict)
    spool: Spool = field(default_factory=Spool)
    notes: dict[str, list[Finding]] = field(default_factory=dict)
    """What was wrong with records, by resource."""
    findings: list[Finding] = field(default_factory=list)

    def see(self, file: str, rows: Sequence[Flat]) -> None:
        """Take the rows of a record."""
        self.columns.see(rows)
        for table, line, _ in rows:
            self.places.setdefault(table, _Place(file, "." not in table)).see(file, line)
        if len(self.places) > _MOST_TABLES:
            raise TooLarge(f"the files hold more than {_MOST_TABLES} kinds of records")
        self.spool.add(rows)

    def tables(self) -> list[Table]:
        """Return the tables; one that a single file holds is known by its path and name, others by name."""
        unlined = self.columns.tables(self._known_by, lined=False)
        return [replace(table, lined=self.places[table.name].lined) for table in unlined]

    def _known_by(self, table: str) -> str:
        place = self.places[table]
        return f"{place.file}: {table}" if place.one_file else table


class XmlTables:
    """The tables of the files at one path, which are read again when they have changed."""

    def __init__(self, path: Path, limits: XmlLimits, kind: Kind) -> None:
        self._path = path
        self._limits = limits
        self._kind = kind
        self._contents: _Contents | None = None
        self._reading = threading.Lock()

    def check(self) -> None:
        """Return if one of the files is of the kind; raises as `tables` does."""
        files = XmlFiles(self._path, self._limits)
        for member in files.members:
            with files.open(member) as stream:
                root = root_of(stream, member.path, self._limits)
            if root is not None and self._kind.level(root) is not None:
                return
        raise self._none()

    def tables(self) -> list[Table]:
        """Return the tables in the order of their names.

        Raises:
            Misconfigured: nothing is at the path.
            Malformed: no file holds a record of the kind, or one was made to do harm.
            TooLarge: there is more than the limits allow.
            TryLater: there is no space for temporary files.
        """
        return self._seen().tables()

    def unused(self) -> tuple[Finding, ...]:
        """Return what `tables` found about files: those not read, and what is missing of the others."""
        return tuple(self._contents.findings) if self._contents else ()

    def batches(self, table: Table, only: Only | None) -> Iterator[Batch]:
        """Yield the table's rows, file by file in the order of their paths."""
        contents, number = self._seen(), 1
        notes = [] if only else contents.notes.get(table.name, [])
        for frame in contents.spool.frames(table.name, table.columns):
            rows = frame.get_column(_LINE).cast(pl.UInt32) if table.lined else _numbers(number, frame.height)
            number += frame.height
            if only:
                kept = frame.get_column(only.column).is_in(list(only.values))
                frame, rows = frame.filter(kept), rows.filter(kept)  # noqa: PLW2901 - the rows that remain
            yield Batch(frame, rows.alias("line"), notes)
            notes = []

    def _none(self) -> Malformed:
        return Malformed(f"no XML file here is {self._kind.name}")

    def _seen(self) -> _Contents:
        files = XmlFiles(self._path, self._limits)
        with self._reading:
            if self._contents is None or self._contents.stamp != files.stamp:
                self._contents = None
                self._contents = self._see(files)
            return self._contents

    def _see(self, files: XmlFiles) -> _Contents:
        contents = _Contents(files.stamp)
        contents.findings += files.left_out()
        for member in files.members:
            self._see_file(files, member, contents)
        if not contents.places:
            raise self._none()
        contents.spool.seal()
        return contents

    def _see_file(self, files: XmlFiles, member: Member, contents: _Contents) -> None:
        shape, levels = self._kind.shaping(files, member), list[int | None]()

        def level(root: str) -> int | None:
            levels.append(self._kind.level(root))
            return levels[-1]

        with files.open(member) as stream:
            for found in records(stream, member.path, self._limits, level, lambda _: True):
                if isinstance(found, Finding):
                    contents.findings.append(found)
                else:
                    self._see_record(found, shape, member.path, contents)
        if levels == [None]:
            message = f"the file is not {self._kind.name} and was not read"
            contents.findings.append(finding(Rule.FILE_UNUSED, message, file=member.path))

    def _see_record(self, element: Element, shape: Shaping, file: str, contents: _Contents) -> None:
        resource, notes = self._kind.resource(element.name), list[Finding]()
        contents.see(file, _flat(resource, element, shape, file, notes))
        if notes:
            known = contents.notes.setdefault(resource, [])
            known.extend(notes[: _MOST_NOTES - len(known)])


def _flat(resource: str, element: Element, shape: Shaping, file: str, notes: list[Finding]) -> list[Flat]:
    """Return the rows of a record; none where it is wider or deeper than any record is."""
    record = {**shape(element, notes), "_file": file, _LINE: str(element.line)}
    try:
        return list(flatten(resource, record, element.line))
    except Malformed as error:
        notes.append(finding(Rule.ROW_UNREADABLE, str(error), file=file, line=element.line))
        return []


def _numbers(first: int, count: int) -> pl.Series:
    return pl.Series("line", range(first, first + count), pl.UInt32)
