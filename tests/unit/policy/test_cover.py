"""Whether each school has a registrar and a backup."""

import pytest

from gateway.domain.policy import StaffRole
from gateway.domain.policy.cover import Covered, registrars_of

REGISTRAR, NURSE = frozenset({StaffRole.REGISTRAR}), frozenset({StaffRole.NURSE})


def test_registrars_of_the_district_and_of_the_school_count_and_nobody_else() -> None:
    found = registrars_of(
        [("Rosa", REGISTRAR, ()), ("Sam", REGISTRAR, ("LAKE",)), ("Nina", NURSE, ("HILL",))], ["HILL"]
    )

    assert [(one.school, list(one.names), one.state) for one in found] == [
        ("", ["Rosa"], Covered.ONE),
        ("HILL", ["Rosa"], Covered.ONE),
        ("LAKE", ["Rosa", "Sam"], Covered.COVERED),
    ]


@pytest.mark.parametrize(("schools", "where"), [([], ""), (["HILL"], "HILL")])
def test_without_a_registrar_nobody_answers(schools: list[str], where: str) -> None:
    (only,) = registrars_of([("Nina", NURSE, ())], schools)

    assert (only.school, only.state) == (where, Covered.NONE)
