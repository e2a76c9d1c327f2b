"""The demonstration as a person runs it: a process, its nodes, and what is left of them."""

import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.crypto.keys import Purpose
from gateway.demo.district import make_bundle
from gateway.demo.nodes import AGENCY, CEDAR, MAPLE, Federation, Place
from gateway.demo.proof import HOLDS, ONE, Expected, prove_import
from gateway.domain.ids import EntityId, LocalStudentId, TransferId
from gateway.domain.transfer import Role
from gateway.settings import load
from gateway.storage.store import SqlStore
from gateway.usecases.wholes import read_whole

STUDENTS = 12
SEED = 5
STARTED = "starts three nodes"


@dataclass(frozen=True)
class Told:
    """What a run of the demonstration said and left behind."""

    folder: Path
    code: int
    out: str
    err: str

    @property
    def outcome(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.out)
        return told

    @property
    def record(self) -> Path:
        return Path(self.outcome["places"]["Cedar: the record"])


def command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "gateway", "demo", "--folder", str(folder), *options]


def run_demo(folder: Path, *options: str) -> Told:
    done = subprocess.run(command(folder, *options), capture_output=True, text=True, check=False, timeout=110)
    return Told(folder, done.returncode, done.stdout, done.stderr)


def listens(url: str) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0


def urls_in(folder: Path) -> list[str]:
    return [load(folder / name.lower() / "node.toml").id for name in (AGENCY, MAPLE, CEDAR)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("demo") / "story"
    return run_demo(folder, "--json", "--students", str(STUDENTS), "--seed", str(SEED))


def test_one_student_moves_and_the_record_is_verified_imported_and_receipted(told: Told) -> None:
    outcome = told.outcome

    assert told.code == 0, outcome["fault"]
    assert (outcome["verified"], outcome["imported"], outcome["receipted"]) == (True, True, True)
    assert outcome["students"] == STUDENTS
    assert outcome["findings"]
    assert outcome["moved"]["identity"] == 1
    assert set(outcome["checks"].values()) == {True}
    assert outcome["seconds"] > sum(one["seconds"] for one in outcome["timeline"]) / 2


def test_with_json_nothing_else_is_said(told: Told) -> None:
    assert json.loads(told.out).keys() >= {"verified", "imported", "receipted", "seconds", "timeline"}
    assert told.err == ""


def test_no_node_is_left_when_the_story_ends(told: Told) -> None:
    assert not any(listens(url) for url in told.outcome["nodes"].values())


def test_no_name_of_the_student_is_in_any_log(told: Told) -> None:
    student = make_bundle(SEED, students=STUDENTS).scenario
    logs = [file.read_text("utf-8") for file in told.folder.rglob("*.log")]

    assert len(logs) == 4
    for secret in (student.family_name, student.state_id, student.birth_date.isoformat()):
        assert not any(secret in log for log in logs)


def test_the_record_can_be_proven_with_the_command_that_the_story_names(told: Told) -> None:
    named = told.outcome["verify_command"].split()

    proven = subprocess.run(
        [sys.executable, "-m", "gateway", *named[1:]], capture_output=True, text=True, check=False
    )

    assert (named[0], proven.returncode) == ("backpack", 0)


async def expected_of(told: Told) -> Expected:
    """Return what must have arrived, from the settings and Maple's own rows."""
    places = {
        name: Place(name=name, folder=told.folder / name.lower(), url=EntityId(url))
        for name, url in told.outcome["nodes"].items()
    }
    federation = Federation(agency=places[AGENCY], maple=places[MAPLE], cedar=places[CEDAR])
    store = await SqlStore.open(federation.maple.database)
    student = LocalStudentId(make_bundle(SEED, students=STUDENTS).scenario.local_id)
    backpack = await store.read(lambda tx: read_whole(tx, student))
    (held,) = await store.read(lambda tx: tx.transfers.list(role=Role.HOLDER))
    await store.close()
    asked = TransferId(told.record.parent.name)
    return Expected(federation=federation, asked=asked, held=held.id, backpack=backpack)


@pytest.fixture
def copied(told: Told, tmp_path: Path) -> Told:
    """The story's folder once more, for tests that spoil it."""
    folder = tmp_path / "story"
    shutil.copytree(told.folder, folder)
    return Told(folder, told.code, told.out.replace(str(told.folder), str(folder)), told.err)


async def test_a_record_that_was_changed_proves_nothing(copied: Told) -> None:
    expected = await expected_of(copied)
    text = copied.record.read_text("ascii")
    middle = len(text) // 2
    copied.record.write_text(
        text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :], "ascii"
    )

    proof = prove_import(expected, now=datetime.now(UTC))

    assert proof.checks == {HOLDS: False, ONE: True}
    assert proof.digest is None


