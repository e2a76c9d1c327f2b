"""The adapters that come with the gateway, against the contract and against attacks."""

import io
import stat
import struct
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final

import pytest

from adapters.json_folder import JsonFolder, JsonFolderSink
from adapters.oneroster_csv import OneRosterCsv, OneRosterCsvAdapter
from adapters.table_files import TableFiles, TableFilesAdapter
from adapters.table_folder import TableFolder, TableFolderSink
from gateway.adapter_api import (
    Batch,
    ImportRecord,
    Limits,
    Malformed,
    Misconfigured,
    Only,
    Refused,
    Table,
    TooLarge,
)
from gateway.adapter_api.conformance import NotConforming, check_adapter, check_sink, read_all
from gateway.domain.ids import EntityId, TransferId
from gateway.plugins import ADAPTERS, kinds, load_adapter, load_sink
from tests.harness.bundles import small_district

RECORD = ImportRecord(
    transfer_id=TransferId("T-0123456789abcdef"),
    version=1,
    issuer=EntityId("https://exchange.maple.example"),
    learner_id="urn:uuid:00000000-0000-4000-8000-000000000001",
    document={"sections": {"goals": [{"statement": "Čtení"}]}},
    archive=b"eyJ.e30.c2ln",
    summary=["Maple Unified asserts 1 goal.", "1 entry was withheld\nas restricted."],
)


def adapter(path: Path, **limits: int) -> OneRosterCsvAdapter:
    return OneRosterCsvAdapter(OneRosterCsv(path=path, limits=Limits(**limits)))


@pytest.mark.parametrize("archived", [True, False])
async def test_oneroster_csv_conforms(archived: bool, tmp_path: Path) -> None:
    bundle = small_district()
    path = bundle.archive(tmp_path / "b.zip") if archived else bundle.folder(tmp_path / "b")

    await check_adapter(adapter(path))


@pytest.mark.parametrize("archived", [True, False])
async def test_table_files_conforms(archived: bool, tmp_path: Path) -> None:
    bundle = small_district()
    path = bundle.archive(tmp_path / "b.zip") if archived else bundle.folder(tmp_path / "b")

    await check_adapter(TableFilesAdapter(TableFiles(path=path)))


async def test_json_folder_conforms(tmp_path: Path) -> None:
    await check_sink(JsonFolderSink(JsonFolder(folder=tmp_path)), RECORD)


async def test_the_suite_finds_an_adapter_that_can_read_only_once(tmp_path: Path) -> None:
    class Once(OneRosterCsvAdapter):
        read: ClassVar[set[str]] = set()

        async def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
            if table.name not in self.read:
                self.read.add(table.name)
                async for batch in super().batches(table, only):
                    yield batch

    with pytest.raises(NotConforming, match="read again, it differs"):
        await check_adapter(Once(OneRosterCsv(path=small_district().folder(tmp_path))))


# --- what is read ------------------------------------------------------------------------------------


async def test_names_are_known_in_any_case_and_below_one_folder(tmp_path: Path) -> None:
    path = _zip(
        tmp_path,
        {"export/USERS.csv": b"sourcedId\nU1\n", "__MACOSX/export/._USERS.csv": b"x", "export/": b""},
    )

    (table,) = await adapter(path).tables()

    assert (table.name, table.file, table.columns) == ("users", "export/USERS.csv", ("sourcedId",))


async def test_other_files_are_reported_and_not_read(tmp_path: Path) -> None:
    path = _zip(tmp_path, {"users.csv": b"sourcedId\nU1\n", "notes.txt": b"x", "result.csv": b"a\n"})
    source = adapter(path)
    await source.tables()

    assert [(found.file, found.suggestion) for found in source.unused()] == [
        ("notes.txt", None),
        ("result.csv", "did you mean results.csv?"),
    ]


async def test_rows_come_with_their_physical_lines(tmp_path: Path) -> None:
    path = _zip(tmp_path, {"users.csv": b'sourcedId,givenName\nU1,"An\nna"\n\nU2,Bo\n'})

    (batch,) = (await read_all(adapter(path)))["users"]

    assert [(row.line, row.values["givenName"]) for row in batch.rows()] == [(2, "An\nna"), (5, "Bo")]


