"""The private copy: whole readings only, whatever happens in the middle."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters._mirror import Mirror, private_folder
from adapters._nested import BATCH_ROWS, flatten
from gateway.adapter_api import Misconfigured, Only, Table, TryLater


def read(mirror: Mirror, name: str = "t", only: Only | None = None) -> list[dict[str, str | None]]:
    table = Table(name, mirror.columns().get(name, ()), "t")
    return [row for batch in mirror.batches(table, only) for row in batch.cells.to_dicts()]


def write(mirror: Mirror, *records: dict[str, Any], sweep: bool = False, **state: str) -> int:
    """Write records whose key is `id`, as one reading."""
    mirror.begin()
    fresh = mirror.put((one["id"], list(flatten("t", one, 0))) for one in records)
    if sweep:
        mirror.sweep(last_pass_only=True)
    mirror.commit(state)
    return fresh


def test_what_was_written_is_read_in_its_order(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, "t")
    write(mirror, {"id": "1", "a": "x"}, {"id": "2", "b": "Žofie"}, version="7")

    assert read(mirror) == [{"id": "1", "a": "x", "b": None}, {"id": "2", "a": None, "b": "Žofie"}]
    assert mirror.state()["version"] == "7"
    mirror.close()


def test_a_record_is_replaced_with_all_its_rows_and_an_equal_one_keeps_its_place(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, "t")
    write(mirror, {"id": "1", "kids": [{"k": "a"}, {"k": "b"}]}, {"id": "2"}, {"id": "3"})

    write(mirror, {"id": "1", "kids": [{"k": "c"}]}, {"id": "2"})

    assert [row["id"] for row in read(mirror)] == ["2", "3", "1"]
    assert [row["k"] for row in read(mirror, "t.kids")] == ["c"]
    mirror.close()


def test_fresh_records_are_those_not_yet_seen_in_the_pass(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, "t")
    assert write(mirror, {"id": "1"}, {"id": "1"}, {"id": "2"}) == 2
    assert write(mirror, {"id": "1"}, {"id": "2", "a": "changed"}, {"id": "2", "a": "again"}) == 2
    mirror.close()


def test_a_sweep_removes_what_was_not_shown(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, "t")
    write(mirror, {"id": "1"}, {"id": "2", "kids": [{"k": "a"}]})

    write(mirror, {"id": "1"}, sweep=True)

    assert ([row["id"] for row in read(mirror)], read(mirror, "t.kids")) == (["1"], [])
    mirror.close()


def test_deleting_takes_the_rows_of_arrays_along(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, "t")
    write(mirror, {"id": "1", "kids": [{"k": "a"}]}, {"id": "2", "kids": [{"k": "b"}]})

    mirror.begin()
    mirror.delete(["1", "never there"])
    mirror.commit({})

    assert [row["k"] for row in read(mirror, "t.kids")] == ["b"]
    mirror.close()


def test_a_reading_that_is_given_up_changes_nothing(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, "t")
    write(mirror, {"id": "1"}, version="1")

    mirror.begin()
    mirror.put([("2", list(flatten("t", {"id": "2", "new": "x"}, 0)))])
    mirror.rollback()

    assert (read(mirror), mirror.state()["version"]) == ([{"id": "1"}], "1")
    mirror.close()


def test_a_process_that_is_killed_leaves_the_copy_as_it_was(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, "t")
    write(mirror, {"id": "1"}, version="1")
    mirror.close()
    program = (
        "import os, sys; from pathlib import Path; from adapters._mirror import Mirror\n"
        "mirror = Mirror(Path(sys.argv[1]), 't'); mirror.begin()\n"
        "mirror.put((str(n), [('t', 0, {'id': str(n)})]) for n in range(20000))\n"
        "mirror.delete(['1']); os._exit(9)"
    )

    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    again = Mirror(tmp_path, "t")

    assert killed.returncode == 9
    assert (read(again), again.state()["version"]) == ([{"id": "1"}], "1")
    write(again, {"id": "2"})
    assert len(read(again)) == 2
    again.close()


def test_two_runs_do_not_write_at_once_and_reading_goes_on(tmp_path: Path) -> None:
    one, other = Mirror(tmp_path, "t"), Mirror(tmp_path, "t")
    write(one, {"id": "1"})

    one.begin()
    one.put([("2", [("t", 0, {"id": "2"})])])
    with pytest.raises(TryLater):
        other.begin()

    assert read(other) == [{"id": "1"}]
    one.close()
    other.close()


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough" * 100, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_damaged_file_is_thrown_away(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.sqlite").write_bytes(content)

    mirror = Mirror(tmp_path, "t")

    assert write(mirror, {"id": "1"}) == 1
    mirror.close()


def test_columns_that_came_after_the_table_was_described_are_left_for_the_next_time(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, "t")
    write(mirror, {"id": "1", "a": "x"})
    before = Table("t", mirror.columns()["t"], "t")
    write(mirror, {"id": "2", "b": "y"})

    (batch,) = mirror.batches(before)

    assert batch.cells.rows() == [("1", "x"), ("2", None)]
    mirror.close()


def test_long_tables_come_in_batches_with_numbers_that_go_on(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, "t")
    write(mirror, *({"id": str(number)} for number in range(BATCH_ROWS + 5)))

    first, second = mirror.batches(Table("t", ("id",), "t"))

    assert (first.cells.height, list(second.lines)) == (BATCH_ROWS, [BATCH_ROWS + n for n in range(1, 6)])
    mirror.close()


@pytest.mark.parametrize(
    "values", [["7"], ['"7"'], ["Žofie"], ["0", "7", "nobody"], [str(n) for n in range(300)]]
)
def test_only_gives_the_rows_of_the_values_and_no_others(values: list[str], tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, "t")
    people = [{"id": str(n), "friend": str(n + 1)} for n in range(400)]
    write(mirror, *people, {"id": '"7"'}, {"id": "Žofie"})

    found = [row["id"] for row in read(mirror, only=Only("id", values))]

    assert sorted(map(str, found)) == sorted(value for value in values if value != "nobody")
    mirror.close()


def test_a_resource_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "mirror")

    Mirror(folder, "../../tpdm/candidates").close()

    assert [path.name for path in folder.glob("*.sqlite")] == ["______tpdm_candidates.sqlite"]


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "t.sqlite").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Misconfigured):
        Mirror(tmp_path, "t")
