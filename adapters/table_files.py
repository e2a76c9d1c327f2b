"""Tables in files: delimited, fixed-width or spreadsheets, in a folder, a ZIP archive or on an SFTP server.

Suits any size: text is streamed; a spreadsheet is read whole, by a process of its own.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Final, NamedTuple, Self

from pydantic import Field, model_validator

from adapters._bundles import Bundle, Member, open_bundle
from adapters._described import Described
from adapters._sftp import SftpPlace, connected
from adapters._table_parts import Parts, parted
from gateway.adapter_api import (
    AdapterConfig,
    Batch,
    Finding,
    Limits,
    Malformed,
    Misconfigured,
    Only,
    Table,
    TryLater,
)

_HEAD: Final = 1024 * 1024


class TableFiles(AdapterConfig):
    """`[source.options]` when `adapter = "table_files"`."""

    path: Path | None = None
    """A folder with any folders in it, a ZIP archive, or a single file; or else:"""

    sftp: SftpPlace | None = None
    """A folder on a server."""

    tables: tuple[Described, ...] = Field(default=())
    """What is read, and how; by default every file that looks like a table is one."""

    limits: Limits = Limits()
    """What is refused as a whole because nobody's export is that large."""

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.path is None) == (self.sftp is None):
            raise ValueError("give either path or sftp")
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if len({table.name for table in self.tables}) != len(self.tables):
            raise ValueError("tables: two have the same name")
        return self


class _Here(NamedTuple):
    """What is at the place now, with the files that were asked for."""

    bundle: Bundle
    tables: Sequence[Parts]
    unused: Sequence[Finding]


class TableFilesAdapter:
    """Reads files as tables. From a server they are fetched for each reading and not kept."""

    Config: ClassVar[type[AdapterConfig]] = TableFiles
    pushdown: ClassVar[bool] = False

    def __init__(self, config: TableFiles) -> None:
        self._config = config
        self._unused: list[Finding] = []

    async def check(self) -> None:
        """Return if there is a table; raises as `tables` does."""
        await self.tables()

    async def tables(self) -> Sequence[Table]:
        """Return the tables in the order of the settings, or else of the files' paths.

        Raises:
            Misconfigured: nothing is at the path, or the server does not let us in.
            Malformed: no file is a table, or what is there was made to do harm.
            TooLarge: there is more than the limits allow.
            TryLater: the server cannot be reached.
        """
        async with self._here(None) as here:
            unused = list(here.unused)
            found = await asyncio.to_thread(self._tables, here, unused)
        self._unused = unused
        if not found:
            raise Malformed("no file here is a table")
        return found

    def unused(self) -> Sequence[Finding]:
        """Return a finding for each file that `tables` saw and left out."""
        return tuple(self._unused)

    async def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
        """Yield the table's rows, file by file; with `only` all are read and some are kept."""
        async with self._here(table.name) as here:
            parts = next((parts for parts in here.tables if parts.described.name == table.name), None)
            if parts is None:
                raise TryLater("a file was taken away while it was read")
            found = parts.batches(here.bundle, table, only, self._config.limits)
            while (batch := await asyncio.to_thread(next, found, None)) is not None:
                yield batch

    def _tables(self, here: _Here, unused: list[Finding]) -> list[Table]:
        found = (parts.table(here.bundle, self._config.limits, unused) for parts in here.tables)
        return [table for table in found if table]

    @asynccontextmanager
    async def _here(self, name: str | None) -> AsyncIterator[_Here]:
        """Open the place, for the files of one table, or to see how the files of all begin."""
        if self._config.sftp:
            async with self._fetched(self._config.sftp, name) as here:
                yield here
        elif self._config.path:
            limits = self._config.limits
            bundle = await asyncio.to_thread(open_bundle, self._config.path, limits, nested=True)
            yield _Here(bundle, *parted(bundle.members(), self._config.tables))

    @asynccontextmanager
    async def _fetched(self, place: SftpPlace, name: str | None) -> AsyncIterator[_Here]:
        folder = await asyncio.to_thread(_own_folder, place.work_folder)
        try:
            async with connected(place, self._config.limits) as remote:
                tables, unused = parted(await remote.members(), self._config.tables)
                wanted = [parts for parts in tables if name in (None, parts.described.name)]
                for member, most in _sizes(wanted, whole=name is not None).items():
                    await remote.fetch(member, folder, most)
            yield _Here(open_bundle(folder, self._config.limits, nested=True), tables, unused)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _own_folder(inside: Path | None) -> Path:
    """Return a new folder for the owner only, or raise `Misconfigured`."""
    try:
        return Path(tempfile.mkdtemp(prefix="backpack-", dir=inside))
    except OSError as error:
        raise Misconfigured(f"no folder can be made for fetched files: {error.strerror}") from error


def _sizes(tables: Sequence[Parts], *, whole: bool) -> dict[Member, int]:
    """Return how many bytes of each file are needed: of text only the first to see its header."""
    return {
        member: member.size if whole or parts.described.format_of(member) == "sheet" else _HEAD
        for parts in tables
        for member in parts.members
    }
