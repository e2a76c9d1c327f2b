"""One connection, as the repositories use it."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Insert, Select, Table
from sqlalchemy.dialects import sqlite

from gateway.storage.prepared import AnyRow, Prepared, Statement, Values

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


class Db:
    """Runs statements and counts them.

    All but `query` compile a statement at its first use and keep it: pass none that is built for one call.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.statements = 0
        self._dialect = connection.dialect
        self._prepared: dict[Statement, Prepared] = {}

    def first(self, statement: Statement, values: Values) -> AnyRow | None:
        """Return the first row, if any."""
        return next(iter(self.all(statement, values)), None)

    def all(self, statement: Statement, values: Values | None = None) -> list[AnyRow]:
        """Return all rows."""
        self.statements += 1
        prepared = self._prepare(statement)
        cursor = self.connection.connection.cursor()
        cursor.execute(prepared.sql, prepared.parameters(values or {}))
        return prepared.rows(cursor.fetchall())

    def query(self, statement: Select[*tuple[object, ...]]) -> list[AnyRow]:
        """Return all rows of a statement whose shape depends on the question."""
        self.statements += 1
        return [dict(row) for row in self.connection.execute(statement).mappings()]

    def run(self, statement: Statement, values: Values) -> int:
        """Run it and return how many rows changed."""
        self.statements += 1
        prepared = self._prepare(statement)
        cursor = self.connection.connection.cursor()
        cursor.execute(prepared.sql, prepared.parameters(values))
        return cursor.rowcount

    def run_each(self, statement: Statement, rows: Sequence[Values]) -> None:
        """Run it for each of the rows in turn."""
        if not rows:
            return
        self.statements += 1
        prepared = self._prepare(statement)
        cursor = self.connection.connection.cursor()
        cursor.executemany(prepared.sql, [prepared.parameters(row) for row in rows])

    def add(self, table: Table, row: Values) -> bool:
        """Insert the row; False if one of the same key is there, which then stays as it is."""
        return self.run(insert_new(self._dialect.name, table), row) == 1

    def add_each(self, table: Table, rows: Sequence[Values]) -> None:
        """Insert the rows, passing over those that are there."""
        self.run_each(insert_new(self._dialect.name, table), rows)

    def put_each(self, table: Table, rows: Sequence[Values], *, newest_by: str | None = None) -> None:
        """Insert the rows, or replace those of the same primary key.

        With `newest_by`, a row whose column of that name is later stays as it is.
        """
        self.run_each(upsert(self._dialect.name, table, newest_by), rows)

    def _prepare(self, statement: Statement) -> Prepared:
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = Prepared(statement, self._dialect)
        return prepared


@cache
def insert_new(dialect: str, table: Table) -> Insert:
    """Return an insert that passes over rows that are there."""
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def upsert(dialect: str, table: Table, newest_by: str | None = None) -> Insert:
    """Return an insert that replaces the row of the same primary key, if that is not newer."""
    new = _insert(dialect, table)
    return new.on_conflict_do_update(
        index_elements=table.primary_key.columns,
        set_={column.name: new.excluded[column.name] for column in table.c if not column.primary_key},
        where=None if newest_by is None else table.c[newest_by] <= new.excluded[newest_by],
    )


def _insert(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).inline()
    return sqlite.insert(table).inline()
