"""A record is proven offline."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.crypto.chains import ChainCache
from gateway.crypto.keys import Purpose
from gateway.crypto.node_seals import NodeSeals
from gateway.domain.messages import MessageType
from tests.harness import federation
from tests.unit.cli.conftest import Run

AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
RECEIVER = "https://exchange.cedar.k12.st-a.example"


@pytest.fixture
def anchor() -> federation.Member:
    return federation.agency()


@pytest.fixture
def files(anchor: federation.Member, tmp_path: Path) -> Path:
    """A record of two entries of which one is withheld, and the agency's key file."""
    (tmp_path / "record.jws").write_text(_record(anchor))
    (tmp_path / "anchor.json").write_text(json.dumps(anchor.federation_jwks))
    return tmp_path


def test_a_genuine_record_holds(run: Run, files: Path) -> None:
    done = run("verify", str(files / "record.jws"), "--anchor", str(files / "anchor.json"), "--json")

    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["holds"]
    assert told["signed_by"]["name"] == "Maple Unified School District"
    assert (told["for"], told["transfer"], told["version"]) == (RECEIVER, "T-1", 1)
    assert told["segments"][0]["disclosed"] == {"goals": 1}
    assert told["segments"][0]["undisclosed"] == {"goals": 1}


def test_an_import_folder_is_taken_as_well_and_told_in_words(run: Run, files: Path) -> None:
    done = run("verify", str(files), "--anchor", str(files / "anchor.json"))

    assert done.exit_code == 0
    assert "Released by  Maple Unified" in done.stdout
    assert "goals: 1 disclosed; 1 withheld or padding" in done.stdout


def test_a_record_does_not_hold_under_another_agencys_key(run: Run, files: Path) -> None:
    other = files / "other.json"
    other.write_text(json.dumps(federation.agency().federation_jwks))

    done = run("verify", str(files), "--anchor", str(other), "--json")

    told = json.loads(done.stdout)
    assert (done.exit_code, told["holds"]) == (1, False)
    assert told["why"]


def test_a_changed_record_does_not_hold(run: Run, files: Path) -> None:
    record = (files / "record.jws").read_text()
    header, payload, signature = record.split(".")
    other = ("A" if signature[0] != "A" else "B") + signature[1:]
    (files / "record.jws").write_text(f"{header}.{payload}.{other}")

    done = run("verify", str(files), "--anchor", str(files / "anchor.json"))

    assert done.exit_code == 1
    assert done.stdout.startswith("The record does not hold.")


def test_what_is_no_record_does_not_hold(run: Run, files: Path) -> None:
    (files / "record.jws").write_text("hello")

    done = run("verify", str(files), "--anchor", str(files / "anchor.json"), "--json")

    assert done.exit_code == 1
    assert json.loads(done.stdout)["holds"] is False


def test_a_key_file_that_is_none_is_misconfigured(run: Run, files: Path) -> None:
    (files / "anchor.json").write_text("{}")

    done = run("verify", str(files), "--anchor", str(files / "anchor.json"))

    assert done.exit_code == 4
    assert "anchor.json" in done.stderr


def test_a_file_of_private_keys_is_not_taken_as_an_anchor(
    run: Run, files: Path, anchor: federation.Member
) -> None:
    private = anchor.keys.current(Purpose.FEDERATION).as_dict(private=True)
    (files / "anchor.json").write_text(json.dumps(private))

    done = run("verify", str(files), "--anchor", str(files / "anchor.json"))

    assert done.exit_code == 4
    assert "private key" in done.stderr


def _record(anchor: federation.Member) -> str:
    maple = federation.district()
    chain = federation.chain_of(maple, anchor, now=AT)
    seals = NodeSeals(maple.id, maple.keys, ChainCache(federation.rules_of(anchor)), lambda: AT)
    when = {"iss": maple.id, "iat": int(AT.timestamp())}
    meta = {"sensitivity": {"class": "E"}}
    entries = {"goals": [{"statement": "read", "meta": meta}, {"statement": "swim", "meta": meta}]}
    segment, disclosures = asyncio.run(
        seals.sign_segment(
            {
                **when,
                "jti": "segment-0000000001",
                "learner": "urn:uuid:3f1b0f6e-0e0a-8c36-9d0f-1f0c5a5e8f11",
                "as_of": AT.date().isoformat(),
            },
            entries,
            chain,
        )
    )
    shown = {name: list(texts[:1]) for name, texts in disclosures.items()}
    claims = {
        **when,
        "aud": RECEIVER,
        "jti": "record-00000000001",
        "transfer": "T-1",
        "request_digest": "sha-256:" + "A" * 43,
        "version": 1,
        "approved": {"by": "somebody"},
        "granted": [],
        "record": {"schema": "1.0.0", "segments": [{"jws": segment, "disclosures": shown}]},
    }
    return seals.sign(MessageType.RECORD, claims, chain)
