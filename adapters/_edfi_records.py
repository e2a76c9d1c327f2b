"""Records of Ed-Fi interchanges in the shape that the Ed-Fi ODS/API gives them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from adapters import _edfi_names as names
from adapters._edfi_naming import Naming, Shape, current_within, naming, record_name, value_key
from adapters._nested import JSON
from adapters._xml import Element
from gateway.adapter_api import TooLarge

Shaped: TypeAlias = dict[str, JSON]
"""A record, or an object in it, by the API's names: text, objects, and arrays of objects."""

Orphan: TypeAlias = Callable[[str, Element], None]
"""Takes note of a reference, named, whose `ref` is the `id` of no record of the file."""

_LINKED_DEEP: Final = 8
_CODED: Final = frozenset({"CodeValue", "Namespace", "ShortDescription", "Description"})
_NOT_FIELDS: Final = frozenset({"id", "ref", "lookup"})


class _Identity(NamedTuple):
    """What identifies a record: its own keys, and what it refers to for the others."""

    keys: Mapping[str, str]
    links: tuple[tuple[str, str], ...]
    """Names of references without keys of their own, each with its `ref`."""


class Identities:
    """What identifies one file's records, by their `id`, for references with a `ref` and no keys."""

    def __init__(self, records: Iterable[Element] = (), most: int = 0) -> None:
        """Take note of each record that has an `id`.

        Raises:
            TooLarge: more than `most` records have one.
        """
        self._of: dict[str, _Identity] = {}
        for record in records:
            if id_ := record.attributes.get("id"):
                self._of[id_] = _identity(record)
            if len(self._of) > most:
                raise TooLarge(f"more than {most} records of one file have an id")

    def keys(self, reference: str, ref: str, deeper: int = _LINKED_DEEP) -> dict[str, str] | None:
        """Return the keys of a reference of that name; None where no record has the id."""
        found = self._of.get(ref)
        if found is None or not deeper:
            return None
        keys = dict(found.keys)
        for name, link in found.links:
            _add_nested(keys, name, self.keys(name, link, deeper - 1) or {})
        return _as_organization(keys) if reference.endswith("EducationOrganizationReference") else keys


@dataclass(frozen=True, slots=True)
class Shaper:
    """Gives the records of one file their shape."""

    identities: Identities
    orphan: Orphan

    def record(self, element: Element) -> Shaped:
        """Return the record as the API gives it, with the code of every descriptor as the file has it."""
        name = record_name(element.name)
        if name.endswith("Descriptor"):
            return {"descriptor": name, **_leaves(element)}
        if name.endswith("Reference"):
            return {**self._keys(element, name)}
        shaped: Shaped = {}
        self._fill(shaped, element, name, "")
        return shaped

    def _fill(self, into: Shaped, element: Element, owner: str, role: str) -> None:
        """Put the element's parts into the object, under names that begin with `role`."""
        for name, text in _attributes(element, owner):
            into[_with_role(role, value_key(owner, name))] = text
        several = _several(element)
        for child in element.children:
            self._put(into, child, owner, role, child.name in several)

    def _put(self, into: Shaped, child: Element, owner: str, role: str, several: bool) -> None:
        name = current_within(owner, child.name)
        text = _text(child)
        how = naming(owner, name, text is not None, several)
        if text is not None:
            _put_text(into, how, _with_role(role, how.key), text, coded=bool(child.children))
        elif how.shape is Shape.LIST:
            for one in child.children:
                self._put(into, one, owner, role, several=True)
        elif how.shape is Shape.INLINE:
            self._fill(into, child, name, role + how.key)
        else:
            self._put_object(into, how, child, name)

    def _put_object(self, into: Shaped, how: Naming, child: Element, name: str) -> None:
        made: Shaped = {}
        if how.shape in (Shape.REFERENCE, Shape.REFERENCES):
            made |= self._keys(child, name)
        else:
            self._fill(made, child, name, "")
        if how.shape is Shape.REFERENCES:
            made = {how.member: made}
        if how.shape in (Shape.REFERENCE, Shape.OBJECT):
            into[how.key] = made
        else:
            _append(into, how.key, made)

    def _keys(self, element: Element, reference: str) -> dict[str, str]:
        if element.children:
            keys = _keys_inside(element, reference)
        elif ref := element.attributes.get("ref"):
            keys = self.identities.keys(reference, ref) or {}
            if not keys:
                self.orphan(reference, element)
        else:
            keys = {}
        return keys


