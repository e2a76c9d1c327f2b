"""A small district of made-up people as CSV files, and what reads it."""

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from adapters.oneroster_csv import OneRosterCsv, OneRosterCsvAdapter
from gateway.demo.district import make_bundle
from gateway.mapping.checking import Checked, Texts, check_texts
from gateway.mapping.spec import MappingFile, load_mapping
from gateway.resources import code_texts, mapping_text

NOW: Final = datetime(2026, 9, 30, 6, 0, tzinfo=UTC)
ROSTER: Final = mapping_text("oneroster/oneroster")
CODES: Final = code_texts()

Rows = Sequence[Mapping[str, str]]


def small_district(folder: Path, **changes: Rows) -> Path:
    """Write two students of one school: Ana Reyes in grade 7, and Ben Okafor, whose grade nobody knows."""
    tables: dict[str, Rows] = {
        "orgs": [{"sourcedId": "O1", "name": "Birch School", "type": "school"}],
        "users": [
            {
                "sourcedId": "U1",
                "givenName": "Ana",
                "familyName": "Reyes",
                "identifier": "8800000001",
                "grades": " 7th ",
            },
            {
                "sourcedId": "U2",
                "givenName": "Ben",
                "familyName": "Okafor",
                "identifier": "8800000002",
                "grades": "seventh!",
            },
        ],
        "roles": [
            {
                "sourcedId": "R1",
                "userSourcedId": "U1",
                "role": "student",
                "orgSourcedId": "O1",
                "beginDate": "2025-08-18",
            },
            {
                "sourcedId": "R2",
                "userSourcedId": "U2",
                "role": "student",
                "orgSourcedId": "O1",
                "beginDate": "soon",
            },
        ],
        "demographics": [
            {"sourcedId": "U1", "birthDate": "2013-05-02", "sex": "F", "asian": "true", "white": "false"}
        ],
    }
    folder.mkdir(exist_ok=True)
    for name, rows in (tables | changes).items():
        write_table(folder / f"{name}.csv", rows)
    return folder


def write_table(file: Path, rows: Rows) -> None:
    """Write rows with the columns that any of them has."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, header, restval="")
        writer.writeheader()
        writer.writerows(rows)


def reader(path: Path) -> OneRosterCsvAdapter:
    return OneRosterCsvAdapter(OneRosterCsv(path=path))


def roster(*changes: tuple[str, str]) -> MappingFile:
    """The OneRoster mapping, with texts replaced by others."""
    return load_mapping(changed(*changes), CODES)


def changed(*changes: tuple[str, str]) -> str:
    """The text of the OneRoster mapping, with texts replaced, each of which must be there."""
    text = ROSTER
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture
def district(tmp_path: Path) -> Path:
    return small_district(tmp_path / "district")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration's bundle: three schools, with its dirt."""
    path = tmp_path_factory.mktemp("demo") / "bundle.zip"
    path.write_bytes(make_bundle(7, students=12).to_zip())
    return path


Check = Callable[..., Checked]


@pytest.fixture
async def check(demo: Path) -> Check:
    """Check the OneRoster mapping, with texts replaced, against the demonstration."""
    tables = await reader(demo).tables()

    def check(*changes: tuple[str, str], **codes: str) -> Checked:
        texts = Texts(changed(*changes), {**CODES, **codes}, tuple(codes))
        return check_texts(texts, tables, NOW.date())

    return check
