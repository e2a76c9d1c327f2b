"""`backpack map coverage` and `quality`: figures of a run over all students, which stores nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.cli.exits import ExitCode
from gateway.cli.map_runs import Run, row_figures, runs_in
from gateway.cli.map_source import (
    BUCKET,
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
from gateway.cli.output import columns, progress, show

if TYPE_CHECKING:
    from gateway.mapping.intake import Counts
    from gateway.mapping.measuring import Measured

_SHOWN: Final = 5
_TREND: Final = 10


def coverage(
    *,
    section: Annotated[str | None, typer.Option(help="Only fields of this section.")] = None,
    file: MappingOption = None,
    bundle: BundleOption = None,
    adapter: AdapterOption = None,
    option: OptionOption = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Tell which fields the mapping fills, for what share of the students, and which codes are unknown.

    All rows are read as they are now; nothing is stored.
    """
    measured = measure_source(source_of(Asked.of(config, file, bundle, adapter, option)))
    told = [one for one in coverage_facts(measured) if section in {None, one["field"].partition(".")[0]}]
    show({"students": measured.students, "fields": told}, _coverage_lines(told), as_json=as_json)


def quality(
    *,
    file: MappingOption = None,
    bundle: BundleOption = None,
    adapter: AdapterOption = None,
    option: OptionOption = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Count what should be zero, say what became of every row, and count findings by school and rule.

    All rows are read as they are now; nothing is stored. Exit 1 if something that should be zero is not, or
    if rows are not accounted for.
    """
    source = source_of(Asked.of(config, file, bundle, adapter, option))
    measured = measure_source(source)
    told = quality_facts(measured, runs_in(source.folder))
    show(told, _quality_lines(told), as_json=as_json)
    if any(one["count"] for one in told["sanity"]) or not told["rows"]["accounted"]:
        raise typer.Exit(ExitCode.REFUSED)


def measure_source(source: MappingSource) -> "Measured":
    """Map every student and keep the figures."""

    async def work() -> "Measured":
        from gateway.mapping.bulk import open_bulk
        from gateway.mapping.measuring import measure

        mapping = source.mapping()
        with work_folder(source) as folder, progress("students") as count:
            run = await open_bulk(source.reader(), mapping, now=source.now, work=folder, bucket=BUCKET)
            return await measure(run, source.today, count)

    import asyncio

    return asyncio.run(work())


def coverage_facts(measured: "Measured") -> list[dict[str, Any]]:
    """Return the coverage as scripts see it; unknown codes as they are."""
    students = max(measured.students, 1)
    return [
        {
            "field": one.path,
            "students": one.students,
            "share": round(one.students / students, 4),
            "codes": one.codes,
            "unmapped": dict(one.unmapped),
        }
        for one in measured.shares
    ]


def quality_facts(measured: "Measured", runs: Sequence[Run]) -> dict[str, Any]:
    """Return the quality as scripts see it."""
    files = [_file_facts(file, counts) for file, counts in sorted(measured.files.items())]
    total = {name: sum(one[name] for one in files) for name in ("rows", "used", "faulty", "excluded")}
    return {
        "students": measured.students,
        "sanity": [
            {"rule": one.rule.id, "words": one.rule.words, "count": one.count} for one in measured.sane
        ],
        "rows": total | {"accounted": all(one["accounted"] for one in files), "files": files},
        "findings": dict(measured.rules.most_common()),
        "by_school": [
            {"school": school, "rule": rule, "findings": number}
            for (school, rule), number in sorted(measured.findings.items(), key=_most)
        ],
        "trend": [_run_facts(run) for run in runs[-_TREND:]],
    }


def _most(one: tuple[tuple[str | None, str], int]) -> tuple[int, str, str]:
    (school, rule), number = one
    return -number, school or "", rule


def _file_facts(file: str, counts: "Counts") -> dict[str, Any]:
    figures = row_figures(counts)
    accounted = figures["rows"] == figures["used"] + figures["faulty"] + figures["excluded"]
    return {"file": file, **figures, "by_reason": dict(counts.excluded), "accounted": accounted}


def _run_facts(run: Run) -> dict[str, Any]:
    return {
        "run": run.number,
        "at": run.at,
        "mapping": run.mapping,
        "students": run.students,
        "changed": run.changed,
        "removed": run.removed,
        "findings": sum(run.findings.values()),
    }


def _coverage_lines(told: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    head = ("FIELD", "STUDENTS", "SHARE", "CODES", "UNKNOWN CODES")
    yield from columns(head, map(_coverage_row, told))


def _coverage_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    unmapped = list(one["unmapped"].items())
    shown = ", ".join(f"{code} ({number})" for code, number in unmapped[:_SHOWN])
    more = f" and {len(unmapped) - _SHOWN} more" if len(unmapped) > _SHOWN else ""
    codes = str(one["codes"]) if one["codes"] or unmapped else ""
    return one["field"], str(one["students"]), f"{one['share']:.1%}", codes, shown + more


def _quality_lines(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"{told['students']} students."
    yield ""
    yield from columns(("SHOULD BE ZERO", "COUNT"), map(_sanity_row, told["sanity"]))
    yield ""
    yield from _row_lines(told["rows"])
    if told["by_school"]:
        yield ""
        rows = ((str(one["findings"]), one["rule"], one["school"] or "-") for one in told["by_school"])
        yield from columns(("FINDINGS", "RULE", "SCHOOL"), rows)
    if told["trend"]:
        yield ""
        yield from columns(("RUN", "AT", "STUDENTS", "CHANGED", "FINDINGS"), map(_trend_row, told["trend"]))


def _sanity_row(one: Mapping[str, Any]) -> tuple[str, str]:
    return one["words"], "not mapped" if one["count"] is None else str(one["count"])


def _trend_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    return str(one["run"]), one["at"], str(one["students"]), str(one["changed"]), str(one["findings"])


def _row_lines(rows: Mapping[str, Any]) -> Iterator[str]:
    """Yield what became of the rows of each table, and the sum."""
    names = ("rows", "used", "faulty", "excluded")
    yield from columns(
        ("FILE", "ROWS", "USED", "FAULTY", "BY RULE", "RULES"),
        (
            (one["file"], *(str(one[name]) for name in names), _reasons(one["by_reason"]))
            for one in rows["files"]
        ),
    )
    mark = "=" if rows["accounted"] else "IS NOT"
    yield (
        f"{rows['used']} used + {rows['faulty']} faulty + {rows['excluded']} left out by rule"
        f" {mark} {rows['rows']} rows."
    )


def _reasons(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {number}" for reason, number in sorted(reasons.items()))
