"""A made-up district's export: a OneRoster 1.2 bundle, clean or as dirty as real ones are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from gateway.demo import roster
from gateway.demo.dirt import Planted, spoil
from gateway.demo.people import Family, Student, chance, make_families
from gateway.demo.schooling import make_sections
from gateway.demo.tables import Tables, empty_tables, fill_manifest, to_zip

_KINDS_OF_DIRT = 30
"""About as many as `dirt.spoil` knows: a share of dirt is divided among them."""


@dataclass(frozen=True, slots=True)
class ScenarioStudent:
    """The student whose record the demonstration moves. `local_id` is the OneRoster `sourcedId`."""

    local_id: str
    state_id: str
    given_name: str
    family_name: str
    birth_date: date


@dataclass(frozen=True, slots=True)
class Bundle:
    """CSV files by name, the manifest first, and the defects that were put into them."""

    files: dict[str, bytes]
    planted: list[Planted]
    scenario: ScenarioStudent

    def to_zip(self) -> bytes:
        """Return the files as one archive; equal files give equal bytes."""
        return to_zip(self.files)


def make_bundle(seed: int, *, students: int = 400, name: str = "Maple", dirt: float = 0.03) -> Bundle:
    """Return a district's export for the school year 2026-27, as of 2026-11-20.

    The same arguments give the same bytes. Nobody in it exists: every family name has an invented part,
    mail goes to example domains, telephone numbers are of the range set aside for fiction.

    Args:
        seed: where all choices come from.
        students: how many, from kindergarten to grade 12; at least one.
        name: of the district; it is part of school names, mail domains and state identifiers.
        dirt: the share of students that get a defect; each kind of defect occurs at least once. 0 is clean.
    """
    if students < 1:
        raise ValueError("a district has at least one student")
    tables = empty_tables()
    families = make_families(_rng(seed, name, "people"), students, district=name)
    student = _richest(families)
    _write(tables, families, student, seed=seed, name=name)
    planted = list[Planted]()
    if dirt > 0:
        per_kind = max(1, round(students * dirt / _KINDS_OF_DIRT))
        planted = spoil(tables, _rng(seed, name, "dirt"), per_kind=per_kind, scenario=student.id)
    files = {file: table.to_csv() for file, table in tables.items()}
    return Bundle(files, planted, _scenario(student))


def scenario_student(bundle: Bundle) -> ScenarioStudent:
    """Return a student with grades, guardians, profile and goals, whose matching keys are clean."""
    return bundle.scenario


def _write(tables: Tables, families: Sequence[Family], scenario: Student, *, seed: int, name: str) -> None:
    students = [student for family in families for student in family.students]
    sections = make_sections(_rng(seed, name, "classes"), students)
    fill_manifest(tables, district=name)
    roster.write_organisations(tables, district=name)
    for family in families:
        roster.write_family(tables, family, district=name)
    roster.write_staff(tables, _rng(seed, name, "staff"), sections)
    roster.write_classes(tables, sections)
    roster.write_gradebook(tables, _rng(seed, name, "gradebook"), sections)
    rng = _rng(seed, name, "profiles")
    for student in students:
        if student is scenario or chance(rng, 0.5):
            roster.write_profile(tables, rng, student, full=student is scenario)


def _rng(seed: int, name: str, purpose: str) -> Random:
    """Return choices of their own for each purpose, so that a change in one leaves the others alone."""
    return Random(f"{seed}/{name}/{purpose}")


def _richest(families: Sequence[Family]) -> Student:
    """Return the first student with most of: two guardians, a sibling, last year's marks, grade 9 to 11."""
    return max(
        ((family, student) for family in families for student in family.students),
        key=lambda member: _wealth(*member),
    )[1]


def _wealth(family: Family, student: Student) -> int:
    born = {child.born for child in family.students}
    return (
        4 * (student.grade in {9, 10, 11})
        + 2 * (not student.roots.newcomer)
        + (len(family.guardians) > 1)
        + (len(born) > 1)
        + (" " not in student.family)
    )


def _scenario(student: Student) -> ScenarioStudent:
    return ScenarioStudent(student.id, student.state_id, student.given, student.family, student.born)
