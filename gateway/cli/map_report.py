"""`backpack map report`: coverage, quality and findings as one page that needs nothing else."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated, Any, Final

import typer

from gateway.cli.map_charts import Bar, bars, line
from gateway.cli.map_measure import coverage_facts, measure_source, quality_facts
from gateway.cli.map_runs import runs_in
from gateway.cli.map_source import (
    AdapterOption,
    Asked,
    BundleOption,
    MappingOption,
    OptionOption,
    source_of,
)
from gateway.cli.options import NODE_TOML, AsJson, ConfigFile
from gateway.cli.output import moment, say, show

_MOST: Final = 25
_CODES: Final = 8
_NOBODY: Final = "(no student)"


def report(
    out: Annotated[
        Path, typer.Option("--out", "-o", dir_okay=False, help="Write the page to this file.")
    ] = Path("report.html"),
    *,
    file: MappingOption = None,
    bundle: BundleOption = None,
    adapter: AdapterOption = None,
    option: OptionOption = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Write coverage, quality, rows, findings and their trend as one HTML file that opens from anywhere.

    Figures only: no student's data is in it. All rows are read as they are now; nothing is stored.
    """
    source = source_of(Asked.of(config, file, bundle, adapter, option))
    mapping = source.mapping().mapping
    measured = measure_source(source)
    quality = quality_facts(measured, runs_in(source.folder))
    name = f"{mapping.title} ({mapping.name} {mapping.version})"
    out.write_text(page(name, moment(source.now), coverage_facts(measured), quality), "utf-8")
    show({"file": str(out)}, [], as_json=as_json)
    say(f"Wrote {out}.")


def page(mapping: str, at: str, coverage: Sequence[Mapping[str, Any]], quality: Mapping[str, Any]) -> str:
    """Return the page. Everything that is put into it is escaped."""
    template = Template(files("gateway.cli").joinpath("map_report.html").read_text("utf-8"))
    rows = quality["rows"]
    return template.substitute(
        mapping=escape(mapping),
        at=escape(at),
        figures=_figures(quality),
        zero=_zero(quality["sanity"]),
        accounted=_accounted(rows),
        rows=_rows(rows["files"]),
        coverage=_coverage(coverage),
        codes=_codes(coverage),
        rules=_rules(quality["findings"]),
        schools=_schools(quality["by_school"]),
        trend=_trend(quality["trend"]),
    )


def _figures(quality: Mapping[str, Any]) -> str:
    wrong = sum(one["count"] or 0 for one in quality["sanity"])
    figures = (
        ("Students", f"{quality['students']:,}"),
        ("That should be zero", f"{wrong:,}"),
        ("Findings", f"{sum(quality['findings'].values()):,}"),
        ("Rows read", f"{quality['rows']['rows']:,}"),
    )
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures)


def _zero(sanity: Sequence[Mapping[str, Any]]) -> str:
    def said(count: int | None) -> str:
        if count is None:
            return "not mapped"
        return '<span class="good">0</span>' if count == 0 else f'<span class="bad">{count:,}</span>'

    rows = [(escape(one["words"].capitalize()), said(one["count"])) for one in sanity]
    return table("What should be zero", ("What", "Count"), rows, numbers={1})


def _accounted(rows: Mapping[str, Any]) -> str:
    total = f"{rows['used']:,} used + {rows['faulty']:,} faulty + {rows['excluded']:,} left out by rule"
    if rows["accounted"]:
        return f'{total} = {rows["rows"]:,} rows: <span class="good">every row is accounted for.</span>'
    return f'{total}, but there are {rows["rows"]:,} rows: <span class="bad">this does not add up.</span>'


def _rows(found: Sequence[Mapping[str, Any]]) -> str:
    parts = ("used", "faulty", "excluded")
    shown = sorted(found, key=lambda one: -one["rows"])[:_MOST]
    drawn = [
        Bar(one["file"], [one[part] / max(one["rows"], 1) for part in parts], f"{one['rows']:,}")
        for one in shown
    ]
    key = (
        '<ul class="key"><li><span class="main"></span>used</li><li><span class="fault"></span>faulty</li>'
        '<li><span class="rest"></span>left out by rule</li></ul>'
    )
    chart = bars("rows-chart", "Shares of the rows of each file", drawn, 1, ("main", "fault", "rest"))
    lines = [
        (
            escape(one["file"]),
            *(f"{one[part]:,}" for part in ("rows", *parts)),
            escape(", ".join(f"{reason} {number:,}" for reason, number in one["by_reason"].items())),
        )
        for one in found
    ]
    head = ("File", "Rows", "Used", "Faulty", "Left out by rule", "Rules")
    return key + chart + table("Rows of each file", head, lines, numbers={1, 2, 3, 4})


