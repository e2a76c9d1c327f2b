"""What both executors say in the same words, and write in the same order."""

from functools import lru_cache
from typing import Any, Final

import orjson

from gateway.mapping.cells import NOTHING, Cell, Read, json_text, plain_text
from gateway.mapping.dates import Problem
from gateway.mapping.denied import holds_ssn
from gateway.mapping.nodes import Fixed, Node
from gateway.mapping.rows import BLANKS
from gateway.mapping.rules import Rule

_MOST_PARTS: Final = 1_000
"""Parts of mappings of which it is remembered what their entries have in common."""


def missing_problem(wire: str, model: str) -> Problem:
    """Return the problem of a field that the schema requires and that has no value."""
    return Problem(Rule.FIELD_MISSING, f"without {wire} there is no {model}", "fill it in")


def orphan_problem(file: str, *, marked: bool) -> Problem:
    """Return the problem of a key that names no row, or one that is `marked` as deleted."""
    return Problem(
        Rule.REFERENCE_ORPHAN,
        f"the row of {file} that it names is {'marked as deleted' if marked else 'not there'}",
        f"export {file} again, or correct the key",
    )


NAMES_NOTHING: Final = Problem(Rule.REFERENCE_ORPHAN, "the row does not say what it is about")
TWICE: Final = Problem(
    Rule.ID_DUPLICATE, "an earlier row of the student has this key; that one was read", "keep one"
)
NO_STATE_ID: Final = Problem(
    Rule.ID_MISSING, "the student has no state id and is hard to match", "fill it in"
)
NOBODY: Final = Problem(Rule.ID_MISSING, "the row does not say whose it is", "fill it in")
NO_KEY: Final = Problem(Rule.ID_MISSING, "the row has no key", "fill it in")
KEY_IS_SSN: Final = Problem(
    Rule.SSN_PRESENT,
    "the key is written like a social security number; the row was left out",
    "give the row another key",
)
KEY_TWICE: Final = Problem(Rule.ID_DUPLICATE, "an earlier row has this key; that one was read", "keep one")
UNKNOWN_STATUS: Final = Problem(Rule.CODE_UNMAPPED, "unknown status; the row was read as active")


def before_problem(first: str, second: str) -> Problem:
    """Return the problem of two dates in the wrong order, by the wire names of their fields."""
    return Problem(Rule.EXIT_BEFORE_ENTRY, f"{second} is before {first}", "correct one of the two dates")


def stray_problem(people: str) -> Problem:
    """Return the problem of a row of somebody who is not there."""
    return Problem(Rule.REFERENCE_ORPHAN, f"{people} has nobody with this key", f"export {people} again")


def unexpected_problem(known: str, *, empty: bool) -> Problem:
    """Return the problem of a row of a kind of which nothing is known."""
    rule = Rule.FIELD_MISSING if empty else Rule.CODE_UNMAPPED
    return Problem(rule, "nothing is known of rows of this kind", f"write one of {known}")


def key_cell() -> Cell:
    """Return what reads a part of a row's key: the stripped text; nothing where it holds an SSN.

    A hash of an SSN would be as good as itself.
    """

    def read(text: str) -> Read:
        stripped = text.strip(BLANKS)
        return NOTHING if not stripped or holds_ssn(stripped) else Read(json_text(stripped))

    return Cell(read, plain_text(()).replace("^(?:)$|", ""))


@lru_cache(_MOST_PARTS)
def meta_of(table: str, key: tuple[str, ...], verification: str | None, actor: Node | None) -> str:
    """Return what the meta of all entries of a part has in common.

    The columns of the key belong to an entry's identity: a row may make several entries of a section.
    """
    meta: dict[str, Any] = {"table": table, "keys": list(key)} | (
        {"verification": verification} if verification else {}
    )
    by = f',"by":{actor.json}' if isinstance(actor, Fixed) else ""
    return f"{orjson.dumps(meta).decode()[:-1]}{by}}}"


def overlap_problem(by: str) -> Problem:
    """Return the problem of an entry whose days overlap with an earlier one's."""
    return Problem(
        Rule.RANGE_OVERLAP,
        f"an earlier row has the same {by} at the same time",
        "delete one of the two or correct its dates",
    )
