"""What a use-case gets when it asks whether a person may."""

import pytest

from gateway.domain.errors import Forbidden, Unmet
from gateway.domain.policy import Action, Kind, Object, StaffRole
from gateway.usecases.permission import permit
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import MAPLE, Clock, Network, make_node
from tests.harness.staff import person

THING = Object(kind=Kind.TRANSFER, id="T-1", schools=frozenset({"oak"}))


async def test_a_refusal_names_its_rule_and_is_in_the_log() -> None:
    node = make_node(MAPLE, store=MemoryStore(), network=Network(), clock=Clock())
    teacher = person("Ms. Fisher", StaffRole.TEACHER)

    with pytest.raises(Forbidden, match=r"rule release\.deny\.otherwise"):
        await permit(node, teacher, Action.RELEASE_DENY, THING)

    [(_, leaf)] = await node.store.read(lambda tx: tx.audit.list(object_="T-1"))
    assert (leaf.action, leaf.rule, leaf.outcome) == ("release.deny", "release.deny.otherwise", "refused")
    assert "Fisher" not in leaf.actor


async def test_what_is_open_still_is_said_as_such() -> None:
    node = make_node(MAPLE, store=MemoryStore(), network=Network(), clock=Clock())

    with pytest.raises(Unmet, match=r"^reason: .*rule release\.partial-reason") as caught:
        await permit(node, person("o", StaffRole.RECORDS_OFFICER), Action.RELEASE_RECALL, THING)

    assert caught.value.obligation == "reason"


async def test_what_is_allowed_leaves_no_line() -> None:
    node = make_node(MAPLE, store=MemoryStore(), network=Network(), clock=Clock())

    decision = await permit(node, person("o", StaffRole.RECORDS_OFFICER), Action.RELEASE_DENY, THING)

    assert decision.granted
    assert await node.store.read(lambda tx: list(tx.audit.list())) == []