def _coverage(fields: Sequence[Mapping[str, Any]]) -> str:
    sections = [one for one in fields if "." not in one["field"]]
    drawn = [Bar(one["field"], [one["share"]], f"{one['share']:.1%}") for one in sections]
    chart = bars("coverage-chart", "Share of students with something in each section", drawn, 1)
    lines = [
        (escape(one["field"]), f"{one['students']:,}", f"{one['share']:.1%}", str(one["codes"] or ""))
        for one in fields
    ]
    head = ("Field", "Students", "Share", "Different codes")
    return chart + table("Fields that the mapping fills", head, lines, numbers={1, 2, 3})


def _codes(fields: Sequence[Mapping[str, Any]]) -> str:
    from gateway.mapping.masking import shown_code

    lines = []
    for one in fields:
        shown: Counter[str] = Counter()
        for code, number in one["unmapped"].items():
            shown[shown_code(code, number)] += number
        if shown:
            codes = ", ".join(f"{code} ({number:,})" for code, number in shown.most_common(_CODES))
            more = f" and {len(shown) - _CODES} more" if len(shown) > _CODES else ""
            total = f"{sum(one['unmapped'].values()):,}"
            lines.append((escape(one["field"]), str(len(one["unmapped"])), total, escape(codes + more)))
    if not lines:
        return "<p>None.</p>"
    head = ("Field", "Different codes", "Entries", "Codes")
    return table("Codes that no crosswalk knows", head, lines, numbers={1, 2})


def _rules(findings: Mapping[str, int]) -> str:
    from gateway.mapping.rules import Rule, severity_of

    if not findings:
        return "<p>There are no findings.</p>"
    ordered = sorted(findings.items(), key=lambda one: (-one[1], one[0]))
    drawn = [Bar(rule, [number], f"{number:,}") for rule, number in ordered[:_MOST]]
    chart = bars("rules-chart", "Findings of each rule", drawn, ordered[0][1])
    lines = [(escape(rule), severity_of(Rule(rule)), f"{number:,}") for rule, number in ordered]
    return chart + table("Findings of each rule", ("Rule", "Severity", "Findings"), lines, numbers={2})


def _schools(found: Sequence[Mapping[str, Any]]) -> str:
    if not found:
        return "<p>There are no findings.</p>"
    totals: Counter[str] = Counter()
    for one in found:
        totals[one["school"] or _NOBODY] += one["findings"]
    ordered = totals.most_common()
    drawn = [Bar(school, [number], f"{number:,}") for school, number in ordered[:_MOST]]
    chart = bars("schools-chart", "Findings of each school", drawn, ordered[0][1])
    lines = [
        (escape(one["school"] or _NOBODY), escape(one["rule"]), f"{one['findings']:,}")
        for one in sorted(found, key=lambda one: (one["school"] or "", -one["findings"], one["rule"]))
    ]
    return chart + table("Findings by school and rule", ("School", "Rule", "Findings"), lines, numbers={2})


def _trend(runs: Sequence[Mapping[str, Any]]) -> str:
    if not runs:
        return "<p>No run is on record yet: `backpack map run` keeps the figures of each.</p>"
    chart = ""
    if len(runs) > 1:
        values = [(f"run {one['run']}", one["findings"]) for one in runs]
        chart = line("trend-chart", "Findings of the last runs", values)
    lines = [
        (
            str(one["run"]),
            escape(one["at"]),
            escape(one["mapping"]),
            *(f"{one[name]:,}" for name in ("students", "changed", "removed", "findings")),
        )
        for one in runs
    ]
    head = ("Run", "At", "Mapping", "Students", "Changed", "Removed", "Findings")
    return chart + table("The last runs", head, lines, numbers={3, 4, 5, 6})


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], numbers: "set[int] | frozenset[int]"
) -> str:
    """Return a table of cells that are HTML already; the first cell of a row is its heading."""

    def cell(at: int, text: str) -> str:
        kind = ' class="n"' if at in numbers else ""
        return f'<th scope="row">{text}</th>' if at == 0 else f"<td{kind}>{text}</td>"

    titles = "".join(
        f'<th scope="col"{" class=n" if at in numbers else ""}>{escape(title)}</th>'
        for at, title in enumerate(head)
    )
    body = "".join(f"<tr>{''.join(cell(at, text) for at, text in enumerate(row))}</tr>" for row in rows)
    return (
        f'<div class="table" role="region" aria-label="{escape(caption)}" tabindex="0"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"
    )
