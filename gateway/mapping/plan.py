"""Which column of which file is which: a mapping held against the headers that are really there."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.mapping.denied import denied_column, plain_name
from gateway.mapping.findings import Finding, Rule, finding
from gateway.mapping.rows import Table
from gateway.mapping.sources import SourceTable
from gateway.mapping.spec import MappingFile, Source

_SURE = 0.84
_PERHAPS = 0.6
_MINORITY = 0.5
_MAJORITY = 0.8


@dataclass
class Plan:
    """The sources with their tables, the tables that no source names, and what was found on the way."""

    sources: dict[str, SourceTable]
    unmapped: list[Table]
    findings: list[Finding]


def make_plan(mapping: MappingFile, tables: Sequence[Table]) -> Plan:
    """Resolve every source against the tables."""
    by_name = {table.name: table for table in tables}
    findings = [found for table in tables for found in table.findings]
    sources = {}
    for name, spec in mapping.sources.items():
        table = by_name.pop(spec.file, None)
        sources[name] = _source(name, spec, table, mapping.sources, findings)
    if mapping.manifest and (manifest := sources.get(mapping.manifest.source)):
        manifest.slot(mapping.manifest.property)
        manifest.slot(mapping.manifest.value)
    for table in by_name.values():
        findings += _not_mapped(table)
    return Plan(sources, list(by_name.values()), findings)


def check_manifest(mapping: MappingFile, plan: Plan) -> list[Finding]:
    """Hold what the manifest promises against the files that are there; its rows count as used."""
    spec = mapping.manifest
    if spec is None:
        return []
    manifest = plan.sources[spec.source]
    there = {source.spec.file for source in plan.sources.values() if source.table}
    there |= {table.name for table in plan.unmapped}
    found = []
    for row in manifest.rows:
        manifest.use(row)
        name = manifest.at(row, spec.property)
        promised = manifest.at(row, spec.value).casefold() not in {"", spec.absent.casefold()}
        if name.startswith(spec.prefix) and promised and name.removeprefix(spec.prefix) not in there:
            found.append(
                manifest.about(
                    row,
                    spec.value,
                    Rule.FILE_MISSING,
                    f"the manifest promises {name.removeprefix(spec.prefix)}.csv, and it is not there",
                    "export the bundle again",
                )
            )
    return found


def unread_columns(source: SourceTable) -> list[Finding]:
    """Return a finding for each column of the standard that is there and that nothing reads."""
    return [
        finding(
            Rule.COLUMN_UNUSED,
            "the mapping does not read this column",
            file=source.file,
            line=1,
            column=header,
        )
        for column, header in source.columns.items()
        if column not in source.slots and header not in source.denied
    ]


def denied_findings(source: SourceTable) -> list[Finding]:
    """Return a finding for each column that is never read; how many cells hold something, and not what."""
    return [_denied(source.file, header, cells) for header, cells in source.denied.items()]


def _source(
    name: str, spec: Source, table: Table | None, sources: Mapping[str, Source], findings: list[Finding]
) -> SourceTable:
    if table is None:
        findings.append(_no_file(spec))
        return SourceTable(name, spec, None, {})
    if other := _belongs_to(table, spec, sources):
        findings.append(_wrong_content(table, other))
        return SourceTable(name, spec, table, {})
    columns = _resolve(spec, table, findings)
    found = SourceTable(name, spec, table, columns)
    denied = [header for header in table.columns if denied_column(header)]
    denied += [header for column, header in columns.items() if denied_column(column)]
    found.denied.update(dict.fromkeys(denied, 0))
    if spec.key and spec.key not in columns:
        findings.append(_no_key(table, spec.key))
    return found


def _resolve(spec: Source, table: Table, findings: list[Finding]) -> dict[str, str]:
    """Return the header for each column: by name, by a declared other name, by letters, by likeness."""
    columns = {header: header for header in table.columns if header in spec.columns}
    unknown = [header for header in table.columns if header not in columns]
    also = {plain_name(other): column for other, column in spec.also.items()}
    letters = {plain_name(column): column for column in spec.columns}
    for header in list(unknown):
        plain = plain_name(header)
        column = letters.get(plain) or also.get(plain)
        if column and column not in columns and not denied_column(header):
            columns[column] = header
            unknown.remove(header)
            if plain in letters:
                findings.append(_misspelt(table, header, column))
    return columns | _alike(spec, table, columns, unknown, findings)


def _alike(
    spec: Source, table: Table, columns: Mapping[str, str], unknown: Iterable[str], findings: list[Finding]
) -> dict[str, str]:
    """Read an unknown header as the one missing column that it is very like."""
    found: dict[str, str] = {}
    for header in unknown:
        if denied_column(header) or header.endswith(")") or header.startswith("metadata."):
            findings.extend(_odd_header(table, header))
            continue
        missing = {
            plain_name(name): name for name in spec.columns if name not in columns and name not in found
        }
        near = difflib.get_close_matches(plain_name(header), missing, n=2, cutoff=_SURE)
        if near:
            found[missing[near[0]]] = header
            findings.append(_misspelt(table, header, missing[near[0]]))
        else:
            findings.append(_unknown(spec, table, header))
    return found


def _odd_header(table: Table, header: str) -> list[Finding]:
    if denied_column(header) or header.endswith(")"):
        return []
    return [
        finding(
            Rule.COLUMN_UNUSED,
            "the mapping does not read this column",
            file=table.file,
            line=1,
            column=header,
        )
    ]


def _belongs_to(table: Table, spec: Source, sources: Mapping[str, Source]) -> Source | None:
    """Return the other source whose columns these are, where they are plainly not this one's."""
    if _share(table, spec) >= _MINORITY:
        return None
    best = max(sources.values(), key=lambda source: _share(table, source))
    return best if best is not spec and _share(table, best) >= _MAJORITY else None


