"""OneRoster CSV bundles, version 1.1 and 1.2, and bundles of the same kind such as School Data Sync's.

Source: 1EdTech OneRoster 1.2 CSV Binding. Suits any size: files are streamed, twice if asked twice.
"""

import asyncio
import difflib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import ClassVar

from adapters._bundles import DAMAGED, Bundle, Member, open_bundle
from adapters._records import Records
from gateway.adapter_api import (
    AdapterConfig,
    Batch,
    Finding,
    Limits,
    Malformed,
    Row,
    Rule,
    Table,
    finding,
)

TABLES = (
    *("academicSessions", "categories", "classes", "classResources", "courses", "courseResources"),
    *("demographics", "enrollments", "lineItemLearningObjectiveIds", "lineItems", "lineItemScoreScales"),
    *("manifest", "orgs", "resources", "resultLearningObjectiveIds", "results", "resultScoreScales"),
    *("roles", "scoreScales", "userProfiles", "userResources", "users"),
    *("relationships", "userFlags", "learnerProfile", "goals"),
)
"""The standard's files, then two of School Data Sync and two of our own."""

_BY_FILE = {f"{name}.csv".casefold(): name for name in TABLES}
_BATCH = 1000


class OneRosterCsv(AdapterConfig):
    """`[source.options]` when `adapter = "oneroster_csv"`."""

    path: Path
    """A ZIP archive, or a folder that holds the CSV files."""

    limits: Limits = Limits()
    """What is refused as a whole because nobody's export is that large."""


class OneRosterCsvAdapter:
    """Reads one bundle. Only files with the exact names are opened; others are reported."""

    Config: ClassVar[type[AdapterConfig]] = OneRosterCsv

    def __init__(self, config: OneRosterCsv) -> None:
        self._config = config
        self._unused: list[Finding] = []

    async def check(self) -> None:
        """Return if the bundle can be read; raises as `tables` does."""
        await self.tables()

    async def tables(self) -> Sequence[Table]:
        """Return the tables of the bundle in the order of their names.

        Raises:
            Misconfigured: nothing is at the path.
            Malformed: no file has a name of the standard, or the archive was made to do harm.
            TooLarge: the bundle passes the limits.
        """
        return await asyncio.to_thread(self._tables)

    def unused(self) -> Sequence[Finding]:
        """Return a finding for each file that `tables` saw and left out."""
        return tuple(self._unused)

    async def rows(self, table: Table) -> AsyncIterator[Batch]:
        """Yield the table's rows in the order of the file, a thousand at a time."""
        bundle = await asyncio.to_thread(open_bundle, self._config.path, self._config.limits)
        member = next(member for member in bundle.members() if member.path == table.file)
        records = self._records(bundle, member)
        while batch := await asyncio.to_thread(list, islice(records, _BATCH)):
            yield batch

    def _tables(self) -> list[Table]:
        bundle = open_bundle(self._config.path, self._config.limits)
        members = bundle.members()
        known = [member for member in members if member.name.casefold() in _BY_FILE]
        if not known:
            raise Malformed("this is no OneRoster bundle: no file in it has a name of the standard")
        self._unused = [_left_out(member) for member in members if member not in known]
        return [table for member in known if (table := self._table(bundle, member))]

    def _table(self, bundle: Bundle, member: Member) -> Table | None:
        """Read the header. A file without one is no table."""
        try:
            with closing(bundle.open(member)) as stream:
                records = Records(stream, member.path, self._config.limits)
        except DAMAGED:
            self._unused.append(_damaged(member.path))
            return None
        if not 0 < len(records.columns) <= self._config.limits.max_columns:
            self._unused.append(_without_header(member.path, len(records.columns)))
            return None
        name = _BY_FILE[member.name.casefold()]
        return Table(name, records.columns, member.path, tuple(records.findings))

    def _records(self, bundle: Bundle, member: Member) -> Iterator[Row | Finding]:
        try:
            with closing(bundle.open(member)) as stream:
                yield from Records(stream, member.path, self._config.limits)
        except DAMAGED:
            yield _damaged(member.path)


def _left_out(member: Member) -> Finding:
    near = difflib.get_close_matches(member.name.casefold(), _BY_FILE, n=1, cutoff=0.75)
    return finding(
        Rule.FILE_UNUSED,
        "the file has no name of the standard and was not read",
        file=member.path,
        suggestion=f"did you mean {_BY_FILE[near[0]]}.csv?" if near else None,
        severity="warning" if near else None,
    )


def _damaged(path: str) -> Finding:
    return finding(
        Rule.FILE_DAMAGED,
        "the file is damaged; rows from here on are missing",
        file=path,
        suggestion="export and send it again",
    )


def _without_header(path: str, columns: int) -> Finding:
    if columns:
        return finding(Rule.HEADER_MISSING, f"the first line has {columns} cells and is no header", file=path)
    return finding(Rule.FILE_EMPTY, "the file is empty", file=path)
