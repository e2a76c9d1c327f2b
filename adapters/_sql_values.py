"""Values of a database as text, the same text whichever database they come from."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

LONGEST_BYTES: Final = 64
"""Bytes up to this length are keys and digests, and become hexadecimal digits; longer ones are pictures."""

_NONE: Final = type(None)


def texts_of(values: Sequence[Any]) -> Sequence[str]:
    """Return the text of each value. NULL is empty text."""
    kinds = set(map(type, values))
    if kinds <= {str}:
        return values
    if kinds == {int}:
        return list(map(str, values))
    if kinds <= {str, _NONE}:
        return [value or "" for value in values]
    return [text_of(value) for value in values]


def text_of(value: Any) -> str:
    """Return the one text of a value.

    NULL is empty; dates and times are ISO 8601; numbers have no exponent and, where the database counts in
    binary, no needless `.0`; yes and no are `true` and `false`; bytes are hexadecimal digits, and empty
    where they are too many; arrays and JSON are JSON.
    """
    made = _BY_TYPE.get(type(value))
    if made is None:
        made = next((known for kind, known in _BY_TYPE.items() if isinstance(value, kind)), str)
    return made(value)


def is_long(value: Any) -> bool:
    """Tell whether the value is bytes that are left out."""
    return isinstance(value, bytes | bytearray | memoryview) and len(value) > LONGEST_BYTES


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _float(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    plain = repr(value)
    return format(Decimal(plain), "f") if "e" in plain else plain


def _time(value: datetime | time) -> str:
    text = value.isoformat()
    return _trimmed(text) if value.microsecond else text


def _trimmed(text: str) -> str:
    """Drop zeros at the end of a fraction of a second."""
    head, _, rest = text.partition(".")
    fraction, zone = rest[:6], rest[6:]
    return f"{head}.{fraction.rstrip('0')}{zone}"


def _duration(value: timedelta) -> str:
    """Write a time of day as MySQL's driver gives it."""
    seconds = int(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _bytes(value: bytes | bytearray | memoryview) -> str:
    return "" if is_long(value) else value.hex()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=text_of)


_BY_TYPE: Final[dict[type, Callable[[Any], str]]] = {
    _NONE: lambda _: "",
    str: lambda value: value,
    bool: _boolean,
    int: str,
    float: _float,
    Decimal: lambda value: format(value, "f"),
    datetime: _time,
    date: date.isoformat,
    time: _time,
    timedelta: _duration,
    UUID: str,
    bytes: _bytes,
    bytearray: _bytes,
    memoryview: _bytes,
    list: _json,
    tuple: _json,
    dict: _json,
}
"""Before a type stand those that inherit from it."""
