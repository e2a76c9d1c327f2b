"""Who works at this district: added, changed and removed by an administrator, found again at a sign-in."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from gateway.domain.audit import Leaf
from gateway.domain.errors import Conflict, Refused
from gateway.domain.policy.people import PersonId, StaffRole
from gateway.usecases.ports import Account, Node, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """Somebody to be listed."""

    issuer: str
    subject: str
    name: str
    roles: frozenset[StaffRole]
    schools: frozenset[str] = frozenset()


async def add_member(node: Node, member: NewMember, *, actor: str) -> Account:
    """List somebody, who may sign in from now on.

    Raises:
        Refused: no name, no key of the provider, or no role.
        Conflict: the provider's key is somebody's already.
    """
    if not (member.subject.strip() and member.name.strip() and member.roles):
        raise Refused("a member of staff has a key at the identity provider, a name and at least one role")
    account = _account(node, member)

    def store(tx: Tx) -> None:
        if tx.staff.by_subject(member.issuer, member.subject):
            raise Conflict(
                "this key of the identity provider is somebody's already: change the roles instead"
            )
        tx.staff.put(account)
        tx.audit.add(_leaf(node, actor, "staff.added", account))

    await node.store.write(store)
    return account


async def set_roles(
    node: Node,
    person: PersonId,
    roles: Collection[StaffRole],
    *,
    actor: str,
    schools: Collection[str] | None = None,
) -> Account:
    """Give somebody these roles in place of the former; whoever is signed in must do so again.

    Raises:
        Unknown: nobody has this id.
        Refused: no role.
    """
    if not roles:
        raise Refused("name at least one role, or remove the member of staff")

    def store(tx: Tx) -> Account:
        before = tx.staff.get(person)
        where = before.schools if schools is None else frozenset(schools)
        after = replace(before, roles=frozenset(roles), schools=where, active=True)
        return _change(tx, after, _leaf(node, actor, "staff.changed", after))

    return await node.store.write(store)


async def remove_member(node: Node, person: PersonId, *, actor: str) -> Account:
    """Let somebody sign in no more. The row stays: what the person did keeps its name.

    Raises:
        Unknown: nobody has this id.
    """

    def store(tx: Tx) -> Account:
        after = replace(tx.staff.get(person), active=False)
        return _change(tx, after, _leaf(node, actor, "staff.removed", after))

    return await node.store.write(store)


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
        account = _account(node, member)
        tx.staff.put(account)
        tx.audit.add(_leaf(node, "node", "staff.added", account))
        return account
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


def _leaf(node: Node, actor: str, action: str, account: Account) -> Leaf:
    who = "node" if actor == "node" else node.pseudonym("actor", actor)
    return Leaf(at=node.now(), actor=who, action=action, object=account.pseudonym)
