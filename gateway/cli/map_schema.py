"""`backpack map schema`: the JSON Schema of mapping files, for editors."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import AsJson
from gateway.cli.output import say, show, to_json


def schema(
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="Write it to this file.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print the JSON Schema (2020-12) of a mapping file, with which an editor completes and checks one.

    The schema is JSON with or without --json.
    """
    from gateway.mapping.mapping_schema import mapping_schema

    text = to_json(mapping_schema())
    if out is None:
        print(text)
        return
    out.write_text(text + "\n", "utf-8")
    say(f"Wrote {out}. Write `#:schema {out}` into the first line of a mapping file.")
    if as_json:
        print(to_json({"file": str(out)}))


def reference(*, as_json: AsJson = False) -> None:
    """Print the reference of mapping files, in Markdown."""
    from gateway.mapping.mapping_reference import reference_page

    page = reference_page()
    show({"page": page}, page.splitlines(), as_json=as_json)
