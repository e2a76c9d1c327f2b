"""Bundles that others published, with the dirt that they have."""

import os
from pathlib import Path

import pytest

from gateway.mapping.findings import Rule
from tests.harness.bundles import map_path

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("BACKPACK_SHARED_DATA") or ROOT.parent / "shared" / "data")
SAMPLES = DATA / "sds_o365_samples" / "CSV Samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason="the published School Data Sync samples are not there; set BACKPACK_SHARED_DATA",
)


async def test_school_data_sync_2_1_maps_every_student() -> None:
    mapped = await map_path(SAMPLES / "SDS v2.1")

    assert [*mapped.students] == ["114001", "114003", "114004", "114008"]
    assert {student.grade for student in mapped.students.values()} == {"10", "PS"}
    assert all("demographics" in student.sections for student in mapped.students.values())
    assert [mapped.students[key].keys.guardian_names for key in ("114001", "114004")] == [
        {"Jean Craig"},
        {"Bob Smithee"},
    ]
    assert [found.rule for found in mapped.warnings()] == [Rule.PASSWORD_PRESENT]


async def test_flags_of_school_data_sync_are_restricted() -> None:
    mapped = await map_path(SAMPLES / "SDS v2.1")

    (entry,) = mapped.students["114003"].sections["programs"]
    assert entry.meta.sensitivity.level == "R"
    assert entry.sensitivity().level == "R"


async def test_school_data_sync_2_maps_every_student() -> None:
    mapped = await map_path(SAMPLES / "SDS v2")

    assert len(mapped.students) == 22
    assert all(student.school and student.sections["classes"] for student in mapped.students.values())
    assert sorted((found.rule, found.raw_value) for found in mapped.warnings()) == [
        (Rule.CODE_UNMAPPED, "postgraduate"),
        (Rule.CODE_UNMAPPED, "undergraduate"),
        (Rule.PASSWORD_PRESENT, None),
    ]
