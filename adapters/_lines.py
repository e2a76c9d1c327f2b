"""Physical lines of a text file, whatever its encoding, with what was wrong with them."""

import codecs
from collections import deque

from adapters._delimited_bytes import Ahead
from gateway.adapter_api import Finding, Limits, Rule, finding

Line = tuple[int, str]
"""The number, from 1, and the text with its line end."""


class RunawayRecord(Exception):
    """One record spans more lines than any record does."""


class Lines:
    """Iterates over the text of lines, one record after the other.

    `begun` holds the lines handed out since `begin`; `give_back` makes all but the first come again.
    `notes` collects findings until somebody takes them.
    """

    def __init__(self, ahead: Ahead, file: str, limits: Limits) -> None:
        self.file = file
        self.number = 0
        """Of the last line that was read."""
        self.begun: list[Line] = []
        self.notes: list[Finding] = []
        self._ahead = ahead
        self._limits = limits
        self._waiting: deque[Line] = deque()

    @property
    def idle(self) -> bool:
        """Whether every line that was read was handed out."""
        return not self._waiting

    def begin(self) -> None:
        """Start a new record."""
        self.begun = []

    def give_back(self) -> None:
        """Let every line of the record but its first come again."""
        self._waiting.extendleft(reversed(self.begun[1:]))
        self.begun = self.begun[:1]

    def again(self) -> None:
        """Let every line of the record come again."""
        self._waiting.extendleft(reversed(self.begun))
        self.begun = []

    def take_notes(self) -> list[Finding]:
        """Return the findings since the last time."""
        taken, self.notes = self.notes, []
        return taken

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        if len(self.begun) >= self._limits.max_record_lines:
            raise RunawayRecord
        line = self._waiting.popleft() if self._waiting else self._read()
        self.begun.append(line)
        return line[1]

    def _read(self) -> Line:
        raw = self._ahead.readline(self._limits.max_line_bytes + 1)
        if not raw:
            raise StopIteration
        self.number += 1
        if len(raw) > self._limits.max_line_bytes:
            return self._too_long(raw)
        if self.number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        text = self._decoded(raw)
        number = self.number
        if "\0" in text:
            text = self._without_nul(text)
        if "\r" in text.removesuffix("\r\n"):
            text = self._split_returns(text)
        return number, text

    def _too_long(self, raw: bytes) -> Line:
        while raw and not raw.endswith(b"\n"):
            raw = self._ahead.readline(self._limits.max_line_bytes)
        self._note(Rule.ROW_UNREADABLE, "the line is longer than any record", "look for a missing line break")
        return self.number, "\n"

    def _decoded(self, raw: bytes) -> str:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self._note(
                Rule.TEXT_ENCODING,
                "the line is not UTF-8 and was read as Windows-1252",
                "export the file as UTF-8",
                raw[error.start : error.end].decode("cp1252", "replace"),
            )
            return raw.decode("cp1252", "replace")
        if "\ufffd" in text:
            self._note(
                Rule.TEXT_ENCODING,
                "characters of the line are lost: they stand as \ufffd",
                "export the file again, as UTF-8",
            )
        return text

    def _split_returns(self, text: str) -> str:
        """Make a lone carriage return end a line, as old systems meant it."""
        text = text.replace("\r\n", "\n")
        first, *rest = text.split("\r") if "\r" in text[:-1] else (text,)
        if not rest:
            return text
        for piece in rest:
            if piece:
                self.number += 1
                self._waiting.append((self.number, piece if piece.endswith("\n") else piece + "\n"))
        return first + "\n"

    def _without_nul(self, text: str) -> str:
        self._note(
            Rule.TEXT_NUL, "the line holds NUL characters, which were dropped", "export the file again"
        )
        return text.replace("\0", "")

    def _note(self, rule: Rule, message: str, suggestion: str, raw: str | None = None) -> None:
        self.notes.append(
            finding(rule, message, file=self.file, line=self.number, raw_value=raw, suggestion=suggestion)
        )
