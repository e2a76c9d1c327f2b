"""What may be shown of a value."""

from typing import Any

import pytest

from gateway.mapping.masking import end_of, initials, masked, shown_code


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"given": "Ana María", "family": "Reyes-Okafor"}, {"given": "A. M.", "family": "R. O."}),
        ({"birthDate": "2013-05-02"}, {"birthDate": "2013"}),
        ({"identifiers": [{"value": "8800000001"}]}, {"identifiers": [{"value": "…01"}]}),
        ({"comment": "Reads widely."}, {"comment": "(13 characters)"}),
        ({"sectionId": "C-17", "id": "7"}, {"sectionId": "…17", "id": "…"}),
        ({"use": "legal", "primary": True, "schoolYear": 2026}, {"use": "legal", "primary": True, "schoolYear": 2026}),
        ({"score": "87.5"}, {"score": "87.5"}),
        ({"school": {"name": "Birch School", "id": "O1"}}, {"school": {"name": "Birch School", "id": "O1"}}),
        ({"gradeLevel": {"code": "07", "localCode": "7th", "mapping": "exact"}},
         {"gradeLevel": {"code": "07", "localCode": "7th", "mapping": "exact"}}),
        ({"gradeLevel": {"code": "Ana Reyes", "localCode": "Ana Reyes", "mapping": "none"}},
         {"gradeLevel": {"code": "(9 characters)", "localCode": "(9 characters)", "mapping": "none"}}),
        ({"phones": [{"value": "(503) 555-0190"}]}, {"phones": [{"value": "…90"}]}),
    ],
)  # fmt: skip
def test_names_dates_ids_and_text_are_masked_and_codes_are_not(value: Any, shown: Any) -> None:
    assert masked(value) == shown


@pytest.mark.parametrize(
    ("code", "students", "shown"),
    [
        ("ELL", 1, "ELL"),
        ("Gr 12", 9, "Gr 12"),
        ("Gr 12", 1, "(5 characters)"),
        ("Reyes", 400, "(5 characters)"),
        ("8800000001", 1, "(10 characters)"),
        ("<b>", 1, "(3 characters)"),
    ],
)
def test_a_code_that_may_be_a_name_or_a_number_of_somebody_is_not_shown(
    code: str, students: int, shown: str
) -> None:
    assert shown_code(code, students) == shown


def test_short_ids_are_not_shown_at_all() -> None:
    assert (end_of("123"), end_of("1234")) == ("…", "…34")


def test_a_name_of_spaces_has_no_initials() -> None:
    assert initials("  ") == ""
