"""Corrections and statements of disagreement at a terminal."""

import json
from pathlib import Path

from gateway.demo.district import Bundle
from tests.unit.cli.conftest import District


def test_a_statement_is_attached_and_shown_with_its_entry(
    mapped: District, bundle: Bundle, tmp_path: Path
) -> None:
    student = bundle.scenario.local_id
    before = mapped.json("student", "statements", "-", input=student)
    [entry, *_] = [one for one in before["entries"] if one["section"] == "grades"]
    file = tmp_path / "statement.json"
    said = {"text": "She handed it in.", "by": "Rosa Ortiz, mother", "made_on": "2025-11-19"}
    file.write_text(json.dumps(said), "utf-8")

    which = ("--section", "grades", "--record", entry["record_id"], "--statement", str(file))
    mapped.json("student", "state", "-", *which, input=student)

    [told] = mapped.json("student", "statements", "-", input=student)["statements"]
    assert {name: told[name] for name in said} == said
    assert told["entry_is_here"]
    assert "She handed it in." in mapped.do("student", "statements", "-", input=student).stdout


def test_where_nothing_was_sent_nothing_is_to_be_corrected(mapped: District) -> None:
    assert mapped.json("correction", "list") == []
