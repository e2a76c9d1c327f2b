"""Data that others published, as a district would map them; each test is left out where they are not there."""

import csv
import os
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.mapping.bulk import Counts
from gateway.mapping.findings import Finding
from gateway.mapping.spec import MappingFile, load_mapping
from gateway.resources import code_texts, mapping_text

NOW = datetime(2026, 9, 30, 6, 0, tzinfo=UTC)
DATA = Path(os.environ.get("BACKPACK_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")


def folder(name: str, inside: str = "") -> Path:
    """Return a folder of a published set, or leave the test out."""
    path = DATA / name / inside
    if not path.is_dir():
        pytest.skip(f"the published {name} is not there; set BACKPACK_SHARED_DATA")
    return path


def mapping(name: str, **lines: str) -> MappingFile:
    """Return a shipped mapping, with lines of its conventions changed as a district's copy changes them."""
    text = mapping_text(name)
    for key, value in lines.items():
        before = next(line for line in text.splitlines() if line.startswith(f"{key} = "))
        text = text.replace(before, f"{key} = {value}")
    return load_mapping(text, code_texts(), name=name)


def records(path: Path) -> list[dict[str, str]]:
    """Return the records with a value, as another reader sees them: repeated headers are among them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [one for one in csv.DictReader(file) if any((cell or "").strip() for cell in one.values())]


def rules(findings: Iterable[Finding]) -> Counter[str]:
    """Return how often each rule was broken."""
    return Counter(found.rule for found in findings)


def rows(counts: Counts) -> int:
    """Return the rows that are accounted for."""
    return counts.used + counts.faulty + sum(counts.excluded.values())
