"""Mapping and students at a terminal."""

import asyncio
import csv
import io
from pathlib import Path

import pytest

from gateway.cli.entries import provenance, words
from gateway.cli.map import _cell
from gateway.demo.district import Bundle
from gateway.domain.audit import Leaf
from gateway.storage.store import SqlStore
from tests.unit.cli.conftest import District


def test_every_student_of_the_export_is_listed(mapped: District) -> None:
    assert len(mapped.json("student", "list")) == 12


def test_a_limited_list_says_that_there_is_more(mapped: District) -> None:
    done = mapped.do("student", "list", "--limit", "5")

    assert len(done.stdout.splitlines()) == 6
    assert "5 of 12" in done.stderr


def test_a_student_is_found_by_a_name_from_standard_input(mapped: District, bundle: Bundle) -> None:
    told = mapped.json("student", "find", "-", input=f"{bundle.scenario.family_name}\n")

    assert bundle.scenario.local_id in {one["id"] for one in told}


def test_a_backpack_is_shown_with_the_place_of_each_entry(mapped: District, bundle: Bundle) -> None:
    told = mapped.do("student", "show", "-", input=bundle.scenario.local_id).stdout

    assert "Learner profile (" in told
    assert "said by learner" in told
    assert "from users.csv line" in told


def test_who_looked_at_a_student_is_in_the_log(mapped: District, bundle: Bundle) -> None:
    told = mapped.json("student", "show", "-", "--actor", "r.lopez", input=bundle.scenario.local_id)

    (leaf,) = asyncio.run(_leaves(mapped.folder / "node.db", told["learner"]))
    assert leaf.action == "record.viewed"
    assert not any(part in repr(leaf) for part in ("r.lopez", bundle.scenario.local_id))


def test_who_read_a_record_is_in_the_students_record_of_disclosures(mapped: District, bundle: Bundle) -> None:
    student = bundle.scenario.local_id
    mapped.do("student", "show", "-", "--actor", "r.lopez", input=student)

    told = mapped.json("student", "disclosures", "-", input=student)

    (line,) = told["lines"]
    assert (line["kind"], line["party"], line["interest"]) == ("read", "r.lopez", "student show")
    assert "identity" in line["sections"]
    law = mapped.json("student", "disclosures", "-", "--report", "99.32", input=student)
    assert law["lines"] == []


def test_a_disclosure_of_a_hostile_name_is_no_formula_in_the_export(mapped: District, bundle: Bundle) -> None:
    student = bundle.scenario.local_id
    mapped.do("student", "show", "-", "--actor", "=cmd|' /C calc'!A0", input=student)

    told = mapped.do("student", "disclosures", "-", "--csv", input=student).stdout

    (row,) = csv.DictReader(io.StringIO(told))
    assert row["party"].startswith("'=cmd")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_is_a_formula(sign: str) -> None:
    assert _cell(f"{sign}1") == f"'{sign}1"
    assert _cell(f"1{sign}") == f"1{sign}"


def test_a_student_who_is_not_there_is_not_found(mapped: District) -> None:
    done = mapped.do("student", "show", "nobody")

    assert done.exit_code == 1
    assert "nobody" not in done.stderr


def test_a_second_run_changes_nothing(mapped: District) -> None:
    told = mapped.json("map", "run", "--no-locator")

    assert (told["students"], told["changed"], told["removed"]) == (12, 0, 0)


def test_the_mapping_fits_the_headers(mapped: District) -> None:
    done = mapped.do("map", "check")

    assert done.exit_code == 0
    assert "users.csv" in done.stdout


def test_findings_of_one_rule_are_a_csv(mapped: District) -> None:
    done = mapped.do("map", "findings", "--rule", "text.html", "--csv")

    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert rows
    assert {row["rule"] for row in rows} == {"text.html"}


def test_a_run_without_a_source_is_misconfigured(district: District) -> None:
    done = district.do("map", "run")

    assert done.exit_code == 4
    assert "[source]" in done.stderr


def test_publishing_without_a_network_key_is_misconfigured(district: District) -> None:
    done = district.do("student", "publish")

    assert done.exit_code == 4
    assert "[locator]" in done.stderr


def test_a_run_counts_as_done_while_the_agency_is_away(mapped: District) -> None:
    (mapped.folder / "network.key").write_text("ab" * 32)
    (mapped.folder / "network.key").chmod(0o600)
    text = mapped.config.read_text("utf-8").replace("# network_key", "network_key")
    mapped.config.write_text(text, "utf-8")

    done = mapped.do("map", "run")

    assert done.exit_code == 0
    assert "backpack student publish" in done.stderr


def test_provenance_is_told_in_words() -> None:
    meta = {
        "source": {
            "system": "SIS",
            "file": "users.csv",
            "row": 7,
            "extractedAt": "2026-11-23T12:00:00Z",
            "assertedBy": {"actor": "school"},
        },
        "sensitivity": {"class": "D"},
        "dq": [{"code": "date.invalid", "severity": "error"}],
    }

    told = provenance(meta)

    assert told == "said by school; from users.csv line 7, read 2026-11-23; class D; in doubt: date.invalid"
    assert words("learnerProfile") == "learner profile"


async def _leaves(path: Path, object_: str) -> list[Leaf]:
    store = await SqlStore.open(path, checkpointer=False)
    found = await store.read(lambda tx: tx.audit.list(object_=object_))
    await store.close()
    return [leaf for _, leaf in found]