async def test_a_damaged_member_gives_up_that_file_only(tmp_path: Path) -> None:
    path = _zip(
        tmp_path,
        {"orgs.csv": b"sourcedId\nS1\n", "users.csv": b"sourcedId\n" + b"U1\n" * 200_000},
        zipfile.ZIP_STORED,
    )
    content = bytearray(path.read_bytes())
    content[content.rindex(b"U1\nU1")] = ord("V")
    path.write_bytes(content)

    read = await read_all(adapter(path))

    assert [batch.cells.height for batch in read["orgs"]] == [1]
    assert sum(batch.cells.height for batch in read["users"]) > 100_000
    assert [found.rule for found in read["users"][-1].findings] == ["file.damaged"]


# --- what is refused as a whole ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../users.csv", "/etc/users.csv", "a/../../users.csv", "..\\users.csv", "C:\\users.csv"]
)
async def test_a_path_that_leads_out_of_the_archive_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="leads out"):
        await adapter(_zip(tmp_path, {name: b"sourcedId\n1\n"})).check()


async def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="expands"):
        await adapter(_zip(tmp_path, {"users.csv": b"0" * 20_000_000})).check()


async def test_more_bytes_than_the_limit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="more than 10 bytes"):
        await adapter(_zip(tmp_path, {"users.csv": b"sourcedId\nU1\n"}), max_bytes=10).check()


async def test_more_files_than_the_limit_are_refused(tmp_path: Path) -> None:
    files = {f"{number}.txt": b"" for number in range(6)} | {"users.csv": b"sourcedId\n"}

    with pytest.raises(TooLarge, match="7 files"):
        await adapter(_zip(tmp_path, files), max_members=6).check()


@pytest.mark.parametrize("second", ["users.csv", "USERS.CSV", "old/users.csv"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
async def test_two_files_of_one_name_are_refused(second: str, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("users.csv", "sourcedId\n1\n")
        archive.writestr(second, "sourcedId\n2\n")

    with pytest.raises(Malformed, match="same name"):
        await adapter(path).check()


async def test_a_symbolic_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    link = zipfile.ZipInfo("users.csv")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")

    with pytest.raises(Malformed, match="symbolic link"):
        await adapter(path).check()


async def test_a_symbolic_link_in_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text("sourcedId\n")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "users.csv").symlink_to(tmp_path / "elsewhere.csv")

    with pytest.raises(Malformed, match="symbolic link"):
        await adapter(tmp_path / "b").check()


async def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path, {"users.csv": b"sourcedId\n1\n"})
    content = bytearray(path.read_bytes())
    flags = content.rindex(b"PK\x01\x02") + 8
    struct.pack_into("<H", content, flags, 1)
    path.write_bytes(content)

    with pytest.raises(Malformed, match="encrypted"):
        await adapter(path).check()


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"no archive", b"PK\x03\x04" + b"\0" * 100])
async def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(content)

    with pytest.raises(Malformed):
        await adapter(path).check()


async def test_a_truncated_archive_is_refused_or_read_and_never_crashes(tmp_path: Path) -> None:
    whole = small_district().archive(tmp_path / "whole.zip").read_bytes()
    path = tmp_path / "part.zip"
    for end in range(0, len(whole), 97):
        path.write_bytes(whole[:end])

        with pytest.raises(Refused):
            await read_all(adapter(path))


async def test_a_bundle_without_a_known_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="no OneRoster bundle"):
        await adapter(_zip(tmp_path, {"pupils.csv": b"a\n"})).check()


