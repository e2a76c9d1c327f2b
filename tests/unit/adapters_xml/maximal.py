"""Interchanges that hold every element which a release of the Ed-Fi schemas allows, once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

XS = "{http://www.w3.org/2001/XMLSchema}"
GROUP = "{http://ed-fi.org/annotation}TypeGroup"
RECORDS = frozenset({"Domain Entity", "Association"})
DEEP = 12


class Part(NamedTuple):
    name: str
    type: str


class Schema:
    """The complex types of `Ed-Fi-Core.xsd` with the elements that they allow."""

    def __init__(self, core: Path) -> None:
        root = ET.parse(core).getroot()  # noqa: S314 - the schema that lies beside the project
        self._types = {found.get("name", ""): found for found in root.findall(f"{XS}complexType")}

    def records(self) -> list[str]:
        """Return the names of records that stand by themselves."""
        return [
            name
            for name, found in self._types.items()
            if (group := found.find(f".//{GROUP}")) is not None
            and group.text in RECORDS
            and found.get("abstract") != "true"
        ]

    def record(self, name: str) -> str:
        """Return the record as XML, with every element once and a text of its own in each."""
        return f"<{name}>{''.join(self._inside(name, DEEP, (name,)))}</{name}>"

    def _inside(self, name: str, deeper: int, above: tuple[str, ...]) -> Iterator[str]:
        for part in self._parts(name):
            inner = ""
            if part.type in self._types and deeper and above.count(part.type) < 2:
                inner = "".join(self._inside(part.type, deeper - 1, (*above, part.type)))
            if part.name.endswith("Lookup"):
                continue
            yield f"<{part.name}>{inner or part.name}</{part.name}>"

    def _parts(self, name: str) -> Iterator[Part]:
        found = self._types[name]
        base = found.find(f".//{XS}extension")
        if base is not None and base.get("base") in self._types:
            yield from self._parts(base.get("base", ""))
        for element in found.iter(f"{XS}element"):
            yield Part(element.get("name", ""), element.get("type", ""))


def maximal_interchange(core: Path) -> Mapping[str, str]:
    """Return a file that holds a record of every kind, by its name."""
    schema = Schema(core)
    records = "\n".join(schema.record(name) for name in schema.records())
    return {
        "everything.xml": f'<InterchangeEverything xmlns="http://ed-fi.org/5.2.0">\n{records}\n</InterchangeEverything>'
    }
