"""Live nodes, their logs: anchored with each other, witnessed by the agency, compared over real sockets."""

from pathlib import Path

from gateway.domain.errands import Errand
from gateway.domain.transfer import State
from gateway.usecases.log import checkpoint_now
from gateway.usecases.reconcile import reconcile_due
from gateway.usecases.submit_checkpoint import NAME, submit_checkpoint
from tests.harness.live import federation, leaves, until_state


async def test_a_record_is_proven_in_both_logs_the_agency_cosigns_and_nothing_is_missing(
    tmp_path: Path,
) -> None:
    async with federation(tmp_path, automatic_approval=True, automatic_import=True) as live:
        await live.processes.begin(live.federation.maple, live.federation.cedar)
        asked = (await live.ask(0)).id
        await until_state(live.cedar, asked, State.RECEIPTED)
        held = (await live.held(asked)).id

        at_cedar = await live.cedar.store.read(lambda tx: tx.log_positions.of(asked))
        at_maple = await live.maple.store.read(lambda tx: tx.log_positions.of(held))
        now = live.maple.node.now()
        await live.maple.store.write(lambda tx: checkpoint_now(live.maple.node, tx))
        await live.maple.store.write(lambda tx: tx.errands.put(Errand(name=NAME, due_at=now)))
        cosigned = await submit_checkpoint(live.maple.node)
        await reconcile_due(live.cedar.node)

        assert [one.fault for one in (*at_cedar, *at_maple)] == ["", ""]
        assert cosigned is not None
        seen = await live.agency.store.read(lambda tx: tx.witnessed.list())
        assert cosigned.size in {one.size for one in seen}
        assert await live.cedar.store.read(lambda tx: tx.log_findings.count()) == 0
        assert await live.maple.store.read(lambda tx: tx.log_findings.count()) == 0
        assert "release.acked" in await leaves(live.maple, held)
