"""What an Ed-Fi ODS/API is made of: where its parts are, which resources we read, what they were once called.

Sources: the version document at the root of an ODS/API (v3.1 to v7.3) and of the Data Management Service;
Ed-Fi Data Standards 3.3 to 6.1.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from yarl import URL

from adapters._nested import Flat, flatten
from adapters._rest_calls import Answer
from adapters._rest_mirrors import key_of
from adapters._rest_pages import JsonObject
from gateway.adapter_api import Misconfigured

RESOURCES: Final = (
    *("localEducationAgencies", "schools", "sessions", "gradingPeriods"),
    *("courses", "courseOfferings", "sections"),
    *("students", "studentDemographics", "studentDirectories", "studentIdentificationCodes"),
    *("studentEducationOrganizationAssociations", "studentEducationOrganizationResponsibilityAssociations"),
    *("contacts", "studentContactAssociations", "staffs", "staffSectionAssociations"),
    *("studentSchoolAssociations", "studentSectionAssociations"),
    *("studentSchoolAttendanceEvents", "studentSectionAttendanceEvents"),
    *("grades", "courseTranscripts", "studentAcademicRecords", "reportCards"),
    *("gradebookEntries", "studentGradebookEntries"),
    *("competencyObjectives", "studentCompetencyObjectives"),
    *("assessments", "objectiveAssessments", "studentAssessments"),
    *("disciplineIncidents", "studentDisciplineIncidentBehaviorAssociations", "disciplineActions"),
    *("programs", "studentProgramAssociations", "studentSpecialEducationProgramAssociations"),
    *("studentSection504ProgramAssociations", "studentLanguageInstructionProgramAssociations"),
    *("studentTitleIPartAProgramAssociations", "studentMigrantEducationProgramAssociations"),
    *("studentHomelessProgramAssociations", "studentSchoolFoodServiceProgramAssociations"),
    *("studentCTEProgramAssociations", "studentNeglectedOrDelinquentProgramAssociations"),
    *("studentHealths",),
)
"""By their names since Data Standard 5; those that a server lacks are left out."""

EARLIER: Final = {"contacts": "parents", "studentContactAssociations": "studentParentAssociations"}
"""What a resource was called before Data Standard 5."""

_TO_EARLIER: Final = {"contactUniqueId": "parentUniqueId"}
_SINCE_5: Final = {
    "parentUniqueId": "contactUniqueId",
    "parentReference": "contactReference",
    "studentParentAssociationReference": "studentContactAssociationReference",
}
_FOUND_BY: Final = frozenset({"studentUniqueId", "contactUniqueId", "staffUniqueId"})
"""Parts of a key that every resource which has them can be asked by."""
_PARENT: Final = re.compile(r"^(parent\.)*")
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_PLACE: Final = re.compile(r"\{(\w+)\}")
_DATA: Final = re.compile(r"/data(/v3)?(?=/|$)")
_CURSOR_SINCE: Final = (7, 3)
_NOT_FOUND: Final = 404
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Api:
    """Where the parts of an API are."""

    data: URL
    token: URL
    changes: URL
    cursors: bool
    """Whether it may give a token for the next page."""


def api_of(base: URL, answer: Answer, own: Mapping[str, str], route: Mapping[str, str]) -> Api:
    """Return the API that the version document describes.

    Args:
        base: where the document is.
        answer: the document. Where there is none, the API is taken to be laid out as v3 was.
        own: `api_url` and `token_url` as the operator set them, which go before the document's.
        route: what stands for the names in braces of the document's URLs, such as a school year.

    Raises:
        Misconfigured: the document names another host, which only an operator may, or an unknown route.
    """
    said = answer.json() if answer.status == _OK else {}
    if not isinstance(said, dict) or answer.status not in {_OK, _NOT_FOUND}:
        raise Misconfigured("base_url: there is no version document of an Ed-Fi API")
    urls = said.get("urls")
    urls = urls if isinstance(urls, dict) else {}
    root = str(base).rstrip("/")
    data = _place(base, own["api_url"], urls.get("dataManagementApi", f"{root}/data/v3"), route, "api_url")
    token = _place(base, own["token_url"], urls.get("oauth", f"{root}/oauth/token"), route, "token_url")
    changes = data.with_path(_DATA.sub("/changeQueries/v1", data.path, count=1))
    return Api(data, token, changes, _version(said) >= _CURSOR_SINCE)


def _place(base: URL, own: str, said: object, route: Mapping[str, str], setting: str) -> URL:
    """Return the operator's URL, or the document's as seen through the same door as the document.

    Servers behind a proxy write `http` and inner ports into their document: its path is what counts.
    """
    if own:
        return URL(own)
    text = _PLACE.sub(lambda found: route.get(found[1], found[0]), str(said))
    if unknown := _PLACE.search(text):
        raise Misconfigured(f"the API's URLs hold {unknown[0]}: say under [source.options.route] what it is")
    try:
        url = base.join(URL(text))
    except ValueError:
        raise Misconfigured(f"the version document gives no URL: set {setting}") from None
    if url.host != base.host:
        raise Misconfigured(f"the version document points to another host: if that is right, set {setting}")
    return base.origin().with_path(url.path)


def _version(said: Mapping[str, Any]) -> tuple[int, ...]:
    found = re.match(r"(\d{1,4})\.(\d{1,4})", str(said.get("version", "")))
    return (int(found[1]), int(found[2])) if found else (0, 0)


def table_of(resource: str) -> str:
    """Return a resource's name without the namespace of an extension."""
    return resource.rpartition("/")[2]


def names_of(resource: str) -> tuple[str, ...]:
    """Return what servers call the resource: as we do, then as before Data Standard 5."""
    return (resource, EARLIER[resource]) if resource in EARLIER else (resource,)


def id_of(record: JsonObject) -> str:
    """Return the id that the server gave a record, as a key: some lists write it with dashes."""
    return written_id(record).replace("-", "").lower()


def written_id(record: JsonObject) -> str:
    """Return the id as it is written; version 3 names it `Id` in lists of deletes. Empty: there is none."""
    found = str(record.get("id") or record.get("Id") or "")
    return found if _ID.fullmatch(found) else ""


def path_of(resource: str) -> str:
    """Return a resource's path below the API: `ed-fi/students`, or as it stands with its namespace."""
    return resource if "/" in resource else f"ed-fi/{resource}"


def record_key(record: JsonObject) -> str:
    """Return the record's id; one without is known by all that it says."""
    return id_of(record) or key_of(record, "id")


def layout(resource: str, record: JsonObject) -> tuple[str, Sequence[Flat]]:
    """Return a record's key and its rows, in the names of Data Standard 5."""
    named = _renamed(record) if resource in EARLIER else record
    return record_key(record), list(flatten(table_of(resource), named, 0))


def question(column: str, *, earlier: bool) -> str | None:
    """Return the query parameter that finds records by the column; None where the API offers none."""
    name = _PARENT.sub("", column).rpartition(".")[2]
    if name not in _FOUND_BY:
        return None
    return _TO_EARLIER.get(name, name) if earlier else name


def _renamed(record: JsonObject) -> dict[str, Any]:
    return {
        _SINCE_5.get(name, name): _renamed(value) if isinstance(value, dict) else value
        for name, value in record.items()
    }
