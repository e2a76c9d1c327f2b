"""What may stand in a name that comes from another node."""

import pytest
from pydantic import ValidationError

from gateway.domain.exchange import SubjectMatch


@pytest.mark.parametrize("name", ["O'Brien-Núñez", "Linnéa", "عليه\u200cزاده", "李 明"])  # noqa: RUF001
def test_names_of_any_script_are_taken(name: str) -> None:
    taken = SubjectMatch(given_name=name, family_name="X", birth_date="2014-05-02")  # type: ignore[arg-type]

    assert taken.given_name == name


@pytest.mark.parametrize("sign", ["\n", "\x1b[2J", "\x00", "\u2028", "\u202e", "\u2066"])
def test_what_steers_a_terminal_or_forges_a_line_is_refused(sign: str) -> None:
    with pytest.raises(ValidationError):
        SubjectMatch(given_name=f"Ana{sign}B", family_name="X", birth_date="2014-05-02")  # type: ignore[arg-type]
