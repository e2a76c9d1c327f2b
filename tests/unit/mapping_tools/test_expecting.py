"""A mapping's own tests."""

from pathlib import Path

import pytest

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.expecting import Outcome, outcomes, same, value_at
from gateway.mapping.single import open_single
from gateway.mapping.spec import Expectation
from tests.unit.mapping_tools.conftest import NOW, reader, roster


async def outcome(district: Path, student: str, field: str, value: str | int | bool) -> Outcome:
    single = await open_single(reader(district), roster(), NOW.date(), Dictionary())
    return (await outcomes(single, [Expectation(student=student, expect={field: value})]))[0]


async def test_what_is_there_passes(district: Path) -> None:
    assert (await outcome(district, "U1", "enrollments.0.gradeLevel.code", "07")).passed


async def test_another_value_fails_and_is_told(district: Path) -> None:
    found = await outcome(district, "U1", "enrollments.0.gradeLevel.code", "08")

    assert (found.passed, found.actual) == (False, "07")
    assert found.path == ("tests", 0, "expect", "enrollments.0.gradeLevel.code")


@pytest.mark.parametrize("field", ["enrollments.1.entryDate", "nothing.0", "enrollments.0.entryDate.year"])
async def test_a_path_that_leads_nowhere_fails(district: Path, field: str) -> None:
    found = await outcome(district, "U1", field, "x")

    assert (found.passed, found.actual, found.known) == (False, None, True)


async def test_a_student_whom_the_source_does_not_know_fails(district: Path) -> None:
    found = await outcome(district, "U9", "identity.0.birthDate", "2013-05-02")

    assert (found.passed, found.known) == (False, False)


def test_a_number_may_be_written_for_the_text_of_a_decimal() -> None:
    assert same("87.5", 87.5)
    assert not same(True, 1)


def test_a_path_goes_through_lists_and_tables() -> None:
    assert value_at({"a": [{"b": 0}, {"b": False}]}, "a.1.b") is False
