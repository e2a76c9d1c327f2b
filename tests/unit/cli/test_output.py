"""What is printed, and how."""

import json
from datetime import UTC, datetime

from gateway.cli.exits import MEANINGS, ExitCode, exit_code_of
from gateway.cli.map import finding_lines
from gateway.cli.output import columns, plain, to_json
from gateway.domain.errors import GatewayError, Misconfigured, PeerUnavailable, Unknown


def test_text_from_elsewhere_cannot_steer_the_terminal() -> None:
    assert plain("Maple\x1b[2J\x07 Unified") == "Maple�[2J� Unified"


def test_columns_are_aligned() -> None:
    lines = list(columns(("A", "B"), [("long", "x"), ("s", "y")]))

    assert lines == ["A     B", "long  x", "s     y"]


def test_times_and_sets_become_json() -> None:
    value = {"at": datetime(2026, 11, 23, 12, tzinfo=UTC), "marks": frozenset({"b", "a"})}

    assert json.loads(to_json(value)) == {"at": "2026-11-23T12:00:00+00:00", "marks": ["a", "b"]}


def test_the_exit_code_follows_from_what_to_do_next() -> None:
    assert exit_code_of(Unknown("x")) == ExitCode.REFUSED
    assert exit_code_of(PeerUnavailable("x")) == ExitCode.TRY_LATER
    assert exit_code_of(Misconfigured("x")) == ExitCode.MISCONFIGURED


def test_every_exit_code_is_explained() -> None:
    assert set(MEANINGS) == set(ExitCode)


def test_every_error_has_a_sentence_of_its_own() -> None:
    titles = [kind.title for kind in _all(GatewayError)]

    assert len(set(titles)) == len(titles)


def test_a_finding_is_told_with_place_value_and_remedy() -> None:
    found = {
        "severity": "error",
        "rule": "date.invalid",
        "file": "users.csv",
        "line": 3,
        "column": "birthDate",
        "raw_value": "soon",
        "message": "is not a date",
        "suggestion": "write YYYY-MM-DD",
    }

    lines = list(finding_lines([found]))

    assert lines == [
        "error    users.csv:3 birthDate 'soon': is not a date (date.invalid)",
        "         write YYYY-MM-DD",
    ]


def _all(kind: type[GatewayError]) -> list[type[GatewayError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in _all(child))]
