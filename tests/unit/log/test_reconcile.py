"""Two nodes compare what they know of the transfers between them; a missing entry is named on both sides."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import Conflict, Gone, OverBudget
from gateway.domain.messages import MessageType
from gateway.domain.policy import Rules
from gateway.domain.reconciling import FindingKind, LogFinding, Side
from gateway.domain.transfer import Subject
from gateway.storage.store import SqlStore
from gateway.usecases import answer_reconcile as answering
from gateway.usecases import decide_release, loop
from gateway.usecases.answer_reconcile import answer_reconcile
from gateway.usecases.ports import Node
from gateway.usecases.reconcile import next_night, reconcile_due
from gateway.usecases.request_backpack import Wish, request_backpack
from tests.harness.pair import (
    ANA,
    CEDAR,
    MAPLE,
    SECTIONS,
    Clock,
    Network,
    backpack,
    make_node,
    peer,
)
from tests.harness.staff import clerk

AUTOMATIC = Rules(automatic_approval=True, automatic_import=True)


class Pair:
    """Cedar asks, Maple holds; their files can be changed behind their backs."""

    def __init__(self, stores: tuple[SqlStore, SqlStore]) -> None:
        self.clock, self.network, self.stores = Clock(), Network(), stores
        self.maple, self.cedar = (
            make_node(id_, store=store, network=self.network, clock=self.clock, rules=AUTOMATIC)
            for id_, store in zip((MAPLE, CEDAR), stores, strict=True)
        )

    async def exchange(self, subject: Subject = ANA) -> None:
        wish = Wish(holder=MAPLE, subject=subject, sections=SECTIONS, person=clerk("rita"))
        await request_backpack(self.cedar, wish)
        await self.settle()
        self.clock.forward(hours=1)

    async def settle(self) -> None:
        for _ in range(12):
            if not await loop.turn(self.cedar) + await loop.turn(self.maple):
                return

    async def night(self, *nodes: Node) -> None:
        for node in nodes or (self.cedar, self.maple):
            await reconcile_due(node)
        self.clock.forward(days=1)

    async def found(self, node: Node) -> list[tuple[FindingKind, str, Side]]:
        findings = await node.store.read(lambda tx: tx.log_findings.list())
        return sorted((one.kind, one.what, one.lacking) for one in findings)

    async def lose(self, node: Node, type_: MessageType) -> None:
        """Lose a message as a restored backup would."""
        from sqlalchemy import delete

        from gateway.storage.tables import messages

        store = self.stores[0] if node is self.maple else self.stores[1]
        statement = delete(messages).where(messages.c.type == type_)
        await store.write(lambda tx: tx.messages._db.connection.execute(statement))  # type: ignore[attr-defined]


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    stores = (await SqlStore.open(tmp_path / "maple.db"), await SqlStore.open(tmp_path / "cedar.db"))
    await stores[0].write(lambda tx: tx.backpacks.put([backpack()]))
    yield Pair(stores)
    for store in stores:
        await store.close()


async def test_two_nodes_that_know_the_same_find_nothing_and_say_so_in_their_logs(pair: Pair) -> None:
    await pair.exchange()

    await pair.night()

    assert await pair.found(pair.cedar) == await pair.found(pair.maple) == []
    said = await pair.cedar.store.read(lambda tx: tx.audit.latest(MAPLE, "log.reconciled"))
    assert said is not None
    assert said.rule == "1 transfers, 0 differences"


@pytest.mark.parametrize("lost", [MessageType.RECEIPT, MessageType.REQUEST])
async def test_a_message_that_the_holder_lost_is_named_on_both_sides(pair: Pair, lost: MessageType) -> None:
    await pair.exchange()
    await pair.lose(pair.maple, lost)

    await pair.night(pair.cedar)

    assert await pair.found(pair.cedar) == [(FindingKind.MISSING, lost, Side.THERE)]
    assert await pair.found(pair.maple) == [(FindingKind.MISSING, lost, Side.HERE)]


async def test_a_message_that_the_requester_lost_is_named_on_both_sides(pair: Pair) -> None:
    await pair.exchange()
    await pair.lose(pair.cedar, MessageType.RECEIPT)

    await pair.night(pair.maple)

    assert await pair.found(pair.cedar) == [(FindingKind.MISSING, "backpack-receipt+jwt", Side.HERE)]
    assert await pair.found(pair.maple) == [(FindingKind.MISSING, "backpack-receipt+jwt", Side.THERE)]


async def test_the_same_difference_is_one_finding_and_goes_when_it_is_mended(pair: Pair) -> None:
    await pair.exchange()
    held = (await pair.maple.store.read(lambda tx: tx.transfers.list()))[0]
    messages = await pair.maple.store.read(lambda tx: tx.messages.of(held.id))
    (receipt,) = [one for one in messages if one.type is MessageType.RECEIPT]
    await pair.lose(pair.maple, MessageType.RECEIPT)
    await pair.night()
    await pair.night()
    twice = await pair.cedar.store.read(lambda tx: tx.log_findings.list())

    await pair.maple.store.write(lambda tx: tx.messages.add(receipt))
    await pair.night()

    assert len(twice) == 1
    assert await pair.found(pair.cedar) == await pair.found(pair.maple) == []
    (settled,) = await pair.cedar.store.read(lambda tx: tx.log_findings.list(settled=True))
    assert settled.settled_at is not None


async def test_another_record_than_was_served_is_named(pair: Pair) -> None:
    await pair.exchange()
    asked = (await pair.cedar.store.read(lambda tx: tx.transfers.list()))[0]
    other = replace(asked, parcel_digest=asked.request_digest, revision=asked.revision + 1)
    await pair.cedar.store.write(lambda tx: tx.transfers.move(asked, other))

    await pair.night(pair.cedar)

    expected = [(FindingKind.DIFFERS, "backpack-record+jwt", Side.NEITHER)]
    assert await pair.found(pair.cedar) == await pair.found(pair.maple) == expected


async def test_a_whole_transfer_that_the_requester_lost_is_named_at_both(pair: Pair) -> None:
    await pair.exchange()
    store = await SqlStore.open(pair.stores[1]._path.with_name("fresh.db"))
    make_node(CEDAR, store=store, network=pair.network, clock=pair.clock)

    await pair.night(pair.maple)

    at_maple = await pair.found(pair.maple)
    assert {lacking for kind, _, lacking in at_maple if kind is FindingKind.MISSING} == {Side.THERE}
    assert {what for _, what, _ in at_maple} >= {"backpack-request+jwt", "backpack-receipt+jwt"}
    at_cedar = await store.read(lambda tx: tx.log_findings.list())
    assert {(one.lacking, one.transfer) for one in at_cedar} == {(Side.HERE, None)}
    await store.close()


async def test_a_log_that_was_cut_since_it_proved_more_is_named(pair: Pair) -> None:
    """Even with no witness: the partner keeps what was proven with the receipt."""
    await pair.exchange()
    asked = (await pair.cedar.store.read(lambda tx: tx.transfers.list()))[0]
    (kept,) = await pair.cedar.store.read(lambda tx: tx.log_positions.of(asked.id))
    later = replace(kept, message=asked.parcel_digest or kept.message, size=kept.size + 1000)
    await pair.cedar.store.write(lambda tx: tx.log_positions.add(later))

    await pair.night(pair.cedar)

    assert await pair.found(pair.cedar) == [(FindingKind.PEER_LOG, "log_shrunken", Side.THERE)]


async def test_it_is_done_once_a_night_and_a_partner_that_is_away_is_asked_again(pair: Pair) -> None:
    await pair.exchange()
    assert await reconcile_due(pair.cedar) == 1
    assert await reconcile_due(pair.cedar) == 0
    errand = await pair.cedar.store.read(lambda tx: tx.errands.get(f"reconcile {MAPLE}"))
    assert errand is not None
    assert errand.due_at == next_night(pair.cedar, pair.clock.at)
    pair.clock.forward(days=1)
    pair.network.fate = lambda _: "lost"
    await reconcile_due(pair.cedar)
    failed = await pair.cedar.store.read(lambda tx: tx.errands.get(f"reconcile {MAPLE}"))
    assert failed is not None
    assert (failed.fault, failed.tries, failed.done_at) == ("peer_unavailable", 1, errand.done_at)
    pair.clock.forward(minutes=2)
    pair.network.fate = lambda _: "ok"

    assert await reconcile_due(pair.cedar) == 1


async def test_a_process_that_dies_in_the_middle_leaves_the_work_to_the_next(pair: Pair) -> None:
    """It took the errand and came no further; the lease ends, nothing is told twice."""
    await pair.exchange()
    await pair.cedar.store.write(
        lambda tx: tx.errands.claim(f"reconcile {MAPLE}", pair.clock.at, timedelta(minutes=15))
    )
    assert await reconcile_due(pair.cedar) == 0
    pair.clock.forward(minutes=16)

    assert await reconcile_due(pair.cedar) == 1


def question(pair: Pair, *, asker: Node, **claims: Any) -> str:
    to = MAPLE if asker is pair.cedar else CEDAR
    seconds = int(pair.clock.at.timestamp())
    usual = {"iss": asker.id, "aud": to, "iat": seconds, "exp": seconds + 300, "jti": asker.new_id()}
    return asker.seals.sign(MessageType.RECONCILE, {**usual, "transfers": [], **claims})


def answered(token: str) -> list[Any]:
    transfers: list[Any] = json.loads(token)["claims"]["transfers"]
    return transfers


async def test_nothing_is_told_of_transfers_of_others_or_made_up_ones(pair: Pair) -> None:
    """Elm asks about Cedar's transfer, by all its names, and about one that never was: the same answer."""
    await pair.exchange()
    held = (await pair.maple.store.read(lambda tx: tx.transfers.list()))[0]
    elm = make_node(
        "https://elm.test",  # type: ignore[arg-type]
        store=pair.stores[1],
        network=pair.network,
        clock=pair.clock,
    )

    async def ask(**names: Any) -> list[Any]:
        one = {"transfer": held.id, "request": held.request_jti, "held": False, "items": []} | names
        token = question(pair, asker=elm, aud=MAPLE, transfers=[one])
        return answered(await answer_reconcile(pair.maple, peer(elm.id), token))

    assert await ask() == await ask(held=True) == await ask(request="x" * 24, transfer="T-x") == []
    assert await pair.found(pair.maple) == []


