"""The mapping files that come for XML, against the standard's own schema and the crosswalks."""

import asyncio
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adapters.edfi_xml import EdfiXml, EdfiXmlAdapter
from tests.unit.adapters_xml.interchanges import folder
from tests.unit.adapters_xml.maximal import maximal_interchange

PROJECT = Path(__file__).parents[3]
MAPPINGS = PROJECT / "mappings"
SCHEMA = PROJECT.parent / "shared/data/edfi_ds52_grandbend/Schemas/Bulk/Ed-Fi-Core.xsd"

OTHER_RELEASES = frozenset(
    {
        *("attendanceEvents", "parents", "studentParentAssociations", "studentDemographics"),
        *("studentDirectories", "studentIdentificationCodes", "studentDisciplineIncidentAssociations"),
    }
)
"""Resources that release 5 does not have."""

OTHER_NAMES = frozenset(
    {
        ("students", "loginId"),
        ("students", "sexDescriptor"),
        ("grades", "gradingPeriodReference.periodSequence"),
        ("studentGradebookEntries", "gradebookEntryReference.gradebookEntryTitle"),
        ("studentGradebookEntries", "gradebookEntryReference.dateAssigned"),
        ("studentGradebookEntries", "gradebookEntryReference.sectionIdentifier"),
        ("studentEducationOrganizationAssociations", "oldEthnicityDescriptor"),
        ("studentProgramAttendanceEvents", "arrivalTime"),
        ("studentProgramAttendanceEvents", "departureTime"),
        ("studentAssessments.performanceLevels", "performanceLevelMet"),
        (
            "disciplineActions.studentDisciplineIncidentBehaviorAssociations",
            "parent.receivedEducationServicesDuringExpulsion",
        ),
        ("studentEducationOrganizationAssociations.studentCharacteristics", "beginDate"),
        ("studentEducationOrganizationAssociations.studentCharacteristics", "endDate"),
    }
)
"""Columns of release 5 resources that earlier releases have."""

EARLY_STUDENT_LISTS = frozenset(
    f"students.{name}"
    for name in ("addresses", "electronicMails", "identificationCodes", "languages", "races", "telephones")
)
"""What releases 1 and 2 have in the student."""

Found = tuple[str, str]
"""A table and a column of it."""


@dataclass(frozen=True)
class Scope:
    """What a name means where it stands."""

    source: str
    links: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def found(self, name: str) -> Found:
        first, dot, rest = name.partition(".")
        if dot and first in self.links:
            return self.links[first]["source"], rest
        return self.source, self.renamed.get(name, name)

    def all(self, names: str | list[str]) -> Iterator[Found]:
        for name in [names] if isinstance(names, str) else names:
            yield self.found(name)

    def linked(self) -> Iterator[Found]:
        for link in self.links.values():
            yield from self.all(link["on"])
            yield from Scope(link["source"]).all([*_many(link.get("key", [])), *link.get("where", {})])


def columns(node: Any, scope: Scope) -> Iterator[Found]:
    """Yield every column that a field reads."""
    if isinstance(node, str):
        yield scope.found(node)
    elif isinstance(node, list):
        for one in node:
            yield from columns(one, scope)
    elif "many" in node:
        many = node["many"]
        inner = Scope(many["source"], many.get("links", {}))
        yield from scope.all(many["equals"])
        yield from inner.all([*_many(many["column"]), *many.get("where", {})])
        yield from inner.linked()
        yield from columns({key: value for key, value in node.items() if key != "many"}, inner)
    elif node.keys() & {"column", "static", "convention"}:
        yield from scope.all([*_many(node.get("column", [])), *node.get("when", {})])
    else:
        yield from scope.all(list(node.get("when", {})))
        for key, value in node.items():
            yield from columns(value, scope) if key != "when" else ()


