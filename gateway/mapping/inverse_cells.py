"""From a value on the wire to the text of a cell. Every text is read back before it is believed."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import orjson

from gateway.mapping.cells import Cell, cell_of, cell_of_many, fixed_json
from gateway.mapping.crosswalk import Crosswalk
from gateway.mapping.spec import MappingFile
from gateway.mapping.spec_fields import Leaf
from gateway.mapping.transforms import parser

_ANY_DAY: Final = date(2020, 1, 1)
"""Only doubts about ages depend on the day; no value does."""


class Origin(NamedTuple):
    """Where an entry came from."""

    own: bool = False
    """From this local system: its keys and codes are known here."""
    kin: bool = False
    """From a system of the same product, which writes the same codes."""


class CellWriter:
    """Writes cells by the leaves of a mapping."""

    def __init__(self, mapping: MappingFile) -> None:
        self._mapping = mapping
        self._cells: dict[tuple[int, str], tuple[Leaf, Cell]] = {}

    def text(self, leaf: Leaf, annotation: Any, value: Any, at: int, origin: Origin) -> str | None:
        """Return a text that the leaf reads as that value; None where there is none.

        Args:
            leaf: Whose cell it is.
            annotation: The type of the field.
            value: As on the wire.
            at: Which of the leaf's columns it is for.
            origin: Where the value came from: local codes of the same product count first.
        """
        for text in self._texts(leaf, value, at, origin):
            if same(self.read(leaf, annotation, text), value, own=origin.own):
                return text
        return None

    def read(self, leaf: Leaf, annotation: Any, text: str) -> Any:
        """Return what the leaf reads in a text, as on the wire; None for nothing."""
        json = self._cell(leaf, annotation)(text).json
        if json is None:
            return None
        return orjson.loads(f"[{json}]" if leaf.reading == "typedIds" else json)

    def fixed(self, leaf: Leaf, annotation: Any) -> Any:
        """Return the value of a leaf without a column."""
        conventions = self._mapping.conventions
        value: Any = getattr(conventions, leaf.convention) if leaf.convention else leaf.static
        if leaf.lookup:
            value = parser(leaf, conventions, self._mapping.codes, _ANY_DAY)(str(value)).value
        return orjson.loads(fixed_json(value, annotation))

    def typed_id(self, value: Mapping[str, Any], origin: Origin) -> str:
        """Return an identifier as OneRoster writes it in a list: `{type:id}`."""
        walk = self._mapping.codes["identifier_system"]
        kind = next(_codes(walk, value["system"], origin), value["system"]["code"])
        return f"{{{kind}:{value['value']}}}"

    def _cell(self, leaf: Leaf, annotation: Any) -> Cell:
        name = (id(leaf), str(annotation))
        if name not in self._cells:
            parse = parser(leaf, self._mapping.conventions, self._mapping.codes, _ANY_DAY)
            make = cell_of_many if leaf.reading == "typedIds" else cell_of
            self._cells[name] = leaf, make(parse, annotation)
        return self._cells[name][1]

    def _texts(self, leaf: Leaf, value: Any, at: int, origin: Origin) -> Iterator[str]:
        """Yield texts that may stand for the value, the likeliest first."""
        if leaf.gives is not None:
            yield _word(leaf, at, said=True)
        elif leaf.lookup is not None:
            yield from _codes(self._mapping.codes[leaf.lookup], value, origin)
        elif isinstance(value, bool):
            yield _word(leaf, at, said=value)
        elif isinstance(value, str) and leaf.reading in {"date", "birthDate", "exitDate"}:
            yield from self._dates(leaf, value)
        elif isinstance(value, int) and leaf.reading in {"integer", "schoolYear"}:
            yield str(self._number(leaf, value))
        elif isinstance(value, str | int | float):
            yield str(value)

    def _dates(self, leaf: Leaf, value: str) -> Iterator[str]:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return
        if leaf.reading == "exitDate" and self._mapping.conventions.exit_date == "lastDayAttended":
            day -= timedelta(days=1)
        if leaf.format and leaf.reading == "date":
            yield day.strftime(leaf.format)
        yield day.isoformat()

    def _number(self, leaf: Leaf, value: int) -> int:
        number = value - (leaf.plus or 0)
        starts = leaf.reading == "schoolYear" and self._mapping.conventions.school_year == "startYear"
        return number - 1 if starts else number


def same(read: Any, value: Any, *, own: bool) -> bool:
    """Tell whether two values say the same. Of coded values the local code counts only at home."""
    if not is_coded(value) or not is_coded(read):
        return bool(read == value)
    parts = ("code", "system", "localCode") if own and "localCode" in value else ("code", "system")
    return all(read.get(part) == value.get(part) for part in parts)


def is_coded(value: Any) -> bool:
    """Tell whether this is a coded value as on the wire."""
    return isinstance(value, dict) and {"code", "system"} <= value.keys()


def _codes(walk: Crosswalk, value: Any, origin: Origin) -> Iterator[str]:
    """Yield local codes: the one that was kept, then those of the crosswalk, then the code itself."""
    code = value["code"] if is_coded(value) else str(value)
    if any(origin) and is_coded(value) and "localCode" in value:
        space = value.get("localSystem", "")
        yield from [f"{space}#{value['localCode']}"] if space.startswith("uri://") else []
        yield value["localCode"]
    for known in walk.values:
        if known.code == code and not known.drop:
            yield from known.local
    yield code


def _word(leaf: Leaf, at: int, *, said: bool) -> str:
    """Return the mapping's first word for yes or no; where a first column of several, the plain one."""
    words = leaf.true if said else leaf.false
    if words and (at > 0 or len(leaf.column) == 1):
        return words[0]
    return "true" if said else "false"
