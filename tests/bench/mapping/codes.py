"""The shipped crosswalks as a person would have them at hand: local spelling to code."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import mappings

_FOLDER: Final = Path(mappings.__file__).parent / "codes" if mappings.__file__ else Path()


@dataclass(frozen=True, slots=True)
class Codes:
    """One crosswalk."""

    system: str
    by_local: Mapping[str, str]
    """Code by local spelling in lower case."""


def load_codes() -> dict[str, Codes]:
    """Return the crosswalks by name."""
    return {path.stem: _codes(path) for path in sorted(_FOLDER.glob("*.toml"))}


def _codes(path: Path) -> Codes:
    walk = tomllib.loads(path.read_text("utf-8"))
    by_local = {
        local.casefold(): value["code"]
        for value in walk["values"]
        if not value.get("drop")
        for local in (value["code"], *value.get("local", ()))
    }
    return Codes(walk["system"], by_local)
