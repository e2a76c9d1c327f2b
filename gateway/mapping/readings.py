"""Texts, names, numbers, times and words for yes and no, as exports write them. Strict: no guesses."""

import base64
import re
from decimal import Decimal, InvalidOperation
from typing import Final

from gateway.mapping.conventions import Conventions
from gateway.mapping.dates import Parse, Parsed, Problem
from gateway.mapping.rules import Rule

LONGEST: Final = 20_000
_HTML: Final = re.compile(r"</?[a-zA-Z][^<>]*>|&(nbsp|amp|lt|gt|quot|#\d+);")
_NUMBER: Final = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_PLACEHOLDERS: Final = frozenset(
    {"test", "unknown", "xxx", "xx", "tbd", "student", "firstname", "lastname", "noname", "none", "asdf"}
)
_TRUE: Final = frozenset({"true", "t", "1", "yes", "y"})
_FALSE: Final = frozenset({"false", "f", "0", "no", "n"})
_YEARS: Final = re.compile(r"(\d{4})(?:\s*[-/]\s*(\d{4}|\d{2}))?", re.ASCII)
_NOON: Final = 12
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?:\s*([AaPp])\.?[Mm]\.?)?", re.ASCII)


def read_text(text: str) -> Parsed:
    """Read text as it stands, up to 20,000 characters; markup in it is kept, and told."""
    if len(text) > LONGEST:
        return Parsed(
            text[:LONGEST], Problem(Rule.TEXT_TOO_LONG, f"longer than {LONGEST} characters; cut there")
        )
    if ("<" in text or "&" in text) and _HTML.search(text):
        return Parsed(text, Problem(Rule.TEXT_HTML, "the text holds HTML", "export plain text"))
    return Parsed(text)


def read_name(text: str) -> Parsed:
    """Read a name; what looks like none is kept, and doubted."""
    if "".join(text.casefold().split()) in _PLACEHOLDERS or not any(letter.isalpha() for letter in text):
        return Parsed(text, Problem(Rule.NAME_PLACEHOLDER, "this looks like no name", "enter the legal name"))
    return read_text(text)


def read_letter(text: str) -> Parsed:
    """Read a mark in letters or words; a number there is kept, and doubted."""
    if _NUMBER.fullmatch(text):
        message = "a number stands where letters are expected"
        return Parsed(
            text, Problem(Rule.LETTER_CONFLICT, message, "write the number into the numeric column")
        )
    return read_text(text)


def identifier_reader(conventions: Conventions) -> Parse:
    """Return what reads an identifier of the declared pattern; any other cannot be mended and is left out."""
    pattern = re.compile(conventions.identifier_pattern)

    def read(text: str) -> Parsed:
        if pattern.fullmatch(text):
            return Parsed(text)
        return Parsed(
            None, Problem(Rule.ID_INVALID, "this is no such identifier", "format the column as text")
        )

    return read


def read_time(text: str) -> Parsed:
    """Read a time of day as HH:MM."""
    found = _TIME.fullmatch(text)
    if found is None:
        return Parsed(None, Problem(Rule.DATE_INVALID, "this is no time of day", "write HH:MM"))
    hour, half = int(found[1]), (found[3] or "").lower()
    if half and hour <= _NOON:
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    return Parsed(f"{hour:02d}:{found[2]}")


def read_base64(text: str) -> Parsed:
    """Read bytes that are written in base64; nothing of them is ever cut."""
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return Parsed(None, Problem(Rule.ENTRY_INVALID, "this is not base64", "write the bytes in base64"))
    return Parsed(text)


def read_integer(text: str) -> Parsed:
    """Read a whole number, `3.0` too."""
    found = read_decimal(text)
    if isinstance(found.value, Decimal):
        if found.value == found.value.to_integral_value():
            return Parsed(int(found.value))
        return Parsed(None, Problem(Rule.NUMBER_INVALID, "this is no whole number"))
    return found


def read_decimal(text: str) -> Parsed:
    """Read a number with a point."""
    try:
        if _NUMBER.fullmatch(text):
            return Parsed(Decimal(text))
    except InvalidOperation:
        pass
    return Parsed(
        None, Problem(Rule.NUMBER_INVALID, "this is no number", "write digits with a point, as 87.5")
    )


def read_boolean(text: str, true: tuple[str, ...] = (), false: tuple[str, ...] = ()) -> Parsed:
    """Read yes or no in the words that exports use, or in those that are given."""
    word = text.casefold()
    for words, meant in ((true, True), (false, False), (_TRUE, True), (_FALSE, False)):
        if word in {one.casefold() for one in words}:
            return Parsed(meant)
    return Parsed(None, Problem(Rule.BOOLEAN_INVALID, "this is neither yes nor no", "write true or false"))


def read_school_year(text: str, conventions: Conventions) -> Parsed:
    """Read `2026`, `2025-2026` or `2025-26` as the year in which the school year ends."""
    found = _YEARS.fullmatch(text)
    if found is None:
        return Parsed(None, Problem(Rule.NUMBER_INVALID, "this is no school year", "write the year as YYYY"))
    year = int(found[1])
    if found[2] is not None or conventions.school_year == "startYear":
        year += 1
    return Parsed(year)