def _share(table: Table, spec: Source) -> float:
    known = {plain_name(column) for column in (*spec.columns, *spec.also)}
    return sum(plain_name(header) in known for header in table.columns) / len(table.columns)


def _no_file(spec: Source) -> Finding:
    return finding(
        Rule.FILE_MISSING,
        "the file is not in the bundle" + ("; without it there are no students" if spec.required else ""),
        file=f"{spec.file}.csv",
        severity="error" if spec.required else "info",
    )


def _wrong_content(table: Table, other: Source) -> Finding:
    return finding(
        Rule.FILE_WRONG_CONTENT,
        f"the columns are those of {other.file}.csv; nothing of the file was read",
        file=table.file,
        line=1,
        suggestion="export the file again under its own name",
    )


def _no_key(table: Table, key: str) -> Finding:
    return finding(
        Rule.HEADER_MISSING,
        "the header lacks the column that the rows are found by",
        file=table.file,
        line=1,
        column=key,
        suggestion=f"add {key} to the first line",
    )


def _misspelt(table: Table, header: str, column: str) -> Finding:
    return finding(
        Rule.HEADER_MISSPELT,
        f"read as {column}",
        file=table.file,
        line=1,
        column=column,
        raw_value=header,
        suggestion=f"rename it to {column}",
    )


def _unknown(spec: Source, table: Table, header: str) -> Finding:
    near = difflib.get_close_matches(header, spec.columns, n=1, cutoff=_PERHAPS)
    return finding(
        Rule.HEADER_UNKNOWN,
        "the standard has no such column, and nothing reads it",
        file=table.file,
        line=1,
        column=header,
        raw_value=header,
        suggestion=f"did you mean {near[0]}?" if near else None,
        severity="warning" if near else "info",
    )


def _denied(file: str, header: str, cells: int) -> Finding:
    rule = denied_column(header) or Rule.PASSWORD_PRESENT
    return finding(
        rule,
        f"a column that is never read; cells with a value: {cells}",
        file=file,
        line=1,
        column=header,
        suggestion="leave the column out of the export",
        severity="error" if cells else "info",
    )


def _not_mapped(table: Table) -> list[Finding]:
    unused = finding(Rule.FILE_UNUSED, "the mapping does not read this file", file=table.file)
    denied = [
        finding(
            rule,
            "a column that is never read",
            file=table.file,
            line=1,
            column=header,
            suggestion="leave the file out of the export",
        )
        for header in table.columns
        if (rule := denied_column(header))
    ]
    return [unused, *denied]
