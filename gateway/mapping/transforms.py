"""From the text of a cell to a value: strict, and None with a problem where the text does not fit."""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from gateway.domain.backpack.base import CodedValue
from gateway.mapping.crosswalk import CodeValue, Crosswalk
from gateway.mapping.dates import Parsed, Problem, parse_date
from gateway.mapping.denied import denied_column, holds_ssn
from gateway.mapping.findings import Rule
from gateway.mapping.spec import Conventions, Leaf

Parse = Callable[[str], Parsed]
"""From text that is stripped and not empty."""

_NOTHING: Final = Parsed(None)
_LONGEST: Final = 20_000
_HTML: Final = re.compile(r"</?[a-zA-Z][^<>]*>|&(nbsp|amp|lt|gt|quot|#\d+);")
_NUMBER: Final = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_PLACEHOLDERS: Final = frozenset(
    {"test", "unknown", "xxx", "xx", "tbd", "student", "firstname", "lastname", "noname", "none", "asdf"}
)
_TRUE: Final = frozenset({"true", "t", "1", "yes", "y"})
_FALSE: Final = frozenset({"false", "f", "0", "no", "n"})
_TYPED_ID: Final = re.compile(r"\{([^{}:]+):([^{}]+)\}")
_YEARS: Final = re.compile(r"(\d{4})(?:\s*[-/]\s*(\d{4}|\d{2}))?", re.ASCII)
_ORDINAL: Final = re.compile(r"(\d{1,2})(ST|ND|RD|TH)?(\.0+)?(\s+GRADE)?")
SSN: Final = Problem(
    Rule.SSN_PRESENT,
    "this is written like a social security number and is not carried",
    "remove it from the export",
)
_AGES: Final = (2, 26)
_NOT_EXTRACTED: Final = Problem(
    Rule.ENTRY_INVALID, "the text is not written as the mapping expects", "correct the cell or the mapping"
)
_NOON: Final = 12
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?:\s*([AaPp])\.?[Mm]\.?)?", re.ASCII)


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
        return parse(taken) if taken else _NOTHING

    return read


def without_nulls(parse: Parse, conventions: Conventions) -> Parse:
    """Return the same parser, which takes unstripped text, empty cells and words for them."""
    null = is_null(conventions)
    return lambda raw: _NOTHING if null(raw) else parse(raw.strip())


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
        "text": _text,
        "name": _name,
        "letter": _letter,
        "identifier": _identifier(conventions),
        "date": _dated(leaf, conventions),
        "time": _time,
        "base64": _base64,
        "exitDate": _exit_date(_dated(leaf, conventions), conventions),
        "birthDate": _birth_date(_dated(leaf, conventions), today),
        "integer": _plus(_integer, leaf.plus),
        "decimal": _decimal,
        "boolean": lambda text: boolean(text, leaf.true, leaf.false),
        "schoolYear": _plus(lambda text: _school_year(text, conventions), leaf.plus),
    }
    return simple[leaf.reading]


def _text(text: str) -> Parsed:
    if len(text) > _LONGEST:
        return Parsed(
            text[:_LONGEST], Problem(Rule.TEXT_TOO_LONG, f"longer than {_LONGEST} characters; cut there")
        )
    if ("<" in text or "&" in text) and _HTML.search(text):
        return Parsed(text, Problem(Rule.TEXT_HTML, "the text holds HTML", "export plain text"))
    return Parsed(text)


def _name(text: str) -> Parsed:
    if "".join(text.casefold().split()) in _PLACEHOLDERS or not any(letter.isalpha() for letter in text):
        return Parsed(text, Problem(Rule.NAME_PLACEHOLDER, "this looks like no name", "enter the legal name"))
    return _text(text)


def _letter(text: str) -> Parsed:
    """Read a mark in letters or words; a number there is kept, and doubted."""
    if _NUMBER.fullmatch(text):
        message = "a number stands where letters are expected"
        return Parsed(
            text, Problem(Rule.LETTER_CONFLICT, message, "write the number into the numeric column")
        )
    return _text(text)


def _identifier(conventions: Conventions) -> Parse:
    """Return what reads an identifier of the declared pattern; any other cannot be mended and is left out."""
    pattern = re.compile(conventions.identifier_pattern)

    def read(text: str) -> Parsed:
        if pattern.fullmatch(text):
            return Parsed(text)
        return Parsed(
            None, Problem(Rule.ID_INVALID, "this is no such identifier", "format the column as text")
        )

    return read


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


def _time(text: str) -> Parsed:
    """Read a time of day as HH:MM."""
    found = _TIME.fullmatch(text)
    if found is None:
        return Parsed(None, Problem(Rule.DATE_INVALID, "this is no time of day", "write HH:MM"))
    hour, half = int(found[1]), (found[3] or "").lower()
    if half and hour <= _NOON:
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    return Parsed(f"{hour:02d}:{found[2]}")


def _base64(text: str) -> Parsed:
    """Read bytes that are written in base64; nothing of them is ever cut."""
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return Parsed(None, Problem(Rule.ENTRY_INVALID, "this is not base64", "write the bytes in base64"))
    return Parsed(text)


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


def _integer(text: str) -> Parsed:
    found = _decimal(text)
    if isinstance(found.value, Decimal):
        if found.value == found.value.to_integral_value():
            return Parsed(int(found.value))
        return Parsed(None, Problem(Rule.NUMBER_INVALID, "this is no whole number"))
    return found