async def test_a_question_is_answered_once_and_within_its_time_and_budget(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = question(pair, asker=pair.cedar)
    await answer_reconcile(pair.maple, peer(CEDAR), token)
    with pytest.raises(Conflict):
        await answer_reconcile(pair.maple, peer(CEDAR), token)
    old = question(pair, asker=pair.cedar)
    pair.clock.forward(minutes=6)
    with pytest.raises(Gone):
        await answer_reconcile(pair.maple, peer(CEDAR), old)
    monkeypatch.setattr(answering, "QUESTIONS_A_DAY", 1)
    with pytest.raises(OverBudget):
        await answer_reconcile(pair.maple, peer(CEDAR), question(pair, asker=pair.cedar))


async def test_made_up_transfers_fill_no_store(pair: Pair) -> None:
    digest = "sha-256:" + "A" * 43
    for page in range(7):
        made_up = [
            {
                "transfer": f"T-{page}-{n}",
                "request": f"{'x' * 16}-{page}-{n}",
                "held": False,
                "items": [{"kind": "backpack-request+jwt", "digest": digest, "sure": True}],
            }
            for n in range(100)
        ]
        await answer_reconcile(pair.maple, peer(CEDAR), question(pair, asker=pair.cedar, transfers=made_up))

    assert await pair.maple.store.read(lambda tx: tx.log_findings.count()) == 500


async def test_what_was_decided_here_is_not_in_the_answer(pair: Pair) -> None:
    """A request that nobody matched, one under review and one whose release was approved look the same."""
    pair.maple = pair.network.nodes[MAPLE] = replace(pair.maple, rules=Rules())
    nobody = replace(ANA, family_name="Nobody", state_id="TX9999")
    for subject in (ANA, ANA, nobody):
        wish = Wish(holder=MAPLE, subject=subject, sections=SECTIONS, person=clerk("rita"))
        await request_backpack(pair.cedar, wish)
    await pair.settle()
    held = await pair.maple.store.read(lambda tx: tx.transfers.list())
    review = [one for one in held if one.state == "review"]
    await decide_release.approve(pair.maple, review[0].id, person=clerk("otto"))
    pair.clock.forward(hours=1)

    asked: list[Any] = [
        {"transfer": one.id, "request": one.request_jti, "held": False, "items": []} for one in held
    ]
    token = await answer_reconcile(pair.maple, peer(CEDAR), question(pair, asker=pair.cedar, transfers=asked))

    shapes = {tuple((item["kind"], item["sure"]) for item in one["items"]) for one in answered(token)}
    assert shapes == {(("backpack-request+jwt", True),)}
    assert len(answered(token)) == 3


def test_a_finding_found_again_has_the_same_key() -> None:
    one = LogFinding(
        peer=CEDAR,
        kind=FindingKind.MISSING,
        transfer=None,
        named="T-1",
        what="backpack-receipt+jwt",
        version=0,
        digest="sha-256:x",
        lacking=Side.HERE,
        found_at=Clock().at,
    )

    assert one.id == replace(one, lacking=Side.THERE).id != replace(one, named="T-2").id
