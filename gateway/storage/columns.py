"""Column types: what a value is in Python, and the one portable form in which it is stored."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator

E = TypeVar("E", bound=StrEnum)

COUNTER: Final = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database gives. SQLite does so only where the type is called INTEGER."""

ORDINAL: Final = BigInteger().with_variant(Integer, "sqlite")
"""A number that the program gives, in order and without gaps."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Utc(TypeDecorator[datetime]):
    """A moment, as whole microseconds since 1970: lossless, sorts as time does. Always aware, in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Return microseconds; a time without a zone is a `TypeError`."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Day(TypeDecorator[date]):
    """A calendar day, as `2026-08-01`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the ISO 8601 text."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:  # noqa: ARG002
        """Return the day."""
        return None if value is None else date.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """Whatever JSON can say, as text. Data classes are objects, sets are sorted lists."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the JSON text."""
        return None if value is None else orjson.dumps(value, default=sorted).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Return lists, dicts, strings and numbers."""
        return None if value is None else orjson.loads(value)


class Texts(TypeDecorator[tuple[str, ...]]):
    """An ordered tuple of strings, as a JSON list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the JSON list."""
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002
        """Return the strings."""
        return None if value is None else tuple(orjson.loads(value))


class Choice(TypeDecorator[E]):
    """A member of an enumeration, as its value."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[E]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the value as plain text."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:  # noqa: ARG002
        """Return the member."""
        return None if value is None else self.members(value)