def _many(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def entry_columns(
    entry: Mapping[str, Any], part: Mapping[str, Any], groups: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield every column that an entry reads of one of its sources."""
    scope = Scope(part["source"], entry.get("links", {}), part.get("columns", {}))
    yield from scope.all(part["student"])
    yield from scope.linked()
    for name in entry.get("include", ()):
        yield from columns(groups[name], scope)
    yield from columns(entry["fields"], scope)


def loaded(name: str) -> dict[str, Any]:
    return tomllib.loads((MAPPINGS / f"{name}.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def release_5(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Every table and column that release 5 can have."""
    if not SCHEMA.is_file():
        pytest.skip("the Ed-Fi schemas are not beside the project")
    path = folder(tmp_path_factory.mktemp("maximal"), dict(maximal_interchange(SCHEMA)))
    tables = asyncio.run(EdfiXmlAdapter(EdfiXml(path=path)).tables())
    return {table.name: set(table.columns) for table in tables}


def known(found: Found, tables: Mapping[str, set[str]]) -> bool:
    table, column = found
    return (
        column in tables.get(table, ())
        or table.partition(".")[0] in OTHER_RELEASES
        or table in EARLY_STUDENT_LISTS
        or found in OTHER_NAMES
    )


def test_every_column_of_the_edfi_mapping_is_one_of_the_standards(
    release_5: dict[str, set[str]],
) -> None:
    mapping = loaded("edfi/edfi")

    read: list[tuple[Found, ...]] = []
    for entry in mapping["entries"]:
        of_parts = (entry_columns(entry, part, mapping["groups"]) for part in entry["from"])
        read += zip(*of_parts, strict=True)
        for part in entry["from"]:
            scope = Scope(part["source"], entry.get("links", {}))
            read += [(place,) for place in scope.all(list(part.get("where", {})))]
    for shared in mapping["objects"].values():
        read += [(place,) for place in columns(shared["fields"], Scope(shared["source"]))]
    unknown = [places for places in read if not any(known(place, release_5) for place in places)]
    assert unknown == []


def test_every_resource_about_students_is_read_by_the_edfi_mapping(
    release_5: dict[str, set[str]],
) -> None:
    """What is left out is left out on purpose: staff, money, surveys, rules, and what no section has a place for."""
    sources = {source["file"] for source in loaded("edfi/edfi")["sources"].values()}

    left = {table for table in release_5 if table.startswith("student") and "." not in table} - sources
    assert left == {
        "studentAssessmentEducationOrganizationAssociations",
        "studentAssessmentRegistrationBatteryPartAssociations",
        "studentAssessmentRegistrations",
        "studentCohortAssociations",
        "studentEducationOrganizationAssessmentAccommodations",
        "studentEducationOrganizationResponsibilityAssociations",
        "studentInterventionAttendanceEvents",
        "studentProgramEvaluations",
        "studentSpecialEducationProgramEligibilityAssociations",
        "studentTransportations",
    }


@pytest.mark.parametrize("name", ["edfi/edfi", "xsre/xsre"])
def test_every_source_and_crosswalk_that_a_mapping_names_is_there(name: str) -> None:
    mapping = loaded(name)
    named: dict[str, set[str]] = {"source": set(), "lookup": set(), "object": set(), "include": set()}

    def visit(node: Any) -> None:
        for key, value in node.items() if isinstance(node, dict) else ():
            if key in named and (isinstance(value, str) or key == "include"):
                named[key].update(_many(value))
        for inner in (
            (node.values() if isinstance(node, dict) else node) if isinstance(node, dict | list) else ()
        ):
            visit(inner)

    visit({key: mapping[key] for key in ("student", "objects", "groups", "entries") if key in mapping})
    assert named["source"] == mapping["sources"].keys()
    assert named["lookup"] <= {file.stem for file in (MAPPINGS / "codes").glob("*.toml")}
    assert named["object"] == mapping.get("objects", {}).keys()
    assert named["include"] == mapping.get("groups", {}).keys()
