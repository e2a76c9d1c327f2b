"""The text of an XML file as UTF-8, whatever it declares and whatever it is."""

import codecs
import re
from collections.abc import Iterator
from typing import Final, Protocol

from gateway.adapter_api import Finding, Rule, TooLarge, finding

_CHUNK: Final = 64 * 1024
_HEAD: Final = 256
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARED: Final = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,30})["']""")
_READ_AS: Final = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "macintosh": "mac_roman"}
"""What is declared as the first is written as the second: where they differ, the first has no letters."""
_PLAIN: Final = re.compile(r"utf-?8|(us-)?ascii")
_KNOWN: Final = re.compile(
    r"iso-8859-\d{1,2}|windows-125\d|cp\d{3,4}|mac_roman|gb2312|gbk|gb18030|big5|shift_jis"
)
_UNFIT: Final = bytes(code for code in range(0x20) if code not in b"\t\n\r")
"""Control characters, which XML has no way to hold."""


class Readable(Protocol):
    """A file open for reading bytes."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; none at the end."""

    def close(self) -> None:
        """Let go of the file."""


def utf8(stream: Readable, file: str, most: int, notes: list[Finding]) -> Iterator[bytes]:
    """Yield the file's text as UTF-8 without a byte order mark; `notes` takes what had to be guessed.

    Bytes that are not of the encoding are read as Windows-1252, control characters are dropped; the first
    line where that happens is noted.

    Raises:
        TooLarge: the file has more than `most` bytes.
    """
    size, decoder = 0, _Decoder(file, notes)
    for chunk in _chunks(stream):
        size += len(chunk)
        if size > most:
            raise TooLarge(f"{file} holds more than {most} bytes")
        yield decoder.feed(chunk)
    yield decoder.feed(b"", final=True)


def _chunks(stream: Readable) -> Iterator[bytes]:
    """Yield the bytes; the first chunk is long enough to know the encoding by."""
    head = b""
    while len(head) < _HEAD and (chunk := stream.read(_CHUNK)):
        head += chunk
    yield head
    while chunk := stream.read(_CHUNK):
        yield chunk


class _Decoder:
    def __init__(self, file: str, notes: list[Finding]) -> None:
        self._file = file
        self._notes = notes
        self._noted: set[str] = set()
        self._line = 1
        self._rest = b""
        self._other: codecs.IncrementalDecoder | None = None
        self._begun = False

    def feed(self, chunk: bytes, *, final: bool = False) -> bytes:
        """Return what the bytes are as UTF-8."""
        if not self._begun:
            chunk = self._begin(chunk)
        if self._other:
            raw = self._other.decode(chunk, final).removeprefix("\ufeff").encode("utf-8", "replace")
        else:
            raw = self._as_utf8(self._rest + chunk, final)
        if len(fit := raw.translate(None, _UNFIT)) != len(raw):
            self._note(Rule.TEXT_NUL, "control characters, which were dropped", "export the file again")
        self._line += fit.count(b"\n")
        return fit

    def _begin(self, head: bytes) -> bytes:
        """Choose the decoder by the first bytes, which come before what the file says of itself."""
        self._begun = True
        for mark, encoding in _BOMS:
            if head.startswith(mark):
                return self._use(encoding, head)
        if (found := _DECLARED.match(head)) is None:
            return head
        declared = found[1].decode("ascii").lower()
        encoding = _READ_AS.get(declared, declared)
        if _KNOWN.fullmatch(encoding) and _exists(encoding):
            return self._use(encoding, head)
        if not _PLAIN.fullmatch(declared):
            self._note(
                Rule.TEXT_ENCODING, f"the encoding {declared}, and was read as UTF-8", "export as UTF-8"
            )
        return head

    def _use(self, encoding: str, head: bytes) -> bytes:
        if encoding == "utf-8":
            return head.removeprefix(codecs.BOM_UTF8)
        self._other = codecs.getincrementaldecoder(encoding)("replace")
        return head

    def _as_utf8(self, raw: bytes, final: bool) -> bytes:
        """Return the bytes if they are UTF-8, but for a character that the next bytes complete."""
        good: list[bytes] = []
        while True:
            try:
                _, used = codecs.utf_8_decode(raw, "strict", final)
            except UnicodeDecodeError as error:
                good += (raw[: error.start], _guessed(raw[error.start : error.end]))
                raw = raw[error.end :]
                self._note(
                    Rule.TEXT_ENCODING,
                    "bytes that are not UTF-8, read as Windows-1252",
                    "export as UTF-8",
                    good,
                )
            else:
                self._rest = raw[used:]
                return b"".join((*good, raw[:used]))

    def _note(self, rule: Rule, what: str, suggestion: str, before: list[bytes] | None = None) -> None:
        if rule in self._noted:
            return
        self._noted.add(rule)
        line = self._line + sum(piece.count(b"\n") for piece in before or ())
        self._notes.append(
            finding(rule, f"the file holds {what}", file=self._file, line=line, suggestion=suggestion)
        )


def _guessed(raw: bytes) -> bytes:
    return raw.decode("cp1252", "replace").encode()


def _exists(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return True
