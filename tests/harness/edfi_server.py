"""An Ed-Fi ODS/API on loopback: version document, paging of both kinds, change queries, deletes, key changes."""

from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from tests.harness.oneroster_server import Record, RestServer

URI = "uri://ed-fi.org"
MOST = 500
"""The largest page, as an ODS/API is set up at first."""


@dataclass
class EdFiServer(RestServer):
    """Serves resources below `/api/data/v3/ed-fi`."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    """By id: at which change version a record was last changed; 1 where it is not said."""
    deletes: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    key_changes: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    newest: int = 1
    oldest: int = 0
    changes: bool = True
    """Whether it has change queries."""
    cursors: bool = False
    """Whether it pages by token, as version 7.3 does."""
    filters: bool = True
    document: dict[str, Any] = field(default_factory=dict)
    """What the version document says otherwise."""

    def open_to_all(self, path: str) -> bool:
        return path == "/api"

    def put(self, resource: str, record: Record) -> None:
        """Write a record at a new change version."""
        kept = [one for one in self.records.get(resource, []) if one["id"] != record["id"]]
        self.records[resource] = [*kept, record]
        self.newest += 1
        self.versions[record["id"]] = self.newest

    def delete(self, resource: str, id_: str) -> None:
        self.records[resource] = [one for one in self.records[resource] if one["id"] != id_]
        self.newest += 1
        self.deletes.setdefault(resource, []).append((id_, self.newest))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/api")
        if not path:
            return web.json_response(self._document())
        if path == "/changeQueries/v1/availableChangeVersions":
            said = {"oldestChangeVersion": self.oldest, "newestChangeVersion": self.newest}
            return web.json_response(said) if self.changes else _problem(404)
        resource, _, rest = path.removeprefix("/data/v3/ed-fi/").partition("/")
        if resource in self.forbidden:
            return _problem(403)
        if resource not in self.records:
            return _problem(404)
        if rest in {"deletes", "keyChanges"}:
            log = self.deletes if rest == "deletes" else self.key_changes
            return self._log(request, log.get(resource, [])) if self.changes else _problem(404)
        return self._one(resource, rest) if rest else self._list(request, resource)

    def _document(self) -> dict[str, Any]:
        base = f"{self.url}/api"
        return {
            "version": "7.3" if self.cursors else "7.1",
            "suite": "3",
            "dataModels": [{"name": "Ed-Fi", "version": "5.1.0"}],
            "urls": {"dataManagementApi": f"{base}/data/v3/", "oauth": f"{self.url}/oauth/token"},
            **self.document,
        }

    def _one(self, resource: str, id_: str) -> web.StreamResponse:
        found = [one for one in self.records[resource] if one["id"] == id_]
        return web.json_response(found[0]) if found else _problem(404)

    def _list(self, request: web.Request, resource: str) -> web.StreamResponse:
        query = request.query
        if int(query.get("limit", "1")) > MOST or ("pageToken" in query and "offset" in query):
            return _problem(400)
        found = [one for one in self.records[resource] if self._is_asked(one, request)]
        headers = {"Total-Count": str(len(found))} if query.get("totalCount") and self.totals else {}
        if not self.cursors or "offset" in query:
            return web.json_response(self.page_of(found, request, 25), headers=headers)
        start, size = int(query.get("pageToken", "0")), int(query.get("pageSize", "25"))
        page = found[start : start + size]
        if page:
            headers["Next-Page-Token"] = str(start + size)
        return web.json_response(page, headers=headers)

    def _log(self, request: web.Request, log: list[tuple[str, int]]) -> web.StreamResponse:
        low, high = _window(request)
        found = [{"id": id_, "changeVersion": at, "keyValues": {}} for id_, at in log if low <= at <= high]
        return web.json_response(self.page_of(found, request, 25))

    def _is_asked(self, record: Record, request: web.Request) -> bool:
        low, high = _window(request)
        if not low <= self.versions.get(record["id"], 1) <= high:
            return False
        if not self.filters:
            return True
        return all(
            wanted == _found(record, name)
            for name, wanted in request.query.items()
            if name.endswith("UniqueId")
        )


def _window(request: web.Request) -> tuple[int, int]:
    return int(request.query.get("minChangeVersion", "0")), int(
        request.query.get("maxChangeVersion", "999999")
    )


def _found(record: Any, name: str) -> object:
    if name in record:
        return record[name]
    inner = [value for value in record.values() if isinstance(value, dict)]
    return next((found for one in inner if (found := _found(one, name)) is not None), None)


def _problem(code: int) -> web.StreamResponse:
    return web.json_response(
        {"type": "urn:ed-fi:api:problem", "status": code},
        status=code,
        content_type="application/problem+json",
    )


# --- made-up records ---------------------------------------------------------------------------------


def id_of(*parts: object) -> str:
    """Return a made-up id, as an ODS/API writes it."""
    return uuid5(NAMESPACE_URL, repr(parts)).hex


def student(number: int, **others: Any) -> Record:
    return {
        "id": id_of("student", number),
        "studentUniqueId": f"{604800 + number}",
        "firstName": "Žofie" if number == 1 else f"Given{number}",
        "lastSurname": f"Family{number}",
        "birthDate": "2010-05-01",
        "multipleBirthStatus": False,
        "identificationDocuments": [],
        "otherNames": [
            {"otherNameTypeDescriptor": f"{URI}/OtherNameTypeDescriptor#Nickname", "firstName": "Zo"}
        ],
        "_ext": {"tpdm": {"gpaGoal": 3.50}},
        "_etag": "5250",
        "_lastModifiedDate": "2026-03-02T12:00:00Z",
        **others,
    }


def student_reference(number: int) -> Record:
    return {
        "studentUniqueId": f"{604800 + number}",
        "link": {"rel": "Student", "href": f"/ed-fi/students/{id_of('student', number)}"},
    }


def enrollment(number: int, **others: Any) -> Record:
    return {
        "id": id_of("enrollment", number),
        "studentReference": student_reference(number),
        "schoolReference": {"schoolId": 255901001, "link": {"rel": "School", "href": "/ed-fi/schools/x"}},
        "entryDate": "2025-08-20",
        "entryGradeLevelDescriptor": f"{URI}/GradeLevelDescriptor#Ninth grade",
        "educationPlans": [{"educationPlanDescriptor": f"{URI}/EducationPlanDescriptor#504 Plan"}],
        **others,
    }


def small_ods(students: int = 3) -> EdFiServer:
    """Return a server with a school, some students, their enrolments and contacts."""
    everybody = range(1, students + 1)
    return EdFiServer(
        records={
            "schools": [{"id": id_of("school"), "schoolId": 255901001, "nameOfInstitution": "Maple High"}],
            "students": [student(number) for number in everybody],
            "studentSchoolAssociations": [enrollment(number) for number in everybody],
            "contacts": [
                {"id": id_of("contact", number), "contactUniqueId": f"P{number}", "firstName": "Eva"}
                for number in everybody
            ],
            "studentContactAssociations": [
                {
                    "id": id_of("family", number),
                    "studentReference": student_reference(number),
                    "contactReference": {"contactUniqueId": f"P{number}"},
                    "relationDescriptor": f"{URI}/RelationDescriptor#Mother",
                }
                for number in everybody
            ],
            "grades": [],
        }
    )


def before_5(server: EdFiServer) -> EdFiServer:
    """Give the server the names of Data Standard 4 and before."""
    parents, families = server.records.pop("contacts"), server.records.pop("studentContactAssociations")
    server.records["parents"] = [_parent(one) for one in parents]
    server.records["studentParentAssociations"] = [
        {
            **{name: value for name, value in one.items() if name != "contactReference"},
            "parentReference": {"parentUniqueId": one["contactReference"]["contactUniqueId"]},
        }
        for one in families
    ]
    return server


def _parent(contact: Record) -> Record:
    return {"parentUniqueId" if name == "contactUniqueId" else name: value for name, value in contact.items()}
