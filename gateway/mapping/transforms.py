"""From the text of a cell to a value: strict, and None with a problem where the text does not fit."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from gateway.mapping.coding import coded, typed_ids
from gateway.mapping.conventions import Conventions
from gateway.mapping.crosswalk import Crosswalk
from gateway.mapping.dates import NOTHING, Parse, Parsed, Problem, parse_date
from gateway.mapping.denied import SSN, holds_ssn
from gateway.mapping.readings import (
    identifier_reader,
    read_base64,
    read_boolean,
    read_decimal,
    read_integer,
    read_letter,
    read_name,
    read_school_year,
    read_text,
    read_time,
)
from gateway.mapping.rules import Rule
from gateway.mapping.spec_fields import Leaf

_AGES: Final = (2, 26)
_NOT_EXTRACTED: Final = Problem(
    Rule.ENTRY_INVALID, "the text is not written as the mapping expects", "correct the cell or the mapping"
)


def parser(leaf: Leaf, conventions: Conventions, codes: Mapping[str, Crosswalk], today: date) -> Parse:
    """Return what reads the cells of a leaf.

    Raises:
        KeyError: the leaf names a crosswalk that is not there.
    """
    parse = _reading(leaf, conventions, codes, today)
    if leaf.extract:
        parse = _extracted(parse, re.compile(leaf.extract))
    plain = leaf.reading in {"typedIds", "base64"}
    return without_nulls(parse if plain else _without_ssn(parse), conventions)


def _extracted(parse: Parse, pattern: re.Pattern[str]) -> Parse:
    """Return the same parser for what the pattern's group finds in the text."""

    def read(text: str) -> Parsed:
        found = pattern.search(text)
        if found is None:
            return Parsed(None, _NOT_EXTRACTED)
        taken = (found[1] or "").strip() if pattern.groups else found[0]
        return parse(taken) if taken else NOTHING

    return read


def without_nulls(parse: Parse, conventions: Conventions) -> Parse:
    """Return the same parser, which takes unstripped text, empty cells and words for them."""
    null = is_null(conventions)
    return lambda raw: NOTHING if null(raw) else parse(raw.strip())


def _without_ssn(parse: Parse) -> Parse:
    """Return the same parser, which reads nothing where a social security number stands."""
    return lambda text: Parsed(None, SSN) if holds_ssn(text) else parse(text)


def is_null(conventions: Conventions) -> Callable[[str], bool]:
    """Return what tells whether a cell holds nothing, or a word for nothing."""
    nulls = {"", *(token.casefold() for token in conventions.null_tokens)}
    return lambda cell: not cell or cell.strip().casefold() in nulls


def _reading(leaf: Leaf, conventions: Conventions, codes: Mapping[str, Crosswalk], today: date) -> Parse:
    if leaf.gives is not None:
        return _yes_gives(leaf, codes)
    if leaf.lookup is not None:
        return coded(codes[leaf.lookup], plain=leaf.plain)
    if leaf.reading == "typedIds":
        return typed_ids(codes["identifier_system"])
    simple: dict[str, Parse] = {
        "text": read_text,
        "name": read_name,
        "letter": read_letter,
        "identifier": identifier_reader(conventions),
        "date": _dated(leaf, conventions),
        "time": read_time,
        "base64": read_base64,
        "exitDate": _exit_date(_dated(leaf, conventions), conventions),
        "birthDate": _birth_date(_dated(leaf, conventions), today),
        "integer": _plus(read_integer, leaf.plus),
        "decimal": read_decimal,
        "boolean": lambda text: read_boolean(text, leaf.true, leaf.false),
        "schoolYear": _plus(lambda text: read_school_year(text, conventions), leaf.plus),
    }
    return simple[leaf.reading]


def _dated(leaf: Leaf, conventions: Conventions) -> Parse:
    """Return what reads a date, in the written form that the leaf declares if it does."""
    written = leaf.format
    if written is None:
        return lambda text: parse_date(text, conventions)

    def read(text: str) -> Parsed:
        try:
            found = datetime.strptime(text, written).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            return parse_date(text, conventions)
        return parse_date(found.isoformat(), conventions)

    return read


def _plus(parse: Parse, more: int | None) -> Parse:
    """Return the same parser, whose numbers are greater by that."""
    if not more:
        return parse

    def read(text: str) -> Parsed:
        found = parse(text)
        return Parsed(found.value + more, found.problem) if isinstance(found.value, int) else found

    return read


def _exit_date(parse: Parse, conventions: Conventions) -> Parse:
    """Return what reads a date as the first day on which the learner no longer belonged."""

    def read(text: str) -> Parsed:
        found = parse(text)
        if conventions.exit_date == "lastDayAttended" and isinstance(found.value, date):
            return Parsed(found.value + timedelta(days=1), found.problem)
        return found

    return read


def _birth_date(parse: Parse, today: date) -> Parse:
    def read(text: str) -> Parsed:
        found = parse(text)
        if found.problem or not isinstance(found.value, date):
            return found
        if not _AGES[0] <= (today - found.value).days / 365.25 <= _AGES[1]:
            problem = Problem(
                Rule.AGE_IMPLAUSIBLE, "nobody of that age goes to school", "check the year of birth"
            )
            return Parsed(found.value, problem)
        return found

    return read


def _yes_gives(leaf: Leaf, codes: Mapping[str, Crosswalk]) -> Parse:
    given = (
        coded(codes[leaf.lookup], plain=leaf.plain)(leaf.gives or "") if leaf.lookup else Parsed(leaf.gives)
    )

    def read(text: str) -> Parsed:
        said = read_boolean(text, leaf.true, leaf.false)
        return given if said.value else Parsed(None, said.problem)

    return read
