"""The generator of districts, and what is held against each other, at a few hundred students."""

import sys
from pathlib import Path

import polars as pl
import pytest

from tests.bench.mapping.by_hand import main as by_hand
from tests.bench.mapping.district import change, write_district
from tests.bench.mapping.documents import Document, compare, sample
from tests.bench.mapping.measure import RunFailed, measured

STUDENTS = 620
"""A whole school and a part of one."""


def read(folder: Path, file: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{file}.csv", infer_schema=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def map_by_hand(bundle: Path, out: Path, *options: str) -> dict[int, Document]:
    by_hand([str(bundle), str(out), *options])
    return sample(out, every=1)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    write_district(tmp_path / "one", STUDENTS, seed=3, dirty=0.01)
    write_district(tmp_path / "other", STUDENTS, seed=3, dirty=0.01)

    one, other = contents(tmp_path / "one"), contents(tmp_path / "other")

    assert one == other


def test_another_seed_gives_another_district(tmp_path: Path) -> None:
    write_district(tmp_path / "one", STUDENTS, seed=3)
    write_district(tmp_path / "other", STUDENTS, seed=4)

    one, other = contents(tmp_path / "one"), contents(tmp_path / "other")

    assert one["users.csv"] != other["users.csv"]
    assert one["results.csv"] != other["results.csv"]


def test_a_class_of_a_whole_school_has_25_students_and_a_student_eight_classes(tmp_path: Path) -> None:
    write_district(tmp_path, 500)

    taken = read(tmp_path, "enrollments").filter(
        pl.col("role") == "student", pl.col("classSourcedId").str.starts_with("cls-27")
    )

    assert taken.group_by("classSourcedId").len().get_column("len").unique().to_list() == [25]
    assert taken.group_by("userSourcedId").len().get_column("len").unique().to_list() == [8]


def test_a_student_has_about_80_rows_of_which_48_are_results(tmp_path: Path) -> None:
    rows = write_district(tmp_path, 1_000)

    assert rows["results.csv"] == 48_000
    assert 70 < sum(rows.values()) / 1_000 < 85


@pytest.mark.parametrize(
    ("file", "column", "to"),
    [
        ("results", "lineItemSourcedId", "lineItems"),
        ("results", "studentSourcedId", "users"),
        ("enrollments", "classSourcedId", "classes"),
        ("enrollments", "userSourcedId", "users"),
        ("lineItems", "categorySourcedId", "categories"),
        ("lineItems", "academicSessionSourcedId", "academicSessions"),
        ("classes", "courseSourcedId", "courses"),
        ("classes", "schoolSourcedId", "orgs"),
        ("relationships", "relationshipUserSourcedId", "users"),
        ("roles", "userSourcedId", "users"),
        ("roles", "orgSourcedId", "orgs"),
    ],
)
def test_a_clean_district_names_only_rows_that_are_there(
    tmp_path: Path, file: str, column: str, to: str
) -> None:
    write_district(tmp_path, STUDENTS)

    named = read(tmp_path, file).get_column(column).drop_nulls().unique()

    assert named.is_in(read(tmp_path, to).get_column("sourcedId").implode()).all()


def test_ids_are_unique(tmp_path: Path) -> None:
    write_district(tmp_path, STUDENTS)

    twice = {
        path.name
        for path in tmp_path.iterdir()
        if "sourcedId" in (rows := pl.read_csv(path, infer_schema=False)).columns
        and rows.get_column("sourcedId").is_duplicated().any()
    }

    assert not twice


def test_siblings_share_guardians(tmp_path: Path) -> None:
    write_district(tmp_path, STUDENTS)

    children = read(tmp_path, "relationships").group_by("relationshipUserSourcedId").len()

    assert sorted(children.get_column("len").unique().to_list()) == [1, 2, 3]


def test_dirt_is_about_the_share_that_was_asked_for(tmp_path: Path) -> None:
    write_district(tmp_path, STUDENTS, dirty=0.05)

    dates = read(tmp_path, "results").get_column("scoreDate")
    bad = dates.str.to_date(strict=False).null_count() - dates.null_count()

    assert 0.04 < bad / len(dates) < 0.06


def test_a_change_touches_rows_of_the_chosen_students_only(tmp_path: Path) -> None:
    write_district(tmp_path, STUDENTS)
    before = contents(tmp_path)

    chosen = change(tmp_path, 0.1)

    after = contents(tmp_path)
    lines = zip(before["results.csv"].splitlines(), after["results.csv"].splitlines(), strict=True)
    changed = {new.split(b",")[4] for old, new in lines if old != new}
    assert 30 < chosen < 95
    assert len(changed) == chosen
    assert {name for name in before if before[name] != after[name]} == {"results.csv"}


def test_hand_written_documents_are_equal_in_every_form_and_in_buckets(tmp_path: Path) -> None:
    write_district(tmp_path / "bundle", STUDENTS)

    plain = map_by_hand(tmp_path / "bundle", tmp_path / "plain")
    others = [
        map_by_hand(tmp_path / "bundle", tmp_path / "compact", "--form", "compact", "--buckets", "3"),
        map_by_hand(tmp_path / "bundle", tmp_path / "dense", "--form", "dense"),
    ]

    assert [compare(plain, other).difference for other in others] == [None, None]
    assert len(plain) == STUDENTS
    assert {len(document["gradebook"]) for document in plain.values()} == {40}


def test_one_other_score_is_found(tmp_path: Path) -> None:
    write_district(tmp_path / "bundle", 40)
    one = map_by_hand(tmp_path / "bundle", tmp_path / "one")
    other = sample(tmp_path / "one", every=1)
    other[7]["gradebook"][3]["result"]["score"] = 3.25

    found = compare(one, other)

    assert found.documents == 40
    assert found.difference is not None
    assert found.difference.startswith("student 7, gradebook 3, result, score")


def test_a_process_is_measured(tmp_path: Path) -> None:
    work = "held = bytearray(80_000_000); import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"

    run = measured([sys.executable, "-c", work], tmp_path / "log.txt", tmp_path)

    assert 0.3 <= run.cpu_seconds < 5
    assert 80 < run.peak_mb < 400


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="no such district"):
        measured(
            [sys.executable, "-c", "raise SystemExit('no such district')"], tmp_path / "log.txt", tmp_path
        )
