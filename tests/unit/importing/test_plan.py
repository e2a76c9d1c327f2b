"""The plan of an import, and how it is undone: on made-up entries, without a node."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ids import EntityId
from gateway.domain.importing.codes import CodeList, Ground, OurCode, TheirCode
from gateway.domain.importing.equivalence import Course, Equivalents, GradeScale, Step, convert, credit
from gateway.domain.importing.journal import Change, undo, undo_all
from gateway.domain.importing.places import equal, places, record_id, with_place
from gateway.domain.importing.plan import (
    Choices,
    ImportPlan,
    Ours,
    Standing,
    Terms,
    Theirs,
    Verb,
)
from gateway.domain.importing.planning import plan_import, present

MAPLE = EntityId("https://maple.test")
EXITS = CodeList(
    system="uri://ed-fi.org/ExitWithdrawTypeDescriptor",
    codes=(
        OurCode(code="Transferred", local=("TR", "moved away")),
        OurCode(code="Graduated", display="Graduated with diploma"),
    ),
)
TERMS = Terms(lists={EXITS.system: EXITS})


def entry(key: str, **said: Any) -> dict[str, Any]:
    return {"meta": {"recordId": str(uuid.uuid5(uuid.NAMESPACE_URL, key))}, **said}


def stay(key: str, **said: Any) -> dict[str, Any]:
    return entry(key, school={"id": "7", "name": "Maple High"}, entryDate="2024-08-19", **said)


def code(text: str) -> dict[str, str]:
    return {"code": text, "system": "urn:backpack:codes:local", "localCode": text, "mapping": "none"}


def plan(
    section: str,
    *theirs: dict[str, Any],
    ours: Ours | None = None,
    terms: Terms = TERMS,
    remembered: dict[TheirCode, str] | None = None,
    **choices: Any,
) -> ImportPlan:
    return plan_import(
        [Theirs(section=section, issuer=MAPLE, entry=one) for one in theirs],
        ours or Ours(),
        Choices(**choices),
        terms,
        partner=MAPLE,
        remembered=remembered or {},
    )


def test_what_is_not_here_is_made_unless_a_person_skips_it() -> None:
    theirs = stay("a")

    made = plan("enrollments", theirs)
    skipped = plan("enrollments", theirs, sections={"enrollments": Verb.SKIP})

    assert [(row.standing, row.verb) for row in made.rows] == [(Standing.NEW, Verb.CREATE)]
    assert [(change.before, change.after) for change in made.changes] == [(None, theirs)]
    assert not skipped.changes


def test_filling_adds_what_ours_does_not_say_and_replacing_says_what_theirs_says() -> None:
    ours = Ours(sections={"enrollments": [stay("mine", homeroom="B 12", exitReasonText="Left")]})
    theirs = stay("a", homeroom="C 1", track="B")

    filled = plan("enrollments", theirs, ours=ours)
    replaced = plan("enrollments", theirs, ours=ours, sections={"enrollments": Verb.REPLACE})

    assert filled.changes[0].after == stay("mine", homeroom="B 12", exitReasonText="Left", track="B")
    assert replaced.changes[0].after == stay("mine", homeroom="C 1", exitReasonText="Left", track="B")
    said = {one.place: (one.ours, one.theirs, one.result) for one in filled.rows[0].differences}
    assert said == {
        "homeroom": ("B 12", "C 1", "B 12"),
        "track": (None, "B", "B"),
        "exitReasonText": ("Left", None, "Left"),
    }


def test_a_person_decides_on_one_entry_otherwise_than_on_its_section() -> None:
    first, second = stay("a"), entry("b", school={"id": "9", "name": "Elm"}, entryDate="2020-08-19")

    made = plan(
        "enrollments",
        *(first, second),
        sections={"enrollments": Verb.SKIP},
        entries={record_id(second): Verb.CREATE},
    )

    assert [change.after for change in made.changes] == [second]


def test_identifiers_that_only_ours_knows_are_never_lost() -> None:
    def learner(key: str, **numbers: str) -> dict[str, Any]:
        known = [{"system": {"code": name, "system": "s"}, "value": value} for name, value in numbers.items()]
        return entry(key, identifiers=known)

    ours = Ours(sections={"identity": [learner("mine", School="1", State="2")]})

    made = plan("identity", learner("a", State="9", MSIX="4"), ours=ours, sections={"identity": Verb.REPLACE})

    after = made.changes[0].after["identifiers"]
    assert [(one["system"]["code"], one["value"]) for one in after] == [
        ("School", "1"),
        ("State", "2"),
        ("MSIX", "4"),
    ]


def test_importing_twice_changes_nothing() -> None:
    """Neither before nor after the local system has taken it over, under ids of its own."""
    theirs = [stay("a", homeroom="C 1"), entry("g", statement="Read ten books")]
    changes = (*plan("enrollments", theirs[0]).changes, *plan("goals", theirs[1]).changes)
    taken_over = {"enrollments": [stay("sis-1", homeroom="C 1")], "goals": []}

    for sections in ({}, taken_over):
        again = plan("enrollments", theirs[0], ours=Ours(sections=sections, changes=changes))
        goals = plan("goals", theirs[1], ours=Ours(sections=sections, changes=changes))

        assert [row.standing for row in (*again.rows, *goals.rows)] == [Standing.ALREADY] * 2
        assert not (*again.changes, *goals.changes)


def test_a_local_edit_since_the_import_is_seen_and_not_overwritten() -> None:
    theirs = stay("a", homeroom="C 1")
    changes = plan("enrollments", theirs).changes
    edited = Ours(sections={"enrollments": [stay("sis-1", homeroom="D 4")]}, changes=changes)

    again = plan("enrollments", theirs, ours=edited)

    assert again.rows[0].standing is Standing.DIFFERS
    assert not again.changes


def test_an_entry_made_apart_stays_apart() -> None:
    ours = Ours(sections={"enrollments": [stay("mine", homeroom="A")]})
    theirs = stay("a", homeroom="B")
    made = plan("enrollments", theirs, ours=ours, entries={record_id(theirs): Verb.CREATE})

    again = plan("enrollments", theirs, ours=Ours(sections=ours.sections, changes=made.changes))
    undone = undo_all(made.changes, ours.sections)

    assert made.changes[0].before is None
    assert again.rows[0].standing is Standing.ALREADY
    assert [(one.result, one.kept) for one in undone] == [(None, {})]


def test_entries_of_two_districts_about_one_thing_go_on_from_each_other() -> None:
    made = plan("identity", entry("a", birthDate="2014-05-02"), entry("b", birthCity="Elm"))

    undone = undo_all(made.changes, {"identity": [entry("sis", birthDate="2014-05-02", birthCity="Elm")]})

    assert places(made.changes[1].after) == {"birthDate": "2014-05-02", "birthCity": "Elm"}
    assert [one.kept for one in undone] == [{}, {}]
    assert undone[-1].result is None


def test_a_code_of_theirs_is_proposed_by_spelling_and_remembered_by_partner() -> None:
    theirs = [stay("a", exitType=code("tr")), entry("b", school={"id": "1"}, exitType=code("Z9"))]
    unknown = TheirCode("enrollments.exitType", "Z9")

    first = plan("enrollments", *theirs)
    later = plan("enrollments", *theirs, remembered={unknown: "Graduated"})

    assert {one.theirs.code: (one.ours, one.ground) for one in first.codes} == {
        "tr": ("Transferred", Ground.SPELLING),
        "Z9": (None, None),
    }
    assert [one.theirs for one in first.undecided] == [unknown]
    assert first.changes[1].after["exitType"] == code("Z9")
    assert not later.undecided
    assert later.changes[1].after["exitType"] == {
        "code": "Graduated",
        "system": EXITS.system,
        "display": "Graduated with diploma",
        "localCode": "Z9",
        "mapping": "exact",
    }


def test_a_code_that_is_only_spelt_alike_waits_for_a_person() -> None:
    made = plan("enrollments", stay("a", exitType=code("Graduatd")))

    assert [(one.ours, one.ground) for one in made.undecided] == [("Graduated", Ground.SIMILAR)]
    assert made.changes[0].after["exitType"] == code("Graduatd")


OURS = GradeScale(
    name="Cedar",
    steps=(
        Step(mark="A", low=Decimal(90), high=Decimal(100)),
        Step(mark="B", low=Decimal(80), high=Decimal("89.99")),
        Step(mark="C", low=Decimal(70), high=Decimal("79.99")),
    ),
)
THEIRS = GradeScale(
    name="Maple",
    steps=(
        Step(mark="A", low=Decimal(93), high=Decimal(100)),
        Step(mark="A-", low=Decimal(88), high=Decimal("92.99")),
        Step(mark="F", low=Decimal(0), high=Decimal(59)),
    ),
)


@pytest.mark.parametrize(
    ("mark", "ours"),
    [
        ({"letter": "a"}, "A"),
        ({"letter": "A-"}, "A"),
        ({"percent": "81.5"}, "B"),
        ({"percent": "100"}, "A"),
        ({"letter": "F"}, None),
        ({"letter": "Pass"}, None),
        ({"percent": "NaN"}, None),
    ],
)
def test_a_mark_goes_to_the_step_that_holds_most_of_its_range(mark: dict[str, str], ours: str | None) -> None:
    found = convert(mark, THEIRS, OURS)

    assert (found and found[1]) == ours


def test_credit_goes_by_declared_units_and_shows_its_sum() -> None:
    assert credit({"value": "0.500"}, Decimal(10)) == (
        "0.500 carnegie unit",
        "5",
        "0.500 x 1 Carnegie units x 10",
    )
    assert credit({"value": "3", "type": {"code": "Semester hour credit"}}, Decimal(10)) is None
    assert credit({"value": "1"}, Decimal(1)) is None


def test_a_conversion_stands_beside_the_original_and_only_when_accepted() -> None:
    course = {
        "course": {"localCode": "0321", "title": "Algebra One", "scedCode": "02052"},
        "finalGrade": {"letter": "A-"},
        "creditsEarned": {"value": "0.5"},
    }
    theirs = entry("t", school={"id": "7", "name": "Maple"}, courses=[course])
    terms = Terms(
        equivalents=Equivalents(
            scale=OURS,
            partner_scales={MAPLE: THEIRS},
            credits_per_carnegie_unit=Decimal(10),
            courses=(Course(code="MA1", title="Algebra I", sced="02052"),),
        )
    )

    proposed = plan("transcript", theirs, terms=terms)
    accepted = plan(
        "transcript", theirs, terms=terms, accepted=frozenset({f"{record_id(theirs)}#courses[0].finalGrade"})
    )

    assert {one.place: one.ours for one in proposed.rows[0].conversions} == {
        "courses[0].course": "MA1 Algebra I",
        "courses[0].finalGrade": "A",
        "courses[0].creditsEarned": "5",
    }
    assert proposed.changes[0].beside == ()
    assert [one.ours for one in accepted.changes[0].beside] == ["A"]
    assert accepted.changes[0].after == proposed.changes[0].after == theirs


def test_undo_puts_back_what_was_and_keeps_what_was_edited_since() -> None:
    before = stay("mine", homeroom="A")
    after = stay("mine", homeroom="B", track="T1", calendar="C1")
    change = Change(section="enrollments", key=record_id(before), theirs="x", before=before, after=after)

    undone = undo(change, {**after, "track": "T2", "fte": "0.5"})

    assert undone.result == {**before, "track": "T2", "fte": "0.5"}
    assert undone.kept == {"track": "T2", "fte": "0.5"}


def test_what_the_local_system_never_took_needs_no_undoing() -> None:
    before = stay("mine", homeroom="A")
    change = Change(
        section="enrollments", key="k", theirs="x", before=before, after={**before, "homeroom": "B"}
    )

    assert undo(change, before).result == before
    assert undo(change, before).whole


def test_what_was_taken_away_here_since_stays_away() -> None:
    before = stay("mine", homeroom="A")
    change = Change(
        section="enrollments",
        key=record_id(before),
        theirs="x",
        before=before,
        after={**before, "homeroom": "B"},
    )

    undone = undo_all([change], {})

    assert undone[0].result is None
    assert not undone[0].whole
    assert present(Ours(changes=[change])) == {"enrollments": ()}


_values = st.one_of(st.text(max_size=3), st.integers(0, 9), st.lists(st.integers(0, 3), max_size=2))
_flat = st.dictionaries(st.sampled_from("abcdef"), _values, max_size=6)
_entries = st.builds(lambda flat, nested: {**flat, **({"n": nested} if nested else {})}, _flat, _flat)


@given(before=_entries, theirs=_entries, verb=st.sampled_from([Verb.FILL, Verb.REPLACE, Verb.CREATE]))
def test_undo_restores_exactly(before: dict[str, Any], theirs: dict[str, Any], verb: Verb) -> None:
    """Whatever is imported into whatever is there, the inverse gives what was there."""
    mine = entry("mine", **before)
    ours = Ours(sections={"identity": [mine]})

    made = plan("identity", entry("a", **theirs), ours=ours, sections={"identity": verb})
    system: dict[str, Any] = {record_id(mine): mine}
    for change in made.changes:
        system[change.key] = change.after
    for undone in undo_all(made.changes, {"identity": list(system.values())}):
        assert undone.whole
        if undone.result is None:
            del system[undone.change.key]
        else:
            system[undone.change.key] = undone.result

    assert system == {record_id(mine): mine}


@given(before=_entries, after=_entries, now=_entries)
def test_undo_never_loses_a_local_edit(
    before: dict[str, Any], after: dict[str, Any], now: dict[str, Any]
) -> None:
    change = Change(section="s", key="k", theirs="x", before=before, after=after)

    undone = undo(change, now)

    present, was, made = places(now), places(before), places(after)
    result = places(undone.result or {})
    for place, value in present.items():
        if value not in (was.get(place), made.get(place)):
            assert result[place] == value
            assert undone.kept[place] == value


@given(_entries, st.sampled_from(["a", "n.a", "x.y.z"]), st.integers())
def test_a_place_that_was_set_and_taken_away_leaves_nothing(
    before: dict[str, Any], place: str, value: int
) -> None:
    if place in places(before):
        return

    made = with_place(with_place(before, place, value), place, None)

    assert equal(made, before)
