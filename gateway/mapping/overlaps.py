"""Entries that are about the same thing at the same time."""

from collections.abc import Sequence
from datetime import date

from gateway.domain.backpack.base import Entry
from gateway.mapping.findings import Finding, Rule, finding
from gateway.mapping.spec import Overlap


def overlaps(entries: Sequence[Entry], spec: Overlap, column: str) -> list[Finding]:
    """Return a finding for each entry whose days overlap with an earlier one's; all of them are kept.

    `column` is where the first day stands in the source.
    """
    names = {info.alias or name: name for name, info in type(entries[0]).model_fields.items()}
    by, begin, end = names[spec.by], names[spec.begin], names[spec.end]
    earlier: dict[object, list[tuple[date, date]]] = {}
    found = []
    for entry in entries:
        days = (getattr(entry, begin) or date.min, getattr(entry, end) or date.max)
        known = earlier.setdefault(getattr(entry, by), [])
        if any(first < days[1] and days[0] < last for first, last in known):
            found.append(_overlap(entry, spec.by, column, days[0]))
        known.append(days)
    return found


def _overlap(entry: Entry, by: str, column: str, begin: date) -> Finding:
    source = entry.meta.source
    return finding(
        Rule.RANGE_OVERLAP,
        f"an earlier row has the same {by} at the same time",
        file=source.file or "",
        line=source.row,
        column=column,
        raw_value=begin.isoformat(),
        suggestion="delete one of the two or correct its dates",
    )
