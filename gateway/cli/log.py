"""The audit log, which cannot be changed unseen."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.exits import ExitCode
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, moment, say, show, to_json
from gateway.cli.session import at_node

if TYPE_CHECKING:
    from gateway.usecases.audit_view import LogPage
    from gateway.wiring import Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Output = Annotated[
    Path | None, typer.Option("--output", "-o", dir_okay=False, help="Write it there, not to the terminal.")
]


@app.command()
def prove(
    object_: Annotated[
        str | None, typer.Argument(metavar="TRANSFER", help="A transfer, or another handle in the log.")
    ] = None,
    *,
    leaf: Annotated[int | None, typer.Option(min=1, help="One leaf, by its number.")] = None,
    output: Output = None,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Prove what the log says of a transfer, for an auditor who has nothing but the log's public key.

    The proof is JSON: the leaves, their paths in the tree, and a signed checkpoint.
    """
    if (object_ is None) == (leaf is None):
        raise typer.BadParameter("name a transfer or a leaf, one of the two", param_hint="TRANSFER|--leaf")

    from gateway.usecases.log import export_leaves
    from gateway.usecases.log import prove as prove_object

    async def work(opened: "Opened") -> dict[str, Any]:
        person = opened.operator(actor)
        if leaf is not None:
            return await export_leaves(opened.node, leaf, leaf, person=person)
        return await prove_object(opened.node, object_ or "", person=person)

    _give(at_node(config, work), output, as_json=as_json)


@app.command()
def export(
    first: Annotated[int, typer.Option("--from", min=1, help="The first leaf, by its number.")] = 1,
    last: Annotated[int | None, typer.Option("--to", min=1, help="The last leaf; without it, all.")] = None,
    *,
    output: Output = None,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Write leaves of the log, each with its proof. They hold pseudonyms and handles, no student."""
    from gateway.usecases.log import export_leaves

    async def work(opened: "Opened") -> dict[str, Any]:
        return await export_leaves(opened.node, first, last, person=opened.operator(actor))

    _give(at_node(config, work), output, as_json=as_json)


@app.command()
def verify(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="What prove or export wrote.")
    ] = None,
    *,
    key: Annotated[
        str | None, typer.Option(help="The log's public key, as the district gave it out.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Check a proof, offline and at any computer; without FILE, the whole log of this node."""
    if file is None:
        _verify_own(config, as_json=as_json)
        return
    from dataclasses import asdict

    import orjson

    from gateway.crypto.log_proofs import verify_proof

    proven = verify_proof(file.read_bytes(), key)
    told = asdict(proven)
    for one in (told, *told["others"]):
        one["leaves"] = [orjson.loads(line) for line in one["leaves"]]
    lines = [
        line
        for one in (proven, *proven.others)
        for line in (f"{len(one.leaves)} leaves are in the log {one.origin}.", *one.leaves)
    ]
    show(told, lines, as_json=as_json)
    if key is None:
        say(
            f"Proven by the key in the file. Compare it with the one that the district gave out: {proven.key}"
        )
    for one in proven.others:
        say(f"The other log is proven by the key in the file: {one.key}")


@app.command("key")
def key_(*, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """Print the log's public key: give it to auditors and witnesses."""

    async def work(opened: "Opened") -> str:
        return opened.node.log.verifier

    told = at_node(config, work, alone=True)
    show({"key": told}, [told], as_json=as_json)


@app.command("list")
def list_(
    *,
    kind: Annotated[str, typer.Option(help="The first word of what was done, such as release.")] = "",
    role: Annotated[str | None, typer.Option(help="Of the member of staff who acted.")] = None,
    handle: Annotated[str, typer.Option(help="A transfer, or another handle in the log.")] = "",
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day.")] = None,
    before: Annotated[int | None, typer.Option(min=1, help="Only lines before this one.")] = None,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """List what was done, newest first: fifty lines, by pseudonym and handle."""
    from gateway.domain.policy.people import StaffRole
    from gateway.usecases.audit_view import LogPage, Wanted, read_log

    if role is not None and role not in set(StaffRole):
        raise typer.BadParameter(f"one of {', '.join(sorted(StaffRole))}", param_hint="--role")
    wanted = Wanted(
        kind=kind,
        role=StaffRole(role) if role else None,
        handle=handle,
        since=since.date() if since else None,
        until=until.date() if until else None,
        before=before,
    )

    async def work(opened: "Opened") -> LogPage:
        return await read_log(opened.node, opened.operator(actor), wanted)

    show(*_listed(at_node(config, work, alone=True)), as_json=as_json)


def _listed(page: "LogPage") -> "tuple[dict[str, Any], list[str]]":
    from dataclasses import asdict

    rows = [{"seq": one.seq, **asdict(one.leaf), "roles": sorted(one.roles)} for one in page.lines]
    cells = (
        (str(one.seq), moment(one.leaf.at), one.leaf.action, one.leaf.actor, one.leaf.object, one.leaf.rule)
        for one in page.lines
    )
    head = ("LINE", "WHEN", "WHAT", "WHO", "HANDLE", "RULE")
    return {"size": page.size, "older": page.older, "lines": rows}, list(columns(head, cells)) if rows else []


@app.command()
def reconcile(
    *,
    peer: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="A partner; again for more. Without it, all.")
    ] = None,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Compare with partners now what each knows of the transfers between them. Exit 1 if they differ."""
    from gateway.cli.log_checks import differing, told_of
    from gateway.domain.ids import EntityId
    from gateway.usecases.audit_view import Evidence, read_evidence, reconcile_now

    async def work(opened: "Opened") -> Evidence:
        person = opened.operator(actor)
        await reconcile_now(opened.node, person, [EntityId(one) for one in peer or ()])
        return await read_evidence(opened.node, person)

    evidence = at_node(config, work)
    told, lines = told_of(evidence, frozenset(peer or ()))
    show(told, lines, as_json=as_json)
    if differing(told):
        raise typer.Exit(ExitCode.REFUSED)


@app.command()
def witness(*, actor: ActorName, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """At an agency: what it saw of each member's log. Exit 1 if one was cut or rewritten."""
    from gateway.cli.log_checks import witnessed
    from gateway.domain.witness import WitnessedLog
    from gateway.usecases.witness import witnessed_logs

    async def work(opened: "Opened") -> list[tuple[WitnessedLog, str]]:
        return await witnessed_logs(opened.node, person=opened.operator(actor))

    told, lines = witnessed(at_node(config, work, alone=True))
    show(told, lines, as_json=as_json)
    if any(one["fault"] for one in told):
        raise typer.Exit(ExitCode.REFUSED)


def _verify_own(config: Path, *, as_json: bool) -> None:
    from gateway.usecases.log import faults_in_log

    async def work(opened: "Opened") -> tuple[int, list[str]]:
        size = await opened.node.store.read(lambda tx: tx.audit.size())
        return size, await faults_in_log(opened.node)

    size, faults = at_node(config, work, alone=True)
    show({"leaves": size, "faults": faults}, faults or [f"All {size} leaves hold."], as_json=as_json)
    if faults:
        raise typer.Exit(ExitCode.REFUSED)


def _give(told: dict[str, Any], output: Path | None, *, as_json: bool) -> None:
    if output is None:
        show(told, [to_json(told)], as_json=as_json)
        return
    output.write_text(to_json(told) + "\n", "utf-8")
    show({"file": str(output)}, [f"{len(told['leaves'])} leaves are in {output}."], as_json=as_json)
