"""The commands around a mapping file, without a node: `--file` and `--bundle` name all that they need."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from gateway.demo.district import Bundle
from gateway.resources import mapping_text
from tests.unit.cli.conftest import Run

SECRET = "Kowalczyk"
"""In the family name of the demonstration's student."""
STUDENT = "S463352"
"""That student."""


@pytest.fixture(scope="session")
def export(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "export.zip"
    path.write_bytes(bundle.to_zip())
    return path


@pytest.fixture
def at(export: Path) -> list[str]:
    return ["--file", "oneroster/oneroster", "--bundle", str(export)]


def written(folder: Path, *changes: tuple[str, str], more: str = "") -> str:
    """Write the OneRoster mapping, changed, and return its path."""
    text = mapping_text("oneroster/oneroster")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "own.toml"
    file.write_text(text + more, "utf-8")
    return str(file)


def test_a_mapping_that_fits_holds(run: Run, at: list[str]) -> None:
    done = run("map", "check", *at, "--json")

    told = json.loads(done.stdout)
    assert (done.exit_code, told["holds"]) == (0, True)
    assert next(one for one in told["sources"] if one["source"] == "users")["found"]


def test_a_mistake_is_printed_as_compilers_do_and_ends_with_1(run: Run, export: Path, tmp_path: Path) -> None:
    file = written(tmp_path, ('lookup = "residency"', 'lookup = "residenzy"'))
    line = 1 + next(n for n, text in enumerate(Path(file).read_text().splitlines()) if "residenzy" in text)

    done = run("map", "check", "--file", file, "--bundle", str(export))

    assert done.exit_code == 1
    assert f"{file}:{line}: error: there is no crosswalk 'residenzy'" in done.stdout
    assert "did you mean residency?" in done.stdout


def test_without_a_source_only_the_file_is_checked(run: Run, tmp_path: Path) -> None:
    done = run("map", "check", "--file", written(tmp_path), "--config", str(tmp_path / "none.toml"))

    assert done.exit_code == 0
    assert "columns were not looked at" in done.stderr


def test_a_crosswalk_beside_the_file_is_used(run: Run, export: Path, tmp_path: Path) -> None:
    file = written(tmp_path, ('lookup = "residency"', 'lookup = "our_residency"'))
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "our_residency.toml").write_text('system = "x"\nsource = "y"\nvalues = []\n')

    assert run("map", "check", "--file", file, "--bundle", str(export)).exit_code == 0


@pytest.mark.parametrize(("grade", "code"), [("10", 0), ("11", 1)])
def test_the_mapping_s_own_tests_are_run(
    run: Run, export: Path, tmp_path: Path, grade: str, code: int
) -> None:
    test = f'\n[[tests]]\nstudent = "{STUDENT}"\nexpect = {{ "enrollments.0.gradeLevel.code" = "{grade}" }}\n'

    done = run("map", "check", "--file", written(tmp_path, more=test), "--bundle", str(export))

    assert done.exit_code == code
    assert ("FAILED" in done.stdout) is bool(code)
    assert STUDENT not in done.stdout


def test_a_failed_test_shows_no_name(run: Run, export: Path, tmp_path: Path) -> None:
    test = f'\n[[tests]]\nstudent = "{STUDENT}"\nexpect = {{ "identity.0.names.0.family" = "Other" }}\n'

    done = run("map", "check", "--file", written(tmp_path, more=test), "--bundle", str(export))

    assert "expected 'O.', there is 'K. D.'" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_a_value_is_explained_down_to_its_cell(run: Run, at: list[str]) -> None:
    done = run("map", "explain", "-", "enrollments.0.gradeLevel", *at, input=STUDENT)

    assert done.exit_code == 0
    assert "column grades: '10'" in done.stdout
    assert "link person: userSourcedId =" in done.stdout
    assert "codes/grade_level.toml:" in done.stdout


def test_a_field_that_is_not_there_ends_with_1(run: Run, at: list[str]) -> None:
    done = run("map", "explain", "-", "plans.0.title", *at, input=STUDENT)

    assert done.exit_code == 1
    assert "no such entry" in done.stdout


