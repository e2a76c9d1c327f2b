"""Bytes of a text file, as UTF-8, looked at before they are taken."""

import codecs
import struct
import zipfile
import zlib
from typing import Final, Protocol

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, ValueError, NotImplementedError)
"""What reading a broken archive or file raises."""

_READ: Final = 256 * 1024
_HEAD: Final = 64 * 1024
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class ByteStream(Protocol):
    """A file open for reading bytes."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; none at the end."""

    def close(self) -> None:
        """Let go of the file."""


class Ahead:
    """The bytes of a stream that may be looked at before they are taken.

    Where the stream breaks, the whole lines before the break are handed out first; then its error comes.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._buffer = b""
        self._start = 0
        self._ended = False
        self._broken: Exception | None = None
        self.taken = 0
        """Bytes taken so far."""

    def window(self, size: int) -> bytes:
        """Return the whole lines that come next, up to `size` bytes, and take none of them.

        Nothing is returned at the end, and where the next line is longer than that.
        """
        self._fill(size)
        end = min(self._start + size, len(self._buffer))
        if not self._ended or end < len(self._buffer):
            end = self._buffer.rfind(b"\n", self._start, end) + 1
        return self._buffer[self._start : end]

    def must_be_whole(self) -> None:
        """Return if the stream did not break in what was looked at so far; else raise one of `DAMAGED`."""
        if self._broken:
            raise self._broken

    def take(self, count: int) -> None:
        """Take bytes that a window has shown."""
        self._start += count
        self.taken += count

    def readline(self, limit: int) -> bytes:
        """Take the next line, or its first bytes; nothing at the end."""
        if len(self._buffer) - self._start < limit:
            self._fill(limit)
        end = self._buffer.find(b"\n", self._start, self._start + limit) + 1
        line = self._buffer[self._start : end or self._start + limit]
        self.take(len(line))
        return line

    def at_end(self) -> bool:
        """Tell whether all was taken.

        Raises:
            Exception: one of `DAMAGED`: all that could be read was taken.
        """
        self._fill(1)
        if self._start < len(self._buffer):
            return False
        self.must_be_whole()
        return True

    def _fill(self, wanted: int) -> None:
        have = len(self._buffer) - self._start
        if self._ended or have >= wanted:
            return
        pieces = [self._buffer[self._start :]]
        while have < wanted and not self._ended:
            piece = self._piece()
            pieces.append(piece)
            have += len(piece)
        self._buffer, self._start = b"".join(pieces), 0
        if self._broken:
            self._buffer = self._buffer[: self._buffer.rfind(b"\n") + 1]

    def _piece(self) -> bytes:
        try:
            piece = self._stream.read(_READ)
        except DAMAGED as error:
            self._broken, piece = error, b""
        self._ended = not piece
        return piece


class _Begun:
    """A stream of which the first bytes, the `head`, were looked at. A break in these comes after them."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._broken: Exception | None = None
        self.head = self._rest = self._read_head()

    def read(self, size: int, /) -> bytes:
        if self._rest:
            piece, self._rest = self._rest[:size], self._rest[size:]
            return piece
        if self._broken:
            raise self._broken
        return self._stream.read(size)

    def close(self) -> None:
        self._stream.close()

    def _read_head(self) -> bytes:
        head = b""
        try:
            while len(head) < _HEAD and (piece := self._stream.read(_HEAD)):
                head += piece
        except DAMAGED as error:
            self._broken = error
        return head


class _Transcoded:
    """Text of any encoding as UTF-8. What cannot be decoded becomes U+FFFD, which is looked for later."""

    def __init__(self, stream: ByteStream, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int, /) -> bytes:
        while piece := self._stream.read(size):
            if text := self._decoder.decode(piece):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")

    def close(self) -> None:
        self._stream.close()


class _Returns:
    """A file of the old kind, in which a carriage return ends each line."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        return self._stream.read(size).replace(b"\r", b"\n")

    def close(self) -> None:
        self._stream.close()


def utf8_of(stream: ByteStream, encoding: str | None) -> tuple[ByteStream, str | None]:
    """Return the stream as UTF-8, and the encoding that it was found to have instead, if any.

    Without an encoding it is UTF-8, or UTF-16 where the first bytes say so. Lines of the result end with a
    line feed, also where the file has carriage returns only.
    """
    begun = _Begun(stream)
    found = encoding or _wide(begun.head)
    if found:
        begun = _Begun(_Transcoded(begun, found))
    only_returns = b"\r" in begun.head[:-1] and b"\n" not in begun.head
    return _Returns(begun) if only_returns else begun, found if encoding is None else None


def _wide(head: bytes) -> str | None:
    """Tell UTF-16 by its mark or, without one, by the empty halves of its first Latin letters."""
    if head.startswith(_UTF_16):
        return "utf-16"
    if len(head) >= 4 and head[0] and head[2] and not head[1] and not head[3]:  # noqa: PLR2004 - two letters
        return "utf-16-le"
    if len(head) >= 4 and head[1] and head[3] and not head[0] and not head[2]:  # noqa: PLR2004 - two letters
        return "utf-16-be"
    return None
