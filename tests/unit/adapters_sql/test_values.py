"""Every value of a database becomes the same text."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters._sql_values import is_long, text_of, texts_of


class Kind(str):
    """What a driver may return for a text."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        (" Ann ", " Ann "),
        (True, "true"),
        (False, "false"),
        (-7, "-7"),
        (2**70, "1180591620717411303424"),
        (4.0, "4"),
        (-0.5, "-0.5"),
        (1e-7, "0.0000001"),
        (1e16, "10000000000000000"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00"),  # noqa: DTZ001 - as a column without a zone has it
        (datetime(2026, 1, 2, 3, 4, 5, 250000, UTC), "2026-01-02T03:04:05.25+00:00"),
        (datetime(2026, 1, 2, 3, 4, 5, 0, timezone(timedelta(hours=-5))), "2026-01-02T03:04:05-05:00"),
        (time(8, 5), "08:05:00"),
        (timedelta(hours=8, minutes=5), "08:05:00"),
        (UUID("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        (b"\x00\xff", "00ff"),
        (memoryview(b"\x01"), "01"),
        (b"x" * 65, ""),
        (["a", 1, None], '["a",1,null]'),
        ({"é": date(2026, 1, 2)}, '{"é":"2026-01-02"}'),
        (Kind("a"), "a"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_a_value_has_one_text(value: Any, text: str) -> None:
    assert text_of(value) == text


@given(
    st.lists(
        st.one_of(st.none(), st.text(), st.integers(), st.booleans(), st.dates(), st.decimals(), st.floats())
    )
)
def test_a_column_is_the_texts_of_its_values(values: list[Any]) -> None:
    assert list(texts_of(values)) == [text_of(value) for value in values]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_written_without_an_exponent_and_without_loss(value: float) -> None:
    text = text_of(value)

    assert "e" not in text
    assert float(text) == value


def test_only_many_bytes_are_left_out() -> None:
    assert [is_long(value) for value in (b"x" * 64, b"x" * 65, "x" * 65)] == [False, True, False]
