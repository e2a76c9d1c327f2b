"""What a district adds to the schema, and the additions that are known.

An extension is a JSON value under a URI of its owner, with the version in the URI. One that is not known
here, or does not fit what is known, is kept as it came and counts as restricted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field, JsonValue, ValidationError

from gateway.domain.backpack.field import Label, Level, Number, Part, SchoolYear


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A known extension: what its value must be, and how carefully it is kept."""

    model: type[Part]
    level: Level
    labels: tuple[Label, ...] = ()

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of the value."""
        return self.model.model_json_schema(by_alias=True, mode="serialization")


class ClockHours(Part):
    """Hours of instruction in a class, for migrant students. MSIX: clock hours."""

    hours: Number
    """Hours of 60 minutes that the learner was taught."""


class CodeListOf(Part):
    """Whose list a local code is from: states give the same code another meaning each year."""

    state: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    """USPS abbreviation."""
    school_year: SchoolYear


KNOWN: Mapping[str, Extension] = MappingProxyType(
    {
        "urn:backpack:extension:clock-hours:1": Extension(model=ClockHours, level="E", labels=("academic",)),
        "urn:backpack:extension:code-list-of:1": Extension(model=CodeListOf, level="D"),
    }
)
"""By URI. A URI's meaning never changes: another meaning gets another version."""


Extensions = Mapping[Annotated[str, Field(pattern=r"^(https://|urn:)\S+$")], JsonValue]
"""By URI, each value as it came."""


def known_extension(uri: str, value: JsonValue) -> Extension | None:
    """Return what is known of the extension; None where nobody knows the URI, or the value does not fit."""
    known = KNOWN.get(uri)
    if known is None:
        return None
    try:
        known.model.model_validate(value)
    except ValidationError:
        return None
    return known


def extension_class(uri: str, value: JsonValue) -> tuple[Level, tuple[Label, ...]]:
    """Return the class and labels of an extension; one that is not known is restricted."""
    known = known_extension(uri, value)
    return (known.level, known.labels) if known else ("R", ())
