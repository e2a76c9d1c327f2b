"""A student starts: the snapshot ahead of the record and the confirmation of enrollment, on live nodes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.domain.transfer import State
from gateway.usecases.confirm_enrollment import confirm_enrollment
from gateway.usecases.receive_snapshot import read_snapshot
from gateway.usecases.send_snapshot import send_snapshot
from tests.harness.live import backpack, federation, leaves, transfer_of, until, until_state
from tests.harness.staff import clerk

pytestmark = pytest.mark.timeout(300)


async def test_a_snapshot_comes_first_and_the_enrollment_is_confirmed_and_proven_offline(
    tmp_path: Path,
) -> None:
    async with federation(tmp_path) as live:
        await live.processes.begin(live.federation.maple, live.federation.cedar)
        asked = await live.ask(0)
        await until_state(live.cedar, asked.id, State.REQUESTED)
        held = await live.held(asked.id)
        await until_state(live.maple, held.id, State.REVIEW)

        await send_snapshot(live.maple.node, clerk("otto"), held.id)

        async def arrived() -> bool | None:
            return "snapshot.arrived" in await leaves(live.cedar, asked.id)

        await until(arrived)
        came = await read_snapshot(live.cedar.node, clerk("rosa"), asked.id)
        assert came.page.name.split()[0] == live.subject(0).given_name
        assert not came.whole
        assert (await transfer_of(live.cedar, asked.id)).state is State.REQUESTED
        assert "snapshot.fetched" in await leaves(live.maple, held.id)

        today = live.cedar.node.calendar.day_of(live.cedar.node.now())
        await confirm_enrollment(live.cedar.node, clerk("rosa"), asked.id, today)

        async def confirmed() -> bool | None:
            return "enrollment.confirmed" in await leaves(live.maple, held.id)

        await until(confirmed)
        file, maple = tmp_path / "enrollment.jws", live.federation.maple
        kept = await backpack(maple, "transfer", "enrollment", held.id, "--actor", "otto", "--out", str(file))
        assert kept.code == 0, kept.err

    keys = str(maple.anchor_keys)
    proven = CliRunner().invoke(
        app, ["verify", str(file), "--anchor", keys, "--allow-loopback-http", "--json"]
    )
    told = json.loads(proven.stdout)
    assert (told["holds"], told["enrolled_on"]) == (True, today.isoformat()), told
    header, payload, signature = file.read_text().split(".")
    file.write_text(f"{header}.{payload}.{'A' * len(signature)}")
    forged = CliRunner().invoke(app, ["verify", str(file), "--anchor", keys, "--allow-loopback-http"])
    assert forged.exit_code == 1
