"""The mappings for School Data Sync 1 and for plain extracts, over made-up exports."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from adapters.table_files import TableFiles, TableFilesAdapter
from gateway.domain.backpack.academics import GradeRecord
from gateway.domain.backpack.enrollment import SectionEnrollment
from gateway.domain.backpack.identity import Learner
from gateway.mapping.findings import Rule
from tests.unit.published.mapping_run import Run, map_set
from tests.unit.published.published import mapping, rules

STUDENTS = "SIS ID,School SIS ID,First Name,Last Name,Password,State ID,Grade,Birthdate\n"
MARKS = "id,student_id,section_id,term_id,numeric_grade_earned,alpha_grade_earned,is_final_grade\n"


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


async def map_folder(folder: Path, name: str, tables: Sequence[Mapping[str, str]] = ()) -> Run:
    options = {"path": folder, "tables": [*tables]}
    return await map_set(TableFilesAdapter(TableFiles.model_validate(options)), mapping(name))


@pytest.mark.parametrize(
    ("own", "school", "section"),
    [("SIS ID", "School SIS ID", "Section SIS ID"), ("ID", "School DfE Number", "Section ID")],
)
async def test_both_formats_of_school_data_sync_give_classes_with_teachers(
    tmp_path: Path, own: str, school: str, section: str
) -> None:
    folder = write(
        tmp_path,
        {
            "School.csv": f"{'DfE Number' if own == 'ID' else own},Name\n1,Maple High\n",
            "Section.csv": f"{own},{school},Section Name,Course Name\n11,1,Algebra A,Algebra\n",
            "Student.csv": f"{own},{school},First Name,Last Name,Grade\n21,1,Ora,Quince,9\n",
            "Teacher.csv": f"{own},{school},First Name,Last Name\n31,1,Ash,Birch\n",
            "StudentEnrollment.csv": f"{section},{own}\n11,21\n",
            "TeacherRoster.csv": f"{section},{own}\n11,31\n",
        },
    )

    run = await map_folder(folder, "sds/sds")

    (taken,) = run.students["21"]["classes"]
    assert isinstance(taken, SectionEnrollment)
    assert taken.title == "Algebra A"
    assert taken.school
    assert taken.school.name == "Maple High"
    assert [teacher.id for teacher in taken.teachers] == ["31"]


async def test_a_later_file_replaces_rows_of_an_earlier_one(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "day1/students/part1.csv": STUDENTS
            + "21,1,Ora,Quince,secret-1,MS-0021,9,2011-05-30\n22,1,Kit,Sorrel,secret-2,MS-0022,10,2010-05-30\n",
            "day2/students/part1.csv": STUDENTS + "21,1,Oralie,Quince,secret-1,MS-0021,9,2011-05-30\n",
            "day1/marks/part1.csv": MARKS + "m1,21,s1,t1,66,D,No\nm2,22,s1,t1,91,A,No\n",
            "day2/marks/part1.csv": MARKS + "m1,21,s1,t1,76,C,No\n",
        },
    )
    tables = [
        {"name": "students", "file": "**/students/*.csv"},
        {"name": "studentsectionmark", "file": "**/marks/*.csv"},
    ]

    run = await map_folder(folder, "sis_csv/sis_csv", tables)

    learners = [one for key in ("21", "22") for one in run.students[key]["identity"]]
    assert [one.names[0].given for one in learners if isinstance(one, Learner)] == ["Oralie", "Kit"]
    marks = [one for one in run.students["21"]["grades"] if isinstance(one, GradeRecord)]
    assert [one.grade.letter for one in marks] == ["C"]
    assert not any(secret in repr(run) for secret in ("secret-1", "secret-2"))
    assert rules(run.findings)[Rule.PASSWORD_PRESENT] == 1


async def test_a_mark_that_is_neither_final_nor_not_is_a_finding(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "students.csv": STUDENTS + "21,1,Ora,Quince,,MS-0021,9,2011-05-30\n",
            "studentsectionmark.csv": MARKS + "m1,21,s1,t1,66,D,perhaps\nm2,21,s2,t1,70,C,Yes\n",
        },
    )

    run = await map_folder(folder, "sis_csv/sis_csv")

    assert [found.raw_value for found in run.findings if found.column == "is_final_grade"] == ["perhaps"]
    (mark,) = run.students["21"]["grades"]
    assert isinstance(mark, GradeRecord)
    assert mark.grade_type.code == "Final"
    assert run.counts["studentsectionmark.csv"].faulty == 1


async def test_a_submission_handed_in_late_says_so(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "users.csv": "SourceSystemIdentifier,UserRole,SISUserIdentifier,Name\n1,student,21,Ora Mae Quince\n",
            "assignments.csv": "SourceSystemIdentifier,Title,MaxPoints\n5,Fractions,10\n",
            "submissions.csv": "SourceSystemIdentifier,SubmissionStatus,EarnedPoints,AssignmentSourceSystemIdentifier,"
            "LMSUserSourceSystemIdentifier\n9,Late,8,5,1\n",
        },
    )

    run = await map_folder(folder, "sis_csv/lms")

    (learner,) = run.students["21"]["identity"]
    assert isinstance(learner, Learner)
    assert [(one.given, one.family) for one in learner.names] == [("Ora Mae", "Quince")]
    assert len(run.students["21"]["gradebook"]) == 1
