"""Secrets that all processes of a node share."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.crypto.tokens import Nonces
from gateway.domain.errors import Misconfigured
from gateway.wiring.node_secrets import nonce_secret, pseudonyms

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_a_nonce_of_one_process_is_taken_by_another_and_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "nonces.key"

    one, other = Nonces(nonce_secret(file)), Nonces(nonce_secret(file))

    assert other.accepts(one.issue(NOW), NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert nonce_secret(file) != bytes.fromhex(file.read_text("ascii"))


def test_nodes_do_not_share_nonces(tmp_path: Path) -> None:
    one, other = (Nonces(nonce_secret(tmp_path / name)) for name in ("one.key", "other.key"))

    assert not other.accepts(one.issue(NOW), NOW)


def test_processes_that_start_at_once_have_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(nonce_secret, [tmp_path / "nonces.key"] * 64))

    assert len(made) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["nonces.key"]


def test_a_secret_that_was_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / "pseudonyms.key").write_text("abc")

    with pytest.raises(Misconfigured, match=r"pseudonyms\.key"):
        pseudonyms(tmp_path / "pseudonyms.key")