def _decimal(text: str) -> Parsed:
    try:
        if _NUMBER.fullmatch(text):
            return Parsed(Decimal(text))
    except InvalidOperation:
        pass
    return Parsed(
        None, Problem(Rule.NUMBER_INVALID, "this is no number", "write digits with a point, as 87.5")
    )


def boolean(text: str, true: tuple[str, ...] = (), false: tuple[str, ...] = ()) -> Parsed:
    """Read yes or no in the words that exports use, or in those that are given."""
    word = text.casefold()
    for words, meant in ((true, True), (false, False), (_TRUE, True), (_FALSE, False)):
        if word in {one.casefold() for one in words}:
            return Parsed(meant)
    return Parsed(None, Problem(Rule.BOOLEAN_INVALID, "this is neither yes nor no", "write true or false"))


def _school_year(text: str, conventions: Conventions) -> Parsed:
    """Read `2026`, `2025-2026` or `2025-26` as the year in which the school year ends."""
    found = _YEARS.fullmatch(text)
    if found is None:
        return Parsed(None, Problem(Rule.NUMBER_INVALID, "this is no school year", "write the year as YYYY"))
    year = int(found[1])
    if found[2] is not None or conventions.school_year == "startYear":
        year += 1
    return Parsed(year)


def _yes_gives(leaf: Leaf, codes: Mapping[str, Crosswalk]) -> Parse:
    given = (
        coded(codes[leaf.lookup], plain=leaf.plain)(leaf.gives or "") if leaf.lookup else Parsed(leaf.gives)
    )

    def read(text: str) -> Parsed:
        said = boolean(text, leaf.true, leaf.false)
        return given if said.value else Parsed(None, said.problem)

    return read


def typed_ids(systems: Crosswalk) -> Parse:
    """Return what reads OneRoster's `{type:id},{type:id}` as identifiers."""
    system_of = coded(systems)

    def read(text: str) -> Parsed:
        found = _TYPED_ID.findall(text)
        clean = [(kind.strip(), value.strip()) for kind, value in found if not _is_denied(kind, value)]
        values = [{"system": system_of(kind).value, "value": value} for kind, value in clean if value]
        if len(clean) < len(found) or (not found and holds_ssn(text)):
            return Parsed(values or None, SSN)
        return Parsed(values or None, None if found else _UNTYPED)

    return read


_UNTYPED: Final = Problem(Rule.ID_INVALID, "identifiers are written {type:id}", "write {type:id},{type:id}")


def _is_denied(kind: str, value: str) -> bool:
    return denied_column(kind) is not None or holds_ssn(f"{kind}:{value}")


def coded(walk: Crosswalk, *, plain: bool = False) -> Parse:
    """Return what turns a local code into a coded value, or into the bare code."""
    known: dict[str, CodeValue] = {}
    for value in walk.values:
        for local in (value.code, *value.local):
            known.setdefault(_key(local), value)
    normalise = _grade_key if walk.normalise == "gradeLevel" else _key

    def read(text: str) -> Parsed:
        local, namespace = code_of(text)
        value = known.get(_key(local)) or known.get(normalise(local))
        if value is None:
            return _unmapped(walk, text, plain=plain)
        if value.drop:
            return _NOTHING
        if plain:
            return Parsed(value.code)
        return Parsed(
            CodedValue(
                code=value.code,
                system=walk.system,
                display=value.display,
                local_code=local,
                local_system=namespace,
                mapping="exact",
            ),
            _ROLLED_UP if value.rolled_up else None,
        )

    return read


_ROLLED_UP: Final = Problem(
    Rule.CODE_ROLLED_UP,
    "a category that stands for several; which ones is lost",
    "export the separate values",
)


def _unmapped(walk: Crosswalk, text: str, *, plain: bool) -> Parsed:
    if walk.unmapped == "drop":
        return _NOTHING
    problem = Problem(Rule.CODE_UNMAPPED, "no crosswalk knows this code", "add it to the crosswalk")
    if plain:
        return Parsed(None, problem)
    if len(text) > _LONGEST:
        return Parsed(None, Problem(Rule.TEXT_TOO_LONG, "this is too long for a code"))
    code, namespace = code_of(text)
    system = namespace or "urn:backpack:codes:local"
    local = CodedValue(code=code, system=system, local_code=code, local_system=namespace, mapping="none")
    return Parsed(local, problem if walk.unmapped == "finding" else None)


def knows(walk: Crosswalk) -> Callable[[str], bool]:
    """Return what tells whether the crosswalk has the code."""
    known = {_key(local) for value in walk.values for local in (value.code, *value.local)}
    return lambda text: _key(text) in known


def code_of(text: str) -> tuple[str, str | None]:
    """Split an Ed-Fi descriptor, `uri://namespace#code`, into code and namespace; other text is a code."""
    namespace, mark, code = text.rpartition("#")
    return (code, namespace) if mark and code and namespace.startswith("uri://") else (text, None)


def _key(text: str) -> str:
    return " ".join(code_of(text)[0].casefold().split())


def _grade_key(text: str) -> str:
    """Return a grade level without what surrounds the number: `Grade 9`, `9th`, `09`, `9.0` are all `09`."""
    bare = text.upper().strip().removeprefix("GRADE").strip()
    found = _ORDINAL.fullmatch(bare)
    return f"{int(found[1]):02d}" if found else _key(bare)
