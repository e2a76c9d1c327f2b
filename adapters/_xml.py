"""Records of XML files, one after the other: nothing is expanded, fetched or held longer than a record.

The parser is expat. A document type is refused whole, and with it every entity that a file could declare.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from pydantic import Field

from adapters._bundles import DAMAGED
from adapters._xml_text import Readable, utf8
from gateway.adapter_api import Finding, Limits, Malformed, Rule, finding

_CHUNK: Final = 64 * 1024


class XmlLimits(Limits):
    """Limits on XML from outside, beside those on every bundle. All are inclusive."""

    max_members: int = Field(default=5_000, gt=0)
    """Files in the archive or the folders, read or not."""

    max_file_bytes: int = Field(default=4 * 1024**3, gt=0)
    """Of one file, uncompressed."""

    max_depth: int = Field(default=40, gt=1)
    """Elements within each other."""

    max_attributes: int = Field(default=40, gt=0)
    """Of one element."""

    max_text: int = Field(default=100_000, gt=0)
    """Characters of one element."""

    max_tag_bytes: int = Field(default=256 * 1024, gt=0)
    """Of one tag with its attributes, or of one comment."""

    max_elements: int = Field(default=50_000, gt=0)
    """Of one record."""

    max_ids: int = Field(default=2_000_000, gt=0)
    """Records of one file that others of the file refer to by `id`."""


@dataclass(slots=True)
class Element:
    """An element of a record. Names are without their prefix; attributes that say how to read it are gone."""

    name: str
    line: int
    attributes: Mapping[str, str] = field(repr=False)
    text: str = field(default="", repr=False)
    """Without blanks around it; means nothing where there are children."""
    children: "list[Element]" = field(default_factory=list, repr=False)


Level = Callable[[str], int | None]
"""The depth of records in a file with that root: 0 where the root is one; None where the file has none."""

Wanted = Callable[[str], bool]
"""Whether records of that name are built; the others are passed over."""


def records(
    stream: Readable, file: str, limits: XmlLimits, level: Level, wanted: Wanted
) -> Iterator[Element | Finding]:
    """Yield the file's records in its order, and what was wrong with the file.

    A file that breaks gives everything before the break and then a finding with the line.

    Raises:
        Malformed: it has a document type, or something in it is larger than the limits allow.
        TooLarge: the file is.
    """
    reading = _Reading(file, limits, level, wanted)
    notes: list[Finding] = []
    try:
        for text in utf8(stream, file, limits.max_file_bytes, notes):
            reading.feed(text)
            yield from reading.take()
        reading.end()
    except expat.ExpatError as error:
        notes.append(_broken(file, error.lineno, expat.ErrorString(error.code)))
    except DAMAGED:
        notes.append(_broken(file, reading.line, "the archive is damaged there"))
    yield from reading.take()
    yield from notes


def root_of(stream: Readable, file: str, limits: XmlLimits) -> str | None:
    """Return the name of the root without its prefix; None where the file is no XML.

    Raises:
        Malformed: it has a document type, or something in it is larger than the limits allow.
    """
    seen: list[str] = []

    def level(root: str) -> int | None:
        seen.append(root)
        return None

    reading = _Reading(file, limits, level, lambda _: False)
    try:
        for text in utf8(stream, file, limits.max_file_bytes, []):
            reading.feed(text)
            if seen:
                break
    except (expat.ExpatError, *DAMAGED):
        pass
    return seen[0] if seen else None


def _broken(file: str, line: int, why: str | None) -> Finding:
    return finding(
        Rule.FILE_DAMAGED,
        f"the file breaks here ({why}); records from here on are missing",
        file=file,
        line=line,
        suggestion="export and send it again; a bare & is written &amp; in XML",
    )


class _Reading:
    """What expat calls. `take` hands out the records that are complete."""

    def __init__(self, file: str, limits: XmlLimits, level: Level, wanted: Wanted) -> None:
        self._file = file
        self._limits = limits
        self._level = level
        self._wanted = wanted
        self._at: int | None = None
        self._depth = 0
        self._count = 0
        self._fed = 0
        self._open: list[Element] = []
        self._done: list[Element] = []
        self._parser = self._new_parser()

    @property
    def line(self) -> int:
        """The line that the parser has reached."""
        return self._parser.CurrentLineNumber

    def feed(self, text: bytes) -> None:
        """Take UTF-8 that comes next."""
        self._fed += len(text)
        self._parser.Parse(text, False)
        if self._fed - self._parser.CurrentByteIndex > self._limits.max_tag_bytes + _CHUNK:
            raise self._too_large("a tag")

    def end(self) -> None:
        """Say that nothing more comes."""
        self._parser.Parse(b"", True)

    def take(self) -> list[Element]:
        """Return the records that were completed since."""
        done, self._done = self._done, []
        return done

    def _new_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate("utf-8", intern={})
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        return parser

    def _refuse(self, *_: object) -> int:
        raise Malformed(f"{self._file} declares a document type or an entity, which is never read")

    def _too_large(self, what: str) -> Malformed:
        return Malformed(f"{self._file}: {what} is larger than the limits allow, near line {self.line}")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > self._limits.max_depth or len(attributes) > self._limits.max_attributes:
            raise self._too_large("an element")
        name = tag.rpartition(":")[2]
        if self._depth == 1:
            self._at = self._level(name)
        if self._open:
            self._inside(name, attributes)
        elif self._at == self._depth - 1 and self._wanted(name):
            self._begin(name, attributes)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._count = 0
        self._open.append(self._element(name, attributes))
        self._parser.CharacterDataHandler = self._text

    def _inside(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > self._limits.max_elements:
            raise self._too_large("a record")
        element = self._element(name, attributes)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _element(self, name: str, attributes: dict[str, str]) -> Element:
        return Element(name, self.line, _own(attributes) if attributes else attributes)

    def _text(self, text: str) -> None:
        element = self._open[-1]
        element.text += text
        if len(element.text) > self._limits.max_text:
            raise self._too_large("a text")

    def _end(self, _: str) -> None:
        self._depth -= 1
        if not self._open:
            return
        element = self._open.pop()
        element.text = element.text.strip()
        if not self._open:
            self._done.append(element)
            self._parser.CharacterDataHandler = None


def _own(attributes: Mapping[str, str]) -> dict[str, str]:
    """Leave out namespaces and hints for validation, which are about the file."""
    return {name: value.strip() for name, value in attributes.items() if ":" not in name and name != "xmlns"}
