"""What an element of an Ed-Fi interchange is called in the Ed-Fi ODS/API, and what shape it has there.

Source: the naming rules of MetaEd, from which both the interchange schemas and the API are made.
"""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from adapters import _edfi_names as names

_CACHED: Final = 8192
_WORDS: Final = re.compile(r"(?=[A-Z])")
_EXTENSION: Final = re.compile(r"(?:[A-Z]+-)?([A-Z][A-Za-z0-9]*?)(?:Extension)?")
_CREDITS: Final = "Credits"
_SIBILANTS: Final = ("ss", "us", "is", "x", "z", "ch", "sh")


class Shape(Enum):
    """What becomes of an element."""

    VALUE = auto()
    VALUES = auto()
    """One of an array; its text is the `member` of an object."""
    YEAR = auto()
    """A school year, which is a reference in the API."""
    REFERENCE = auto()
    REFERENCES = auto()
    OBJECT = auto()
    OBJECTS = auto()
    INLINE = auto()
    """Its parts belong to what it stands in, with `key` before the name of each."""
    LIST = auto()
    """It only holds the elements of an array."""


class Naming(NamedTuple):
    """Where an element goes: the API's field, and within an array of values the field of each."""

    shape: Shape
    key: str
    member: str = ""


@lru_cache(_CACHED)
def naming(owner: str, name: str, leaf: bool, several: bool) -> Naming:
    """Return the shape and names of an element in an element `owner`; both by the names of release 5.

    Args:
        owner: the element around it.
        name: the element.
        leaf: whether it has no elements in it.
        several: whether it occurs more than once where it stands.
    """
    array = several or _repeats(owner, name)
    if name.endswith("Reference"):
        return _reference(name, array)
    if leaf:
        return _leaf(owner, name, array)
    if name in names.LISTS:
        return Naming(Shape.LIST, "")
    if name in names.INLINE or (name.endswith(_CREDITS) and not array):
        return Naming(Shape.INLINE, name.removesuffix(_CREDITS) if name.endswith(_CREDITS) else "")
    trimmed = _trimmed(owner, name)
    return Naming(Shape.OBJECTS, camel(plural(trimmed))) if array else Naming(Shape.OBJECT, camel(trimmed))


def _reference(name: str, array: bool) -> Naming:
    if not array:
        return Naming(Shape.REFERENCE, camel(name))
    return Naming(Shape.REFERENCES, camel(plural(name.removesuffix("Reference"))), camel(name))


def _leaf(owner: str, name: str, array: bool) -> Naming:
    if array:
        return Naming(Shape.VALUES, camel(plural(_trimmed(owner, name))), value_key(owner, name, array=True))
    if name.endswith("SchoolYear"):
        return Naming(Shape.YEAR, camel(f"{name}TypeReference"), "schoolYear")
    return Naming(Shape.VALUE, value_key(owner, name))


def value_key(owner: str, name: str, *, array: bool = False) -> str:
    """Return the field of an element that holds text; that of a descriptor ends so."""
    if f"{owner}/{name}" not in names.DESCRIPTORS_IN and name not in names.DESCRIPTORS:
        return camel(name)
    return camel(f"{names.DESCRIPTOR_OF.get(name, name) if array else name}Descriptor")


def _repeats(owner: str, name: str) -> bool:
    if owner == name:
        return False
    place = f"{owner}/{name}"
    return place in names.REPEATED_IN or (name in names.REPEATED and place not in names.ONCE)


def _trimmed(owner: str, name: str) -> str:
    """Leave out the part of the name that says where the element stands, as the API does."""
    if f"{owner}/{name}" in names.UNTRIMMED:
        return name
    for whole in (owner, names.BASES.get(owner, owner)):
        if name.startswith(whole) and name != whole:
            return name[len(whole) :]
    last, first = _WORDS.split(owner)[-1], next(filter(None, _WORDS.split(name)), "")
    return name[len(last) :] if last == first and name != last else name


@lru_cache(_CACHED)
def current(name: str) -> str:
    """Return what release 5 calls an element."""
    return names.LEGACY.get(name, name)


@lru_cache(_CACHED)
def current_within(owner: str, name: str) -> str:
    """Return what release 5 calls an element or an attribute of the element `owner`."""
    if name == "StateOrganizationId":
        return _organization_id(owner)
    if name == "IdentificationSystem" and owner.endswith("IdentificationCode"):
        return owner.replace("IdentificationCode", "IdentificationSystem")
    renamed = current(name)
    if renamed == "EducationOrganizationReference" and owner in names.SCHOOL_OWNED:
        return "SchoolReference"
    return renamed


def _organization_id(owner: str) -> str:
    owner = owner.removesuffix("Reference")
    return next((f"{kind}Id" for kind in names.BASES if owner.endswith(kind)), "EducationOrganizationId")


@lru_cache(_CACHED)
def record_name(tag: str) -> str:
    """Return what release 5 calls a record: `Contact` for `Parent`, and for an extension what it extends."""
    found = _EXTENSION.fullmatch(tag)
    return current(found[1] if found else tag)


@lru_cache(_CACHED)
def resource_of(name: str) -> str:
    """Return the API's resource of a record; all kinds of descriptors are one."""
    return "descriptors" if name.endswith("Descriptor") else camel(plural(name))


@lru_cache(_CACHED)
def camel(name: str) -> str:
    """Return the name with its first letter, or its leading acronym, in lower case."""
    upper = len(name) - len(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    if upper == len(name) or (upper == len(name) - 1 and name.endswith("s")):
        return name.lower()
    head = max(upper - 1, 1)
    return name[:head].lower() + name[head:]


@lru_cache(_CACHED)
def plural(name: str) -> str:
    """Return the English plural of the name's last word."""
    last = _WORDS.split(name)[-1]
    if last in names.PLURALS:
        return name.removesuffix(last) + names.PLURALS[last]
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    if name.endswith(_SIBILANTS):
        return f"{name}es"
    return name if name.endswith("s") else f"{name}s"
