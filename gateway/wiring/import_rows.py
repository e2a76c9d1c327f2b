"""A received record as rows of the local system, for a sink that takes rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from gateway.adapter_api import Adapter
from gateway.domain.ids import EntityId
from gateway.mapping.spec import MappingFile
from gateway.usecases.ports import Import

_LOSSES: Final = ("section", "field", "reason", "values")
_LEFT_OUT: Final = ("section", "entry", "reason")

Sections = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class ImportRowsMaker:
    """Reads the node's mapping the other way round."""

    adapter: Adapter
    mapping: MappingFile
    organisation: EntityId
    today: Callable[[], date]

    async def texts(self, record: Import) -> dict[str, str]:
        """Return CSV texts by file name: the tables, what they do not say, and what was left out.

        Raises:
            Misconfigured: the mapping does not fit the local system's tables.
            GatewayError: whatever the adapter raises.
        """
        from gateway.mapping.inverse_csv import csv_text, csv_texts
        from gateway.mapping.inverse_proof import proved_rows
        from gateway.mapping.plan import make_plan

        plan = make_plan(self.mapping, await self.adapter.tables(), self.today())
        student = record.reviewed.get("student") if record.reviewed else None
        rows = await proved_rows(
            plan, sections_of(record), self.today(), organization=self.organisation, student=student
        )
        losses = [dict(zip(_LOSSES, loss, strict=True)) for loss in rows.losses]
        blocked = [dict(zip(_LEFT_OUT, one, strict=True)) for one in rows.blocked]
        return csv_texts(plan, rows.tables) | {
            "losses.csv": csv_text(_LOSSES, losses, spreadsheet=True),
            "left-out.csv": csv_text(_LEFT_OUT, blocked, spreadsheet=True),
        }


def sections_of(record: Import) -> Sections:
    """Return the entries that are to be here: what a person decided, or all of the record."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    if record.reviewed is not None:
        for change in record.reviewed["changes"]:
            found.setdefault(change["section"], []).append(change["after"])
        return found
    for segment in record.document["segments"]:
        for name, entries in segment["sections"].items():
            found.setdefault(name, []).extend(entries)
    return found
