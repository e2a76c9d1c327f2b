"""What was spoilt is where the account says, and nowhere else."""

import csv
import io
from collections import Counter

import pytest

from gateway.demo.district import Bundle, make_bundle, scenario_student
from gateway.demo.tables import COLUMNS

RULES = {
    *("id.missing", "id.duplicate", "id.invalidFormat", "ssn.present", "password.present"),
    *("name.placeholder", "date.ambiguousFormat", "date.sentinel", "date.exitBeforeEntry", "age.implausible"),
    *("enum.unmapped", "enum.rolledUp", "ref.orphan", "range.overlap", "grade.letterNumericConflict"),
    *("text.encoding", "text.html", "header.misspelt", "header.unknown", "row.ragged", "row.repeatedHeader"),
    "thirdParty.named",
}


@pytest.fixture(scope="module")
def dirty() -> Bundle:
    return make_bundle(7, students=300, dirt=0.2)


def text(bundle: Bundle, file: str) -> str:
    return bundle.files[file].decode("cp1252" if file == "goals.csv" else "utf-8")


def record(bundle: Bundle, file: str, line: int) -> list[str]:
    """Return the cells of the record that starts on the physical line."""
    rest = text(bundle, file).split("\n")[line - 1 :]
    return next(csv.reader(io.StringIO("\n".join(rest), newline="")))


def columns(bundle: Bundle, file: str) -> list[str]:
    """Return the file's columns as the standard calls them, and then those that it does not know."""
    return [*COLUMNS[file], *record(bundle, file, 1)[len(COLUMNS[file]) :]]


def test_a_clean_bundle_has_nothing_planted() -> None:
    assert make_bundle(7, students=20, dirt=0).planted == []


def test_every_kind_of_dirt_is_planted_even_in_a_small_district() -> None:
    bundle = make_bundle(11, students=60)

    assert {planted.rule for planted in bundle.planted} == RULES


def test_every_planted_value_is_in_its_cell(dirty: Bundle) -> None:
    for planted in dirty.planted:
        cells = record(dirty, planted.file, planted.line)
        column = columns(dirty, planted.file).index(planted.column) if planted.column else 0
        assert cells[column] == planted.raw_value, planted


def test_lines_are_physical_where_cells_hold_line_breaks(dirty: Bundle) -> None:
    found = list(csv.reader(io.StringIO(text(dirty, "learnerProfile.csv"), newline="")))

    shifted = [
        planted.line
        for planted in dirty.planted
        if planted.file == "learnerProfile.csv"
        and found[planted.line - 1] != record(dirty, planted.file, planted.line)
    ]

    assert shifted


def test_the_only_orphans_are_the_planted_ones(dirty: Bundle) -> None:
    classes = {row.split(",")[0] for row in text(dirty, "classes.csv").splitlines()}
    at = COLUMNS["enrollments.csv"].index("classSourcedId")

    enrolled = Counter(row[at] for row in csv.reader(io.StringIO(text(dirty, "enrollments.csv"), newline="")))
    orphans = Counter(
        {id_: times for id_, times in enrolled.items() if id_ not in {*classes, "classSourcedId"}}
    )

    planted = [
        entry for entry in dirty.planted if entry.rule == "ref.orphan" and entry.file == "enrollments.csv"
    ]
    assert orphans == Counter(entry.raw_value for entry in planted)


def test_the_only_repeated_users_are_the_planted_ones(dirty: Bundle) -> None:
    users = Counter(row[0] for row in csv.reader(io.StringIO(text(dirty, "users.csv"), newline="")))

    twice = {id_ for id_, times in users.items() if times > 1}

    assert twice == {planted.raw_value for planted in dirty.planted if planted.rule == "id.duplicate"}


def test_the_only_rows_of_another_length_are_the_planted_ones(dirty: Bundle) -> None:
    widths = {file: len(columns(dirty, file)) for file in COLUMNS}
    ragged = {
        (file, number)
        for file, width in widths.items()
        for number, cells in enumerate(csv.reader(io.StringIO(text(dirty, file), newline="")), start=1)
        if len(cells) != width
    }

    assert ragged == {(entry.file, entry.line) for entry in dirty.planted if entry.rule == "row.ragged"}


def test_one_file_has_a_byte_order_mark_and_one_is_not_utf_8(dirty: Bundle) -> None:
    marked = {file for file, content in dirty.files.items() if content.startswith(b"\xef\xbb\xbf")}

    assert marked == {"users.csv"}
    with pytest.raises(UnicodeDecodeError):
        dirty.files["goals.csv"].decode("utf-8")


def test_more_dirt_spoils_more() -> None:
    little, much = (make_bundle(2, students=200, dirt=dirt) for dirt in (0.03, 0.6))

    assert len(little.planted) < len(much.planted)


def test_numbers_that_look_like_social_security_numbers_were_never_given_out(dirty: Bundle) -> None:
    numbers = [planted.raw_value for planted in dirty.planted if planted.rule == "ssn.present"]

    assert numbers
    assert all(number.startswith("987-65-432") for number in numbers)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_scenarios_student_is_rich_and_has_one_harmless_defect(seed: int) -> None:
    bundle = make_bundle(seed)
    student = scenario_student(bundle)

    own = {
        file: [
            row for row in csv.reader(io.StringIO(text(bundle, file), newline="")) if student.local_id in row
        ]
        for file in COLUMNS
    }
    defects = [
        planted.rule
        for planted in bundle.planted
        if planted.line > 1 and student.local_id in record(bundle, planted.file, planted.line)
    ]

    assert len(own["results.csv"]) >= 30
    assert len(own["learnerProfile.csv"]) == 11
    assert len(own["goals.csv"]) == 3
    assert defects == ["text.html"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_scenarios_student_has_clean_matching_keys(seed: int) -> None:
    bundle = make_bundle(seed, dirt=0.5)
    student = scenario_student(bundle)

    [user] = [
        row
        for row in csv.DictReader(io.StringIO(text(bundle, "users.csv")))
        if row["identifier"] == student.state_id
    ]
    [born] = [
        line for line in text(bundle, "demographics.csv").splitlines() if line.startswith(student.local_id)
    ]

    assert (user["givenName"], user["familyName"]) == (student.given_name, student.family_name)
    assert f"{{State:{student.state_id}}}" in user["userIds"]
    assert born.split(",")[3] == student.birth_date.isoformat()
