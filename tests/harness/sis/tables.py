"""Tables of a product as a file of SQLite, written down in few words."""

import csv
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypedDict

from adapters.sql import Sql, SqlAdapter

Cells = Mapping[str, Any]
Tables = Mapping[str, tuple[str, Iterable[Cells]]]
"""Columns as `id:int! name day:date`, where `!` marks the key, and rows of which each has some columns."""

_TYPES = {"int": "INTEGER", "date": "DATE", "num": "NUMERIC", "time": "DATETIME", "": "VARCHAR(200)"}


class Expected(TypedDict):
    """What a student's backpack must say, whichever product it is from."""

    stateId: str
    given: str
    family: str
    birthDate: str
    gradeLevel: str
    """Of the latest stay."""
    school: str
    """Name of the latest stay's; empty where the product has one school and does not name it."""
    exitDate: str | None
    """First day on which the student no longer belonged, of the latest stay."""
    entries: Mapping[str, int]
    """How many there are, by section; sections that are not named have none."""


def make_database(path: Path, tables: Tables) -> Path:
    """Write the tables into a new file, and return it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for name, (columns, rows) in tables.items():
            connection.execute(f'CREATE TABLE "{name}" ({_declared(columns)})')
            for row in rows:
                _insert(connection, name, row)
    return path


def make_folder(path: Path, tables: Tables) -> Path:
    """Write each table as a CSV file into a new folder, and return it."""
    path.mkdir()
    for name, (columns, rows) in tables.items():
        header = names(columns)
        with (path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return path


def adapter_of(path: Path, queries: Mapping[str, str] | None = None) -> SqlAdapter:
    """Return the adapter that reads the file."""
    return SqlAdapter(Sql(url=f"sqlite:///{path}", queries=queries or {}))


def names(columns: str) -> list[str]:
    """Return the names of columns as they are written down."""
    return [column.partition(":")[0].rstrip("!") for column in columns.split()]


def numbered(rows: Iterable[Cells], key: str = "id") -> Sequence[Cells]:
    """Return the rows with a key, counted from 1."""
    return [{key: number, **row} for number, row in enumerate(rows, 1)]


def _declared(columns: str) -> str:
    found, keys = [], []
    for column in columns.split():
        name, _, kind = column.rstrip("!").partition(":")
        found.append(f'"{name}" {_TYPES[kind]}')
        keys += [f'"{name}"'] if column.endswith("!") else []
    return ", ".join([*found, f"PRIMARY KEY ({', '.join(keys)})"] if keys else found)


def _insert(connection: sqlite3.Connection, table: str, row: Cells) -> None:
    columns = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    values = [str(value) if hasattr(value, "isoformat") else value for value in row.values()]
    connection.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values)  # noqa: S608 - our own names