def _put_text(into: Shaped, how: Naming, key: str, text: str, *, coded: bool) -> None:
    if not text:
        return
    if how.shape is Shape.VALUES:
        _append(into, how.key, {how.member: text})
    elif how.shape is Shape.YEAR:
        into[key] = {how.member: text}
    else:
        coded = coded or (text.startswith("uri://") and "Descriptor#" in text)
        into[f"{key}Descriptor" if coded and not key.endswith("Descriptor") else key] = text


def _append(into: Shaped, key: str, one: Shaped) -> None:
    array = into.setdefault(key, [])
    if isinstance(array, list):
        array.append(one)


def _several(element: Element) -> Iterable[str]:
    """Return the names that stand in the element more than once."""
    children = element.children
    if len(children) == len({child.name for child in children}):
        return ()
    return {name for name, count in Counter(child.name for child in children).items() if count > 1}


def _text(element: Element) -> str | None:
    """Return what a leaf holds; None for an element with parts. A code with its namespace is a leaf."""
    if not element.children:
        has_own = element.attributes and not element.attributes.keys() <= _NOT_FIELDS
        return None if (has_own and not element.text) or element.name.endswith("Reference") else element.text
    parts = {child.name: child.text for child in element.children}
    if "CodeValue" not in parts or not parts.keys() <= _CODED:
        return None
    return f"{parts['Namespace']}#{parts['CodeValue']}" if parts.get("Namespace") else parts["CodeValue"]


def _attributes(element: Element, owner: str) -> Iterator[tuple[str, str]]:
    """Yield the attributes that are fields, as those of release 1 are."""
    for name, text in element.attributes.items():
        if name not in _NOT_FIELDS and text:
            yield current_within(owner, name), text


def _leaves(element: Element) -> dict[str, str]:
    return {value_key("", child.name): child.text for child in element.children if child.text}


def _keys_inside(element: Element, reference: str) -> dict[str, str]:
    """Return the keys in a reference, however deep, without the levels between."""
    keys: dict[str, str] = {}
    owner = reference.removesuffix("Reference")
    for child in element.children:
        name = current_within(owner, child.name)
        if name.endswith(("Identity", "Lookup")) or name in names.INLINE:
            keys = {**_keys_inside(child, reference), **keys}
        elif name.endswith("Reference"):
            _add_nested(keys, name, _keys_inside(child, name))
        elif text := _text(child):
            keys.setdefault(value_key(owner, name), text)
    return keys


def _identity(record: Element) -> _Identity:
    name = record_name(record.name)
    if name.endswith("Reference"):
        return _Identity(_keys_inside(record, name), ())
    keys: dict[str, str] = {}
    links: list[tuple[str, str]] = []
    for child in record.children:
        part = current_within(name, child.name)
        if not _identifies(name, part):
            continue
        if text := _text(child):
            keys.setdefault(value_key(name, part), text)
        elif child.children:
            _add_nested(keys, part, _keys_inside(child, part))
        elif ref := child.attributes.get("ref"):
            links.append((part, ref))
    return _Identity(keys, tuple(links))


def _identifies(record: str, part: str) -> bool:
    if (parts := names.IDENTITIES.get(record)) is not None:
        return part in parts
    return part == f"{record}Id" if record in names.BASES else part.endswith(names.IDENTIFYING_ENDS)


def _add_nested(keys: dict[str, str], name: str, nested: Mapping[str, str]) -> None:
    """Add the keys of a reference in a reference; those that both have are the same thing."""
    prefix = names.NESTED_KEYS.get(name)
    for key, text in nested.items():
        keys.setdefault(_with_role(prefix, key) if prefix and key in names.SHARED_KEYS else key, text)


def _with_role(role: str, key: str) -> str:
    return f"{role[0].lower()}{role[1:]}{key[0].upper()}{key[1:]}" if role else key


def _as_organization(keys: dict[str, str]) -> dict[str, str]:
    found = next((keys[key] for key in names.ORGANIZATION_KEYS if key in keys), None)
    return {"educationOrganizationId": found} if found else keys
