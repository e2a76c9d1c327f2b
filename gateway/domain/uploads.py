"""Files that schools outside the network send: what they are, told by their bytes alone. Pure."""

import re
from enum import StrEnum
from typing import Final

from gateway.domain.errors import Malformed, TooLarge

MAX_FILE_BYTES: Final = 10 * 1024 * 1024
MAX_FILES: Final = 4
"""At a time."""
MAX_FILES_IN_ALL: Final = 12
"""For one letter."""
_TAIL: Final = 66_000
"""Bytes at the end of a file in which an archive says that it is one (ZIP, 4.3.16)."""


class FileKind(StrEnum):
    """What is taken, with the ending under which it is saved."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpg"
    TIFF = "tif"
    XML = "xml"
    CSV = "csv"


MEDIA_TYPES: Final = {
    FileKind.PDF: "application/pdf",
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
    FileKind.TIFF: "image/tiff",
    FileKind.XML: "application/xml",
    FileKind.CSV: "text/csv",
}
_MAGIC: Final = (
    (b"%PDF-", FileKind.PDF),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"II*\x00", FileKind.TIFF),
    (b"MM\x00*", FileKind.TIFF),
)
_ENDS: Final = {FileKind.PNG: b"IEND\xaeB`\x82", FileKind.JPEG: b"\xff\xd9"}
_ARCHIVE: Final = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x1f\x8b",
    b"MZ",
    b"\x7fELF",
)
_MARKUP: Final = re.compile(rb"<\s*(!doctype|html|script|svg|iframe|body|\?php)", re.IGNORECASE)
_ACTIVE: Final = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|OpenAction|RichMedia)\b")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def kind_of(content: bytes) -> FileKind:
    """Return what the bytes are, whatever the file is called.

    Raises:
        TooLarge: it has more than ten megabytes.
        Malformed: it is empty, an archive, a program, a page, two things at once, or of another kind.
    """
    if not content:
        raise Malformed("upload.empty")
    if len(content) > MAX_FILE_BYTES:
        raise TooLarge("upload.too_large")
    if content.startswith(_ARCHIVE) or b"PK\x05\x06" in content[-_TAIL:]:
        raise Malformed("upload.archive")
    kind = next((kind for magic, kind in _MAGIC if content.startswith(magic)), None) or _text_kind(content)
    if kind is None:
        raise Malformed("upload.unknown_kind")
    _check_one_thing(kind, content)
    return kind


def is_active(kind: FileKind, content: bytes) -> bool:
    """Whether a PDF says that it does something when it is opened."""
    return kind is FileKind.PDF and bool(_ACTIVE.search(content))


def _check_one_thing(kind: FileKind, content: bytes) -> None:
    """Refuse what is another thing too: a page or a PDF inside a picture, something after its end."""
    if kind in _ENDS and _ENDS[kind] not in content[-64:]:
        raise Malformed("upload.two_things")
    if kind is not FileKind.PDF and b"%PDF-" in content[:1024]:
        raise Malformed("upload.two_things")
    if kind is FileKind.PDF and b"%%EOF" not in content[-2048:]:
        raise Malformed("upload.broken")
    if _MARKUP.search(content[:4096]):
        raise Malformed("upload.two_things")


def _text_kind(content: bytes) -> FileKind | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if _CONTROL.search(text):
        return None
    start = text.lstrip()[:200]
    if start.startswith("<?xml") or re.match(r"<[A-Za-z][\w.-]*:?[\w.-]*[\s>]", start):
        if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
            raise Malformed("upload.two_things")
        return FileKind.XML
    lines = text.splitlines()[:5]
    return FileKind.CSV if lines and any(mark in lines[0] for mark in ",;\t|") else None
