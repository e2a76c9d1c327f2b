"""Whatever stands in a file, mapping it never crashes, and every row is accounted for."""

import asyncio
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.backpack.document import entry_from, sections_to_json
from tests.harness.bundles import COLUMNS, map_path, small_district
from tests.harness.mapped import Mapped

CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        "{:}",
        "{a:b}",
        ",",
        "|,|",
        '"',
        "1e999",
        "-0",
        "9999-99-99",
        "=cmd()",
        "\x00",
        "\r",
        "\u2028",
        "U1",
        "G1,G1,,U1",
    ]
)
PLACES = st.sampled_from([(table, column) for table, columns in COLUMNS.items() for column in columns])


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(PLACES, CELLS), min_size=1, max_size=12))
def test_any_text_in_any_cell_maps_to_valid_entries(changes: list[tuple[tuple[str, str], str]]) -> None:
    bundle = small_district(1)
    for (table, column), text in changes:
        for row in range(len(bundle.rows[table])):
            bundle.put(table, row, column, text)

    mapped = _mapped(bundle.files())

    _check(mapped)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from([*COLUMNS]), st.binary(max_size=400))
def test_any_bytes_in_place_of_a_file_are_survived(table: str, content: bytes) -> None:
    files = small_district(1).files() | {f"{table}.csv": content}

    mapped = _mapped(files)

    _check(mapped)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from([*COLUMNS]), st.lists(CELLS, max_size=12))
def test_any_header_is_survived(table: str, header: list[str]) -> None:
    bundle = small_district(1)
    bundle.headers[table] = header

    mapped = _mapped(bundle.files())

    _check(mapped)


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bytes_are_survived(seed: int) -> None:
    rng = random.Random(seed)
    files = small_district(2).files()
    for name, content in files.items():
        spoilt = bytearray(content)
        for _ in range(rng.randrange(6)):
            spoilt[rng.randrange(len(spoilt))] = rng.choice(b'\x00\xff",\r\n\x80a')
        files[name] = bytes(spoilt)

    mapped = _mapped(files)

    _check(mapped)


@pytest.mark.parametrize(
    "content",
    [
        b"sourcedId," * 2000 + b"\n1\n",
        b"sourcedId\n" + b'"' * 5001 + b"\n",
        b'sourcedId,status\n"' + b"x\n" * 3000,
        b"sourcedId,givenName\nU1," + b"y" * 600_000 + b"\nU2,z\n",
        b"\xff\xfes\x00",
        b"\xef\xbb\xbf",
        b"\n\n\n",
        b",,,\n,,,\n",
        b"\r\x01",
        b"'sourcedId','givenName'\nU1,\"Ann\"\n",
    ],
    ids=["columns", "quotes", "open quote", "long line", "half a character", "mark only", "lines", "commas", "return", "single quotes"],
)  # fmt: skip
def test_monsters_are_survived(content: bytes) -> None:
    mapped = _mapped(small_district(1).files() | {"users.csv": content})

    _check(mapped)
    assert any(found.file == "users.csv" for found in mapped.findings)


def _mapped(files: dict[str, bytes]) -> Mapped:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return asyncio.run(map_path(Path(folder)))


def _check(mapped: Mapped) -> None:
    """Check that what was put together without validation passes it."""
    for student in mapped.students.values():
        for section, entries in sections_to_json(student.sections).items():
            for at, entry in enumerate(entries):
                assert entry_from(section, entry) == student.sections[section][at]
