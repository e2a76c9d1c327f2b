"""Who works at this district: added, changed and removed by an administrator, found again at a sign-in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.domain.audit import Leaf
from gateway.domain.errors import Conflict, Forbidden, Refused
from gateway.domain.policy import Action, Context, Kind, Object, Person, PersonId, StaffRole
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Account, Node, Tx
from gateway.usecases.two_people import Act, agreed

CHANGERS: Final = frozenset({StaffRole.IT_ADMIN, StaffRole.PRIVACY_OFFICER})
"""Who may change roles, as the rules have it."""
_TWO: Final = 2
_ANYBODY: Final = PersonId("whoever agrees")
"""Stands for the second person while it is asked whether the first may: `agreed` sees to the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """Somebody to be listed."""

    issuer: str
    subject: str
    name: str
    roles: frozenset[StaffRole]
    schools: frozenset[str] = frozenset()


async def list_members(node: Node, person: Person) -> Sequence[Account]:
    """Return who may sign in, and who might before, by name.

    Raises:
        Forbidden: the person may not see who has which role.
    """
    await permit(node, person, Action.STAFF_READ, Object(kind=Kind.NODE, id=node.id))
    return await node.store.read(lambda tx: tx.staff.list())


async def add_member(node: Node, member: NewMember, *, person: Person, why: str = "") -> Account | None:
    """List somebody, who may sign in from now on; None: the first of two people asked for it.

    Raises:
        Refused: no name, no key of the provider, or no role.
        Conflict: the provider's key is somebody's already.
        Forbidden: the person may not change who has which role; or the first says not why.
    """
    if not (member.subject.strip() and member.name.strip() and member.roles):
        raise Refused("a member of staff has a key at the identity provider, a name and at least one role")
    subject = node.pseudonym("subject", f"{member.issuer} {member.subject}")
    act = _Change(node, person, subject, why, _payload(member.roles, member.schools, member.name))
    await act.permitted()

    def store(tx: Tx) -> Account | None:
        if tx.staff.by_subject(member.issuer, member.subject):
            raise Conflict(
                "this key of the identity provider is somebody's already: change the roles instead"
            )
        return enter_member(node, tx, member, by=actor_of(node, person)) if act.agreed(tx) else None

    return await node.store.write(store)


def enter_member(node: Node, tx: Tx, member: NewMember, *, by: str) -> Account:
    """List somebody whom nobody needs to agree to: the provider's word is the list, or nobody is real."""
    account = _account(node, member)
    tx.staff.put(account)
    tx.audit.add(_leaf(node, by, "staff.added", account))
    return account


async def set_roles(
    node: Node,
    id_: PersonId,
    roles: Collection[StaffRole],
    *,
    person: Person,
    schools: Collection[str] | None = None,
    why: str = "",
) -> Account | None:
    """Give somebody these roles in place of the former; whoever is signed in must do so again.

    None: the first of two people asked for it.

    Raises:
        Unknown: nobody has this id.
        Refused: no role; or the node would have nobody left who runs it.
        Forbidden: the person may not, or these are the person's own roles.
    """
    if not roles:
        raise Refused("name at least one role, or remove the member of staff")
    where = None if schools is None else frozenset(schools)
    act = _Change(node, person, id_, why, _payload(roles, where))
    await act.permitted()

    def store(tx: Tx) -> Account | None:
        before = tx.staff.get(id_)
        place = before.schools if where is None else where
        after = replace(before, roles=frozenset(roles), schools=place, active=True)
        return act.done(tx, before, after, "staff.changed")

    return await node.store.write(store)


async def set_local_ids(
    node: Node, id_: PersonId, local_ids: Collection[str], *, person: Person, why: str = ""
) -> Account | None:
    """Say by which ids the local system knows somebody, in place of the former ones: whose classes are whose.

    None: the first of two people asked for it.

    Raises:
        Unknown: nobody has this id.
        Forbidden: the person may not, or these would be the person's own classes.
    """
    act = _Change(node, person, id_, why, {"local_ids": sorted(local_ids)})
    await act.permitted()

    def store(tx: Tx) -> Account | None:
        account = tx.staff.get(id_)
        if not act.agreed(tx):
            return None
        tx.rosters.name(id_, local_ids)
        tx.audit.add(_leaf(node, actor_of(node, person), "staff.named", account))
        return account

    return await node.store.write(store)


