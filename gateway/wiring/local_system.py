"""The local system behind its ports: rows through a mapping, received records into a sink."""

import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway import plugins, resources
from gateway.adapter_api import Adapter, ImportRecord, Sink
from gateway.domain.backpack.compact import Dictionary
from gateway.domain.backpack.whole import Stamp
from gateway.domain.errors import Misconfigured
from gateway.domain.ids import EntityId, LocalStudentId, TransferId
from gateway.mapping.spec import MappingFile, load_mapping
from gateway.settings import Settings, Source
from gateway.usecases.ports import Import
from gateway.wiring.import_rows import ImportRowsMaker

if TYPE_CHECKING:
    from gateway.mapping.bulk import BulkRun
    from gateway.mapping.plan import Plan
    from gateway.mapping.single import MappedStudent, Single

_PLAN_KEPT: Final = timedelta(minutes=10)
"""How long a change of the source's tables may go unnoticed, unless it makes a question fail."""
_ROWS_KEPT: Final = timedelta(minutes=1)
"""How old the name of a school or a course may be in a document that is made on demand."""


def local_system(settings: Settings) -> tuple[Adapter | None, MappingFile | None, Sink | None]:
    """Return what the settings name: where rows come from, what they mean, where records go.

    Raises:
        Misconfigured: an adapter, mapping or sink is unknown, or an option of it is wrong.
    """
    adapter = mapping = sink = None
    if settings.source:
        adapter = plugins.load_adapter(settings.source.adapter, _located(settings, settings.source.options))
        name = _mapping_of(settings, settings.source)
        text, codes = resources.mapping_text(name), resources.code_texts(name)
        mapping = load_mapping(text, codes, name=settings.source.mapping)
    if settings.import_:
        sink = plugins.load_sink(settings.import_.sink, _located(settings, settings.import_.options))
    return adapter, mapping, sink


def _mapping_of(settings: Settings, source: Source) -> str:
    """Return the mapping's name; a path is relative to the settings file, like every path in it."""
    beside = settings.path(Path(source.mapping))
    return str(beside) if beside.suffix == ".toml" and beside.is_file() else source.mapping


def _located(settings: Settings, options: Mapping[str, object]) -> dict[str, object]:
    """Paths among the options are relative to the settings file, like every path in it."""
    return {
        name: str(settings.path(Path(value)))
        if name in {"path", "folder"} and isinstance(value, str)
        else value
        for name, value in options.items()
    }


class MappedSource:
    """`ports.Source` over an adapter and a mapping."""

    def __init__(
        self, adapter: Adapter, mapping: MappingFile, organisation: EntityId, source: Source, folder: Path
    ) -> None:
        self._adapter = adapter
        self._mapping = mapping
        self._organisation = organisation
        self._folder = folder
        self._single: Single | None = None
        self._opened_at: datetime
        self.blackout: Sequence[tuple[date, date]] = [(one.first, one.last) for one in source.blackout]
        self.max_removed = source.max_removed

    @asynccontextmanager
    async def run(self, now: datetime, dictionary: Dictionary) -> "AsyncIterator[BulkRun]":
        """Read all rows. What does not fit into memory lies in the folder until the run ends."""
        from gateway.mapping.bulk import open_bulk

        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="run-") as work:
            yield await open_bulk(
                self._adapter,
                self._mapping,
                now=now,
                work=Path(work),
                dictionary=dictionary,
                state=self._folder / "state",
            )

    async def student(
        self, key: LocalStudentId, now: datetime, dictionary: Dictionary
    ) -> "MappedStudent | None":
        """Map one student from the rows as they are now."""
        try:
            return await (await self._opened(now)).student(key, dictionary)
        except Misconfigured:
            self._single = None
            return await (await self._opened(now)).student(key, dictionary)

    async def _opened(self, now: datetime) -> "Single":
        """Return what maps single students, made anew every ten minutes and each day: tables may change."""
        from gateway.mapping.shelf import Shelf
        from gateway.mapping.single import open_single

        if (
            self._single is None
            or not timedelta(0) <= now - self._opened_at < _PLAN_KEPT
            or (now.date() != self._opened_at.date())
        ):
            single = await open_single(self._adapter, self._mapping, now.date(), Dictionary())
            single.shelf = Shelf(single.plan, _ROWS_KEPT.total_seconds(), time.monotonic)
            self._single, self._opened_at = single, now
        return self._single

    def stamp(self, plan: "Plan", now: datetime) -> Stamp:
        """Return what all entries of a run at that time have in common."""
        about = self._mapping.mapping
        return Stamp.of(
            organisation=self._organisation,
            system=about.source_system,
            mapping=f"{about.name} {about.version}",
            at=now,
            files={source.spec.file: source.file for source in plan.sources.values() if source.table},
        )


class SinkImports:
    """`ports.Imports` over a sink. `rows` are made for one that takes them."""

    def __init__(self, sink: Sink, rows: ImportRowsMaker | None = None) -> None:
        if sink.takes_rows and rows is None:
            raise Misconfigured("the sink wants rows of the local system: name one under [source]")
        self._sink = sink
        self._rows = rows if sink.takes_rows else None

    async def write(self, record: Import) -> Sequence[str]:
        """Write a verified record."""
        return await self._sink.write(
            ImportRecord(
                transfer_id=record.transfer,
                version=record.version,
                issuer=record.issuer,
                learner_id=record.learner,
                document=record.document,
                archive=record.jws.encode(),
                summary=tuple(record.summary),
                reviewed=record.reviewed,
                rows=await self._rows.texts(record) if self._rows else {},
            )
        )

    async def undo(self, transfer: TransferId, undone: Mapping[str, object]) -> None:
        """Say how to be again as before the import."""
        await self._sink.undo(transfer, undone)

    async def recall(self, transfer: TransferId, reason: str) -> None:
        """Mark what was written as recalled."""
        await self._sink.recall(transfer, reason)
