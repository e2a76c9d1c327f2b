"""Puts received backpacks into a folder as rows too: CSV files that the local system's import reads."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from adapters.json_folder import JsonFolder, JsonFolderSink, create, swap, sync
from gateway.adapter_api import ImportRecord, SinkConfig

_ROWS: Final = "rows"


class TableFolder(JsonFolder):
    """`[import.options]` when `sink = "table_folder"`."""


class TableFolderSink(JsonFolderSink):
    """Writes what `json_folder` writes, and `<transfer>/rows/` with a CSV file for each table.

    `rows/losses.csv` names what the rows do not say, `rows/left-out.csv` the entries without a row.
    Rows that were reviewed anew take the place of the older ones; when they are undone, they are gone.
    """

    Config: ClassVar[type[SinkConfig]] = TableFolder
    takes_rows: ClassVar[bool] = True

    async def write(self, record: ImportRecord) -> list[str]:
        """Write the record and its rows, and return the paths; raises as `json_folder` does."""
        places = await super().write(record)
        folder = self._of(record.transfer_id) / _ROWS
        return [*places, *(str(folder / name) for name in record.rows)]

    async def undo(self, transfer: str, undone: Mapping[str, Any]) -> None:
        """Take the rows away and say how to be again as before."""
        await asyncio.to_thread(shutil.rmtree, self._of(transfer) / _ROWS, ignore_errors=True)
        await super().undo(transfer, undone)

    def _files(self, record: ImportRecord) -> dict[str, bytes]:
        rows = {f"{_ROWS}/{name}": text.encode() for name, text in record.rows.items()}
        return {**super()._files(record), **rows}

    def _review(self, target: Path, record: ImportRecord, reviewed: Mapping[str, Any]) -> None:
        """Write the new rows beside the old ones, swap them, then say what was reviewed."""
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=target))
        try:
            for name, text in record.rows.items():
                create(new / name, text.encode())
            sync(new)
            swap(new, target / _ROWS)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        super()._review(target, record, reviewed)