async def test_a_path_where_nothing_is_is_an_operators_business(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        await adapter(tmp_path / "nothing").check()


async def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("orgs.csv", "sourcedId\nS1\n")
    path = _zip(tmp_path, {"users.csv": b"sourcedId\nU1\n", "orgs.zip": inner.getvalue()})

    assert [table.name for table in await adapter(path).tables()] == ["users"]


# --- the import folder -------------------------------------------------------------------------------


async def test_the_archive_is_kept_byte_for_byte_and_for_the_owner_only(tmp_path: Path) -> None:
    places = await JsonFolderSink(JsonFolder(folder=tmp_path)).write(RECORD)

    folder = tmp_path / "T-0123456789abcdef"
    files = {path.name: path for path in map(Path, places)}
    assert (folder / "record.jws").read_bytes() == RECORD.archive
    assert places == [str(folder / name) for name in ("backpack.json", "record.jws", "summary.txt")]
    assert {file.stat().st_mode & 0o777 for file in files.values()} == {0o600}
    assert folder.stat().st_mode & 0o077 == 0


async def test_the_summary_is_plain_words_one_statement_a_line(tmp_path: Path) -> None:
    await JsonFolderSink(JsonFolder(folder=tmp_path)).write(RECORD)

    lines = (tmp_path / RECORD.transfer_id / "summary.txt").read_text("utf-8").splitlines()
    assert lines[0] == "Backpack received from https://exchange.maple.example"
    assert lines[-2:] == ["Maple Unified asserts 1 goal.", "1 entry was withheld as restricted."]


async def test_nothing_is_left_beside_the_transfers(tmp_path: Path) -> None:
    sink = JsonFolderSink(JsonFolder(folder=tmp_path))
    for _ in range(2):
        await sink.write(RECORD)

    assert _names(tmp_path) == [RECORD.transfer_id]


async def test_a_recall_is_written_beside_the_record(tmp_path: Path) -> None:
    sink = JsonFolderSink(JsonFolder(folder=tmp_path))
    await sink.write(RECORD)

    await sink.recall(RECORD.transfer_id, "wrong student")

    note = tmp_path / RECORD.transfer_id / "recalled.txt"
    assert note.read_text("utf-8") == "Recalled by its sender: wrong student\n"


async def test_a_folder_that_is_not_there_is_an_operators_business(tmp_path: Path) -> None:
    sink = JsonFolderSink(JsonFolder(folder=tmp_path / "missing"))

    with pytest.raises(Misconfigured):
        await sink.check()
    with pytest.raises(Misconfigured):
        await sink.write(RECORD)


# --- the import folder with rows ---------------------------------------------------------------------

ROWS: Final = {"users.csv": "sourcedId\r\nC-1\r\n", "losses.csv": "section\r\n"}
REVIEWED: Final = {"student": "C-1", "changes": []}


async def test_table_folder_conforms(tmp_path: Path) -> None:
    await check_sink(TableFolderSink(TableFolder(folder=tmp_path)), replace(RECORD, rows=ROWS))


async def test_rows_stand_beside_the_record_for_the_owner_only(tmp_path: Path) -> None:
    places = await TableFolderSink(TableFolder(folder=tmp_path)).write(replace(RECORD, rows=ROWS))

    folder = tmp_path / RECORD.transfer_id / "rows"
    assert {file.name: file.read_bytes().decode() for file in folder.iterdir()} == ROWS
    assert {str(file) for file in folder.iterdir()} <= set(places)
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o077 == 0


async def test_rows_reviewed_anew_replace_the_older_ones_and_undone_ones_are_gone(tmp_path: Path) -> None:
    sink = TableFolderSink(TableFolder(folder=tmp_path))
    folder = tmp_path / RECORD.transfer_id
    await sink.write(replace(RECORD, rows=ROWS, reviewed=REVIEWED))

    await sink.write(replace(RECORD, rows={"roles.csv": "sourcedId\r\n"}, reviewed=REVIEWED))
    reviewed = _names(folder / "rows")
    await sink.undo(RECORD.transfer_id, {"student": "C-1", "changes": []})

    assert reviewed == ["roles.csv"]
    assert sorted(_names(folder)) == ["backpack.json", "record.jws", "summary.txt", "undone.json", "version"]


async def test_the_same_record_unreviewed_changes_no_row(tmp_path: Path) -> None:
    sink = TableFolderSink(TableFolder(folder=tmp_path))
    await sink.write(replace(RECORD, rows=ROWS))

    await sink.write(replace(RECORD, rows={"roles.csv": ""}))

    assert sorted(_names(tmp_path / RECORD.transfer_id / "rows")) == sorted(ROWS)


# --- plugins -----------------------------------------------------------------------------------------


async def test_an_adapter_is_found_by_its_kind(tmp_path: Path) -> None:
    loaded = load_adapter("oneroster_csv", {"path": str(small_district().folder(tmp_path))})

    await loaded.check()


def test_an_unknown_kind_names_those_that_are_installed() -> None:
    with pytest.raises(Misconfigured, match="oneroster_csv"):
        load_adapter("oneroster_xml", {})
    assert "oneroster_csv" in kinds(ADAPTERS)


def test_a_wrong_setting_is_named_and_its_value_is_not(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="json_folder: secret") as refused:
        load_sink("json_folder", {"folder": str(tmp_path), "secret": "hunter2"})
    assert "hunter2" not in str(refused.value)


def _names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def _zip(folder: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "bundle.zip"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
