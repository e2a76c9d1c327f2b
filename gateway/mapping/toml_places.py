"""Where each key of a TOML text stands: tomllib says what a file holds, and this on which line.

For texts that tomllib reads. TOML 1.0: https://toml.io/en/v1.0.0
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Final

from gateway.mapping.faults import Path

_SPACE: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK: Final = re.compile(r"[ \t]*")
_KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_STRING: Final = re.compile(
    r'"{3}(?:[^\\]|\\.)*?"{3,5}|' + r"'{3}.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'", re.DOTALL
)
_PLAIN: Final = re.compile(r"[^,\]}#\n]*")


def places_of(text: str) -> dict[Path, int]:
    """Return the line, from 1, of each key, table and item of a list, by its path.

    Raises:
        TOMLDecodeError: the text is no TOML.
    """
    tomllib.loads(text)
    return _Scan(text).places()


def line_of(places: Mapping[Path, int], path: Path) -> int:
    """Return the line of what the path names, or of the innermost thing around it that the text has."""
    for end in range(len(path), 0, -1):
        if path[:end] in places:
            return places[path[:end]]
    return 1


class _Scan:
    """One way through a text that is known to be right."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._at = 0
        self._line = 1
        self._counted = 0
        self._found: dict[Path, int] = {}
        self._lists: dict[Path, int] = {}

    def places(self) -> dict[Path, int]:
        """Return the line of each path."""
        table: Path = ()
        self._skip(_SPACE)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_SPACE)
        return self._found

    def _header(self) -> Path:
        several = self._text.startswith("[[", self._at)
        self._at += 2 if several else 1
        line = self._here()
        path = self._resolved(self._key(), last_is_list=several)
        self._at = self._text.index("]", self._at) + (2 if several else 1)
        self._note(path, line)
        return path

    def _resolved(self, key: Path, *, last_is_list: bool) -> Path:
        """Return the key with the place in each list that it goes through."""
        path: Path = ()
        for number, part in enumerate(key, 1):
            path = (*path, part)
            if last_is_list and number == len(key):
                self._lists[path] = self._lists.get(path, -1) + 1
            self._note(path, self._here())
            if path in self._lists:
                path = (*path, self._lists[path])
        return path

    def _pair(self, table: Path) -> None:
        line = self._here()
        key = self._key()
        for end in range(1, len(key) + 1):
            self._note((*table, *key[:end]), line)
        self._at = self._text.index("=", self._at) + 1
        self._skip(_BLANK)
        self._value((*table, *key))

    def _key(self) -> Path:
        parts: list[str] = []
        while True:
            self._skip(_BLANK)
            word = self._take(_KEY)
            parts.append(_unquoted(word))
            self._skip(_BLANK)
            if self._text[self._at] != ".":
                return tuple(parts)
            self._at += 1

    def _value(self, path: Path) -> None:
        first = self._text[self._at]
        if first == "[":
            self._items(path)
        elif first == "{":
            self._inline(path)
        elif not self._take(_STRING):
            self._take(_PLAIN)

    def _items(self, path: Path) -> None:
        self._at += 1
        number = 0
        while True:
            self._skip(_SPACE)
            if self._text[self._at] == "]":
                self._at += 1
                return
            self._note((*path, number), self._here())
            self._value((*path, number))
            self._comma()
            number += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        while True:
            self._skip(_SPACE)
            if self._text[self._at] == "}":
                self._at += 1
                return
            self._pair(path)
            self._comma()

    def _comma(self) -> None:
        self._skip(_SPACE)
        if self._text[self._at] == ",":
            self._at += 1

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found[0] if found else ""

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _note(self, path: Path, line: int) -> None:
        self._found.setdefault(path, line)


def _unquoted(word: str) -> str:
    """Return a key as its text."""
    return str(tomllib.loads(f"k = {word}")["k"]) if word[:1] in {'"', "'"} else word
