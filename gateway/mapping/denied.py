"""What is never mapped, whatever a mapping file says: only that it was there is reported."""

import re
from typing import Final

from gateway.mapping.findings import Rule

_COLUMNS: Final[tuple[tuple[Rule, re.Pattern[str]], ...]] = (
    (
        Rule.SSN_PRESENT,
        re.compile(r"(^|metadata)(student|user|person)?(ssn|socialsec(urity)?(number|no|num)?)$"),
    ),
    (Rule.PASSWORD_PRESENT, re.compile(r"password|passwd|(^|web)pwd$|passphrase")),
    (Rule.RELIGION_PRESENT, re.compile(r"religio|denomination")),
    (Rule.CITIZENSHIP_PRESENT, re.compile(r"citizenship|immigrationstatus|visa(type|status|number)|^visa$")),
)
_SSN: Final = re.compile(r"(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")
_SSN_TYPES: Final = frozenset({"ssn", "socialsecurity", "socialsecuritynumber"})


def denied_column(name: str) -> Rule | None:
    """Return the rule against a column of that name, None where there is none."""
    plain = plain_name(name)
    return next((rule for rule, pattern in _COLUMNS if pattern.search(plain)), None)


def looks_like_ssn(value: str) -> bool:
    """Tell whether the text is written as a social security number is: nnn-nn-nnnn."""
    return _SSN.fullmatch(value.strip()) is not None


def is_ssn_type(name: str) -> bool:
    """Tell whether a type of identifier means the social security number."""
    return plain_name(name) in _SSN_TYPES


def plain_name(name: str) -> str:
    """Return the letters and digits of a column's name, in lower case."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
