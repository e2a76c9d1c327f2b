"""The credentials inside a learner record (CLR 2.0, `credentialSubject.verifiableCredential`), byte for byte.

They are cut out of the text and not written again, so each keeps its own proof.
"""

import json
import re
from collections.abc import Iterator
from typing import Final

from gateway.domain.errors import TooLarge

MAX_INNER: Final = 500
"""Credentials in one learner record."""

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder()
_ENVELOPE: Final = re.compile(r"data:application/vc(?:\+ld)?(?:\+json)?\+jwt,([A-Za-z0-9_.-]+)")


def inner_of(text: str, path: tuple[str, ...]) -> Iterator[bytes]:
    """Yield the credentials at the path of a JSON text that `strict_json` read.

    Raises:
        TooLarge: there are more than `MAX_INNER`.
    """
    start = 0
    for name in path:
        found = next((at for member, at, _ in _members(text, start) if member == name), None)
        if found is None:
            return
        start = found
    spans = list(_items(text, start)) if text[start] == "[" else [(start, _after(text, start))]
    if len(spans) > MAX_INNER:
        raise TooLarge(f"the learner record holds more than {MAX_INNER} credentials")
    for begin, end in spans:
        yield _payload(text[begin:end])


def _payload(text: str) -> bytes:
    value = json.loads(text)
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    envelope = value.get("id") if isinstance(value, dict) else None
    inside = _ENVELOPE.fullmatch(envelope) if isinstance(envelope, str) else None
    return (inside[1] if inside else text).encode()


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Yield the members of the object that begins there: name, and where the value begins and ends."""
    if text[at] != "{":
        return
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        end = _after(text, at)
        yield name, at, end
        at = _next(text, end)


def _items(text: str, at: int) -> Iterator[tuple[int, int]]:
    at = _skip(text, at + 1)
    while text[at] != "]":
        end = _after(text, at)
        yield at, end
        at = _next(text, end)


def _next(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _after(text: str, at: int) -> int:
    end: int = _DECODER.raw_decode(text, at)[1]
    return end


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
