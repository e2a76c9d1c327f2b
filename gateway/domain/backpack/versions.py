"""From one version of the schema to another: pure functions over JSON, one step for each new first number.

What was signed is never changed: bytes keep their version, and are read through `upcast` after they were
proven. What breaks between 1.0.0 and 2.0.0, and nothing else:

* `demographics.languages` held coded values; each is now `{language, uses}`.
* `identity.identifiers.assigner` was the id of an organisation; it is now an organisation.
* The supports of a `udlBarrier` were text; each is now `{text, evidence}`.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from gateway.domain.backpack import version_1
from gateway.domain.backpack.base import Entry
from gateway.domain.backpack.document import SCHEMA_VERSION, entry_from
from gateway.domain.errors import Malformed

ACCEPTED: Final = ("1.0.0", SCHEMA_VERSION)
"""What a node reads: the present schema and the one before, each in its last version."""

Json = Mapping[str, Any]
Convert = Callable[[str, Any], dict[str, Any]]
"""From a section's name and an entry to the entry in another version."""

_LONGEST_ID: Final = 20_000
_SUPPORTS: Final = ("supportsThatWork", "supportsTriedNotWorking")


@dataclass(frozen=True, slots=True)
class Downcast:
    """Content in an older version, and the places of what that version cannot say."""

    content: dict[str, Any]
    lost: tuple[str, ...]
    """Such as `attendance` or `identity[0].addresses`: names of the schema and positions, never values."""


def upcast(content: Json, from_version: str) -> dict[str, Any]:
    """Return sections, or a whole document, of that version in the present one.

    Raises:
        Malformed: this node does not read that version.
    """
    if _major(from_version) == _major(SCHEMA_VERSION):
        return dict(content)
    if "sections" in content:
        return {**content, "schemaVersion": SCHEMA_VERSION, "sections": _each(content["sections"], _up_1)}
    return _each(content, _up_1)


def upcast_entry(section: str, entry: Json, from_version: str) -> dict[str, Any]:
    """Return one entry of that version in the present one: for entries that were signed one by one.

    Raises:
        Malformed: this node does not read that version.
    """
    return dict(upcast({section: [entry]}, from_version)[section][0])


def readable(section: str, entry: Json) -> tuple[Entry, dict[str, Any]]:
    """Read an entry that may be of an older version; return it, and its JSON in the present one.

    Raises:
        Malformed: it fits no version that this node reads; says how it misses the present one.
    """
    try:
        return entry_from(section, entry), dict(entry)
    except Malformed as fault:
        for version in ACCEPTED:
            with suppress(Malformed, LookupError, TypeError, AttributeError):
                raised = upcast_entry(section, entry, version)
                return entry_from(section, raised), raised
        raise fault from None


def downcast(content: Json, to_version: str) -> Downcast:
    """Return sections, or a whole document, of the present version in that one.

    Raises:
        Malformed: this node does not write that version.
    """
    if _major(to_version) == _major(SCHEMA_VERSION):
        return Downcast(dict(content), ())
    lost: list[str] = []
    if "sections" not in content:
        return Downcast(_sections_down(content, lost), tuple(lost))
    kept = {name: value for name, value in content.items() if name in version_1.ENVELOPE}
    lost += [name for name in content if name not in version_1.ENVELOPE]
    kept["custodian"] = _common(kept["custodian"], "OrgRef", "custodian", lost)
    sections = _sections_down(content["sections"], lost)
    return Downcast({**kept, "schemaVersion": ACCEPTED[0], "sections": sections}, tuple(lost))


def _major(version: str) -> int:
    """Return the first number of a version that this node reads."""
    for known in ACCEPTED:
        major = known.partition(".")[0]
        if version.startswith(f"{major}.") and version.replace(".", "").isdecimal():
            return int(major)
    raise Malformed(f"this node reads the schema in versions {' and '.join(ACCEPTED)} only")


def _each(sections: Json, convert: Convert) -> dict[str, Any]:
    return {name: [convert(name, entry) for entry in entries] for name, entries in sections.items()}


# --- 1.0.0 to 2.0.0 -----------------------------------------------------------------------------------------


def _up_1(section: str, entry: Json) -> dict[str, Any]:
    made = dict(entry)
    if section == "demographics" and "languages" in made:
        made["languages"] = [{"language": one} for one in made["languages"]]
    if section == "identity" and not made.get("names"):
        made.pop("names", None)
    if section == "identity" and "identifiers" in made:
        made["identifiers"] = [_with_assigner(one) for one in made["identifiers"]]
    if section == "learnerProfile":
        for field in _SUPPORTS:
            if field in made:
                made[field] = [{"text": one} for one in made[field]]
    return made


def _with_assigner(identifier: Json) -> dict[str, Any]:
    """Return the identifier with its assigner as an organisation; what cannot be an id is left out."""
    made = dict(identifier)
    assigner = made.pop("assigner", None)
    if assigner and len(assigner) <= _LONGEST_ID:
        made["assigner"] = {"id": assigner}
    return made


# --- 2.0.0 to 1.0.0 -----------------------------------------------------------------------------------------


def _sections_down(sections: Json, lost: list[str]) -> dict[str, Any]:
    made = {}
    for name, entries in sections.items():
        if name not in version_1.SECTIONS:
            lost.append(name)
            continue
        model = version_1.SECTIONS[name]
        lost += [f"{name}[{at}]" for at, entry in enumerate(entries) if _disputed(entry)]
        made[name] = [
            _down_1(name, _common(entry, model or entry["kind"], f"{name}[{at}]", lost))
            for at, entry in enumerate(entries)
            if not _disputed(entry)
        ]
    return made


def _disputed(entry: Json) -> bool:
    """Whether a family's statement stands in the entry, which the older version cannot say: both stay out."""
    return bool(entry.get("meta", {}).get("statements"))


def _common(value: Any, model: str, place: str, lost: list[str]) -> Any:
    """Return what both versions can say of the value, and note the places of the rest."""
    if not model or value is None:
        return value
    if isinstance(value, list | tuple):
        return [_common(one, model, f"{place}[{at}]", lost) for at, one in enumerate(value)]
    fields, made = version_1.FIELDS[model], {}
    for name, inner in value.items():
        if name in fields:
            made[name] = _common(inner, fields[name], f"{place}.{name}", lost)
        else:
            lost.append(f"{place}.{name}")
    return made


def _down_1(section: str, entry: Json) -> dict[str, Any]:
    made = dict(entry)
    if section == "demographics" and "languages" in made:
        made["languages"] = [one["language"] for one in made["languages"]]
    if section == "identity":
        made.setdefault("names", [])
    if section == "identity" and "identifiers" in made:
        made["identifiers"] = [_without_assigner(one) for one in made["identifiers"]]
    if section == "learnerProfile":
        for field in _SUPPORTS:
            if field in made:
                made[field] = [one["text"] for one in made[field]]
    return made


def _without_assigner(identifier: Json) -> dict[str, Any]:
    made = dict(identifier)
    if made.get("assigner"):
        made["assigner"] = made["assigner"]["id"]
    return made
