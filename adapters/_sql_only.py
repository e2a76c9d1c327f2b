"""Statements that read a table: all of it in key order, or the rows that have one of some values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, cast, column, select, types

from adapters._sql_databases import Compared, compared
from adapters._sql_tables import SqlTable

CHUNK: Final = 500
"""Values in one statement; Oracle takes a thousand."""

Rows = Select[Any]
"""A statement that yields the columns of one table, in their order."""

_WORDS: Final = {"true": True, "false": False}


def everything(table: SqlTable) -> Rows:
    """Return what reads the whole table, sorted so that two readings are the same."""
    return _rows(table)


def first_row(table: SqlTable) -> Rows:
    """Return what reads at most one row, any."""
    return select(*_columns(table)).select_from(table.source).limit(1)


def matching(table: SqlTable, name: str, product: str) -> Rows:
    """Return what reads the rows whose column equals one of the parameter `values`."""
    made: Rows | None = table.matching.get((name, product))
    if made is None:
        kind = compared(product, table.columns[name] or types.NullType())
        found = column(name, kind).in_(bindparam("values", expanding=True, type_=kind))
        made = table.matching[name, product] = _rows(table).where(found)
    return made


def matching_text(table: SqlTable, name: str) -> Rows:
    """Return the same for a column that cannot be compared with text: slower, and always possible."""
    as_text = cast(column(name, Compared()), types.String(4000))
    found = as_text.in_(bindparam("values", expanding=True, type_=Compared()))
    return _rows(table).where(found)


def matching_all(table: SqlTable, sizes: Mapping[str, int], product: str) -> Rows:
    """Return what reads the rows that have, in each of the columns, one of so many values.

    The parameters are `v0_0`, `v0_1` for the first column, `v1_0` for the second.
    """
    made = _rows(table)
    for at, (name, size) in enumerate(sizes.items()):
        kind = compared(product, table.columns[name] or types.NullType())
        values = [bindparam(f"v{at}_{number}", type_=kind) for number in range(size)]
        made = made.where(column(name, kind).in_(values))
    return made


def containing(table: SqlTable, name: str) -> Rows:
    """Return what reads the rows whose text in a column has the parameter `v0_0` as a part."""
    return _rows(table).where(column(name, types.String()).like(bindparam("v0_0"), escape="|"))


def empty(table: SqlTable, name: str) -> Rows:
    """Return what reads the rows whose column is NULL."""
    return _rows(table).where(column(name).is_(None))


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the values in parts that fit one statement."""
    for at in range(0, len(values), CHUNK):
        yield values[at : at + CHUNK]


def converted(values: Sequence[str], kind: types.TypeEngine[Any] | None, product: str) -> list[Any]:
    """Return the values as the column's type has them, each once; one that cannot be of it is left out."""
    possible = (value for value in values if _is_storable(value))
    return list(dict.fromkeys(one for value in possible for one in _converted(value, kind, product)))


def _is_storable(value: str) -> bool:
    """Tell whether a database can hold the text."""
    return "\0" not in value and value == value.encode("utf-8", "ignore").decode("utf-8")


def _converted(value: str, kind: types.TypeEngine[Any] | None, product: str) -> Iterator[Any]:
    if product == "sqlite":
        yield from _for_sqlite(value)
        return
    reading = next((read for known, read in _READINGS if isinstance(kind, known)), None)
    try:
        plain = reading(value) if reading else value
    except (ValueError, KeyError, InvalidOperation, OverflowError):
        return
    length = getattr(kind, "length", None)
    padded = product == "oracle" and isinstance(kind, types.CHAR) and length
    yield value.ljust(int(length or 0)) if padded else plain


def _for_sqlite(value: str) -> Iterator[Any]:
    """Yield the value in each of SQLite's storage classes: a column there may hold any of them."""
    yield value
    for read in (_integer, float, bytes.fromhex):
        try:
            yield read(value)
        except (ValueError, OverflowError):
            continue


def _rows(table: SqlTable) -> Rows:
    return select(*_columns(table)).select_from(table.source).order_by(*map(column, table.order))


def _columns(table: SqlTable) -> list[ColumnElement[Any]]:
    return [column(name, Compared()) for name in table.columns]


def _integer(value: str) -> int:
    made = int(value)
    if abs(made) >= 2**63:
        raise OverflowError
    return made


def _decimal(value: str) -> Decimal:
    made = Decimal(value)
    if not made.is_finite():
        raise ValueError
    return made


_READINGS: Final[Sequence[tuple[type[Any] | tuple[type[Any], ...], Callable[[str], Any]]]] = (
    (types.Boolean, _WORDS.__getitem__),
    (types.Integer, _integer),
    (types.Float, float),
    (types.Numeric, _decimal),
    (types.DateTime, datetime.fromisoformat),
    (types.Date, date.fromisoformat),
    (types.Uuid, lambda value: str(UUID(value))),
    ((types.LargeBinary, types.BINARY, types.VARBINARY), bytes.fromhex),
)
"""By kind of column. All raise ValueError, or their like, for text that no such column holds."""
