"""Who works at this district, and as what."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.asking import confirm
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile, Yes
from gateway.cli.output import columns, say, show
from gateway.cli.session import at_node
from gateway.domain.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Sequence

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


@app.command()
def add(
    *,
    actor: ActorName,
    subject: Annotated[str, typer.Option(help="The person's key (`sub`) at the identity provider.")],
    name: Annotated[str, typer.Option(help="The name that colleagues see.")],
    role: Roles,
    school: Schools = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Let somebody sign in to the desk. Who tries before is shown the key to give here."""

    async def work(opened: "Opened") -> "Account":
        from gateway.usecases.staff import NewMember, add_member

        member = NewMember(
            issuer=_issuer(opened),
            subject=subject,
            name=name,
            roles=_roles(role),
            schools=frozenset(school or ()),
        )
        return await add_member(opened.node, member, actor=actor)

    added = at_node(config, work, alone=True)
    show(_facts(added), [f"{added.name} may sign in ({added.id})."], as_json=as_json)


@app.command("list")
def list_(*, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """List who may sign in, and who might before."""

    async def work(opened: "Opened") -> "Sequence[Account]":
        return await opened.node.store.read(lambda tx: tx.staff.list())

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
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Give somebody these roles in place of the former. Who is signed in must do so again."""

    async def work(opened: "Opened") -> "Account":
        from gateway.domain.policy.people import PersonId
        from gateway.usecases.staff import set_roles

        return await set_roles(opened.node, PersonId(id_), _roles(role), actor=actor, schools=school)

    changed = at_node(config, work, alone=True)
    show(_facts(changed), [f"{changed.name}: {', '.join(sorted(changed.roles))}."], as_json=as_json)


@app.command()
def teaches(
    id_: MemberArgument,
    local_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="LOCAL_ID...", help="As the local system has it; none: teaches nobody."),
    ] = None,
    *,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Say by which ids the local system knows a member of staff: whose classes these are."""

    async def work(opened: "Opened") -> "Account":
        from gateway.domain.policy.people import PersonId
        from gateway.usecases.teaching import name_teacher

        return await name_teacher(opened.node, opened.operator(actor), PersonId(id_), local_ids or ())

    named = at_node(config, work, alone=True)
    known = ", ".join(local_ids or ()) or "nobody"
    show(
        {"id": named.id, "local_ids": local_ids or []},
        [f"The local system knows {named.name} as {known}."],
        as_json=as_json,
    )


@app.command()
def remove(
    id_: MemberArgument,
    *,
    actor: ActorName,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Let somebody sign in no more, at once. What the person did keeps its name."""
    confirm(f"End the access of {id_}?", yes=yes)

    async def work(opened: "Opened") -> "Account":
        from gateway.domain.policy.people import PersonId
        from gateway.usecases.staff import remove_member

        return await remove_member(opened.node, PersonId(id_), actor=actor)

    removed = at_node(config, work, alone=True)
    show(_facts(removed), [f"{removed.name} may sign in no more."], as_json=as_json)


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
