"""Physical lines of a text file, whatever its encoding, with what was wrong with them."""

import codecs
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from gateway.adapter_api import Finding, Limits, Rule, finding

Line = tuple[int, str]
"""The number, from 1, and the text with its line end."""


_CHUNK: Final = 65_536


class ByteStream(Protocol):
    """A file open for reading bytes."""

    def peek(self, size: int, /) -> bytes:
        """Return some of the bytes that come next, and let them come again."""

    def readline(self, limit: int, /) -> bytes:
        """Return the next line, or the first bytes of it."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""

    def close(self) -> None:
        """Let go of the file."""


class RunawayRecord(Exception):
    """One record spans more lines than any record does."""


class Lines:
    """Iterates over the text of lines, one record after the other.

    `begun` holds the lines handed out since `begin`; `give_back` makes all but the first come again.
    `notes` collects findings until somebody takes them.
    """

    def __init__(self, stream: ByteStream, file: str, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._number = 0
        self._waiting: deque[Line] = deque()
        self.begun: list[Line] = []
        self.notes: list[Finding] = []
        self._readline = self._reader(stream)

    def begin(self) -> None:
        """Start a new record."""
        self.begun = []

    def give_back(self) -> None:
        """Let every line of the record but its first come again."""
        self._waiting.extendleft(reversed(self.begun[1:]))
        self.begun = self.begun[:1]

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        if len(self.begun) >= self._limits.max_record_lines:
            raise RunawayRecord
        line = self._waiting.popleft() if self._waiting else self._read()
        self.begun.append(line)
        return line[1]

    def _reader(self, stream: ByteStream) -> Callable[[int], bytes]:
        """Return what reads a line of UTF-8, from UTF-16 too where the file says that it is that."""
        if stream.peek(2)[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return stream.readline
        self._note(Rule.TEXT_ENCODING, "the file is UTF-16, not UTF-8", "export it as UTF-8")
        lines = _wide_lines(stream, self._limits.max_line_bytes)
        return lambda _limit: next(lines, "").encode("utf-8", "replace")

    def _read(self) -> Line:
        raw = self._readline(self._limits.max_line_bytes + 1)
        if not raw:
            raise StopIteration
        self._number += 1
        if len(raw) > self._limits.max_line_bytes:
            return self._too_long(raw)
        if self._number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        text = self._decoded(raw)
        if "\r" in text.removesuffix("\r\n"):
            text = self._split_returns(text)
        if "\0" in text:
            text = self._without_nul(text)
        return self._number, text

    def _too_long(self, raw: bytes) -> Line:
        while raw and not raw.endswith(b"\n"):
            raw = self._readline(self._limits.max_line_bytes)
        self._note(Rule.ROW_UNREADABLE, "the line is longer than any record", "look for a missing line break")
        return self._number, "\n"

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self._note(
                Rule.TEXT_ENCODING,
                "the line is not UTF-8 and was read as Windows-1252",
                "export the file as UTF-8",
                raw[error.start : error.end].decode("cp1252", "replace"),
            )
            return raw.decode("cp1252", "replace")

    def _split_returns(self, text: str) -> str:
        """Make a lone carriage return end a line, as old systems meant it."""
        text = text.replace("\r\n", "\n")
        first, *rest = text.split("\r") if "\r" in text[:-1] else (text,)
        if not rest:
            return text
        for piece in rest:
            if piece:
                self._number += 1
                self._waiting.append((self._number, piece if piece.endswith("\n") else piece + "\n"))
        return first + "\n"

    def _without_nul(self, text: str) -> str:
        self._note(
            Rule.TEXT_NUL, "the line holds NUL characters, which were dropped", "export the file again"
        )
        return text.replace("\0", "")

    def _note(self, rule: Rule, message: str, suggestion: str, raw: str | None = None) -> None:
        self.notes.append(
            finding(rule, message, file=self._file, line=self._number, raw_value=raw, suggestion=suggestion)
        )


def _wide_lines(stream: ByteStream, longest: int) -> Iterator[str]:
    """Yield the lines of a UTF-16 file; one that is far too long comes in pieces."""
    decoder, rest = codecs.getincrementaldecoder("utf-16")("replace"), ""
    while chunk := stream.read(_CHUNK):
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (f"{line}\n" for line in lines)
        if len(rest) > longest:
            yield rest
            rest = ""
    if rest:
        yield rest
