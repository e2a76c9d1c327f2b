"""Limits of people."""

from gateway.domain.policy.budgets import STUDENTS_A_DAY, students_left


def test_a_person_has_so_many_students_a_day_and_more_where_somebody_raised_it() -> None:
    assert students_left(0) == STUDENTS_A_DAY
    assert students_left(100, most=120) == 20
    assert students_left(130, most=120) == 0
    assert students_left(130, most=120, raised_by=30) == 20
