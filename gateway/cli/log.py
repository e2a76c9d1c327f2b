"""The audit log, which cannot be changed unseen."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.exits import ExitCode
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import say, show, to_json
from gateway.cli.session import at_node

if TYPE_CHECKING:
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
    told = {**asdict(proven), "leaves": [orjson.loads(line) for line in proven.leaves]}
    show(
        told,
        [f"{len(proven.leaves)} leaves are in the log {proven.origin}.", *proven.leaves],
        as_json=as_json,
    )
    if key is None:
        say(
            f"Proven by the key in the file. Compare it with the one that the district gave out: {proven.key}"
        )


@app.command("key")
def key_(*, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """Print the log's public key: give it to auditors and witnesses."""

    async def work(opened: "Opened") -> str:
        return opened.node.log.verifier

    told = at_node(config, work, alone=True)
    show({"key": told}, [told], as_json=as_json)


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
