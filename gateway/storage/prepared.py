"""Statements compiled once and then run straight through the driver.

SQLAlchemy writes the SQL and converts the values, but does not run them: its execution layer costs 40
microseconds a statement, five times what SQLite needs, and the store runs tens of statements an exchange.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Delete, Dialect, Insert, Select, Update
from sqlalchemy.types import TypeEngine

from gateway.storage.columns import COUNTER

Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete

Values = Mapping[str, Any]
"""Values of a statement's parameters, by name; of an insert, by column."""

AnyRow = Mapping[str, Any]
"""A row that was found, by column."""

_Conversion = Callable[[Any], Any]


class Prepared:
    """A statement of fixed shape: no list that expands to as many parameters as it has members."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=_columns(statement))
        if compiled.post_compile_params:
            raise TypeError("the shape of this statement depends on its values")
        self.sql = str(compiled)
        self._positional = compiled.positional
        names = compiled.positiontup or compiled.binds
        self._parameters = [_Parameter(name, compiled.binds[name], dialect) for name in names]
        found = statement.selected_columns if isinstance(statement, Select) else ()
        self._found = [(column.name, _from_driver(column.type, dialect)) for column in found]

    def parameters(self, values: Values) -> Any:
        """Return what the driver takes: a list, or a dict if it names its parameters.

        Raises:
            KeyError: a value is missing.
        """
        if self._positional:
            return [parameter.value(values) for parameter in self._parameters]
        return {parameter.name: parameter.value(values) for parameter in self._parameters}

    def rows(self, found: Iterable[Sequence[Any]]) -> list[AnyRow]:
        """Return what the driver found, converted and by column."""
        return [
            {
                name: convert(value) if convert else value
                for (name, convert), value in zip(self._found, row, strict=True)
            }
            for row in found
        ]


class _Parameter:
    """A place in a statement where a value goes: a new one each time, or one that belongs to it."""

    __slots__ = ("_convert", "_fixed", "_given", "name")

    def __init__(self, name: str, bind: BindParameter[Any], dialect: Dialect) -> None:
        self.name = name
        self._given = bind.required
        self._convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        self._fixed = bind.effective_value

    def value(self, values: Values) -> Any:
        value = values[self.name] if self._given else self._fixed
        return value if self._convert is None else self._convert(value)


def _columns(statement: Statement) -> list[str] | None:
    """Return the columns of an insert: all but the one that the database counts."""
    if not isinstance(statement, Insert):
        return None
    return [column.name for column in statement.table.c if column.type is not COUNTER]


def _from_driver(type_: TypeEngine[Any], dialect: Dialect) -> _Conversion | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)
