"""Tables of made-up rows in memory, and tiny mapping files over them: for one feature at a time."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from gateway.adapter_api import AdapterConfig, Batch, Only, Row, Table, batch_of
from gateway.domain.backpack.document import sections_to_json
from gateway.mapping.findings import Finding, Rule
from gateway.mapping.rows import BLANKS
from gateway.mapping.spec import MappingFile, load_mapping
from tests.harness.mapped import Mapped, map_all

NOW = datetime(2026, 9, 30, 6, 0, tzinfo=UTC)

Rows = Sequence[Mapping[str, str]]

_HEAD = """
[mapping]
name = "tiny"
version = "1.0.0"
title = "A mapping for one test"
schema = "1.0"
source_system = "memory"

[conventions]
school_year = "endYear"
exit_date = "firstDayNotEnrolled"
date_order = "mdy"
identifier = "State"
identifier_pattern = '[A-Za-z0-9-]{5,20}'
null_tokens = ["NULL", "N/A", "-"]
sentinel_dates = [1900-01-01]
deleted = ["gone"]
time_zone = "UTC"
attendance = "exceptionsOnly"
attendance_unit = "day"
gpa_scale = "unknown"
credit_unit = "unknown"
primary_enrollment = "only"
no_show = "none"
name_order = "separate"
code_state = "OR"
code_year = 2026
"""
_STUDENT = """
[student]
source = "people"
key = "id"
state_id = ""

[[student.decided_by]]
source = "people"
column = "id"
"""

PEOPLE: Rows = ({"id": "A"}, {"id": "B"}, {"id": "C"})


class NoSettings(AdapterConfig):
    """Nothing to set."""


@dataclass
class MemoryTables:
    """An adapter over lists of rows. A row may lack cells; what is asked for by value is found by value."""

    Config: ClassVar[type[AdapterConfig]] = NoSettings
    pushdown: ClassVar[bool] = True

    rows: Mapping[str, Rows]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of tables whose rows do not show them all."""
    lined: bool = True
    batch: int = 3
    """Rows in a batch."""
    faults: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    """Findings about rows, by table."""
    asked: list[tuple[str, Only | None]] = field(default_factory=list)
    """What was asked for, in order."""

    async def check(self) -> None:
        """Return: memory can be read."""

    async def tables(self) -> Sequence[Table]:
        """Return every table."""
        return [
            Table(name, self._columns(name), f"{name}.csv" if self.lined else name, (), self.lined)
            for name in self.rows
        ]

    async def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
        """Yield the rows; a lined table's begin at line 2."""
        self.asked.append((table.name, only))
        first = 2 if self.lined else 1
        rows = [Row(cells, first + at) for at, cells in enumerate(self.rows[table.name])]
        if only is not None:
            wanted = set(only.values)
            rows = [row for row in rows if row.values.get(only.column, "").strip(BLANKS) in wanted]
        for at in range(0, len(rows), self.batch):
            chunk = rows[at : at + self.batch]
            lines = {row.line for row in chunk}
            found = [one for one in self.faults.get(table.name, ()) if one.line in lines]
            yield batch_of(table.columns, chunk, found)

    def unused(self) -> Sequence[Finding]:
        """Return nothing: every table is offered."""
        return ()

    def _columns(self, name: str) -> tuple[str, ...]:
        found = (column for row in self.rows[name] for column in row)
        return self.columns.get(name) or tuple(dict.fromkeys(found))


def tiny_mapping(
    body: str, *, student: str = _STUDENT, codes: Mapping[str, str] | None = None
) -> MappingFile:
    """Return a mapping file: conventions, the source `people`, all of whom are students, and the body."""
    people = '[sources.people]\nfile = "people"\nkey = "id"\nothers = "ignore"\n'
    return load_mapping(f"{_HEAD}{student}{people}{body}", codes or {}, name="tiny")


def source(name: str, key: str = "") -> str:
    """Return a source of that name; `key` as TOML."""
    return f'[sources.{name}]\nfile = "{name}"\nothers = "ignore"\n' + (f"key = {key}\n" if key else "")


async def map_tables(
    tables: Mapping[str, Rows] | MemoryTables,
    mapping: MappingFile,
    *,
    bucket: int = 2,
) -> Mapped:
    """Map by both executors, which must say the same; the people are A, B and C if nobody is given."""
    adapter = tables if isinstance(tables, MemoryTables) else MemoryTables({"people": PEOPLE, **tables})
    return await map_all(adapter, mapping, NOW, bucket=bucket)


def map_now(tables: Mapping[str, Rows] | MemoryTables, mapping: MappingFile, *, bucket: int = 2) -> Mapped:
    """Map outside of a running loop."""
    return asyncio.run(map_tables(tables, mapping, bucket=bucket))


def said(mapped: Mapped, student: str, section: str) -> list[dict[str, Any]]:
    """Return a student's entries as on the wire, without `meta`."""
    entries = sections_to_json(mapped.students[student].sections).get(section, [])
    return [{name: value for name, value in entry.items() if name != "meta"} for entry in entries]


Place = tuple[str, str, int | None, str | None, str | None]


def found(mapped: Mapped) -> list[Place]:
    """Return rule, file, line, column and raw value of what was found, but for unused tables and columns."""
    unused = {Rule.COLUMN_UNUSED, Rule.FILE_UNUSED}
    return [
        (one.rule.value, one.file, one.line, one.column, one.raw_value)
        for one in mapped.findings
        if one.rule not in unused
    ]
