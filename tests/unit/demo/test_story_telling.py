"""The story's timeline, its events on a screen or in a pipe, and its summary."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console

from gateway.demo.display import Lines, Screen, duration
from gateway.demo.outcome import Event, Example, Kept, Moment, NodeIs, Outcome, Phase, StepIs
from gateway.demo.story import Plan, masked
from gateway.demo.summary import summary
from gateway.demo.timeline import Timeline

FOLDER = Path("demo")
NEWS = StepIs(who="Maple", title="maps its students", phase=Phase.UNDER_WAY, told="200 students", seconds=0.5)


def ticking() -> Callable[[], float]:
    """Return a clock that is a second later each time it is read."""
    seconds = iter(range(1000))
    return lambda: float(next(seconds))


def ended(phase: Phase = Phase.DONE) -> StepIs:
    return StepIs(who="Maple", title="maps its students", phase=phase, told="400 students", seconds=2.0)


def outcome(**more: Any) -> Outcome:
    plain: dict[str, Any] = {
        "verified": True,
        "imported": True,
        "receipted": True,
        "seconds": 4.24,
        "students": 400,
        "findings": {"date.invalid": 3},
        "meanings": {"date.invalid": "this is no date"},
        "student": "Ida Oakplank",
        "school": "Maple High School",
        "moved": {"identity": 1, "grades": 11},
        "withheld": (Kept(section="contacts", reason="restricted", entries=2),),
        "checks": {"it holds": True},
        "timeline": [Moment(step="maps its students", who="Maple", what="400 students", seconds=0.35)],
        "places": {"Maple: settings": FOLDER / "maple" / "node.toml"},
        "verify_command": "backpack verify record.jws --anchor keys.json",
        "nodes": {"Maple": "http://127.0.0.1:4001"},
    }
    return Outcome(folder=FOLDER, **{**plain, **more})


async def test_a_step_is_told_as_it_goes_and_listed_at_its_end() -> None:
    told: list[Event] = []
    timeline = Timeline(told.append, clock=ticking())

    async with timeline.step("Maple", "maps its students") as say:
        say("200 students")
        say("400 students")

    phases = [event.phase for event in told if isinstance(event, StepIs)]
    assert phases == [Phase.BEGUN, Phase.UNDER_WAY, Phase.UNDER_WAY, Phase.DONE]
    assert timeline.moments == [
        Moment(step="maps its students", who="Maple", what="400 students", seconds=5.0)
    ]


async def test_a_step_that_fails_is_told_and_not_listed() -> None:
    told: list[Event] = []
    timeline = Timeline(told.append, clock=ticking())

    with pytest.raises(LookupError):
        async with timeline.step("Maple", "maps its students"):
            raise LookupError

    assert [event.phase for event in told if isinstance(event, StepIs)] == [Phase.BEGUN, Phase.FAILED]
    assert timeline.moments == []


def test_in_a_pipe_each_step_is_one_line_when_it_ended() -> None:
    output = io.StringIO()
    lines = Lines(Console(file=output, width=20))

    with lines:
        for event in (NodeIs(name="Maple", url="http://127.0.0.1:4001", state="ready"), NEWS, ended()):
            lines(event)
        lines(ended(Phase.FAILED))

    assert output.getvalue().splitlines() == [
        "Maple maps its students: 400 students",
        "failed: Maple maps its students: 400 students",
    ]


def test_a_screen_shows_nodes_and_the_newest_of_each_step() -> None:
    output = io.StringIO()
    screen = Screen(Console(file=output, force_terminal=True, width=120, color_system=None))

    with screen:
        for event in (NodeIs(name="Maple", url="http://127.0.0.1:4001", state="ready"), NEWS):
            screen(event)

    shown = output.getvalue()
    assert "http://127.0.0.1:4001" in shown
    assert "200 students" in shown


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0004, "   0 ms"), (0.35, " 350 ms"), (4.24, " 4.2 s "), (61.0, "61.0 s ")]
)
def test_durations_fit_a_column(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_summary_says_what_moved_what_stayed_and_where_everything_lies() -> None:
    text = "\n".join(summary(outcome()))

    assert text.startswith("Ida Oakplank (Maple High School) moved from Maple to Cedar in 4.2 s")
    for part in (
        "   350 ms  Maple  maps its students  400 students",
        "     11 grades",
        "      2 contacts: of a class that does not travel",
        "      3 date.invalid  this is no date",
        "  yes it holds",
        f"  Maple: settings  {FOLDER / 'maple' / 'node.toml'}",
        "  backpack verify record.jws --anchor keys.json",
    ):
        assert part in text


def test_the_summary_gives_one_finding_with_its_place() -> None:
    example = Example(
        rule="date.invalid",
        file="users.csv",
        line=7,
        column="birthDate",
        value="99/99/9999",
        message="no date",
    )

    text = "\n".join(summary(outcome(example=example)))

    assert "users.csv, line 7, column birthDate, '99/99/9999' (masked): no date" in text


@pytest.mark.parametrize("missing", ["verified", "imported", "receipted"])
def test_a_move_that_lacks_one_proof_is_no_success(missing: str) -> None:
    told = outcome(**{missing: False})

    assert not told.succeeded
    assert f"something does not hold: not {missing}." in next(summary(told))


def test_a_story_that_ended_early_says_why_first() -> None:
    told = Outcome(folder=FOLDER, fault="Refused: nobody can be matched")

    assert next(summary(told)) == "The story ended early after 0.0 s. Refused: nobody can be matched"
    assert not told.succeeded


def test_nodes_that_were_left_running_are_named_with_their_processes() -> None:
    text = "\n".join(summary(outcome(pids={"Maple": 4711})))

    assert "  Maple at http://127.0.0.1:4001, process 4711" in text


def test_the_outcome_as_json_is_the_same_as_the_summary() -> None:
    told = orjson.loads(orjson.dumps(outcome().to_json()))

    assert (told["verified"], told["imported"], told["receipted"]) == (True, True, True)
    assert (told["seconds"], told["students"], told["findings"]) == (4.24, 400, {"date.invalid": 3})
    assert told["timeline"] == [
        {"step": "maps its students", "who": "Maple", "what": "400 students", "seconds": 0.35}
    ]
    assert told["places"] == {"Maple: settings": str(FOLDER / "maple" / "node.toml")}


def test_a_masked_value_keeps_its_shape_only() -> None:
    assert masked("Ñandú 7/12-b") == "xxxxx 9/99-x"


def test_the_official_record_can_be_asked_for_without_profile_and_goals() -> None:
    whole, official = Plan(folder=FOLDER), Plan(folder=FOLDER, with_profile=False)

    assert set(whole.sections) - set(official.sections) == {"learnerProfile", "goals"}
