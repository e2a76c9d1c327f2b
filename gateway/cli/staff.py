"""Who works at this district, and as what."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.asking import confirm
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile, Yes
from gateway.cli.output import columns, say, show
from gateway.cli.session import at_node
from gateway.domain.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.domain.policy.people import StaffRole
    from gateway.usecases.ports import Account
    from gateway.wiring import Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

MemberArgument = Annotated[str, typer.Argument(metavar="ID", help="As `backpack staff list` shows it.")]
Roles = Annotated[
    list[str], typer.Option("--role", help="What the person is, such as registrar; may be given again.")
]
Schools = Annotated[
    list[str] | None, typer.Option("--school", metavar="ID", help="Where; left out: in the whole district.")
]

Why = Annotated[str, typer.Option("--why", help="Why; the first of two people says it.")]


@app.command()
def add(
    *,
    actor: ActorName,
    subject: Annotated[str, typer.Option(help="The person's key (`sub`) at the identity provider.")],
    name: Annotated[str, typer.Option(help="The name that colleagues see.")],
    role: Roles,
    school: Schools = None,
    why: Why = "",
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Let somebody sign in to the desk. Who tries before is shown the key to give here.

    Once two people are listed who may change roles, two must ask for the same; the first says why.
    """

    async def work(opened: "Opened") -> "Account | None":
        from gateway.usecases.staff import NewMember, add_member

        member = NewMember(
            issuer=_issuer(opened),
            subject=subject,
            name=name,
            roles=_roles(role),
            schools=frozenset(school or ()),
        )
        return await add_member(opened.node, member, person=opened.operator(actor), why=why)

    added = at_node(config, work, alone=True)
    _tell(added, lambda one: f"{one.name} may sign in ({one.id}).", as_json=as_json)


@app.command("list")
def list_(*, actor: ActorName, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """List who may sign in, and who might before."""

    async def work(opened: "Opened") -> "Sequence[Account]":
        from gateway.usecases.staff import list_members

        return await list_members(opened.node, opened.operator(actor))

    rows = [_facts(one) for one in at_node(config, work, alone=True)]
    cells = (
        (
            *(one["id"], one["name"], ", ".join(one["roles"])),
            *(", ".join(one["schools"]) or "all", "yes" if one["active"] else "no"),
        )
        for one in rows
    )
    show(rows, columns(("ID", "NAME", "ROLES", "SCHOOLS", "ACTIVE"), cells) if rows else (), as_json=as_json)
    if not rows:
        say("Nobody yet. `backpack staff add` lists somebody.")


@app.command()
def roles(
    id_: MemberArgument,
    *,
    actor: ActorName,
    role: Roles,
    school: Schools = None,
    why: Why = "",
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Give somebody these roles in place of the former. Who is signed in must do so again.

    Once two people are listed who may change roles, two must ask for the same; the first says why.
    """

    async def work(opened: "Opened") -> "Account | None":
        from gateway.domain.policy.people import PersonId
        from gateway.usecases.staff import set_roles

        operator = opened.operator(actor)
        return await set_roles(
            opened.node, PersonId(id_), _roles(role), person=operator, schools=school, why=why
        )

    changed = at_node(config, work, alone=True)
    _tell(changed, lambda one: f"{one.name}: {', '.join(sorted(one.roles))}.", as_json=as_json)


@app.command()
def teaches(
    id_: MemberArgument,
    local_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="LOCAL_ID...", help="As the local system has it; none: teaches nobody."),
    ] = None,
    *,
    actor: ActorName,
    why: Why = "",
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Say by which ids the local system knows a member of staff: whose classes these are.

    Once two people are listed who may change roles, two must ask for the same; the first says why.
    """
    known = ", ".join(local_ids or ()) or "nobody"

    async def work(opened: "Opened") -> "Account | None":
        from gateway.domain.policy.people import PersonId
        from gateway.usecases.staff import set_local_ids

        person = opened.operator(actor)
        return await set_local_ids(opened.node, PersonId(id_), local_ids or (), person=person, why=why)

    named = at_node(config, work, alone=True)
    _tell(named, lambda one: f"The local system knows {one.name} as {known}.", as_json=as_json)


@app.command()
def remove(
    id_: MemberArgument,
    *,
    actor: ActorName,
    why: Why = "",
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Let somebody sign in no more, at once. What the person did keeps its name.

    Once two people are listed who may change roles, two must ask for the same; the first says why.
    """
    confirm(f"End the access of {id_}?", yes=yes)

    async def work(opened: "Opened") -> "Account | None":
        from gateway.domain.policy.people import PersonId
        from gateway.usecases.staff import remove_member

        return await remove_member(opened.node, PersonId(id_), person=opened.operator(actor), why=why)

    removed = at_node(config, work, alone=True)
    _tell(removed, lambda one: f"{one.name} may sign in no more.", as_json=as_json)


def _tell(changed: "Account | None", says: "Callable[[Account], str]", *, as_json: bool) -> None:
    if changed is None:
        show({"waits": True}, ["This waits for a second person who asks for the same."], as_json=as_json)
    else:
        show(_facts(changed), [says(changed)], as_json=as_json)


def _roles(names: list[str]) -> "frozenset[StaffRole]":
    from gateway.domain.policy.people import StaffRole

    known = [role.value for role in StaffRole]
    if unknown := sorted(set(names) - set(known)):
        raise typer.BadParameter(
            f"{', '.join(unknown)}: no such role; there are {', '.join(known)}", param_hint="--role"
        )
    return frozenset(map(StaffRole, names))


def _issuer(opened: "Opened") -> str:
    from gateway.wiring.desk import issuer_of

    issuer = issuer_of(opened.settings)
    if issuer is None:
        raise Misconfigured("no identity provider is set: name one as `issuer` under [login]")
    return issuer


def _facts(account: "Account") -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "roles": sorted(account.roles),
        "schools": sorted(account.schools),
        "active": account.active,
        "issuer": account.issuer,
        "subject": account.subject,
    }
