"""`backpack map new`: a first mapping file for a source that nobody has described."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.cli.map_source import AdapterOption, Asked, OptionOption, adapter_at, node_adapter
from gateway.cli.options import NODE_TOML, AsJson, ConfigFile
from gateway.cli.output import columns, say, show, to_json
from gateway.domain.errors import Refused

if TYPE_CHECKING:
    from gateway.adapter_api import Adapter
    from gateway.mapping.draft_parts import Draft
    from gateway.mapping.draft_text import DraftText

_MOST: Final = 0.6
SCHEMA_FILE: Final = "mapping-file.schema.json"
"""As the first lines of a draft name it."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


def new(
    source: Annotated[
        str | None,
        typer.Argument(metavar="[SOURCE]", help="A folder, archive or file; by default the node's source."),
    ] = None,
    *,
    name: Annotated[str, typer.Option(help="Of the mapping: lower case letters, digits, _.")] = "district",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", dir_okay=False, help="By default NAME.toml.")
    ] = None,
    adapter: AdapterOption = None,
    option: OptionOption = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Draft a mapping file from a source: by names of columns, samples of values, and codes.

    What only people can know is marked `# decide:`; `map check` lists it. Codes that no crosswalk knows go
    into crosswalks in the folder `codes` beside the file. Nothing is overwritten.
    """
    if not _NAME.fullmatch(name):
        raise typer.BadParameter("lower case letters, digits and _", param_hint="--name")
    file = out or Path(f"{name}.toml")
    if file.exists():
        raise typer.BadParameter(f"{file} is there already", param_hint="--out")
    asked = Asked.of(config, None, source, adapter, option)
    reader = adapter_at(asked) if source else node_adapter(asked)
    import asyncio

    draft, made = asyncio.run(_draft(reader, name))
    written = _write(file, made)
    told = _facts(written, draft)
    rows = ((one["section"], one["table"], str(one["fields"])) for one in told["entries"])
    show(told, columns(("SECTION", "TABLE", "FIELDS"), rows), as_json=as_json)
    say(f"Wrote {', '.join(told['files'])}.")
    _hint(draft)
    say(f"`backpack map check --file {file}` says what is left to decide.")


async def _draft(reader: "Adapter", name: str) -> "tuple[Draft, DraftText]":
    from gateway.mapping.draft_text import draft_text
    from gateway.mapping.drafting import draft
    from gateway.mapping.profiling import profiles
    from gateway.resources import code_texts

    found = draft(await profiles(reader))
    if found is None:
        raise Refused("no table looks like one of students: it would have first and last names")
    return found, draft_text(found, name, code_texts())


def _hint(draft: "Draft") -> None:
    """Say which mapping of the package names most of these tables, if one does."""
    import tomllib

    from gateway.resources import mapping_text, packaged_mappings

    tables = set(draft.tables)
    named = {
        name: {one.get("file") for one in tomllib.loads(mapping_text(name)).get("sources", {}).values()}
        for name in packaged_mappings()
    }
    best = max(named, key=lambda name: len(named[name] & tables), default="")
    known = len(named.get(best, set()) & tables)
    if known > _MOST * len(tables):
        say(f"The mapping {best} of the package knows {known} of the {len(tables)} tables; try it first.")


def _write(file: Path, made: "DraftText") -> list[str]:
    """Write the mapping and its crosswalks, none of which may be there, and the schema for editors."""
    from gateway.mapping.mapping_schema import mapping_schema

    codes = {file.parent / "codes" / f"{name}.toml": text for name, text in made.codes.items()}
    if codes:
        (file.parent / "codes").mkdir(exist_ok=True)
    for path, text in {file: made.mapping, **codes}.items():
        with path.open("x", encoding="utf-8") as opened:
            opened.write(text)
    schema = file.parent / SCHEMA_FILE
    if not schema.exists():
        schema.write_text(to_json(mapping_schema()) + "\n", "utf-8")
    return [str(path) for path in (file, *codes)]


def _facts(files: list[str], draft: "Draft") -> dict[str, Any]:
    return {
        "files": files,
        "entries": [
            {"section": one.section, "table": one.source, "fields": len(one.fields)} for one in draft.entries
        ],
        "not_drafted": [profile.table.file for profile in draft.left],
    }
