"""The proof of a reverse mapping: the rows are mapped once more, and what differs is told."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import orjson

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.findings import Finding
from gateway.mapping.inverse_cells import is_coded
from gateway.mapping.inverse_rows import Blocked, Entry, ImportRows, Loss, path_text
from gateway.mapping.invert import ACTOR, rows_of
from gateway.mapping.plan import Plan
from gateway.mapping.rows import Batch, Only, Row, Table, batch_of
from gateway.mapping.single import open_single

Values = Counter[tuple[str, str, str]]
"""How often a value stands at a path of a section; of coded values the code."""

RENEWED: Final = "the sender's key; the row has a new one here"
GONE: Final = "the rows do not say it when they are read again"
ADDED: Final = "nobody said it, but the rows say it when they are read again"


@dataclass(frozen=True, slots=True)
class RowsInMemory:
    """`RowSource` over import rows."""

    plan: Plan
    rows: ImportRows

    async def tables(self) -> Sequence[Table]:
        """Return the tables that have rows, with the columns of the local system."""
        found = {source.spec.file: source.table for source in self.plan.sources.values() if source.table}
        return [replace(table, findings=()) for name, table in found.items() if name in self.rows.tables]

    async def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
        """Yield the rows of a table."""
        rows = [
            Row(cells, at + 2)
            for at, cells in enumerate(self.rows.tables[table.name])
            if only is None or cells.get(only.column, "") in only.values
        ]
        full = [
            Row({column: row.values.get(column, "") for column in table.columns}, row.line) for row in rows
        ]
        yield batch_of(table.columns, full)

    def unused(self) -> Sequence[Finding]:
        """Return nothing: every row is there to be read."""
        return ()


async def proved_rows(
    plan: Plan,
    sections: Mapping[str, Sequence[Entry]],
    today: date,
    *,
    organization: str | None = None,
    student: str | None = None,
) -> ImportRows:
    """Return the rows of `rows_of` with everything that a second mapping of them says otherwise.

    A contact whose restriction does not come back as it was is left out: its rows are made without it.
    """
    kept = {section: list(entries) for section, entries in sections.items()}
    rows = rows_of(plan, kept, organization=organization, student=student)
    again = await mapped_again(plan, rows, today)
    unsafe = [entry for entry in kept.get("contacts", ()) if not _is_safe(entry, again)]
    if unsafe:
        kept["contacts"] = [entry for entry in kept["contacts"] if entry not in unsafe]
        rows = rows_of(plan, kept, organization=organization, student=student)
        again = await mapped_again(plan, rows, today)
    blocked = (*rows.blocked, *(_blocked(sections["contacts"].index(entry) + 1) for entry in unsafe))
    entries = sum(map(len, sections.values()))
    return replace(rows, losses=losses_of(sections, again, rows), blocked=blocked, entries=entries)


async def mapped_again(plan: Plan, rows: ImportRows, today: date) -> dict[str, list[Any]]:
    """Return the entries that the rows make, without their provenance."""
    if not rows.tables:
        return {}
    dictionary = Dictionary()
    single = await open_single(RowsInMemory(plan, rows), plan.mapping, today, dictionary)
    found = await single.student(rows.student)
    made: dict[str, list[Any]] = {}
    for section, text in found.sections.items() if found else ():
        made[section] = [dictionary.expand(_bare(entry)) for entry in orjson.loads(text)]
    return made


def losses_of(
    sections: Mapping[str, Sequence[Entry]], again: Mapping[str, Sequence[Any]], rows: ImportRows
) -> tuple[Loss, ...]:
    """Return what is in the entries and not in what the rows make, and the other way round."""
    before, after = values_of(sections), values_of(again)
    gone, new = before - after, after - before
    reasons: dict[tuple[str, str], list[str]] = {}
    for loss in rows.losses:
        reasons.setdefault((loss.section, loss.path), []).extend([loss.reason] * loss.values)
    told: Counter[tuple[str, str, str]] = Counter()
    keys = Counter((section, path) for section, path, text in new.elements() if text in rows.made)
    for section, path, _ in gone.elements():
        if keys[section, path] > 0:
            keys[section, path] -= 1
            told[section, path, RENEWED] += 1
        else:
            known = reasons.get((section, path))
            told[section, path, known.pop() if known else GONE] += 1
    told.update((section, path, ADDED) for section, path, text in new.elements() if text not in rows.made)
    provenance = [loss for loss in rows.losses if loss.path == path_text(ACTOR)]
    return (*(Loss(*place, values) for place, values in told.items()), *provenance)


def values_of(sections: Mapping[str, Sequence[Any]]) -> Values:
    """Return every value of the entries by section and path."""
    return Counter(
        (section, path, text)
        for section, entries in sections.items()
        for entry in entries
        for path, text in _values(_bare(entry), ())
    )


def _values(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[str, str]]:
    if is_coded(value):
        yield path_text(place), str(value["code"])
    elif isinstance(value, dict):
        for wire, one in value.items():
            yield from _values(one, (*place, wire))
    elif isinstance(value, list):
        for one in value:
            yield from _values(one, (*place, 0))
    else:
        yield path_text(place), str(value)


def _bare(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {wire: value for wire, value in entry.items() if wire != "meta"}


def _is_safe(entry: Entry, again: Mapping[str, Sequence[Any]]) -> bool:
    """Tell whether what a contact may not do is said of the same person when the rows are read again."""
    if not entry.get("restrictions") and entry.get("pickupAllowed") is not False:
        return True
    return any(
        _forbidden(other) == _forbidden(entry) and _called(other) == _called(entry)
        for other in again.get("contacts", ())
    )


def _forbidden(entry: Entry) -> tuple[Any, Any]:
    return entry.get("restrictions"), entry.get("pickupAllowed")


def _called(entry: Entry) -> tuple[Any, Any]:
    name = entry.get("name", {})
    return name.get("given"), name.get("family")


def _blocked(number: int) -> Blocked:
    return Blocked(
        "contacts",
        number,
        "what this contact may not do does not come back when the rows are read again; no row was made:"
        " enter the contact and the restriction by hand",
    )