async def remove_member(node: Node, id_: PersonId, *, person: Person, why: str = "") -> Account | None:
    """Let somebody sign in no more. The row stays: what the person did keeps its name.

    None: the first of two people asked for it.

    Raises:
        Unknown: nobody has this id.
        Refused: the node would have nobody left who runs it.
        Forbidden: the person may not, or would end the own access.
    """
    act = _Change(node, person, id_, why, {"remove": True})
    await act.permitted()

    def store(tx: Tx) -> Account | None:
        before = tx.staff.get(id_)
        return act.done(tx, before, replace(before, active=False), "staff.removed")

    return await node.store.write(store)


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of who may do what: two people want it, neither for oneself."""

    node: Node
    person: Person
    object: str
    why: str
    payload: Mapping[str, Any]

    async def permitted(self) -> None:
        """Raise `Forbidden` unless the person may change this."""
        able = Context(
            now=self.node.now(), reason=self.why.strip() or "agrees", approvals=frozenset({_ANYBODY})
        )
        if self.object == self.person.id:
            raise Forbidden("nobody changes the own roles: ask somebody else who may")
        await permit(
            self.node, self.person, Action.STAFF_CHANGE, Object(kind=Kind.NODE, id=self.node.id), able
        )

    def agreed(self, tx: Tx) -> bool:
        """Whether another person wants the same; while there are not two who could, one is enough."""
        if sum(one.active and bool(one.roles & CHANGERS) for one in tx.staff.list()) < _TWO:
            return True
        act = Act(action=Action.STAFF_CHANGE, object=self.object, payload=self.payload, why=self.why)
        return bool(agreed(tx, self.node, self.person, act))

    def done(self, tx: Tx, before: Account, after: Account, what: str) -> Account | None:
        """Change it, if two agreed."""
        _keep_it_admin(tx, before, after)
        if not self.agreed(tx):
            return None
        return _change(tx, after, _leaf(self.node, actor_of(self.node, self.person), what, after))


def _keep_it_admin(tx: Tx, before: Account, after: Account) -> None:
    if not _runs_node(before) or _runs_node(after):
        return
    if not any(_runs_node(one) for one in tx.staff.list() if one.id != before.id):
        raise Refused("this is the last it_admin: give the role to somebody else first")


def _runs_node(account: Account) -> bool:
    return account.active and StaffRole.IT_ADMIN in account.roles


def _payload(
    roles: Collection[StaffRole], schools: Collection[str] | None, name: str | None = None
) -> dict[str, Any]:
    where = None if schools is None else sorted(schools)
    return {"roles": sorted(roles), "schools": where} | ({"name": name} if name else {})


async def member_who_signed_in(node: Node, member: NewMember, *, by_claims: bool) -> Account | None:
    """Return the account of somebody whom the provider proved; None if there is none that may come in.

    With `by_claims` the provider's word is the list: an account is made or changed after it. A change of
    roles ends the sessions that were opened with the former ones.
    """

    def look(tx: Tx) -> Account | None:
        found = tx.staff.by_subject(member.issuer, member.subject)
        if not by_claims:
            return found if found is not None and found.active else None
        return _follow(node, tx, found, member)

    return await (node.store.write(look) if by_claims else node.store.read(look))


def _follow(node: Node, tx: Tx, found: Account | None, member: NewMember) -> Account | None:
    if found is None:
        if not member.roles:
            return None
        return enter_member(node, tx, member, by="node")
    if (found.roles, found.active) == (member.roles, bool(member.roles)):
        return found if found.active else None
    after = replace(found, roles=member.roles, active=bool(member.roles), name=member.name)
    _change(tx, after, _leaf(node, "node", "staff.changed", after))
    return after if after.active else None


def _change(tx: Tx, after: Account, leaf: Leaf) -> Account:
    tx.staff.put(after)
    tx.sessions.remove_of(after.id)
    tx.audit.add(leaf)
    return after


def _account(node: Node, member: NewMember) -> Account:
    id_ = PersonId(f"P-{node.new_id()}")
    return Account(
        id=id_,
        issuer=member.issuer,
        subject=member.subject,
        name=member.name,
        roles=member.roles,
        schools=member.schools,
        active=True,
        pseudonym=node.pseudonym("actor", id_),
        added_at=node.now(),
    )


def _leaf(node: Node, by: str, action: str, account: Account) -> Leaf:
    return Leaf(at=node.now(), actor=by, action=action, object=account.pseudonym)
