"""Few rows by their values: statements that are compiled once, many of them over one connection.

The rows are those of `_sql_batches.read_only`, without a frame for each answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product as combinations
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from adapters._sql_batches import texts_by_column, wind
from adapters._sql_errors import is_incomparable, told
from adapters._sql_only import Rows, chunks, containing, converted, everything, matching_all, matching_text
from adapters._sql_tables import SqlTable
from gateway.adapter_api import Finding, Found, Misconfigured, Only, Question

_ANYTHING: Final = str.maketrans({"%": "|%", "_": "|_", "|": "||"})

Parameters = Mapping[str, Any]


class _Statement(NamedTuple):
    """A statement as the driver takes it."""

    text: str
    positions: Sequence[str] | None
    """The parameters in the order of their marks, where they are not named."""

    def run(self, connection: Connection, parameters: Parameters) -> Sequence[Any]:
        if self.positions is None:
            return connection.exec_driver_sql(self.text, dict(parameters)).all()
        return connection.exec_driver_sql(self.text, tuple(parameters[one] for one in self.positions)).all()


class Points:
    """Answers questions over one connection."""

    def __init__(self, connection: Connection, tables: Mapping[str, SqlTable], seconds: float) -> None:
        self._connection = connection
        self._tables = tables
        self._seconds = seconds
        self._product = connection.dialect.name

    def answer(self, questions: Sequence[Question]) -> Sequence[Found]:
        """Return the rows that each question asks for; raises as `told` does."""
        return [self._found(one) for one in questions]

    def _found(self, question: Question) -> Found:
        table = self._tables.get(question.table.name)
        if table is None or any(one.column not in table.columns for one in question.only):
            raise Misconfigured(f"table {question.table.name} is no longer what it was; read it anew")
        with told(f"table {table.name}", self._seconds):
            rows = list(self._rows(table, question))
        findings: list[Finding] = []
        columns = texts_by_column(table, rows, 1, findings)
        found = Found(list(zip(*columns, strict=True)), range(1, len(rows) + 1), findings)
        return found if question.split else _exactly(table, found, question.only)

    def _rows(self, table: SqlTable, question: Question) -> Iterator[Any]:
        """Yield at least the rows that are asked for."""
        if question.split is not None:
            yield from self._containing(table, question.only[0])
            return
        values = [converted(one.values, table.columns[one.column], self._product) for one in question.only]
        names = [one.column for one in question.only]
        for parts in combinations(*map(chunks, values)):
            wind(self._connection)
            yield from self._compared(table, dict(zip(names, parts, strict=True)))

    def _compared(self, table: SqlTable, values: Mapping[str, Sequence[Any]]) -> Sequence[Any]:
        """Compare as the columns' types; where the database finds that impossible, the first one as text."""
        sizes = {name: 1 << (len(part) - 1).bit_length() for name, part in values.items()}
        filled = [[*part, *[part[-1]] * (sizes[name] - len(part))] for name, part in values.items()]
        parameters = {
            f"v{at}_{number}": value for at, part in enumerate(filled) for number, value in enumerate(part)
        }
        try:
            return self._compiled(table, sizes).run(self._connection, parameters)
        except DBAPIError as error:
            if not is_incomparable(error):
                raise
        self._connection.rollback()
        first = next(iter(values))
        texts = [str(value) for value in values[first]]
        return self._connection.execute(matching_text(table, first), {"values": texts}).all()

    def _containing(self, table: SqlTable, only: Only) -> Iterator[Any]:
        statement = self._made(containing(table, only.column))
        try:
            for value in only.values:
                wind(self._connection)
                yield from statement.run(self._connection, {"v0_0": f"%{value.translate(_ANYTHING)}%"})
        except DBAPIError as error:
            if not is_incomparable(error):
                raise
            self._connection.rollback()
            yield from self._connection.execute(everything(table))

    def _compiled(self, table: SqlTable, sizes: Mapping[str, int]) -> _Statement:
        at = (self._product, tuple(sizes.items()))
        if at not in table.compiled:
            table.compiled[at] = self._made(matching_all(table, sizes, self._product))
        statement: _Statement = table.compiled[at]
        return statement

    def _made(self, statement: Rows) -> _Statement:
        made: Any = statement.compile(dialect=self._connection.dialect)
        return _Statement(str(made), tuple(made.positiontup) if made.positional else None)


def _exactly(table: SqlTable, found: Found, only: Sequence[Only]) -> Found:
    """Drop rows that the database finds equal and that are not the same text: in case, blanks or zeros."""
    names = list(table.columns)
    wanted = [(names.index(one.column), frozenset(one.values)) for one in only]
    kept = [
        (row, line)
        for row, line in zip(found.rows, found.lines, strict=True)
        if all(row[at] in values for at, values in wanted)
    ]
    return Found([row for row, _ in kept], [line for _, line in kept], found.findings)
