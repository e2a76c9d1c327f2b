"""Rows as the local system has them: what the mapping needs from an adapter."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from gateway.mapping.findings import Finding


class Row(NamedTuple):
    """A record as the local system has it. Every value is text, read by nobody yet."""

    values: Mapping[str, str]
    """By column, as the table's header spells it; a cell that the row lacks is absent."""
    file: str
    line: int
    """The physical line, from 1, at which the row begins."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that the adapter can read. `findings` are about the table as a whole."""

    name: str
    """As the mapping's `file` calls it: for OneRoster `users`, whatever case the file's name has."""
    columns: tuple[str, ...]
    file: str
    findings: tuple[Finding, ...] = ()


Batch = Sequence[Row | Finding]
"""Rows in the order of the file. A finding about a row stands before it and names its line."""


class RowSource(Protocol):
    """Fetches rows."""

    async def tables(self) -> Sequence[Table]:
        """Return what is there, in a stable order."""

    def rows(self, table: Table) -> AsyncIterator[Batch]:
        """Yield the table's rows in batches."""

    def unused(self) -> Sequence[Finding]:
        """Return what was there and is no table."""
