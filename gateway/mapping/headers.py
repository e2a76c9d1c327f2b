"""Which column of which file is which: a mapping held against the headers that are really there."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.mapping.denied import denied_column, plain_name
from gateway.mapping.findings import Finding, Rule, finding
from gateway.mapping.rows import PLACE_COLUMNS, Table
from gateway.mapping.spec import MappingFile, Source

_SURE = 0.84
_PERHAPS = 0.6
_MINORITY = 0.5
_MAJORITY = 0.8


@dataclass
class Resolved:
    """A source of the mapping beside the table that was found for it; without a table it has no rows."""

    name: str
    spec: Source
    table: Table | None
    columns: Mapping[str, str]
    """The header of each column that the table has, by the column's own name."""
    denied: tuple[str, ...] = ()
    """Headers of columns that are never read."""
    asked: dict[str, None] = field(default_factory=dict)
    """Columns that the mapping reads, by own name, in the order in which it asked."""

    @property
    def file(self) -> str:
        """Return what people know the table by."""
        return self.table.file if self.table else self.spec.file

    def ask(self, column: str) -> bool:
        """Say that the column is read; False where the table lacks it, or where it is never read.

        Nothing reads a cell that was not asked for.
        """
        header = self.columns.get(column)
        if header is None or header in self.denied or denied_column(column) or denied_column(header):
            return False
        self.asked.setdefault(column)
        return True

    def header(self, column: str) -> str:
        """Return the column as the table's header spells it."""
        return self.columns.get(column, column)


@dataclass
class Headers:
    """The sources with their tables, the tables that no source names, and what was found on the way."""

    sources: dict[str, Resolved]
    unmapped: list[Table]
    findings: list[Finding]


def resolve(mapping: MappingFile, tables: Sequence[Table]) -> Headers:
    """Hold every source against the tables that are there."""
    by_name = {table.name: table for table in tables}
    findings = [found for table in tables for found in table.findings]
    sources = {}
    for name, spec in mapping.sources.items():
        table = by_name.get(spec.file)
        sources[name] = _source(name, spec, table, mapping.sources, findings)
    named = {spec.file for spec in mapping.sources.values()}
    unmapped = [table for name, table in by_name.items() if name not in named]
    for table in unmapped:
        findings += _not_mapped(table)
    return Headers(sources, unmapped, findings)


def unread_columns(source: Resolved) -> list[Finding]:
    """Return a finding for each column of the standard that is there and that nothing reads."""
    if source.spec.others == "ignore":
        return []
    return [
        _unread(source.file, header)
        for column, header in source.columns.items()
        if column not in source.asked and header not in source.denied and header not in PLACE_COLUMNS
    ]


def _unread(file: str, header: str) -> Finding:
    return finding(
        Rule.COLUMN_UNUSED, "the mapping does not read this column", file=file, line=1, column=header
    )


def denied_finding(source: Resolved, header: str, cells: int) -> Finding:
    """Return the finding about a column that is never read; how many cells hold something, and not what."""
    return _denied(source.file, header, cells)


def _source(
    name: str, spec: Source, table: Table | None, sources: Mapping[str, Source], findings: list[Finding]
) -> Resolved:
    if table is None:
        findings.append(_no_file(spec))
        return Resolved(name, spec, None, {})
    if other := _belongs_to(table, spec, sources):
        findings.append(_wrong_content(table, other))
        return Resolved(name, spec, table, {})
    columns = _resolve(spec, table, findings) if spec.columns else _as_they_are(spec, table)
    denied = [header for header in table.columns if denied_column(header)]
    denied += [header for column, header in columns.items() if denied_column(column)]
    if lacking := [column for column in spec.key if column not in columns]:
        findings.append(_no_key(table, lacking[0]))
    return Resolved(name, spec, table, columns, tuple(dict.fromkeys(denied)))


def _as_they_are(spec: Source, table: Table) -> dict[str, str]:
    """Return the headers as columns of their own names; `also` in any letter case."""
    columns = {header: header for header in table.columns}
    letters = {plain_name(header): header for header in table.columns}
    for other, column in spec.also.items():
        if column not in columns and (header := letters.get(plain_name(other))):
            columns[column] = header
    return columns


def _resolve(spec: Source, table: Table, findings: list[Finding]) -> dict[str, str]:
    """Return the header for each column: by name, by a declared other name, by letters, by likeness."""
    columns = {header: header for header in table.columns if header in spec.columns}
    unknown = [header for header in table.columns if header not in columns and header not in PLACE_COLUMNS]
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
    return [] if denied_column(header) or header.endswith(")") else [_unread(table.file, header)]


def _belongs_to(table: Table, spec: Source, sources: Mapping[str, Source]) -> Source | None:
    """Return the other source whose columns these are, where they are plainly not this one's."""
    if not spec.columns or _share(table, spec) >= _MINORITY:
        return None
    best = max(sources.values(), key=lambda source: _share(table, source))
    return best if best is not spec and _share(table, best) >= _MAJORITY else None


def _share(table: Table, spec: Source) -> float:
    known = {plain_name(column) for column in (*spec.columns, *spec.also)}
    return sum(plain_name(header) in known for header in table.columns) / len(table.columns)


def _no_file(spec: Source) -> Finding:
    return finding(
        Rule.FILE_MISSING,
        "the source does not have it" + ("; without it there are no students" if spec.required else ""),
        file=spec.file,
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
        severity="info" if plain_name(header) == plain_name(column) else "warning",
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
    unused = finding(Rule.FILE_UNUSED, "the mapping does not read this table", file=table.file)
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
