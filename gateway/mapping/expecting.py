"""The tests that a mapping file brings along: what must be in the backpack of this student."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.faults import Path
from gateway.mapping.single import Single
from gateway.mapping.spec import Expectation

_NOT_THERE: Final = object()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one expectation came to. `expected` and `actual` are personal data."""

    path: Path
    """Of the expectation in the mapping file."""
    student: str
    field: str
    """Path in the student's document: `enrollments.0.gradeLevel.code`."""
    expected: str | int | bool
    actual: Any
    """JSON; None where nothing stands there."""
    known: bool = True
    """Whether the source knows the student."""

    @property
    def passed(self) -> bool:
        """Whether what was expected is there; numbers may stand there as text."""
        return self.known and self.actual is not None and same(self.actual, self.expected)


async def outcomes(single: Single, tests: Sequence[Expectation]) -> list[Outcome]:
    """Map the students of the tests and compare.

    Raises:
        GatewayError: whatever the adapter raises.
    """
    found: list[Outcome] = []
    for at, test in enumerate(tests):
        mapped = await single.student(test.student)
        document = document_of(mapped.sections, single.dictionary) if mapped else {}
        for field, expected in test.expect.items():
            path: Path = ("tests", at, "expect", field)
            actual = value_at(document, field)
            found.append(Outcome(path, test.student, field, expected, actual, mapped is not None))
    return found


def document_of(sections: Any, dictionary: Dictionary) -> dict[str, Any]:
    """Return compact sections with every kept object in its place."""
    return {name: dictionary.expand(orjson.loads(text)) for name, text in sections.items()}


def value_at(document: Any, field: str) -> Any:
    """Return what stands at a path such as `names.0.given`; None if nothing does."""
    at = document
    for part in field.split("."):
        if isinstance(at, list):
            at = at[int(part)] if part.isdecimal() and int(part) < len(at) else _NOT_THERE
        else:
            at = at.get(part, _NOT_THERE) if isinstance(at, dict) else _NOT_THERE
        if at is _NOT_THERE:
            return None
    return at


def same(actual: Any, expected: str | float | bool) -> bool:
    """Tell whether a value is as expected; decimals are texts on the wire, and may be written as numbers."""
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    return str(actual) == str(expected)
