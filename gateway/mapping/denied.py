"""What is never mapped, whatever a mapping file says: only that it was there is reported."""

import re
from functools import lru_cache
from typing import Final

from gateway.mapping.dates import Problem
from gateway.mapping.rules import Rule

SSN: Final = Problem(
    Rule.SSN_PRESENT,
    "this is written like a social security number and is not carried",
    "remove it from the export",
)

_NUMBER: Final = "(number|num|nbr|no)"
_WHO: Final = "(student|stu|pupil|learner|child|parent|guardian|user|person|metadata|staff|teacher)"
_ACCOUNT: Final = "(temp|temporary|initial|default|login|logon|account|web|network|email|portal|sis)"
_COLUMNS: Final[tuple[tuple[Rule, re.Pattern[str]], ...]] = (
    (
        Rule.SSN_PRESENT,
        re.compile(
            rf"\b{_WHO}?ssns?\b|\b{_WHO}?ssn?{_NUMBER}\b|\b{_WHO}?ssn(last|first)|\bss {_NUMBER}\b"
            r"|\bsoc(ial)? ?sec\b|soc(ial)? ?security"
            rf"|soc(ial)?sec{_NUMBER}?\b"
        ),
    ),
    (
        Rule.PASSWORD_PRESENT,
        re.compile(
            r"passw(or|r)?d|\bpass ?(word|code|phrase|key)|pwd\b|\bpw\b|^pass$"
            rf"|\b({_WHO}|{_ACCOUNT}|lunch)? ?pins?\b|\b({_WHO}|{_ACCOUNT}) ?pass\b"
        ),
    ),
    (Rule.RELIGION_PRESENT, re.compile(r"religio|denomination")),
    (
        Rule.CITIZENSHIP_PRESENT,
        re.compile(r"citizenship|immigration ?status|visa ?(type|status|number)\b|^visa$"),
    ),
)
"""Searched for in the words of a column's name, parted by single spaces."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_BETWEEN: Final = r"\s?[-.\s\u2010-\u2015\u2212\ufe63\uff0d]\s?"
_SHORTEST: Final = len("nnn-nn-nnnn")
_SSN: Final = re.compile(
    rf"(?<!\d)\d{{3}}{_BETWEEN}\d{{2}}{_BETWEEN}\d{{4}}(?!\d)|\bssn\W{{0,3}}\d{{9}}(?!\d)", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def denied_column(name: str) -> Rule | None:
    """Return the rule against a column of that name, None where there is none."""
    words = " ".join(_WORD.findall(name.replace("#", " number "))).casefold()
    return next((rule for rule, pattern in _COLUMNS if pattern.search(words)), None)


def holds_ssn(text: str) -> bool:
    """Tell whether a social security number stands in the text.

    That is nnn-nn-nnnn, also with points, spaces or other dashes, or nine digits after the letters SSN.
    Nine digits alone are somebody's local id.
    """
    return len(text) >= _SHORTEST and _SSN.search(text) is not None


def plain_name(name: str) -> str:
    """Return the letters and digits of a column's name, in lower case."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
