"""TOML files of operators, checked, with the line of everything that is wrong."""

import tomllib
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from gateway.domain.errors import Misconfigured
from gateway.mapping.toml_places import line_of, places_of

Lines = Mapping[tuple[str | int, ...], int]
Table = TypeVar("Table", bound=BaseModel)


def parse(text: str, file: str, model: type[Table]) -> tuple[Table, Lines]:
    """Return a checked text and the lines of its keys.

    Raises:
        Misconfigured: it is no TOML, or something in it is wrong; names every fault with its line.
    """
    try:
        lines = places_of(text)
        return model.model_validate(tomllib.loads(text)), lines
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{file}: is not TOML: {error}") from None
    except ValidationError as error:
        faults = [
            f"{file}:{line_of(lines, fault['loc'])}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise Misconfigured("\n".join(faults)) from None