def test_a_student_who_is_not_there_is_refused(run: Run, at: list[str]) -> None:
    done = run("map", "explain", "nobody", "identity.0", *at)

    assert done.exit_code == 1
    assert "no student with this id" in done.stderr


def test_a_preview_is_masked(run: Run, at: list[str]) -> None:
    for more in ([], ["--section", "identity"], ["--section", "contacts"], ["--json"]):
        done = run("map", "preview", *at, *more)

        assert done.exit_code == 0
        assert SECRET not in done.stdout
        assert STUDENT not in done.stdout


def test_a_preview_shows_as_many_as_are_asked_for(run: Run, at: list[str]) -> None:
    assert len(json.loads(run("map", "preview", "-n", "3", *at, "--json").stdout)) == 3


def test_coverage_tells_shares_and_unknown_codes(run: Run, at: list[str]) -> None:
    told = json.loads(run("map", "coverage", *at, "--json").stdout)

    by_field = {one["field"]: one for one in told["fields"]}
    assert told["students"] == 12
    assert by_field["identity.names.given"]["share"] == 1
    assert by_field["enrollments.gradeLevel"]["unmapped"] == {"Gr 12": 1}


def test_quality_accounts_for_every_row(run: Run, at: list[str]) -> None:
    done = run("map", "quality", *at, "--json")

    told = json.loads(done.stdout)
    rows = told["rows"]
    assert rows["accounted"]
    assert rows["rows"] == rows["used"] + rows["faulty"] + rows["excluded"] > 1000
    assert done.exit_code == 1
    assert sum(one["findings"] for one in told["by_school"]) == sum(told["findings"].values())


def test_quality_prints_the_sum(run: Run, at: list[str]) -> None:
    done = run("map", "quality", *at)

    assert "left out by rule = " in done.stdout
    assert "students without a birth date" in done.stdout


def test_two_versions_of_a_mapping_are_compared(run: Run, at: list[str], tmp_path: Path) -> None:
    other = written(tmp_path, ('pronouns = "pronouns"\n', ""))

    told = json.loads(run("map", "diff", "--against", other, *at, "--json").stdout)

    (field,) = told["fields"]
    assert field["field"] == "identity.pronouns"
    assert field["removed"] == told["differ"] > 0


def test_a_comparison_needs_something_to_compare_with(run: Run, at: list[str]) -> None:
    assert run("map", "diff", *at).exit_code == 2


def test_a_draft_is_written_loads_and_says_what_is_left(run: Run, export: Path, tmp_path: Path) -> None:
    file = tmp_path / "maple.toml"

    made = run("map", "new", str(export), "--name", "maple", "-o", str(file))

    assert made.exit_code == 0, made.stderr
    assert "oneroster/oneroster of the package knows 14 of the 14 tables" in made.stderr
    checked = run("map", "check", "--file", str(file), "--bundle", str(export))
    assert checked.exit_code == 0
    assert "to be decided" in checked.stdout
    assert json.loads((tmp_path / "mapping-file.schema.json").read_text())["$id"]


def test_a_draft_overwrites_nothing(run: Run, export: Path, tmp_path: Path) -> None:
    file = tmp_path / "maple.toml"
    file.write_text("mine")

    assert run("map", "new", str(export), "-o", str(file)).exit_code == 2
    assert file.read_text() == "mine"


def test_a_folder_without_people_cannot_be_drafted(run: Run, tmp_path: Path) -> None:
    for name in ("orgs", "users"):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["sourcedId", "name"], ["O1", "Birch"]])

    done = run("map", "new", str(tmp_path), "-o", str(tmp_path / "new.toml"))

    assert done.exit_code == 1
    assert not (tmp_path / "new.toml").exists()


def test_the_schema_is_printed(run: Run) -> None:
    schema: Any = json.loads(run("map", "schema").stdout)

    Draft202012Validator.check_schema(schema)
    assert "entries" in schema["properties"]
