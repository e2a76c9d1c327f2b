"""What a class needs: each number is that of the students behind it."""

from datetime import date, timedelta
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ids import EntityId, LocalStudentId
from gateway.domain.profile.classes import Seated, Shared, class_needs, for_substitutes, options_covering
from gateway.domain.profile.page import Told

HERE = EntityId("https://maple.test")
TODAY = date(2026, 11, 20)


def told(kind: str, field: str, text: str, *, on: date = date(2026, 9, 1), **more: Any) -> Told:
    entry = {"kind": kind, field: text, "voice": "learner", "recordedOn": on.isoformat(), **more}
    return Told(section="learnerProfile", entry=entry, issuer=HERE)


def barrier(text: str, *supports: str) -> Told:
    return told("udlBarrier", "barrier", text, supportsThatWork=[{"text": one} for one in supports])


def seated(
    name: str, *said: Told, accommodations: tuple[str, ...] = (), came_on: date | None = None
) -> Seated:
    return Seated(
        student=LocalStudentId(name), name=name, accommodations=accommodations, told=said, came_on=came_on
    )


CLASS = [
    seated("Ana", barrier("Long texts", "Audio"), accommodations=("Extra time",)),
    seated("Bo", barrier("long  texts", "Audio", "Short steps"), told("interest", "label", "Chess")),
    seated("Cy", barrier("Noise", "Headphones"), told("interest", "label", "chess"), came_on=TODAY),
    seated(
        "Di", told("interest", "label", "Chess", on=TODAY - timedelta(days=3)), accommodations=("Extra time",)
    ),
    seated("Ed", told("interest", "label", "Trains", on=date(2020, 9, 1))),
]


def test_the_chart_is_the_one_that_is_made_by_hand() -> None:
    needs = class_needs(CLASS, TODAY)

    assert needs.chart == [
        Shared("Audio", ["Ana", "Bo"]),
        Shared("Extra time", ["Ana", "Di"]),
        Shared("Headphones", ["Cy"]),
        Shared("Short steps", ["Bo"]),
    ]
    assert needs.barriers == [Shared("Long texts", ["Ana", "Bo"]), Shared("Noise", ["Cy"])]
    assert needs.interests == [Shared("Chess", ["Bo", "Cy", "Di"])]
    assert (needs.silent, needs.newcomers, needs.changed) == (["Ed"], ["Cy"], ["Di"])


def test_options_say_how_many_they_help_and_how_many_are_covered() -> None:
    needs = class_needs(CLASS, TODAY)

    assert needs.with_barrier == 3
    assert [(one.text, one.new, one.covered) for one in needs.options] == [
        ("Audio", 2, 2),
        ("Headphones", 1, 3),
    ]


NAMES = [f"s{n}" for n in range(6)]


@given(st.lists(st.sets(st.sampled_from(NAMES), min_size=1), max_size=6), st.sets(st.sampled_from(NAMES)))
def test_options_cover_whom_any_support_helps_and_the_first_helps_most(
    helped: list[set[str]], needing: set[str]
) -> None:
    supports = [Shared(f"option {n}", sorted(names)) for n, names in enumerate(helped)]

    chosen = options_covering(supports, needing)

    reachable = needing & set().union(*helped)
    assert {name for one in chosen for name in one.names} & needing == reachable
    assert [one.covered for one in chosen[-1:]] == ([len(reachable)] if reachable else [])
    if chosen:
        assert chosen[0].new == max(len(needing & names) for names in helped)
    fewest = min(
        (
            n
            for n in range(len(helped) + 1)
            for some in combinations(helped, n)
            if reachable <= set().union(*some)
        ),
        default=0,
    )
    assert len(chosen) >= fewest


def test_substitutes_are_told_what_to_do_and_not_why() -> None:
    reasons = ("IEP: breaks", "504 plan seat", "Calm corner for ADHD", "Apoyo por discapacidad", "Read aloud")
    needs = class_needs([seated("Ana", accommodations=reasons)], TODAY)

    assert [one.text for one in for_substitutes(needs)] == ["Read aloud"]
