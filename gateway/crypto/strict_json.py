"""JSON that means the same to every reader (RFC 8259, narrowed to I-JSON, RFC 7493)."""

import json
import math
from typing import Any

import orjson
from pydantic import JsonValue

from gateway.domain.errors import Malformed, TooLarge

_BIGGEST = 2**53 - 1
"""Integers beyond this are read as different numbers by different parsers (RFC 7493, 2.2)."""

_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"0" * 9)
_LONG = b"0" * 16
_LONG_NUMBERS = tuple(before + _LONG for before in (b":", b",", b"[", b"-"))


def loads(text: bytes | str, *, max_bytes: int, max_depth: int = 32) -> JsonValue:
    """Parse one JSON text, or refuse it if two parsers could disagree about it.

    Refused: repeated members, NaN and Infinity, numbers beyond 2^53 - 1 or beyond a double, invalid
    UTF-8, a byte order mark, lone surrogates, anything after the value, a value inside more than
    `max_depth` objects and arrays.

    Raises:
        TooLarge: the text has more than `max_bytes` bytes of UTF-8.
        Malformed: it is refused for what it holds. The message quotes nothing of it.
    """
    content = _utf8(text)
    if len(content) > max_bytes:
        raise TooLarge(f"the JSON text has more than {max_bytes} bytes")
    try:
        parsed: JsonValue = orjson.loads(content)
    except ValueError:
        raise Malformed("the text is not JSON") from None
    if _deeper_than(max_depth, content, parsed):
        raise Malformed(f"the JSON text has more than {max_depth} levels")
    return parsed if _is_canonical(content, parsed) else _loads_slowly(content)


def load_object(text: bytes | str, *, max_bytes: int, max_depth: int = 32) -> dict[str, Any]:
    """Parse as `loads` does, and take nothing but an object.

    Raises:
        TooLarge, Malformed: as `loads`; `Malformed` also if the value is not an object.
    """
    parsed = loads(text, max_bytes=max_bytes, max_depth=max_depth)
    if not isinstance(parsed, dict):
        raise Malformed("the JSON text is not an object")
    return parsed


def dumps(value: object) -> bytes:
    """Return compact UTF-8 JSON. Two equal values give equal bytes if their members stand in one order."""
    return orjson.dumps(value)


def dumps_strictly(value: object, *, max_depth: int = 32) -> bytes:
    """Return compact JSON that `loads` reads.

    Raises:
        Malformed: it would refuse it: more than `max_depth` levels, or an integer beyond 2^53 - 1.
    """
    content = orjson.dumps(value)
    if _deeper_than(max_depth, content, value):
        raise Malformed(f"the value has more than {max_depth} levels")
    if _has_long_number(content):
        _loads_slowly(content)
    return content


def _utf8(text: bytes | str) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Malformed("the text has a lone surrogate") from None


def _deeper_than(max_depth: int, content: bytes, parsed: object) -> bool:
    """Read the depth off the indentation: the parser's own writing does that faster than a walk in Python."""
    if content.count(b"[") + content.count(b"{") <= max_depth:
        return False
    try:
        indented = orjson.dumps(parsed, option=orjson.OPT_INDENT_2)
    except TypeError:  # more than 254 levels
        return True
    return b"\n" + b"  " * (max_depth + 1) in indented


def _is_canonical(content: bytes, parsed: JsonValue) -> bool:
    """Tell whether the parser's own writing gives the same bytes: then no member and no digit was lost."""
    return orjson.dumps(parsed) == content and not _has_long_number(content)


def _has_long_number(content: bytes) -> bool:
    """Tell whether a number of 16 digits or more may stand in it."""
    zeros = content.translate(_DIGITS_TO_ZERO)
    if _LONG not in zeros:
        return False
    return zeros.startswith(_LONG) or any(number in zeros for number in _LONG_NUMBERS)


def _loads_slowly(content: bytes) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(
            content, object_pairs_hook=_members, parse_int=_small_int, parse_float=_finite
        )
    except ValueError:
        raise Malformed("the text is not JSON") from None
    return parsed


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("an object has the same member twice")
    return members


def _small_int(digits: str) -> int:
    if len(digits) > len(str(_BIGGEST)) + 1 or abs(int(digits)) > _BIGGEST:
        raise Malformed("an integer is beyond 2^53 - 1")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Malformed("a number is beyond a double")
    return number
