"""A private local copy of what a server said last, so that only changes have to be asked for.

One SQLite file for each resource, for the owner's eyes only. A reading of the server is one transaction: a
process that is killed in the middle leaves the copy as it was. The copy can always be made anew, so a file
that is damaged or of another make is thrown away.
"""

import hashlib
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import orjson
import polars as pl

from adapters._nested import BATCH_ROWS, MAX_COLUMNS, Flat, frame_of
from gateway.adapter_api import Batch, Misconfigured, Only, Table, TooLarge, TryLater

_MAKE: Final = 1
_BUSY_SECONDS: Final = 1
_OTHERS: Final = 0o077
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS columns (
    tbl TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (tbl, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, digest BLOB NOT NULL, pass INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS rows (
    id INTEGER PRIMARY KEY, tbl TEXT NOT NULL, record INTEGER NOT NULL, cells TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS rows_in_order ON rows (tbl, id);
CREATE INDEX IF NOT EXISTS rows_of_record ON rows (record);
"""
_FEW_VALUES: Final = 200
"""More than these are not looked for by the database: its expressions have a limit."""

Record = tuple[str, Sequence[Flat]]
"""The key of a record, and its rows in all tables."""


def private_folder(path: Path) -> Path:
    """Return the folder, made for the owner alone if it is not there.

    Raises:
        Misconfigured: it cannot be made, or others may look into it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        shared = path.stat().st_mode & _OTHERS
    except OSError as error:
        raise Misconfigured(f"the folder of the mirror cannot be used: {error.strerror}") from None
    if shared:
        raise Misconfigured("others may look into the folder of the mirror: make it 0700 (chmod 700)")
    return path


class Mirror:
    """The copy of one resource. To be used by one task at a time, from any thread."""

    def __init__(self, folder: Path, resource: str) -> None:
        """Open the copy, or make an empty one.

        Raises:
            Misconfigured: the file cannot be made or opened.
        """
        self._path = folder / f"{re.sub(r'[^A-Za-z0-9-]', '_', resource)}.sqlite"
        try:
            self._db = self._opened()
        except (OSError, sqlite3.OperationalError) as error:
            raise Misconfigured(
                f"the mirror of {resource} cannot be opened: {type(error).__name__}"
            ) from None
        self._resource = resource
        self._positions = self._read_positions()
        self._pass = 0
        self._first_pass = 0

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def state(self) -> dict[str, str]:
        """Return what the last whole reading left in writing."""
        return dict(self._db.execute("SELECT name, value FROM state"))

    def has_rows(self, table: str | None = None) -> bool:
        """Tell whether the table, or any, has a row."""
        query = "SELECT 1 FROM rows WHERE tbl = coalesce(?, tbl) LIMIT 1"
        return self._db.execute(query, (table,)).fetchone() is not None

    def texts(self, table: str, most: int) -> list[str]:
        """Return the first cell of the table's first rows."""
        query = "SELECT json_extract(cells, '$[0]') FROM rows WHERE tbl = ? ORDER BY id LIMIT ?"
        return [text for (text,) in self._db.execute(query, (table, most))]

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Return the columns of each table, in the order in which they were first seen."""
        if not self._db.in_transaction:
            self._positions = self._read_positions()
        return {table: tuple(positions) for table, positions in self._positions.items()}

    # --- a reading -----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin a reading.

        Raises:
            TryLater: another process is at it.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            raise TryLater(f"another run reads {self._resource} just now") from None
        self._positions = self._read_positions()
        self._pass = int(self.state().get("pass", "0"))
        self.begin_pass()
        self._first_pass = self._pass

    def begin_pass(self) -> None:
        """Begin to read all records from the start, once more."""
        self._pass += 1

    def empty(self) -> None:
        """Forget every record and column: they are of another source."""
        for name in ("rows", "records", "columns", "state"):
            self._db.execute(f"DELETE FROM {name}")  # noqa: S608 - four names of ours
        self._positions = {}

    def expect(self, columns: Mapping[str, Sequence[str]]) -> None:
        """Have these columns first, seen or not."""
        for table, names in columns.items():
            self._place(table, names)

    def put(self, records: Iterable[Record]) -> int:
        """Write records over those of the same key; return how many were not yet seen in this pass."""
        return sum(self._put(key, rows) for key, rows in records)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove the records of these keys, where they are there."""
        for key in keys:
            found = self._db.execute("DELETE FROM records WHERE key = ? RETURNING id", (key,)).fetchall()
            self._db.executemany("DELETE FROM rows WHERE record = ?", found)

    def sweep(self, *, last_pass_only: bool) -> None:
        """Remove the records that the last pass, or every pass of this reading, has not shown."""
        oldest = self._pass if last_pass_only else self._first_pass
        self._db.execute(
            "DELETE FROM rows WHERE record IN (SELECT id FROM records WHERE pass < ?)", (oldest,)
        )
        self._db.execute("DELETE FROM records WHERE pass < ?", (oldest,))

    def commit(self, state: Mapping[str, str]) -> None:
        """End the reading: what was put, deleted and swept counts from now on, with this state."""
        self._db.execute("DELETE FROM state")
        kept = {**state, "pass": str(self._pass)}
        self._db.executemany("INSERT INTO state (name, value) VALUES (?, ?)", kept.items())
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Give the reading up: everything is as before it."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._positions = self._read_positions()

    def _put(self, key: str, rows: Sequence[Flat]) -> bool:
        laid_out = [(table, self._cells(table, cells)) for table, _, cells in rows]
        digest = hashlib.blake2b(orjson.dumps(laid_out), digest_size=16).digest()
        known = self._db.execute("SELECT id, digest, pass FROM records WHERE key = ?", (key,)).fetchone()
        if known and known[1] == digest:
            self._db.execute("UPDATE records SET pass = ? WHERE id = ?", (self._pass, known[0]))
            return bool(known[2] != self._pass)
        if known:
            self._db.execute("DELETE FROM rows WHERE record = ?", (known[0],))
        (record,) = self._db.execute(
            "INSERT INTO records (key, digest, pass) VALUES (?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, pass = excluded.pass RETURNING id",
            (key, digest, self._pass),
        ).fetchone()
        self._db.executemany(
            "INSERT INTO rows (tbl, record, cells) VALUES (?, ?, ?)",
            [(table, record, cells) for table, cells in laid_out],
        )
        return not known or bool(known[2] != self._pass)

    def _cells(self, table: str, cells: Mapping[str, str]) -> str:
        """Return a row's cells as a JSON array in the order of the table's columns."""
        positions = self._positions.get(table, {})
        if not cells.keys() <= positions.keys():
            positions = self._place(table, cells)
        row: list[str | None] = [None] * (1 + max((positions[name] for name in cells), default=-1))
        for name, value in cells.items():
            row[positions[name]] = value
        return orjson.dumps(row).decode()

    def _place(self, table: str, names: Iterable[str]) -> dict[str, int]:
        positions = self._positions.setdefault(table, {})
        for name in names:
            if name not in positions:
                positions[name] = len(positions)
                self._db.execute("INSERT INTO columns VALUES (?, ?, ?)", (table, positions[name], name))
        if len(positions) > MAX_COLUMNS:
            raise TooLarge(f"the table {table} has more than {MAX_COLUMNS} columns")
        return positions

    # --- what was read -------------------------------------------------------------------------------

    def batches(self, table: Table, only: Only | None = None) -> Iterator[Batch]:
        """Yield the table's rows in the order in which they came, numbered from 1."""
        after, number = 0, 1
        while found := self._rows(table.name, only, after):
            after = found[-1][0]
            batch = frame_of(
                table.columns, _padded([cells for _, cells in found], len(table.columns)), number
            )
            if only:
                batch = matching(batch, only, number)
            number += batch.cells.height
            if batch.cells.height:
                yield batch

    def _rows(self, table: str, only: Only | None, after: int) -> list[tuple[int, str]]:
        """Return the next rows; with `only`, those that hold one of the values anywhere."""
        where, values = "", []
        if only and len(only.values) <= _FEW_VALUES:
            values = [orjson.dumps(value).decode() for value in only.values]
            where = f"AND ({' OR '.join(['instr(cells, ?)'] * len(values)) or '0'})"
        query = f"SELECT id, cells FROM rows WHERE tbl = ? AND id > ? {where} ORDER BY id LIMIT ?"  # noqa: S608 - no text of others
        return self._db.execute(query, (table, after, *values, BATCH_ROWS)).fetchall()

    def _read_positions(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for table, position, name in self._db.execute("SELECT * FROM columns ORDER BY tbl, position"):
            found.setdefault(table, {})[name] = position
        return found

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connected()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{self._path}{suffix}").unlink()
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        db = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _prepare(db)
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db


def matching(batch: Batch, only: Only, first_line: int) -> Batch:
    """Return the batch's rows that have one of the values, numbered from `first_line`."""
    cells = batch.cells.filter(pl.col(only.column).str.strip_chars().is_in(list(only.values)))
    lines = pl.Series("line", range(first_line, first_line + cells.height), pl.UInt32)
    return Batch(cells, lines, batch.findings)


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA secure_delete = ON")
    (make,) = db.execute("PRAGMA user_version").fetchone()
    if make == 0:
        db.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_MAKE}; COMMIT;")
    elif make != _MAKE:
        raise sqlite3.DatabaseError("of another make")


def _padded(rows: Sequence[str], width: int) -> list[list[str | None]]:
    """Return rows of JSON arrays, each as wide as the table: later columns are cut, missing ones null."""
    found: list[list[str | None]] = orjson.loads(f"[{','.join(rows)}]")
    return [(row + [None] * (width - len(row)))[:width] for row in found]
