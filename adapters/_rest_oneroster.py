"""Records of the OneRoster REST binding as rows of the CSV binding, so that one mapping serves both.

Sources: 1EdTech OneRoster 1.1; OneRoster 1.2 Rostering and Gradebook Services, REST/JSON Binding, and CSV
Binding.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from adapters._nested import Flat, flatten
from adapters._rest_mirrors import key_of
from adapters._rest_pages import JsonObject

Version = Literal["1.1", "1.2"]

ROSTERING: Final = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments", "demographics")
GRADEBOOK: Final = ("categories", "lineItems", "results", "scoreScales")
RESOURCES: Final = (*ROSTERING, *GRADEBOOK)
ONLY_1_2: Final = frozenset({"scoreScales"})

_SCOPE: Final = "https://purl.imsglobal.org/spec/or/v1p{}/scope/{}.readonly"
_BASE: Final = ("sourcedId", "status", "dateLastModified")
_NAMES: Final = {
    "preferredFirstName": "preferredGivenName",
    "preferredLastName": "preferredFamilyName",
    "birthdate": "birthDate",
}
"""What CSV calls otherwise than JSON."""
_LEFT_OUT: Final = frozenset({"children", "roles", "userProfiles", "learningObjectiveSet"})
"""Inverse references, and what becomes tables of its own."""
_NOT_KEPT: Final = "(not kept)"
_DELETED: Final = "tobedeleted"


def _columns(text: str) -> tuple[str, ...]:
    return (*_BASE, *text.split())


_COLUMNS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "orgs": {"orgs": _columns("name type identifier parentSourcedId")},
    "academicSessions": {
        "academicSessions": _columns("title type startDate endDate parentSourcedId schoolYear"),
    },
    "courses": {
        "courses": _columns("schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes"),
    },
    "classes": {
        "classes": _columns(
            "title grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds "
            "subjects subjectCodes periods"
        ),
    },
    "users": {
        "users": _columns(
            "enabledUser username userIds givenName familyName middleName identifier email sms phone "
            "agentSourcedIds grades password userMasterIdentifier resourceSourcedIds preferredGivenName "
            "preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns"
        ),
        "roles": _columns("userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId"),
        "userProfiles": _columns(
            "userSourcedId profileType vendorId applicationId description credentialType username password"
        ),
    },
    "enrollments": {
        "enrollments": _columns(
            "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate"
        ),
    },
    "demographics": {
        "demographics": _columns(
            "birthDate sex americanIndianOrAlaskaNative asian blackOrAfricanAmerican "
            "nativeHawaiianOrOtherPacificIslander white demographicRaceTwoOrMoreRaces "
            "hispanicOrLatinoEthnicity countryOfBirthCode stateOfBirthAbbreviation cityOfBirth "
            "publicSchoolResidenceStatus"
        ),
    },
    "categories": {"categories": _columns("title weight")},
    "lineItems": {
        "lineItems": _columns(
            "title description assignDate dueDate classSourcedId categorySourcedId gradingPeriodSourcedId "
            "academicSessionSourcedId schoolSourcedId resultValueMin resultValueMax scoreScaleSourcedId"
        ),
        "lineItemLearningObjectiveIds": _columns("lineItemSourcedId source learningObjectiveId"),
    },
    "results": {
        "results": _columns(
            "lineItemSourcedId studentSourcedId scoreStatus score scoreDate comment textScore classSourcedId "
            "inProgress incomplete late missing scoreScaleSourcedId"
        ),
        "resultLearningObjectiveIds": _columns("resultSourcedId source learningObjectiveId score textScore"),
    },
    "scoreScales": {
        "scoreScales": _columns("title type orgSourcedId courseSourcedId classSourcedId scoreScaleValue"),
    },
}
_COLUMNS_1_1: Final = {"users": ("role", "orgSourcedIds")}
"""What 1.2 moved to roles."""


def columns(version: Version) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return, by resource, the columns that each of its tables has in CSV."""
    if version == "1.2":
        return _COLUMNS
    users = {"users": (*_COLUMNS["users"]["users"], *_COLUMNS_1_1["users"])}
    return {**_COLUMNS, "users": users}


def scopes(version: Version, resources: Sequence[str]) -> str:
    """Return the scopes that reading the resources takes (1.2, REST binding, section on security)."""
    minor = version.removeprefix("1.")
    names = ["roster-core", "roster"] if set(resources) & set(ROSTERING) else []
    names += ["roster-demographics"] if "demographics" in resources else []
    names += ["gradebook"] if set(resources) & set(GRADEBOOK) else []
    return " ".join(_SCOPE.format(minor, name) for name in names)


def record_key(record: JsonObject) -> str:
    """Return the record's sourcedId; one without is known by all that it says."""
    return key_of(record, "sourcedId")


