"""What a node passed on, by segment: its own receivers, never anybody behind them."""

from gateway.usecases.onward import sent_on
from tests.harness.pair import CEDAR, MAPLE, backpack
from tests.harness.town import WILLOW, Town


async def test_each_hop_finds_the_next_one_and_no_more() -> None:
    town = Town(MAPLE, CEDAR, WILLOW)
    await town[MAPLE].store.write(lambda tx: tx.backpacks.put([backpack()]))
    came = await town.ask(CEDAR, MAPLE)
    await town.settle()
    await town[CEDAR].store.write(lambda tx: tx.backpacks.put([backpack("77")]))
    await town.ask(WILLOW, CEDAR)
    await town.settle()
    signed = await town[CEDAR].store.read(lambda tx: [one.digest for one in tx.segments.with_transfer(came)])

    told = {
        id_: [one.peer for one in await town[id_].store.read(lambda tx: sent_on(tx, [*signed, *signed]))]
        for id_ in (MAPLE, CEDAR, WILLOW)
    }

    assert told == {MAPLE: [CEDAR], CEDAR: [WILLOW], WILLOW: []}
