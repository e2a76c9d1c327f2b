"""The schema of a backpack."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import AsJson
from gateway.cli.output import columns, say, show, to_json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def export(
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="Write it to this file.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print the JSON Schema (2020-12) of a backpack. The schema is JSON with or without --json."""
    from gateway.domain.backpack.document import json_schema

    schema = json_schema()
    if out is None:
        print(to_json(schema))
        return
    out.write_text(to_json(schema) + "\n", "utf-8")
    say(f"Wrote {out}.")
    if as_json:
        print(to_json({"file": str(out)}))


@app.command()
def sections(*, as_json: AsJson = False) -> None:
    """List the sections of a backpack: what each holds and how sensitive it is at least."""
    from gateway.domain.backpack.document import SECTIONS

    told = [
        {"section": name, "class": model.base, "holds": _first_sentence(model.__doc__ or "")}
        for name, model in SECTIONS.items()
    ]
    rows = [(one["section"], one["class"], one["holds"]) for one in told]
    show(told, columns(("SECTION", "CLASS", "HOLDS"), rows), as_json=as_json)


@app.command(hidden=True)
def reference(*, as_json: AsJson = False) -> None:
    """Print the reference of the schema, in Markdown."""
    from gateway.domain.backpack.reference import reference_page

    page = reference_page()
    show({"page": page}, page.splitlines(), as_json=as_json)


def _first_sentence(doc: str) -> str:
    return doc.split("\n", 1)[0].split(". ", 1)[0].rstrip(".")
