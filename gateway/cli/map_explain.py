"""`backpack map explain`: where a value of a student's backpack comes from."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.asking import private_text
from gateway.cli.exits import ExitCode
from gateway.cli.map_source import (
    AdapterOption,
    Asked,
    BundleOption,
    MappingOption,
    MappingSource,
    OptionOption,
    source_of,
)
from gateway.cli.options import NODE_TOML, AsJson, ConfigFile
from gateway.cli.output import show, to_json
from gateway.domain.errors import Unknown

if TYPE_CHECKING:
    from gateway.mapping.explaining import EntryTrace, Explanation, Step
    from gateway.mapping.spec import MappingFile


def explain(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="Local id; - reads it.")],
    field: Annotated[
        str, typer.Argument(metavar="FIELD", help="Such as enrollments.0.gradeLevel; numbers count from 0.")
    ],
    *,
    file: MappingOption = None,
    bundle: BundleOption = None,
    adapter: AdapterOption = None,
    option: OptionOption = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Tell where a value comes from: file, line, column, cell, every step, and the links on the way.

    The source is read as it is now. Exit 1 if there is no such student or nothing stands there.
    """
    whose = private_text(student, "STUDENT")
    source = source_of(Asked.of(config, file, bundle, adapter, option))
    mapping = source.mapping()
    import asyncio

    found = asyncio.run(_explain(source, mapping, whose, field))
    facts = _facts(source, mapping, found)
    show(facts, _lines(facts), as_json=as_json)
    if facts["value"] is None:
        raise typer.Exit(ExitCode.REFUSED)


async def _explain(source: MappingSource, mapping: "MappingFile", student: str, field: str) -> "Explanation":
    from gateway.domain.backpack.compact import Dictionary
    from gateway.mapping.explaining import explain as trace
    from gateway.mapping.single import open_single

    single = await open_single(source.reader(), mapping, source.today, Dictionary())
    found = await trace(single, student, field)
    if found is None:
        raise Unknown("the source has no student with this id")
    return found


def _facts(source: MappingSource, mapping: "MappingFile", found: "Explanation") -> dict[str, Any]:
    entry = found.entry
    return {
        "section": found.section,
        "entry": found.place,
        "field": ".".join(map(str, found.field)),
        "value": found.value,
        "row": {"file": entry.file, "line": entry.line} if entry else None,
        "steps": [_step(source, mapping, entry, one) for one in found.steps] if entry else [],
        "wrong": _wrong(entry) if entry else [],
        "refused": [{"file": one.file, "line": one.line, "because": _wrong(one)} for one in found.refused],
    }


def _wrong(entry: "EntryTrace") -> list[str]:
    """Return what was wrong with a row, without its values."""
    told = (f"{one.column}: {one.message}" if one.column else one.message for one in entry.findings)
    return list(dict.fromkeys(told))


def _step(source: MappingSource, mapping: "MappingFile", entry: "EntryTrace", step: "Step") -> dict[str, Any]:
    from gateway.mapping.stages import stages

    return {
        "field": ".".join(map(str, step.path)),
        "file": step.file or None,
        "line": step.line,
        "column": step.column,
        "raw": step.raw,
        "links": [
            {
                "link": link.name,
                "by": dict(zip(link.columns, link.keys, strict=False)),
                "file": link.file,
                "line": link.line,
                "led": link.led,
            }
            for link in step.links
        ],
        "stages": [
            {"what": one.what, "value": one.value} for one in stages(mapping, source.texts.codes, entry, step)
        ],
        "gave": step.made is not None,
    }


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    place = f"{facts['section']}.{facts['entry']}" if facts["entry"] is not None else facts["section"]
    name = f"{place}.{facts['field']}" if facts["field"] else place
    if facts["entry"] is None:
        yield f"{name}: the student has no such entry."
    else:
        yield f"{name} = {_short(facts['value'])}"
        yield f"  entry of {_place(facts['row'])}"
    for step in facts["steps"]:
        yield from _step_lines(step)
    for wrong in facts["wrong"]:
        yield f"  wrong with this row: {wrong}"
    for one in facts["refused"]:
        reasons = "; ".join(one["because"]) or "its columns say nothing"
        yield f"  no entry came of {_place(one)}: {reasons}"


def _step_lines(step: Mapping[str, Any]) -> Iterator[str]:
    if step["column"] is None:
        yield f"  {step['field']}: the same for every row: {step['stages'][0]['value']}"
        return
    yield f"  {step['field']}: {_place(step)}, column {step['column']}: {step['raw']!r}"
    for link in step["links"]:
        keys = ", ".join(f"{column} = {key!r}" for column, key in link["by"].items())
        led = _place(link) if link["led"] else f"no row of {link['file']}"
        yield f"    link {link['link']}: {keys} leads to {led}"
    for stage in step["stages"]:
        yield f"    {stage['what']}" + (f": {stage['value']}" if stage["value"] else "")


def _place(one: Mapping[str, Any]) -> str:
    """Return file and line; rows of some sources have no lines."""
    return f"{one['file']} line {one['line']}" if one["line"] else str(one["file"])


def _short(value: Any) -> str:
    return "nothing" if value is None else " ".join(to_json(value).split())
