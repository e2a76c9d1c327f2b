"""Limits of people and peers."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.policy.budgets import Budgets, PeerUse, Verdict, students_left, use_of, verdict_on

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
QUIET = PeerUse(today=10, misses_today=2, this_hour=2, usual_per_hour=2.0)


def use(**changes: float) -> PeerUse:
    return PeerUse(**{**{name: getattr(QUIET, name) for name in PeerUse.__slots__}, **changes})


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        (use(), Verdict.GO_ON),
        (use(today=500), Verdict.GO_ON),
        (use(today=501), Verdict.REFUSE),
        (use(this_hour=30, usual_per_hour=30), Verdict.GO_ON),
        (use(this_hour=31, usual_per_hour=30), Verdict.BY_HAND),
        (use(this_hour=31, usual_per_hour=7), Verdict.ALARM),
        (use(today=20, misses_today=10), Verdict.GO_ON),
        (use(today=20, misses_today=11), Verdict.ALARM),
        (use(today=19, misses_today=19), Verdict.GO_ON),
    ],
)
def test_a_peer_is_slowed_watched_and_stopped(counts: PeerUse, verdict: Verdict) -> None:
    assert verdict_on(Budgets(), counts) is verdict


def test_a_node_that_asks_five_hundred_times_an_hour_gets_nothing_automatically() -> None:
    usual = [(NOW - timedelta(days=day, hours=hour), True) for day in range(1, 20) for hour in (1, 2, 3)]
    flood = [(NOW - timedelta(seconds=7 * number), True) for number in range(500)]

    verdicts = [
        verdict_on(Budgets(), use_of([*usual, *flood[-asked:]], NOW - timedelta(seconds=7 * (500 - asked))))
        for asked in range(1, 501)
    ]

    assert verdicts[:30] == [Verdict.GO_ON] * 30
    assert set(verdicts[31:]) == {Verdict.ALARM}


def test_requests_are_counted_by_hour_and_day() -> None:
    asked = [
        (NOW - timedelta(minutes=5), True),
        (NOW - timedelta(hours=3), False),
        (NOW - timedelta(hours=3, minutes=5), True),
        (NOW - timedelta(days=2), False),
        (NOW - timedelta(days=29), False),
    ]

    assert use_of(asked, NOW) == PeerUse(today=3, misses_today=1, this_hour=1, usual_per_hour=1.5)
    assert use_of([], NOW) == PeerUse(today=0, misses_today=0, this_hour=0, usual_per_hour=0.0)


def test_a_person_has_so_many_students_a_day_and_more_where_somebody_raised_it() -> None:
    assert students_left(Budgets(), 100) == 20
    assert students_left(Budgets(), 130) == 0
    assert students_left(Budgets(), 130, raised_by=30) == 20
