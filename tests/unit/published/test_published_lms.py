"""Tables of a learning management system: one file for each section, assignment and day."""

from pathlib import Path

from adapters.table_files import TableFiles, TableFilesAdapter
from gateway.domain.backpack.academics import GradebookItem
from tests.unit.published.mapping_run import Run, map_set
from tests.unit.published.published import folder, mapping, records, rows

SET = "oneroster_lms_toolkit"
TABLES = ("users", "sections", "section-associations", "assignments", "submissions")


def exported(path: Path, table: str) -> list[dict[str, str]]:
    return [one for file in sorted(path.glob(f"**/{table}/*.csv")) for one in records(file)]


async def map_starter_kit(path: Path) -> Run:
    tables = [{"name": table, "file": f"**/{table}/*.csv"} for table in TABLES]
    adapter = TableFilesAdapter(TableFiles.model_validate({"path": path, "tables": tables}))
    return await map_set(adapter, mapping("sis_csv/lms"))


async def test_every_student_maps_and_every_row_is_accounted_for() -> None:
    path = folder(SET, "docs/starter-kit-sample")

    mapped = await map_starter_kit(path)

    assert set(mapped.students) == {one["SISUserIdentifier"] for one in exported(path, "users")}
    assert sum(counts.rows for counts in mapped.counts.values()) == sum(
        len(exported(path, table)) for table in TABLES
    )
    assert all(counts.rows == rows(counts) for counts in mapped.counts.values())


async def test_each_submission_is_a_result_with_its_score() -> None:
    path = folder(SET, "docs/starter-kit-sample")

    mapped = await map_starter_kit(path)

    items = [
        one
        for student in mapped.students.values()
        for one in student.get("gradebook", ())
        if isinstance(one, GradebookItem)
    ]
    said = exported(path, "submissions")
    assert len(items) == len(said)
    assert sum(one.result.score is not None for one in items) == sum(
        one["EarnedPoints"] != "" for one in said
    )
    assert sum(bool(one.result.late) for one in items) == sum(
        one["SubmissionStatus"] == "Late" for one in said
    )
