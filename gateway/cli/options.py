"""Options that many commands have, spelt once."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="BACKPACK_CONFIG", help="The node's settings.", dir_okay=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where there is no terminal.")]
Wait = Annotated[
    float,
    typer.Option(
        min=0, metavar="SECONDS", help="Wait until a person or the other side must act, at most so long."
    ),
]
ActorName = Annotated[
    str,
    typer.Option(
        "--actor",
        envvar="BACKPACK_ACTOR",
        default_factory=getpass.getuser,
        show_default="your user name",
        help="Who acts. Leaves this node as a pseudonym only.",
    ),
]

NODE_TOML = Path("node.toml")