async def test_a_record_of_another_agency_proves_nothing(copied: Told) -> None:
    expected = await expected_of(copied)
    stranger = expected.federation.cedar.keys.public_jwks(Purpose.FEDERATION)
    expected.federation.agency.anchor_keys.write_text(json.dumps(stranger), "utf-8")

    proof = prove_import(expected, now=datetime.now(UTC))

    assert not proof.checks[HOLDS]


async def test_a_second_import_is_noticed(copied: Told) -> None:
    expected = await expected_of(copied)
    shutil.copytree(copied.record.parent, copied.record.parent.with_name("R-again"))

    proof = prove_import(expected, now=datetime.now(UTC))

    assert proof.imports == 2
    assert (proof.checks[HOLDS], proof.checks[ONE]) == (True, False)


async def test_a_file_for_the_local_system_that_says_something_else_is_noticed(copied: Told) -> None:
    expected = await expected_of(copied)
    document = copied.record.with_name("backpack.json")
    said = json.loads(document.read_bytes())
    del said["segments"][-1]["sections"]["identity"][0]["birthDate"]
    document.write_text(json.dumps(said), "utf-8")

    proof = prove_import(expected, now=datetime.now(UTC))

    assert [what for what, held in proof.checks.items() if not held] == [
        "the file for the local system says the same"
    ]


async def test_another_students_record_is_noticed(copied: Told) -> None:
    expected = await expected_of(copied)
    store = await SqlStore.open(expected.federation.maple.database)
    others = [one async for one in store.students() if one.student != expected.backpack.student]
    await store.close()
    wrong = Expected(
        federation=expected.federation, asked=expected.asked, held=expected.held, backpack=others[0]
    )

    proof = prove_import(wrong, now=datetime.now(UTC))

    assert proof.checks[HOLDS]
    assert not proof.checks["it is about the student who moves"]
    assert not proof.checks["every entry in it is as Maple mapped it"]


def without_state_ids(folder: Path) -> Mapping[str, str]:
    """Write a clean bundle whose students have no state id; return its scenario student's names."""
    bundle = make_bundle(SEED, students=STUDENTS, dirt=0)
    folder.mkdir()
    for name, content in bundle.files.items():
        (folder / name).write_bytes(content)
    rows = list(csv.DictReader(io.StringIO(bundle.files["users.csv"].decode("utf-8-sig"), newline="")))
    with (folder / "users.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row | {"identifier": "", "userIds": ""} for row in rows)
    return {row["givenName"]: row["familyName"] for row in rows}


def test_a_real_bundle_without_state_ids_is_told_with_initials_only(tmp_path: Path) -> None:
    names = without_state_ids(tmp_path / "export")

    told = run_demo(tmp_path / "demo", "--source", str(tmp_path / "export"))

    assert told.code == 0, told.out
    assert "the locator cannot be asked" in told.out
    assert "verified, imported, receipted" in told.out
    assert not any(family in told.out for family in names.values())


def test_a_bundle_in_which_nobody_can_be_matched_ends_with_what_is_missing(tmp_path: Path) -> None:
    source = tmp_path / "export"
    source.mkdir()
    (source / "orgs.csv").write_text("sourcedId,name,type\n1,Elm School,school\n", "utf-8")
    (source / "users.csv").write_text(
        "sourcedId,orgSourcedIds,givenName,familyName,username,role,grade\n"
        "2,1,Ida,Oakplank,ida@example.com,Student,6\n",
        "utf-8",
    )

    told = run_demo(tmp_path / "demo", "--source", str(source))

    assert told.code == 1
    assert "nobody among the 1 students can be matched" in told.out
    assert "1 have no birth date" in told.out
    assert "Oakplank" not in told.out + told.err


def test_a_folder_that_is_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("kept", "utf-8")

    told = run_demo(tmp_path)

    assert told.code == 1
    assert "is not empty" in told.err
    assert [file.name for file in tmp_path.iterdir()] == ["something"]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_story_leaves_no_node_behind(tmp_path: Path, end: signal.Signals) -> None:
    folder = tmp_path / "demo"
    with subprocess.Popen(
        command(folder, "--students", "2000"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        next(line for line in demo.stdout if STARTED in line)
        assert all(listens(url) for url in urls_in(folder))

        demo.send_signal(end)
        demo.communicate(timeout=60)

    assert demo.returncode == 130
    assert not any(listens(url) for url in urls_in(folder))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Told]:
    told = run_demo(tmp_path / "demo", "--json", "--keep", "--students", str(STUDENTS))
    yield told
    for pid in told.outcome["pids"].values():
        os.kill(pid, signal.SIGKILL)


def test_kept_nodes_go_on_and_are_named(kept: Told) -> None:
    outcome = kept.outcome

    assert kept.code == 0, outcome["fault"]
    assert outcome["pids"].keys() == {AGENCY, MAPLE, CEDAR}
    assert all(listens(url) for url in outcome["nodes"].values())
