"""The CSV files of a OneRoster bundle, as tables that can still be changed."""

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

Row = list[str]
"""The cells of one record, in the order of the table's columns."""

_RECORD = ("sourcedId", "status", "dateLastModified")
_RACES = (
    "americanIndianOrAlaskaNative",
    "asian",
    "blackOrAfricanAmerican",
    "nativeHawaiianOrOtherPacificIslander",
    "white",
)

COLUMNS: dict[str, tuple[str, ...]] = {
    "manifest.csv": ("propertyName", "value"),
    "orgs.csv": (*_RECORD, "name", "type", "identifier", "parentSourcedId"),
    "academicSessions.csv": (
        *(*_RECORD, "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    ),
    "courses.csv": (
        *(*_RECORD, "schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId"),
        *("subjects", "subjectCodes"),
    ),
    "classes.csv": (
        *(*_RECORD, "title", "grades", "courseSourcedId", "classCode", "classType", "location"),
        *("schoolSourcedId", "termSourcedIds", "subjects", "subjectCodes", "periods"),
    ),
    "users.csv": (
        *(*_RECORD, "enabledUser", "username", "userIds", "givenName", "familyName", "middleName"),
        *("identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password"),
        *("userMasterIdentifier", "preferredGivenName", "preferredMiddleName", "preferredFamilyName"),
        *("primaryOrgSourcedId", "pronouns"),
    ),
    "roles.csv": (
        *(*_RECORD, "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId"),
        "userProfileSourcedId",
    ),
    "demographics.csv": (
        *(*_RECORD, "birthDate", "sex", *_RACES, "demographicRaceTwoOrMoreRaces"),
        *("hispanicOrLatinoEthnicity", "countryOfBirthCode", "stateOfBirthAbbreviation", "cityOfBirth"),
        "publicSchoolResidenceStatus",
    ),
    "enrollments.csv": (
        *(*_RECORD, "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary"),
        *("beginDate", "endDate"),
    ),
    "categories.csv": (*_RECORD, "title", "weight"),
    "lineItems.csv": (
        *(*_RECORD, "title", "description", "assignDate", "dueDate", "classSourcedId"),
        *("categorySourcedId", "academicSessionSourcedId", "resultValueMin", "resultValueMax"),
        "schoolSourcedId",
    ),
    "results.csv": (
        *(*_RECORD, "lineItemSourcedId", "studentSourcedId", "scoreStatus", "score", "scoreDate"),
        *("comment", "textScore", "classSourcedId", "inProgress", "incomplete", "late", "missing"),
    ),
    "learnerProfile.csv": (
        *("userSourcedId", "kind", "voice", "date", "label", "description", "context", "polarity"),
        "domain",
    ),
    "goals.csv": ("userSourcedId", "statement", "type", "start", "target", "status", "steps"),
}
"""Columns of each file, in order. All but the last two files are 1EdTech OneRoster CSV Binding 1.2.1."""

_MANIFEST_FILES = (
    *("academicSessions", "categories", "classes", "classResources", "courses", "courseResources"),
    *("demographics", "enrollments", "lineItemLearningObjectiveIds", "lineItems", "lineItemScoreScales"),
    *("orgs", "resources", "resultLearningObjectiveIds", "results", "resultScoreScales", "roles"),
    *("scoreScales", "userProfiles", "userResources", "users"),
)


@dataclass
class Table:
    """One file: the columns the standard names, the header as it will be written, and the rows."""

    columns: tuple[str, ...]
    header: Row
    rows: list[Row] = field(default_factory=list)
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        self._blank = dict.fromkeys(self.columns, "")

    def add(self, **cells: str) -> None:
        """Append a record; columns left out are blank.

        Raises:
            KeyError: the table has no column of that name.
        """
        row = self._blank | cells
        if len(row) != len(self.columns):
            raise KeyError(*(cells.keys() - set(self.columns)))
        self.rows.append([*row.values()])

    def at(self, column: str) -> int:
        """Return the position of the column that the standard calls so."""
        return self.columns.index(column)

    def lines(self) -> dict[int, int]:
        """Return the physical line, from 1, at which each row starts, by the `id` of the row."""
        line, starts = 2, {}
        for row in self.rows:
            starts[id(row)] = line
            line += 1 + "".join(row).count("\n")
        return starts

    def to_csv(self) -> bytes:
        """Return the file as RFC 4180 has it, header first."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return text.getvalue().encode(self.encoding)


Tables = dict[str, Table]
"""Every file of a bundle by its name, the manifest first."""


def empty_tables() -> Tables:
    """Return one empty table for each file."""
    return {file: Table(columns, list(columns)) for file, columns in COLUMNS.items()}


def fill_manifest(tables: Tables, *, district: str) -> None:
    """Declare the files that the bundle holds `bulk`, and all others of the standard `absent`."""
    manifest = tables["manifest.csv"]
    manifest.add(propertyName="manifest.version", value="1.0")
    manifest.add(propertyName="oneroster.version", value="1.2")
    for name in _MANIFEST_FILES:
        mode = "bulk" if f"{name}.csv" in tables else "absent"
        manifest.add(propertyName=f"file.{name}", value=mode)
    manifest.add(propertyName="source.systemName", value=f"{district} student information system")
    manifest.add(propertyName="source.systemCode", value=district.lower())


def to_zip(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP archive whose bytes depend on the files only, not on the clock or the machine."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)
    return archive.getvalue()