def layout(resource: str, record: JsonObject) -> tuple[str, Sequence[Flat]]:
    """Return a record's key and the rows that CSV would have of it: none if it only says that it is gone."""
    if str(record.get("status", "")).lower() == _DELETED:
        return record_key(record), ()
    rows = flatten(resource, dict(_fields(record)), 0)
    return record_key(record), [*rows, *_further(resource, record)]


def _fields(record: JsonObject) -> Iterator[tuple[str, Any]]:
    """Yield what becomes a column of the record's own row, by CSV's name."""
    for name, value in record.items():
        if name in _LEFT_OUT:
            continue
        if name == "password":
            yield name, _NOT_KEPT if value else None
        elif name == "userIds":
            yield name, _typed_ids(value)
        elif name == "scoreScaleValue":
            yield name, _scale(value)
        elif (ids := _referred(value)) is not None:
            yield _reference_name(name, value), ",".join(ids)
        else:
            yield _NAMES.get(name, name), value


def _referred(value: object) -> list[str] | None:
    """Return the sourcedIds of a reference or of a list of them; None where it is something else."""
    several = value if isinstance(value, list) else [value]
    if not several or not all(
        isinstance(one, dict) and isinstance(one.get("sourcedId"), str) for one in several
    ):
        return None
    return [one["sourcedId"] for one in several if isinstance(one, dict)]


def _reference_name(name: str, value: object) -> str:
    return f"{name.removesuffix('s')}SourcedIds" if isinstance(value, list) else f"{name}SourcedId"


def _typed_ids(value: object) -> object:
    """Return user ids as CSV writes them: `{type:identifier},{type:identifier}`."""
    if not isinstance(value, list):
        return value
    return ",".join(
        f"{{{one.get('type', '')}:{one.get('identifier', '')}}}" if isinstance(one, dict) else str(one)
        for one in value
    )


def _scale(value: object) -> object:
    """Return the steps of a scale as CSV writes them: `{left:right},{left:right}`."""
    if not isinstance(value, list):
        return value
    return ",".join(
        f"{{{one.get('itemValueLHS', '')}:{one.get('itemValueRHS', '')}}}"
        for one in value
        if isinstance(one, dict)
    )


def _further(resource: str, record: JsonObject) -> Iterator[Flat]:
    """Yield the rows of CSV files that JSON has within the record."""
    own = {name: record[name] for name in ("status", "dateLastModified") if record.get(name)}
    key = record.get("sourcedId")
    if resource == "users":
        yield from _rows("roles", _objects(record, "roles"), {**own, "userSourcedId": key})
        yield from _rows("userProfiles", _profiles(record), {**own, "userSourcedId": key})
    elif resource == "lineItems":
        aims = _objectives(record, "learningObjectiveIds")
        yield from _rows("lineItemLearningObjectiveIds", aims, {**own, "lineItemSourcedId": key})
    elif resource == "results":
        aims = _objectives(record, "learningObjectiveResults")
        yield from _rows("resultLearningObjectiveIds", aims, {**own, "resultSourcedId": key})


def _rows(table: str, objects: Iterator[JsonObject], above: JsonObject) -> Iterator[Flat]:
    for one in objects:
        yield from flatten(table, {**above, **dict(_fields(_with_profile(one)))}, 0)


def _with_profile(role: JsonObject) -> JsonObject:
    """Return a role with its profile's id where CSV has it; JSON gives the id alone."""
    if not isinstance(role.get("userProfile"), str):
        return role
    return {**role, "userProfile": {"sourcedId": role["userProfile"]}}


def _profiles(record: JsonObject) -> Iterator[JsonObject]:
    """Yield a profile for each of its credentials, as CSV has it; the secrets are left behind."""
    for profile in _objects(record, "userProfiles"):
        plain = {name: value for name, value in profile.items() if name not in {"profileId", "credentials"}}
        own = {**plain, "sourcedId": profile.get("profileId")}
        yield from (
            {
                **own,
                "credentialType": one.get("type"),
                "username": one.get("username"),
                "password": one.get("password"),
            }
            for one in list(_objects(profile, "credentials")) or [{}]
        )


def _objectives(record: JsonObject, name: str) -> Iterator[JsonObject]:
    """Yield the learning objectives of a line item or a result, each with the source of its id."""
    for group in _objects(record, "learningObjectiveSet"):
        for one in group.get(name) or ():
            aim = one if isinstance(one, dict) else {"learningObjectiveId": one}
            yield {"source": group.get("source"), **aim}


def _objects(record: JsonObject, name: str) -> Iterator[JsonObject]:
    found = record.get(name)
    return (one for one in (found if isinstance(found, list) else ()) if isinstance(one, dict))
