"""OneRoster CSV bundles, version 1.0 to 1.2, and those of School Data Sync, version 1 and 2.

Source: 1EdTech OneRoster 1.2 CSV Binding; Microsoft School Data Sync V1 CSV file format. Suits any size:
files are streamed, twice if asked twice.
"""

import asyncio
import difflib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import ClassVar

from adapters._bundles import Bundle, ByteStream, Member, open_bundle
from adapters._delimited import DAMAGED, Delimited, NoTable, damaged
from adapters._delimited_batches import matching
from gateway.adapter_api import (
    AdapterConfig,
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

TABLES = (
    *("academicSessions", "categories", "classes", "classResources", "courses", "courseResources"),
    *("demographics", "enrollments", "lineItemLearningObjectiveIds", "lineItems", "lineItemScoreScales"),
    *("manifest", "orgs", "resources", "resultLearningObjectiveIds", "results", "resultScoreScales"),
    *("roles", "scoreScales", "userProfiles", "userResources", "users"),
    *("relationships", "userFlags", "learnerProfile", "goals"),
    *("School", "Section", "Student", "Teacher", "StudentEnrollment", "TeacherRoster"),
)
"""The standard's files, then two of School Data Sync 2.1, two of our own, and School Data Sync 1."""

_BY_FILE = {f"{name}.csv".casefold(): name for name in TABLES}


class OneRosterCsv(AdapterConfig):
    """`[source.options]` when `adapter = "oneroster_csv"`."""

    path: Path
    """A ZIP archive, or a folder that holds the CSV files."""

    limits: Limits = Limits()
    """What is refused as a whole because nobody's export is that large."""


class OneRosterCsvAdapter:
    """Reads one bundle. Only files with the exact names are opened; others are reported."""

    Config: ClassVar[type[AdapterConfig]] = OneRosterCsv
    pushdown: ClassVar[bool] = False

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

    async def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
        """Yield the table's rows in the order of the file; with `only` all are read and some are kept."""
        found = self._batches(table)
        while (batch := await asyncio.to_thread(next, found, None)) is not None:
            yield matching(batch, only)

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
                read = Delimited(stream, member.path, self._config.limits)
        except DAMAGED:
            self._unused.append(damaged(member.path))
        except NoTable as none:
            self._unused.append(none.found)
        else:
            name = _BY_FILE[member.name.casefold()]
            return Table(name, read.columns, member.path, tuple(read.findings))
        return None

    def _batches(self, table: Table) -> Iterator[Batch]:
        """Yield the rows of the file.

        Raises:
            TryLater: it is not there any more, or has another header: an export is being written.
        """
        bundle = open_bundle(self._config.path, self._config.limits)
        member = next((member for member in bundle.members() if member.path == table.file), None)
        if member is None:
            raise TryLater("a file of the bundle was taken away while it was read")
        with closing(bundle.open(member)) as stream:
            yield from self._reopened(stream, table)

    def _reopened(self, stream: ByteStream, table: Table) -> Delimited:
        try:
            read = Delimited(stream, table.file, self._config.limits)
        except (NoTable, *DAMAGED):
            read = None
        if read is None or read.columns != table.columns:
            raise TryLater("a file of the bundle was changed while it was read")
        return read


def _left_out(member: Member) -> Finding:
    near = difflib.get_close_matches(member.name.casefold(), _BY_FILE, n=1, cutoff=0.75)
    return finding(
        Rule.FILE_UNUSED,
        "the file has no name of the standard and was not read",
        file=member.path,
        suggestion=f"did you mean {_BY_FILE[near[0]]}.csv?" if near else None,
        severity="warning" if near else None,
    )
