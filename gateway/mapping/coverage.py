"""How much of the schema a mapping fills: for each field the share of students, and the codes that occur."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.domain.backpack.compact import REF, Dictionary
from gateway.mapping.nodes import Node, Object, Pieces, Reference, Rows, Several, Tree
from gateway.mapping.plan import Plan


@dataclass(frozen=True, slots=True)
class FieldShare:
    """A field that the mapping fills."""

    path: str
    """Section and wire names: `enrollments.gradeLevel`; places in lists are left out."""
    students: int
    """Students with a value."""
    codes: int
    """Different codes of the shared lists that occur."""
    unmapped: Mapping[str, int] = field(default_factory=dict)
    """Local codes that no crosswalk knows, with how often they occur. Mostly short; may be anything."""


class _Place:
    """A field, and what was seen of it."""

    __slots__ = ("children", "codes", "kept", "last", "marks", "name", "shapes", "students")

    def __init__(self, name: str) -> None:
        self.name = name
        self.children: dict[str, _Place] = {}
        self.students = 0
        self.last = -1
        self.shapes: dict[tuple[str, ...], _Shape] = {}
        self.marks: dict[int, list[_Place]] = {}
        """By number of a kept object, the fields that it has here."""
        self.kept: Counter[int] = Counter()
        self.codes: Counter[tuple[str, bool]] = Counter()
        """By code, and whether a crosswalk knows it."""

    def child(self, name: str) -> "_Place":
        found = self.children.get(name)
        if found is None:
            found = self.children[name] = _Place(name)
        return found

    def mark(self, number: int) -> None:
        if self.last != number:
            self.last = number
            self.students += 1


class _Shape:
    """Objects with the same fields: nearly all entries of a section are of a few shapes."""

    __slots__ = ("coded", "deep", "fields", "last", "refers")

    def __init__(self, example: Mapping[str, Any], place: _Place) -> None:
        self.fields = [place.child(name) for name in example if name not in {"meta", REF}]
        self.deep = [one for one in self.fields if isinstance(example[one.name], dict | list)]
        """Those whose values have fields of their own."""
        self.refers = REF in example
        self.coded = isinstance(example.get("code"), str)
        self.last = -1


class Coverage:
    """Takes documents in, one student after the other."""

    def __init__(self, plan: Plan, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._objects: dict[int, Any] = {}
        self._root = _Place("")
        for part in plan.parts():
            place = self._root.child(part.section)
            for tree in (part.tree, *(link.group for link in part.groups)):
                if tree is not None:
                    _expect(tree, place)

    def take(self, number: int, sections: Mapping[str, Sequence[Any]]) -> None:
        """Take a student's compact sections in, as parsed JSON; each student has another number."""
        for section, entries in sections.items():
            place = self._root.child(section)
            place.mark(number)
            for entry in entries:
                self._entry(entry, place, number)

    def object(self, number: int) -> Any:
        """Return a kept object, whole."""
        found = self._objects.get(number)
        if found is None:
            found = self._objects[number] = self._dictionary.expand({REF: number})
        return found

    def shares(self) -> list[FieldShare]:
        """Return every field, sections in the order of the mapping."""
        for place in list(_places(self._root)):
            for number, times in place.kept.items():
                self._count(self.object(number), place, times)
            place.kept.clear()
        return list(self._shares(self._root, ()))

    def _entry(self, entry: Mapping[str, Any], place: _Place, number: int) -> None:
        names = tuple(entry)
        shape = place.shapes.get(names)
        if shape is None:
            shape = place.shapes[names] = _Shape(entry, place)
        if shape.last != number:
            shape.last = number
            for one in shape.fields:
                one.mark(number)
        for child in shape.deep:
            value = entry[child.name]
            for one in value if type(value) is list else (value,):
                if type(one) is dict:
                    self._entry(one, child, number)
        if shape.refers:
            self._kept(entry[REF], place, number)
        if shape.coded:
            place.codes[entry["code"], entry.get("mapping") != "none"] += 1

    def _kept(self, ref: int, place: _Place, number: int) -> None:
        marks = place.marks.get(ref)
        if marks is None:
            kept = self.object(ref)
            marks = place.marks[ref] = [] if "code" in kept else list(_within(kept, place))
        place.kept[ref] += 1
        for one in marks:
            one.mark(number)

    def _count(self, value: Any, place: _Place, times: int) -> None:
        """Count the codes in a kept object as often as it occurs."""
        if isinstance(value, list):
            for one in value:
                self._count(one, place, times)
        elif isinstance(value, dict):
            if "code" in value:
                place.codes[value["code"], value.get("mapping") != "none"] += times
            for name, one in value.items():
                self._count(one, place.child(name), times)

    def _shares(self, place: _Place, path: tuple[str, ...]) -> Iterator[FieldShare]:
        if path:
            known = sum(1 for _, mapped in place.codes if mapped)
            unmapped = {code: n for (code, mapped), n in place.codes.most_common() if not mapped}
            yield FieldShare(".".join(path), place.students, known, unmapped)
        if place.codes:
            return
        for name, child in place.children.items():
            yield from self._shares(child, (*path, name))


def parsed(sections: Mapping[str, str | None]) -> dict[str, Any]:
    """Return a student's sections as parsed JSON, still compact; without those that the student has not."""
    return {name: orjson.loads(text) for name, text in sections.items() if text is not None}


def _places(place: _Place) -> Iterator[_Place]:
    yield place
    for child in place.children.values():
        yield from _places(child)


def _within(value: Any, place: _Place) -> Iterator[_Place]:
    """Yield the fields that a value has at a place."""
    if isinstance(value, list):
        for one in value:
            yield from _within(one, place)
    elif isinstance(value, dict):
        for name, one in value.items():
            child = place.child(name)
            yield child
            yield from _within(one, child)


def _expect(node: Node, place: _Place) -> None:
    """Make the places of all fields that a node may fill, so that those that nobody has are told too."""
    if isinstance(node, Tree):
        for one in node.fields:
            _expect(one.node, place.child(one.name))
    elif isinstance(node, Several):
        for item in node.nodes:
            _expect(item, place)
    elif isinstance(node, Rows):
        _expect(node.node, place)
    elif isinstance(node, Reference):
        _expect_object(node.object, place)
    elif isinstance(node, Pieces) and isinstance(node.of, Object):
        _expect_object(node.of, place)


def _expect_object(shared: Object, place: _Place) -> None:
    if shared.tree is not None:
        _expect(shared.tree, place)
