"""Figures of past mapping runs, one JSON object a line: no personal data, for the trend."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from gateway.mapping.intake import Counts
    from gateway.usecases.map_students import MapReport

RUNS_FILE: Final = "mapping-runs.jsonl"


class Run(NamedTuple):
    """The figures of one run."""

    number: int
    """From 1, the oldest first."""
    at: str
    """RFC 3339."""
    mapping: str
    """Name and version of the mapping file."""
    students: int
    changed: int
    removed: int
    findings: Mapping[str, int]
    """By rule."""
    files: Mapping[str, Mapping[str, int]]
    """By table: `rows`, `used`, `faulty`, `excluded`."""


def note_run(folder: Path, at: datetime, mapping: str, report: "MapReport") -> None:
    """Add the figures of a run to the node's folder.

    Args:
        folder: The node's own.
        at: When the run began.
        mapping: Name and version of the mapping file.
        report: What the run came to.
    """
    import orjson

    figures = {
        "at": at.isoformat().replace("+00:00", "Z"),
        "mapping": mapping,
        "students": report.students,
        "changed": report.changed,
        "removed": report.removed,
        "findings": dict(report.findings),
        "files": {file: row_figures(counts) for file, counts in report.files.items()},
    }
    opened = os.open(folder / RUNS_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(opened, "ab") as file:
        file.write(orjson.dumps(figures) + b"\n")


def row_figures(counts: "Counts") -> dict[str, int]:
    """Return what became of the rows of a table, without the reasons."""
    excluded = sum(counts.excluded.values())
    return {"rows": counts.rows, "used": counts.used, "faulty": counts.faulty, "excluded": excluded}


def runs_in(folder: Path | None) -> list[Run]:
    """Return past runs of a node, the oldest first; a line that was cut short is left out."""
    import orjson

    if folder is None:
        return []
    file = folder / RUNS_FILE
    found = []
    for number, line in enumerate(file.read_bytes().splitlines() if file.is_file() else (), 1):
        try:
            found.append(_run(number, orjson.loads(line)))
        except (orjson.JSONDecodeError, KeyError, TypeError):
            continue
    return found


def _run(number: int, said: Mapping[str, Any]) -> Run:
    return Run(
        number,
        said["at"],
        said["mapping"],
        said["students"],
        said["changed"],
        said["removed"],
        said["findings"],
        said["files"],
    )
