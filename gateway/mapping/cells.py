"""From the text of one cell to the JSON of a value: the only place where a cell is interpreted.

Both executors read cells through here, so that they cannot differ.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson
from pydantic import TypeAdapter, ValidationError

from gateway.mapping.dates import Parse, Problem
from gateway.mapping.findings import Rule

_REMEMBERED: Final = 200_000
LONGEST_PLAIN: Final = 2_000
"""Characters above which no text is read without a look."""


class Read(NamedTuple):
    """The JSON of a value, None where the text has none, and what was wrong."""

    json: str | None
    problem: Problem | None = None


Reader = Callable[[str], Read]
"""Takes a cell as it stands, unstripped and possibly empty."""

NOTHING: Final = Read(None)


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """How the cells of one field are read. `known` remembers what a text came to."""

    read: Reader
    plain: str | None = None
    """Regular expression: a text without any such place is its own value, as JSON text."""
    kept: bool = True
    """Whether what texts come to is shared by many rows, and worth keeping once."""
    known: dict[str, Read] = field(default_factory=dict)

    def __call__(self, text: str) -> Read:
        """Return what the text comes to."""
        found = self.known.get(text)
        if found is None:
            found = self.read(text)
            if len(self.known) < _REMEMBERED:
                self.known[text] = found
        return found


def cell_of(parse: Parse, annotation: Any, *, plain: str | None = None) -> Cell:
    """Return what reads cells with that parser; a value that does not fit the field is a problem."""
    adapter = TypeAdapter[Any](annotation)

    def read(text: str) -> Read:
        value, problem = parse(text)
        if value is None:
            return Read(None, problem)
        try:
            return Read(_json(adapter, value), problem)
        except ValidationError as error:
            message = error.errors(include_input=False, include_url=False)[0]["msg"]
            return Read(None, Problem(Rule.ENTRY_INVALID, f"the schema refuses the value: {message}"))

    return Cell(read, plain)


def cell_of_many(parse: Parse, annotation: Any) -> Cell:
    """Return what reads a cell into several values: their JSON, by commas."""
    adapter = TypeAdapter[Any](annotation)

    def read(text: str) -> Read:
        values, problem = parse(text)
        if not isinstance(values, list):
            return Read(None, problem)
        try:
            return Read(",".join(_json(adapter, value) for value in values), problem)
        except ValidationError as error:
            message = error.errors(include_input=False, include_url=False)[0]["msg"]
            return Read(None, Problem(Rule.ENTRY_INVALID, f"the schema refuses a value: {message}"))

    return Cell(read, kept=False)


def wrapped(cell: Cell, name: str) -> Cell:
    """Return the same for an object with one field of that name."""

    def read(text: str) -> Read:
        found = cell(text)
        return found if found.json is None else Read(f'{{"{name}":{found.json}}}', found.problem)

    return Cell(read)


def fixed_json(value: Any, annotation: Any) -> str:
    """Return the JSON of a value that is the same for every row.

    Raises:
        ValidationError: the value does not fit the field.
    """
    return _json(TypeAdapter[Any](annotation), value)


def plain_text(null_tokens: Sequence[str]) -> str:
    """Return what occurs in no text that is its own value: no null token, no quote, no markup, no SSN.

    For readings as text. The property test of it: where this finds nothing, reading changes nothing.
    """
    nulls = "|".join(sorted({re.escape(token) for token in null_tokens}))
    return (
        rf'(?i)^(?:{nulls})$|["\\<&\x00-\x1f\x7f]|[^\x00-\x7f]|^\s|\s$|ssn'
        r"|[0-9]{3}\s?[-.\s]\s?[0-9]{2}\s?[-.\s]\s?[0-9]{4}"
    )


def _json(adapter: TypeAdapter[Any], value: Any) -> str:
    made = adapter.validate_python(value)
    return adapter.dump_json(made, by_alias=True, exclude_none=True, exclude_unset=True).decode()


def json_text(text: str) -> str:
    """Return the text as JSON."""
    return orjson.dumps(text).decode()
