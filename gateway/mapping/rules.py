"""The closed list of what can be wrong, and how bad it is."""

from enum import StrEnum
from typing import Final, Literal

Severity = Literal["info", "warning", "error"]
"""`error`: something is not in the backpack; `warning`: it is, and may be wrong; `info`: to know."""


class Rule(StrEnum):
    """The closed list of what can be found."""

    ID_MISSING = "id.missing"
    ID_DUPLICATE = "id.duplicate"
    ID_INVALID = "id.invalidFormat"
    SSN_PRESENT = "ssn.present"
    PASSWORD_PRESENT = "password.present"  # noqa: S105 - a rule, not a password
    LETTER_CONFLICT = "grade.letterNumericConflict"
    RANGE_OVERLAP = "range.overlap"
    RELIGION_PRESENT = "religion.present"
    CITIZENSHIP_PRESENT = "citizenship.present"
    NAME_PLACEHOLDER = "name.placeholder"
    DATE_AMBIGUOUS = "date.ambiguousFormat"
    DATE_INVALID = "date.invalid"
    DATE_SENTINEL = "date.sentinel"
    EXIT_BEFORE_ENTRY = "date.exitBeforeEntry"
    AGE_IMPLAUSIBLE = "age.implausible"
    NUMBER_INVALID = "number.invalid"
    BOOLEAN_INVALID = "boolean.invalid"
    CODE_UNMAPPED = "enum.unmapped"
    CODE_ROLLED_UP = "enum.rolledUp"
    REFERENCE_ORPHAN = "ref.orphan"
    TEXT_ENCODING = "text.encoding"
    TEXT_NUL = "text.nul"
    TEXT_HTML = "text.html"
    TEXT_TOO_LONG = "text.tooLong"
    HEADER_MISSPELT = "header.misspelt"
    HEADER_UNKNOWN = "header.unknown"
    HEADER_MISSING = "header.missing"
    HEADER_DUPLICATE = "header.duplicate"
    COLUMN_UNUSED = "column.unused"
    ROW_RAGGED = "row.ragged"
    ROW_REPEATED_HEADER = "row.repeatedHeader"
    ROW_UNCLOSED_QUOTE = "row.unclosedQuote"
    ROW_UNREADABLE = "row.unreadable"
    FIELD_MISSING = "field.missing"
    ENTRY_INVALID = "entry.invalid"
    FILE_MISSING = "file.missing"
    FILE_UNUSED = "file.unused"
    FILE_EMPTY = "file.empty"
    FILE_DAMAGED = "file.damaged"
    FILE_DELIMITER = "file.delimiter"
    FILE_WRONG_CONTENT = "file.wrongContent"
    CREDENTIAL_UNREADABLE = "credential.unreadable"
    CREDENTIAL_INVALID = "credential.invalid"
    CREDENTIAL_UNTRUSTED = "credential.untrusted"


_ERRORS: Final = frozenset(
    {
        Rule.ID_MISSING,
        Rule.ID_DUPLICATE,
        Rule.ID_INVALID,
        Rule.SSN_PRESENT,
        Rule.DATE_INVALID,
        Rule.NUMBER_INVALID,
        Rule.BOOLEAN_INVALID,
        Rule.REFERENCE_ORPHAN,
        Rule.HEADER_MISSING,
        Rule.ROW_UNREADABLE,
        Rule.FIELD_MISSING,
        Rule.ENTRY_INVALID,
        Rule.FILE_DAMAGED,
        Rule.FILE_WRONG_CONTENT,
        Rule.CREDENTIAL_UNREADABLE,
        Rule.CREDENTIAL_INVALID,
    }
)
_INFOS: Final = frozenset(
    {Rule.DATE_SENTINEL, Rule.COLUMN_UNUSED, Rule.FILE_UNUSED, Rule.FILE_EMPTY, Rule.FILE_DELIMITER}
)


def severity_of(rule: Rule) -> Severity:
    """Return how bad a finding of the rule is, unless its finder knows better."""
    if rule in _ERRORS:
        return "error"
    return "info" if rule in _INFOS else "warning"
