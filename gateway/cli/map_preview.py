"""`backpack map preview`: the first students as the mapping makes them, masked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.cli.map_source import (
    AdapterOption,
    Asked,
    BundleOption,
    MappingOption,
    MappingSource,
    OptionOption,
    source_of,
    work_folder,
)
from gateway.cli.options import NODE_TOML, AsJson, ConfigFile
from gateway.cli.output import columns, show

if TYPE_CHECKING:
    from gateway.mapping.bulk import BulkRun

_BUCKET: Final = 1_000
_MOST_COLUMNS: Final = 9
_WIDEST: Final = 28


def preview(
    number: Annotated[
        int, typer.Option("-n", "--number", min=1, max=_BUCKET, help="How many students.")
    ] = 20,
    section: Annotated[
        str | None, typer.Option(help="Show the fields of this section instead of a line a student.")
    ] = None,
    *,
    file: MappingOption = None,
    bundle: BundleOption = None,
    adapter: AdapterOption = None,
    option: OptionOption = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Show some students as the mapping makes them: names as initials, dates as years, ids by their end.

    Nothing is stored.
    """
    source = source_of(Asked.of(config, file, bundle, adapter, option))
    import asyncio

    told = asyncio.run(_preview(source, number))
    lines = _section_lines(told, section) if section else _student_lines(told)
    show(told, lines, as_json=as_json)


async def _preview(source: MappingSource, number: int) -> list[dict[str, Any]]:
    from gateway.mapping.bulk import open_bulk

    mapping = source.mapping()
    with work_folder(source) as folder:
        run = await open_bulk(source.reader(), mapping, now=source.now, work=folder, bucket=_BUCKET)
        return [_masked(run, row) async for row in _rows(run, number)]


async def _rows(run: "BulkRun", number: int) -> Any:
    """Yield the first rows, and let the rest of the run be."""
    left = number
    buckets = run.made()
    async for bucket in buckets:
        for row in bucket.students.head(left).iter_rows(named=True):
            left -= 1
            yield row
        if left == 0:
            break
    await buckets.aclose()  # type: ignore[attr-defined]  # an async generator


def _masked(run: "BulkRun", row: Mapping[str, Any]) -> dict[str, Any]:
    import orjson

    from gateway.domain.backpack.document import SECTIONS
    from gateway.mapping.masking import end_of, masked

    sections: dict[str, list[Any]] = {}
    for name in SECTIONS:
        if row.get(name):
            entries = orjson.loads(row[name])
            for entry in entries:
                entry.pop("meta", None)
            sections[name] = [masked(run.dictionary.expand(entry), (name,)) for entry in entries]
    return {"student": end_of(row["student"]), "line": row["line"], "sections": sections}


def _student_lines(told: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    head = ("STUDENT", "NAME", "BORN", "GRADE", "SCHOOL", "ENTRIES")
    yield from columns(head, map(_student_row, told))


def _student_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    sections = one["sections"]
    identity = (sections.get("identity") or [{}])[0]
    name = (identity.get("names") or [{}])[0]
    stay = (sections.get("enrollments") or [{}])[-1]
    school = stay.get("school", {})
    return (
        one["student"],
        f"{name.get('given', '')} {name.get('family', '')}".strip(),
        identity.get("birthDate", ""),
        stay.get("gradeLevel", {}).get("code", ""),
        str(school.get("name") or school.get("id") or ""),
        ", ".join(f"{section} {len(entries)}" for section, entries in sections.items()),
    )


def _section_lines(told: Sequence[Mapping[str, Any]], section: str) -> Iterator[str]:
    entries = [
        (one["student"], dict(_flat(entry))) for one in told for entry in one["sections"].get(section, [])
    ]
    names = list(dict.fromkeys(name for _, entry in entries for name in entry))[:_MOST_COLUMNS]
    rows = ((student, *(entry.get(name, "")[:_WIDEST] for name in names)) for student, entry in entries)
    yield from columns(("STUDENT", *names), rows)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values in an entry by path; of a coded value the code."""
    if isinstance(value, dict) and "code" in value:
        yield path, str(value["code"])
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _flat(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _flat(one, f"{path}.{at}")
    else:
        yield path, "" if value is None else str(value)
