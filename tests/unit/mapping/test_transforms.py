"""How the text of a cell is read."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from gateway.mapping.coding import coded
from gateway.mapping.dates import parse_date
from gateway.mapping.spec_fields import Leaf
from gateway.mapping.transforms import parser
from tests.harness.bundles import NOW, ONEROSTER

READ = {
    ("date", "2015-03-04"): (date(2015, 3, 4), None),
    ("date", "2015-3-4"): (date(2015, 3, 4), None),
    ("date", "20150304"): (date(2015, 3, 4), None),
    ("date", "2015/03/04"): (date(2015, 3, 4), None),
    ("date", "2015-03-04T23:59:59.000Z"): (date(2015, 3, 4), None),
    ("date", "3/3/2015"): (date(2015, 3, 3), None),
    ("date", "8/13/2020 10:09:43 AM"): (date(2020, 8, 13), None),
    ("date", "03/04/2015"): (date(2015, 3, 4), "date.ambiguousFormat"),
    ("date", "25/12/2015"): (date(2015, 12, 25), "date.ambiguousFormat"),
    ("date", "12/25/15"): (date(2015, 12, 25), "date.ambiguousFormat"),
    ("date", "42067"): (date(2015, 3, 4), "date.ambiguousFormat"),
    ("date", "1900-01-01"): (None, "date.sentinel"),
    ("date", "12/31/9999"): (None, "date.sentinel"),
    ("date", "0000-00-00"): (None, "date.sentinel"),
    ("date", "2015-02-29"): (None, "date.invalid"),
    ("date", "13/13/2015"): (None, "date.invalid"),
    ("date", "99999"): (None, "date.invalid"),
    ("date", "٢٠١٥-٠٣-٠٤"): (None, "date.invalid"),
    ("date", "NULL"): (None, None),
    ("date", "  "): (None, None),
    ("boolean", "TRUE"): (True, None),
    ("boolean", "0"): (False, None),
    ("boolean", "yes"): (True, None),
    ("boolean", "maybe"): (None, "boolean.invalid"),
    ("decimal", "87.50"): (Decimal("87.50"), None),
    ("decimal", "1e3"): (Decimal("1E+3"), None),
    ("decimal", "NaN"): (None, "number.invalid"),
    ("decimal", "Infinity"): (None, "number.invalid"),
    ("decimal", "1,5"): (None, "number.invalid"),
    ("decimal", "A+"): (None, "number.invalid"),
    ("integer", "4"): (4, None),
    ("integer", "4.0"): (4, None),
    ("integer", "4.5"): (None, "number.invalid"),
    ("schoolYear", "2026"): (2026, None),
    ("schoolYear", "2025-2026"): (2026, None),
    ("schoolYear", "2025-26"): (2026, None),
    ("schoolYear", "next"): (None, "number.invalid"),
    ("text", " O'Neil "): ("O'Neil", None),
    ("text", "NO"): ("NO", None),
    ("text", "08"): ("08", None),
    ("text", "2 < 3"): ("2 < 3", None),
    ("text", "<p>x"): ("<p>x", "text.html"),
    ("text", "x" * 20_001): ("x" * 20_000, "text.tooLong"),
    ("name", "Test"): ("Test", "name.placeholder"),
    ("name", "---"): ("---", "name.placeholder"),
    ("name", "Nguyễn"): ("Nguyễn", None),
}


@pytest.mark.parametrize(("how", "text"), READ)
def test_a_text_is_read_strictly(how: str, text: str) -> None:
    read = parser(
        Leaf.model_validate({"column": "x", "as": how}), ONEROSTER.conventions, ONEROSTER.codes, NOW.date()
    )

    value, problem = read(text)

    assert (value, problem.rule.value if problem else None) == READ[how, text]


@pytest.mark.parametrize(
    ("order", "text", "expected"),
    [
        ("dmy", "03/04/2015", date(2015, 4, 3)),
        ("none", "03/04/2015", None),
        ("dmy", "12/25/2015", date(2015, 12, 25)),
    ],
)
def test_the_declared_order_decides_between_day_and_month(order: str, text: str, expected: Any) -> None:
    conventions = ONEROSTER.conventions.model_copy(update={"date_order": order})

    assert parse_date(text, conventions).value == expected


@pytest.mark.parametrize(
    ("local", "code"),
    [
        *((text, "09") for text in ("9", "09", "9th", "09th", "Grade 9", "GRADE 09", "9.0", "9th Grade")),
        *((text, "KG") for text in ("K", "KG", "00", "0", "KDG", "Kindergarten", " kg ")),
        *(("-1", "PK"), ("PreK", "PK"), ("P4", "PK"), ("-2", "PR"), ("PR", "PR"), ("IT", "IT"), ("TK", "TK")),
        *(("12", "12"), ("13", "13"), ("12+", "13"), ("ug", "UG"), ("PS", "PS"), ("other", "Other")),
    ],
)
def test_a_grade_level_is_normalised(local: str, code: str) -> None:
    value, problem = coded(ONEROSTER.codes["grade_level"])(local.strip())

    assert (value.code, value.local_code, value.mapping) == (code, local.strip(), "exact")  # type: ignore[attr-defined] # a CodedValue
    assert problem is None


@pytest.mark.parametrize("local", ["98", "14", "Y13", "Year 9", "GRAD?", "SE", "½"])
def test_an_unknown_grade_level_is_kept_as_it_was(local: str) -> None:
    value, problem = coded(ONEROSTER.codes["grade_level"])(local)

    assert (value.code, value.local_code, value.mapping) == (local, local, "none")  # type: ignore[attr-defined] # a CodedValue
    assert problem is not None
    assert problem.rule == "enum.unmapped"


@pytest.mark.parametrize("local", ["99", "GR", "gr", "Graduate"])
def test_who_has_graduated_is_in_no_grade_and_nothing_is_wrong(local: str) -> None:
    assert coded(ONEROSTER.codes["grade_level"])(local) == (None, None)
