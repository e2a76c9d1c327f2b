"""Ed-Fi bulk XML interchanges, from release 1 (2012) on, as the tables that the Ed-Fi ODS/API gives.

Source: Ed-Fi Data Standard, Bulk XML. The names are those of the API, release 5, so one mapping serves both.
Suits files of any size: they are streamed once, and their rows kept in a temporary file without a name.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import ClassVar, Final

from adapters._bundles import Member
from adapters._edfi_naming import camel, record_name, resource_of
from adapters._edfi_records import Identities, Orphan, Shaped, Shaper
from adapters._xml import Element, XmlLimits, records
from adapters._xml_files import XmlFiles
from adapters._xml_tables import Shaping, XmlTables
from adapters._xml_text import Readable
from gateway.adapter_api import AdapterConfig, Batch, Finding, Only, Rule, Table, finding

_ROOT: Final = "Interchange"
_REF: Final = re.compile(rb"""\sref\s*=\s*["']""")
_CHUNK: Final = 1024 * 1024
_OVERLAP: Final = 64


class EdfiXml(AdapterConfig):
    """`[source.options]` when `adapter = "edfi_xml"`."""

    path: Path
    """A folder, with folders in it or without; a ZIP archive; or one XML file."""

    limits: XmlLimits = XmlLimits()
    """What is refused because nobody's export is that large."""


class EdfiXmlAdapter:
    """Reads the interchanges at one path, all files together.

    A record of `Student` is a row of `students`, and each of its `OtherName` a row of `students.otherNames`.
    Every record also has the columns `_file` and `_line`, where it begins. Descriptors of all kinds are
    one table, `descriptors`. A reference by `ref` gets the keys of the record that has the `id` in the file.
    """

    Config: ClassVar[type[AdapterConfig]] = EdfiXml
    pushdown: ClassVar[bool] = False

    def __init__(self, config: EdfiXml) -> None:
        self._tables = XmlTables(config.path, config.limits, _Interchanges(config.limits))

    async def check(self) -> None:
        """Return if there is an interchange.

        Raises:
            Misconfigured: nothing is at the path.
            Malformed: no file there is an interchange, or one was made to do harm.
            TooLarge: there is more than the limits allow.
        """
        await asyncio.to_thread(self._tables.check)

    async def tables(self) -> Sequence[Table]:
        """Return the tables in the order of their names; raises as `check` does."""
        return await asyncio.to_thread(self._tables.tables)

    def unused(self) -> Sequence[Finding]:
        """Return a finding for each file or rest of a file that `tables` could not read."""
        return self._tables.unused()

    async def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
        """Yield the table's rows in the order of the files' paths."""
        found = self._tables.batches(table, only)
        while (batch := await asyncio.to_thread(next, found, None)) is not None:
            yield batch


class _Interchanges:
    """What an interchange is and what shape its records get."""

    name = "an Ed-Fi interchange"

    def __init__(self, limits: XmlLimits) -> None:
        self._limits = limits
        self._last: tuple[object, Identities] | None = None

    def level(self, root: str) -> int | None:
        return 1 if root.startswith(_ROOT) else None

    def resource(self, tag: str) -> str:
        return resource_of(record_name(tag))

    def shaping(self, files: XmlFiles, member: Member) -> Shaping:
        identities = self._identities(files, member)

        def shape(element: Element, notes: list[Finding]) -> Shaped:
            return Shaper(identities, _noted(member.path, notes)).record(element)

        return shape

    def _identities(self, files: XmlFiles, member: Member) -> Identities:
        """Return those of the file's records that others refer to, kept while the same file is read."""
        key = (files.stamp, member)
        if self._last is None or self._last[0] != key:
            self._last = key, self._found(files, member)
        return self._last[1]

    def _found(self, files: XmlFiles, member: Member) -> Identities:
        with files.open(member) as stream:
            if not _refers(stream):
                return Identities()
        with files.open(member) as stream:
            found = records(stream, member.path, self._limits, self.level, lambda _: True)
            return Identities((one for one in found if isinstance(one, Element)), self._limits.max_ids)


def _refers(stream: Readable) -> bool:
    """Tell whether the file may hold a reference by `ref`, without reading it as XML."""
    tail = b""
    while chunk := stream.read(_CHUNK):
        plain = (tail + chunk).replace(b"\0", b"")
        if _REF.search(plain):
            return True
        tail = chunk[-_OVERLAP:]
    return False


def _noted(file: str, notes: list[Finding]) -> Orphan:
    def orphan(reference: str, element: Element) -> None:
        notes.append(
            finding(
                Rule.REFERENCE_ORPHAN,
                "no record of the file has this id",
                file=file,
                line=element.line,
                column=camel(reference),
                raw_value=element.attributes.get("ref"),
                suggestion="export the file again with the record, or with the keys in the reference",
            )
        )

    return orphan
