"""SIF student record exchange: `xSre` and its flat forerunner `sre`, one record a student, as tables.

Source: SIF Data Model US 3.x, objects xSre, sre and xStudent. Suits a folder or an archive of any size.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from adapters._bundles import Member
from adapters._edfi_naming import camel, plural
from adapters._nested import JSON
from adapters._xml import Element, XmlLimits
from adapters._xml_files import XmlFiles
from adapters._xml_tables import Shaping, XmlTables
from gateway.adapter_api import AdapterConfig, Batch, Finding, Only, Table

_LEVELS: Final = {"xsre": 0, "sre": 0, "xstudent": 0, "xsres": 1, "sres": 1, "xstudents": 1}
_LIST: Final = "List"


class XsreXml(AdapterConfig):
    """`[source.options]` when `adapter = "xsre_xml"`."""

    path: Path
    """A folder, with folders in it or without; a ZIP archive; or one XML file."""

    limits: XmlLimits = XmlLimits()
    """What is refused because nobody's export is that large."""


class XsreXmlAdapter:
    """Reads the records at one path, all files together.

    A record is a row of `students`; what `otherIds`, or `otherIdList`, holds are rows of `students.otherIds`.
    Names begin in lower case, whatever the release. A row of a list has its place there in `_number`, from 1;
    a record has `_file` and `_line`, where it begins.
    """

    Config: ClassVar[type[AdapterConfig]] = XsreXml
    pushdown: ClassVar[bool] = False

    def __init__(self, config: XsreXml) -> None:
        self._tables = XmlTables(config.path, config.limits, _Records())

    async def check(self) -> None:
        """Return if there is a record.

        Raises:
            Misconfigured: nothing is at the path.
            Malformed: no file there holds records, or one was made to do harm.
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


class _Records:
    """What a student record is and what shape it gets."""

    name = "a SIF student record (xSre, sre, xStudent)"

    def level(self, root: str) -> int | None:
        return _LEVELS.get(root.casefold())

    def resource(self, tag: str) -> str:
        del tag
        return "students"

    def shaping(self, files: XmlFiles, member: Member) -> Shaping:
        del files, member
        return _shaped_record


def _shaped_record(element: Element, notes: list[Finding]) -> Mapping[str, JSON]:
    del notes
    return _shaped(element)


def _shaped(element: Element) -> dict[str, JSON]:
    """Return an object: attributes first, then parts; a list becomes an array named in the plural."""
    shaped: dict[str, JSON] = {camel(name): text for name, text in element.attributes.items() if text}
    arrays: dict[str, list[JSON]] = {}
    counts = Counter(child.name for child in element.children)
    for child in element.children:
        if _is_list(child):
            _extend(arrays.setdefault(_array(child.name), []), child.children)
        elif counts[child.name] > 1:
            _extend(arrays.setdefault(camel(plural(child.name)), []), (child,))
        elif child.children:
            shaped[camel(child.name)] = _shaped(child)
        else:
            shaped |= _leaf(child)
    return {**shaped, **arrays}


def _leaf(element: Element) -> dict[str, JSON]:
    """Return the text under the element's name, and its attributes under names that begin with it."""
    name = camel(element.name)
    cells: dict[str, JSON] = {
        f"{name}.{camel(key)}": text for key, text in element.attributes.items() if text
    }
    return {name: element.text, **cells} if element.text else cells


def _extend(array: list[JSON], elements: Iterable[Element]) -> None:
    """Add the elements; an object gets its number in the array, for those that belong to it."""
    for element in elements:
        item = _item(element)
        array.append({**item, "_number": str(len(array) + 1)} if isinstance(item, Mapping) else item)


def _item(element: Element) -> JSON:
    if element.children or element.attributes:
        own = {"value": element.text} if element.text and not element.children else {}
        return {**own, **_shaped(element)}
    return element.text or None


def _is_list(element: Element) -> bool:
    """Tell whether the element only holds several of the same: `otherIds`, `raceList`."""
    inner = {child.name for child in element.children}
    if len(inner) != 1:
        return False
    one = inner.pop()
    name = element.name.casefold()
    return len(element.children) > 1 or name.endswith((plural(one).casefold(), f"{one}{_LIST}".casefold()))


def _array(name: str) -> str:
    return camel(plural(name.removesuffix(_LIST)))
