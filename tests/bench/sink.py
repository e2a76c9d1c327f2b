"""How often the import folder waits for the disk."""

import asyncio
import os
from pathlib import Path
from typing import Any, Final

from adapters.json_folder import JsonFolder, JsonFolderSink
from gateway.adapter_api import ImportRecord
from gateway.domain.ids import EntityId, TransferId
from tests.bench.students import Sections

_TIMES: Final = 4


async def fsyncs_of_import(folder: Path, sections: Sections) -> float:
    """Return how many fsyncs the writing of a record takes, counted in this process."""
    await asyncio.to_thread(folder.mkdir)
    sink = JsonFolderSink(JsonFolder(folder=folder))
    calls = 0
    real = os.fsync

    def counted(descriptor: Any) -> None:
        nonlocal calls
        calls += 1
        real(descriptor)

    os.fsync = counted  # type: ignore[assignment]  # counted here, done by the real one
    try:
        for number in range(_TIMES):
            await sink.write(_record(f"R-{number}", sections))
    finally:
        os.fsync = real
    return calls / _TIMES


def _record(transfer: str, sections: Sections) -> ImportRecord:
    return ImportRecord(
        transfer_id=TransferId(transfer),
        version=1,
        issuer=EntityId("http://127.0.0.1"),
        learner_id="00000000-0000-8000-8000-000000000000",
        document={"segments": [{"sections": sections}]},
        archive=b"made up",
        summary=("Made up.",),
    )
