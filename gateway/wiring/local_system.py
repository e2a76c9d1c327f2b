"""The local system behind its ports: rows through a mapping, received records into a sink."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from gateway import plugins, resources
from gateway.adapter_api import Adapter, ImportRecord, Sink
from gateway.domain.ids import EntityId, TransferId
from gateway.mapping.run import MappingRun, open_run
from gateway.mapping.spec import MappingFile, load_mapping
from gateway.settings import Settings
from gateway.usecases.ports import Import


def local_system(settings: Settings) -> tuple[Adapter | None, MappingFile | None, Sink | None]:
    """Return what the settings name: where rows come from, what they mean, where records go.

    Raises:
        Misconfigured: an adapter, mapping or sink is unknown, or an option of it is wrong.
    """
    adapter = mapping = sink = None
    if settings.source:
        adapter = plugins.load_adapter(settings.source.adapter, _located(settings, settings.source.options))
        text = resources.mapping_text(settings.source.mapping)
        mapping = load_mapping(text, resources.code_texts(), name=settings.source.mapping)
    if settings.import_:
        sink = plugins.load_sink(settings.import_.sink, _located(settings, settings.import_.options))
    return adapter, mapping, sink


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

    def __init__(self, adapter: Adapter, mapping: MappingFile, organisation: EntityId) -> None:
        self._adapter = adapter
        self._mapping = mapping
        self._organisation = organisation

    async def run(self, extracted_at: datetime) -> MappingRun:
        """Read all students."""
        return await open_run(
            self._adapter, self._mapping, extracted_at=extracted_at, organisation=self._organisation
        )


class SinkImports:
    """`ports.Imports` over a sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

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
            )
        )

    async def recall(self, transfer: TransferId, reason: str) -> None:
        """Mark what was written as recalled."""
        await self._sink.recall(transfer, reason)
