"""Credentials baked into pictures (Open Badges 3.0, 5.3): an iTXt chunk of a PNG, an element of an SVG."""

import struct
import zlib
from typing import Any, Final
from xml.parsers import expat

from gateway.adapter_api import Malformed, TooLarge

PNG: Final = b"\x89PNG\r\n\x1a\n"

_KEYWORDS: Final = (b"openbadgecredential", b"openbadges")
_MAX_CHUNKS: Final = 10_000
_HEAD: Final = struct.Struct(">I4s")
_CRC: Final = struct.Struct(">I")
_MAX_DEPTH: Final = 200
_ELEMENTS: Final = frozenset(
    {
        "https://purl.imsglobal.org/ob/v3p0 credential",
        "http://openbadges.org assertion",
        "https://openbadges.org assertion",
    }
)


def baked_in_png(content: bytes, max_bytes: int) -> bytes:
    """Return the credential in a PNG, byte for byte.

    Raises:
        Malformed: it is no PNG, is damaged, or holds no credential or several.
        TooLarge: the credential has more bytes than that.
    """
    texts = (_text_of(kind, chunk, max_bytes) for kind, chunk in _chunks(content))
    return _only([text for text in texts if text is not None])


def baked_in_svg(content: bytes, max_bytes: int) -> bytes:
    """Return the credential in an SVG, as the bytes of its text in UTF-8; raises as `baked_in_png` does."""
    reader = _SvgReader(max_bytes)
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError:
        raise Malformed("the picture is no SVG") from None
    return _only([text.encode() for text in reader.found if text])


def _only(found: list[bytes]) -> bytes:
    if len(found) != 1:
        raise Malformed(f"the picture holds {'several credentials' if found else 'no credential'}")
    return found[0]


def _chunks(content: bytes) -> list[tuple[bytes, memoryview]]:
    if not content.startswith(PNG):
        raise Malformed("the picture is no PNG")
    view, at = memoryview(content), len(PNG)
    chunks: list[tuple[bytes, memoryview]] = []
    while at < len(view):
        if len(chunks) >= _MAX_CHUNKS:
            raise Malformed("the picture has more chunks than any picture has")
        if at + _HEAD.size + _CRC.size > len(view):
            raise Malformed("the picture is damaged")
        length, kind = _HEAD.unpack_from(view, at)
        end = at + _HEAD.size + length
        if end + _CRC.size > len(view):
            raise Malformed("the picture is damaged")
        chunks.append((kind, view[at + _HEAD.size : end]))
        if kind == b"iTXt" and zlib.crc32(view[at + 4 : end]) != _CRC.unpack_from(view, end)[0]:
            raise Malformed("the picture is damaged")
        at = end + _CRC.size
        if kind == b"IEND":
            break
    return chunks


def _text_of(kind: bytes, chunk: memoryview, max_bytes: int) -> bytes | None:
    """Return the text of a chunk that holds a credential (PNG, 11.3.3.4), else nothing."""
    if kind not in {b"iTXt", b"tEXt"}:
        return None
    keyword, _, rest = bytes(chunk[:80]).partition(b"\0")
    if keyword not in _KEYWORDS:
        return None
    if len(chunk) > max_bytes + 200:
        raise TooLarge(f"the credential in the picture has more than {max_bytes} bytes")
    rest = bytes(chunk[len(keyword) + 1 :])
    if kind == b"tEXt":
        return rest
    parts = rest[2:].split(b"\0", 2)
    if len(parts) != 3:  # noqa: PLR2004 - language, translated keyword, text
        raise Malformed("the picture is damaged")
    return _inflated(parts[2], max_bytes) if rest[0] else parts[2]


def _inflated(packed: bytes, max_bytes: int) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(packed, max_bytes + 1)
    except zlib.error:
        raise Malformed("the picture is damaged") from None
    if len(text) > max_bytes:
        raise TooLarge(f"the credential in the picture has more than {max_bytes} bytes")
    if not unpacking.eof:
        raise Malformed("the picture is damaged")
    return text


class _SvgReader:
    """Collects the text of credential elements. A document that declares entities is refused."""

    def __init__(self, max_bytes: int) -> None:
        self.found: list[str] = []
        self._max_bytes = max_bytes
        self._depth = 0
        self._inside = 0
        self._text: list[str] = []
        self._size = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._entity

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Malformed("the picture has more levels than any picture has")
        if name in _ELEMENTS and not self._inside:
            self._inside, self._text = self._depth, []
            self._characters(attributes.get("verify", ""))

    def _end(self, _name: str) -> None:
        if self._inside == self._depth:
            self.found.append("".join(self._text).strip())
            self._inside = 0
        self._depth -= 1

    def _characters(self, text: str) -> None:
        if not self._inside:
            return
        self._size += len(text)
        if self._size > self._max_bytes:
            raise TooLarge(f"the credential in the picture has more than {self._max_bytes} bytes")
        self._text.append(text)

    def _entity(self, *_declared: Any) -> None:
        raise Malformed("the picture declares entities")
