"""What an agency decides: whom it vouches for."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.asking import confirm
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile, Yes
from gateway.cli.output import columns, moment, say, show
from gateway.cli.session import at_node
from gateway.domain.errors import Misconfigured, Refused, Unknown
from gateway.domain.ids import EntityId

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.usecases.ports import Member
    from gateway.wiring import Introduction, Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

MemberArgument = Annotated[str, typer.Argument(metavar="ID", help="The node's address.")]


@app.command()
def admit(
    url: Annotated[str, typer.Argument(metavar="URL", help="The node's public address.")],
    *,
    actor: ActorName,
    lea: Annotated[
        list[str] | None, typer.Option(metavar="SYSTEM=ID", help="District identifier; may be given again.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The district's name; else as the node calls itself.")
    ] = None,
    mark: Annotated[list[str] | None, typer.Option(metavar="TYPE", help="Trust mark to give it.")] = None,
    fingerprint: Annotated[
        str | None, typer.Option(help="The fingerprint that the district read out: stands for a yes.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Vouch for a district's node: fetch what it says of itself, compare its fingerprint, then confirm.

    Admitting it again replaces its keys, name, identifiers and marks.
    """
    lea_ids = _lea_ids(lea or [])

    async def work(opened: "Opened") -> "Member":
        from gateway.usecases.agency import admit
        from gateway.wiring import introduce

        _check_agency(opened)
        told = await introduce(opened.statements, url, opened.rules, at=opened.node.now())
        _compare(told, fingerprint)
        member = await _member(opened, told, name=name, lea_ids=lea_ids, marks=frozenset(mark or ()))
        await admit(opened.node, member, person=opened.operator(actor))
        return member

    member = at_node(config, work)
    show(_facts(member), [f"Admitted {member.organization_name} ({member.id})."], as_json=as_json)


@app.command("list")
def list_(*, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """List the nodes that this agency admitted, suspended ones too."""

    async def work(opened: "Opened") -> "Sequence[Member]":
        _check_agency(opened)
        return await opened.node.store.read(lambda tx: tx.members.list())

    rows = [_facts(member) for member in at_node(config, work)]
    cells = (
        (one["status"], one["name"], one["id"], _pairs(one["lea"]), moment(one["changed_at"])) for one in rows
    )
    show(rows, columns(("STATUS", "NAME", "ID", "LEA", "CHANGED"), cells) if rows else (), as_json=as_json)
    if not rows:
        say("No members. `backpack agency admit URL` admits one.")


@app.command("show")
def show_(id_: MemberArgument, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """Show one member: name, identifiers, marks, fingerprint."""

    async def work(opened: "Opened") -> "Member":
        _check_agency(opened)
        return await opened.node.store.read(lambda tx: tx.members.get(EntityId(id_)))

    told = _facts(at_node(config, work))
    show(told, _lines(told), as_json=as_json)


@app.command()
def suspend(
    id_: MemberArgument,
    actor: ActorName,
    *,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Stop vouching for a node at once, and tell the others."""
    confirm(f"Stop vouching for {id_}?", yes=yes)

    async def work(opened: "Opened") -> "Member":
        from gateway.usecases.agency import suspend

        _check_agency(opened)
        return await suspend(opened.node, EntityId(id_), person=opened.operator(actor))

    member = at_node(config, work)
    show(_facts(member), [f"Suspended {member.organization_name} ({member.id})."], as_json=as_json)


@app.command()
def reinstate(
    id_: MemberArgument,
    actor: ActorName,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Vouch for a suspended node again."""

    async def work(opened: "Opened") -> "Member":
        from gateway.usecases.agency import reinstate

        _check_agency(opened)
        return await reinstate(opened.node, EntityId(id_), person=opened.operator(actor))

    member = at_node(config, work)
    show(_facts(member), [f"Reinstated {member.organization_name} ({member.id})."], as_json=as_json)


def _check_agency(opened: "Opened") -> None:
    if opened.settings.role != "agency":
        raise Misconfigured("this node is a district; run the command with the settings of the agency's node")


def _lea_ids(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if not all(system and value for system, _, value in pairs):
        raise typer.BadParameter("it looks like nces=0612345", param_hint="--lea")
    return {system: value for system, _, value in pairs}


def _compare(told: "Introduction", fingerprint: str | None) -> None:
    """Go on if the fingerprints are the same, by the command line or by a person's word."""
    if fingerprint is not None:
        if _letters(fingerprint) != _letters(told.fingerprint):
            raise Refused("the node shows other keys than those with this fingerprint; ask the district")
        return
    say(f"Name:         {told.organization_name}")
    say(f"Address:      {told.id}")
    say(f"Contact:      {', '.join(told.contacts) or 'none'}")
    say(f"Fingerprint:  {told.fingerprint}")
    say("Call the district under a number that you know, and let it read out `backpack keys fingerprint`.")
    confirm("Is it the same fingerprint?", yes=False, instead="--fingerprint")


def _letters(fingerprint: str) -> str:
    return "".join(fingerprint.split())


async def _member(
    opened: "Opened",
    told: "Introduction",
    *,
    name: str | None,
    lea_ids: "Mapping[str, str]",
    marks: frozenset[str],
) -> "Member":
    from gateway.usecases.agency import ACTIVE
    from gateway.usecases.ports import Member

    now = opened.node.now()
    return Member(
        id=told.id,
        organization_name=name or told.organization_name,
        lea_ids=lea_ids,
        jwks=told.jwks,
        marks=marks,
        status=ACTIVE,
        admitted_at=await _admitted_at(opened, told.id) or now,
        changed_at=now,
    )


async def _admitted_at(opened: "Opened", id_: EntityId) -> Any:
    try:
        return (await opened.node.store.read(lambda tx: tx.members.get(id_))).admitted_at
    except Unknown:
        return None


def _facts(member: "Member") -> dict[str, Any]:
    from gateway.cli.fingerprints import of_jwks

    return {
        "id": member.id,
        "name": member.organization_name,
        "status": member.status,
        "lea": dict(member.lea_ids),
        "marks": sorted(member.marks),
        "fingerprint": of_jwks(member.jwks),
        "admitted_at": member.admitted_at,
        "changed_at": member.changed_at,
    }


def _lines(told: dict[str, Any]) -> "Iterator[str]":
    yield f"{told['name']}: {told['status']}"
    yield f"Address:      {told['id']}"
    yield f"Identifiers:  {_pairs(told['lea'])}"
    yield f"Marks:        {', '.join(told['marks']) or 'none'}"
    yield f"Fingerprint:  {told['fingerprint']}"
    yield f"Admitted:     {moment(told['admitted_at'])}; changed {moment(told['changed_at'])}"


def _pairs(lea: "Mapping[str, str]") -> str:
    return " ".join(f"{system}={value}" for system, value in lea.items()) or "-"
