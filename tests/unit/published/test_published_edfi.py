"""A whole year of a made-up district as Ed-Fi interchanges."""

import re
from pathlib import Path

from adapters.edfi_xml import EdfiXml, EdfiXmlAdapter
from gateway.domain.backpack.identity import Learner
from gateway.mapping.findings import Rule
from tests.unit.published.mapping_run import Run, map_set
from tests.unit.published.published import folder, mapping, rows, rules

SET = "edfi_ds52_grandbend"
RECORDS = {
    "contacts": ["StudentContactAssociation"],
    "assessments": ["StudentAssessment"],
    "attendance": ["StudentSchoolAttendanceEvent", "StudentSectionAttendanceEvent"],
    "gradebook": ["StudentGradebookEntry"],
}
"""What is one entry each, by section."""


_RUNS: dict[Path, Run] = {}


async def map_samples(path: Path) -> Run:
    """Map the set once for all tests here: they only look at it."""
    if path not in _RUNS:
        _RUNS[path] = await map_set(EdfiXmlAdapter(EdfiXml(path=path)), mapping("edfi/edfi"))
    return _RUNS[path]


def written(path: Path, record: str) -> int:
    """Count the records of a name in all files, as text."""
    begin = re.compile(rf"<{record}[\s>]")
    return sum(len(begin.findall(file.read_text("utf-8"))) for file in path.rglob("*.xml"))


async def test_every_student_of_the_district_maps_and_every_row_is_accounted_for() -> None:
    path = folder(SET, "Samples")
    text = next(path.rglob("Student.xml")).read_text("utf-8")
    ids = set(re.findall(r"<StudentUniqueId>(.*?)</StudentUniqueId>", text))

    mapped = await map_samples(path)

    assert set(mapped.students) == ids
    assert all(counts.rows == rows(counts) for counts in mapped.counts.values())
    for student in mapped.students.values():
        (learner,) = student["identity"]
        assert isinstance(learner, Learner)
        assert learner.names
        assert learner.birth_date


async def test_each_record_about_a_student_is_an_entry() -> None:
    path = folder(SET, "Samples")

    mapped = await map_samples(path)

    made = {name: sum(len(one.get(name, ())) for one in mapped.students.values()) for name in RECORDS}
    assert made == {
        name: sum(written(path, record) for record in records) for name, records in RECORDS.items()
    }


async def test_citizenship_is_not_read_and_nothing_else_is_wrong() -> None:
    path = folder(SET, "Samples")

    mapped = await map_samples(path)

    found = rules(one for one in mapped.findings if one.severity != "info")
    assert set(found) == {Rule.CITIZENSHIP_PRESENT}
