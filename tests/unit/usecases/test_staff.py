"""Who may change who may do what: two people, never for oneself, and somebody is left who runs the node."""

import pytest

from gateway.domain.errors import Forbidden, Refused
from gateway.domain.policy import Person, PersonId, StaffRole
from gateway.usecases.ports import Account, Node
from gateway.usecases.staff import (
    NewMember,
    add_member,
    list_members,
    remove_member,
    set_local_ids,
    set_roles,
)
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import MAPLE, Clock, Network, make_node
from tests.harness.staff import clerk, person

IT, PRIVACY, NURSE = StaffRole.IT_ADMIN, StaffRole.PRIVACY_OFFICER, StaffRole.NURSE
OTTO, PIA = clerk("otto"), clerk("pia")


@pytest.fixture
def node() -> Node:
    return make_node(MAPLE, store=MemoryStore(), network=Network(), clock=Clock())


def wish(subject: str, *roles: StaffRole) -> NewMember:
    return NewMember(issuer="https://login.test", subject=subject, name=subject, roles=frozenset(roles))


async def listed(node: Node, subject: str, *roles: StaffRole, by: Person = OTTO) -> Account:
    added = await add_member(node, wish(subject, *roles), person=by, why="new")
    assert added is not None
    return added


def signed_in(node: Node, account: Account) -> Person:
    return Person(id=account.id, name=account.name, roles=account.roles, signed_in_at=node.now(), strong=True)


async def test_one_person_lists_the_first_and_then_two_must_agree(node: Node) -> None:
    await listed(node, "ines", IT)
    await listed(node, "priya", PRIVACY)

    alone = await add_member(node, wish("nina", NURSE), person=OTTO, why="new nurse")
    again = await add_member(node, wish("nina", NURSE), person=OTTO, why="new nurse")
    other = await add_member(node, wish("nina", IT), person=PIA, why="more than was asked for")
    both = await add_member(node, wish("nina", NURSE), person=PIA)

    assert (alone, again, other) == (None, None, None)
    assert both is not None
    assert both.roles == {NURSE}


async def test_the_first_of_two_says_why(node: Node) -> None:
    ines = await listed(node, "ines", IT)
    await listed(node, "priya", PRIVACY)

    with pytest.raises(Forbidden, match="say why"):
        await set_roles(node, ines.id, [IT, NURSE], person=OTTO)


async def test_nobody_changes_or_ends_the_own_roles(node: Node) -> None:
    ines = await listed(node, "ines", IT)
    herself = signed_in(node, ines)

    with pytest.raises(Forbidden, match="own roles"):
        await set_roles(node, ines.id, [IT, PRIVACY], person=herself, why="I need it")
    with pytest.raises(Forbidden, match="own roles"):
        await remove_member(node, ines.id, person=herself, why="I leave")


async def test_the_last_who_runs_the_node_stays(node: Node) -> None:
    ines = await listed(node, "ines", IT)

    with pytest.raises(Refused, match="last it_admin"):
        await remove_member(node, ines.id, person=OTTO, why="left")
    with pytest.raises(Refused, match="last it_admin"):
        await set_roles(node, ines.id, [NURSE], person=OTTO, why="changed")

    await listed(node, "ivan", IT)
    assert await remove_member(node, ines.id, person=OTTO, why="left") is None
    removed = await remove_member(node, ines.id, person=PIA)
    assert removed is not None
    assert not removed.active


@pytest.mark.parametrize("role", sorted(set(StaffRole) - {IT, PRIVACY}))
async def test_other_roles_change_nobody(node: Node, role: StaffRole) -> None:
    with pytest.raises(Forbidden):
        await add_member(node, wish("nina", NURSE), person=person("x", role, at=node.now()), why="new")

    assert not await node.store.read(lambda tx: tx.staff.list())


async def test_a_registrar_does_not_see_who_has_which_role(node: Node) -> None:
    await listed(node, "ines", IT)

    with pytest.raises(Forbidden):
        await list_members(node, person("rosa", StaffRole.REGISTRAR, at=node.now()))
    assert [one.name for one in await list_members(node, OTTO)] == ["ines"]


async def test_who_is_not_there_cannot_be_changed(node: Node) -> None:
    with pytest.raises(Refused):
        await set_roles(node, PersonId("P-nobody"), [NURSE], person=OTTO, why="changed")


async def test_two_people_say_whose_classes_somebody_teaches(node: Node) -> None:
    tina = await listed(node, "tina", StaffRole.TEACHER)
    assert await set_local_ids(node, tina.id, ["T1"], person=OTTO, why="new teacher") == tina
    await listed(node, "ines", IT)
    await listed(node, "priya", PRIVACY)

    alone = await set_local_ids(node, tina.id, ["T1", "T2"], person=OTTO, why="a second school")
    assert (alone, await node.store.read(lambda tx: tx.rosters.local_ids(tina.id))) == (None, ["T1"])

    await set_local_ids(node, tina.id, ["T2", "T1"], person=PIA)
    assert await node.store.read(lambda tx: tx.rosters.local_ids(tina.id)) == ["T1", "T2"]
    with pytest.raises(Forbidden, match="own roles"):
        await set_local_ids(node, tina.id, ["T9"], person=signed_in(node, tina))
