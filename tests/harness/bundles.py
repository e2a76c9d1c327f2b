"""OneRoster bundles for tests: a small clean district of made-up people, to be spoilt cell by cell."""

import csv
import io
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from adapters.oneroster_csv import OneRosterCsv, OneRosterCsvAdapter
from gateway.mapping.spec import MappingFile, load_mapping
from gateway.resources import code_texts, mapping_text
from tests.harness.mapped import Mapped, map_all

NOW = datetime(2026, 9, 30, 6, 0, tzinfo=UTC)
ONEROSTER: MappingFile = load_mapping(
    mapping_text("oneroster/oneroster"), code_texts(), name="oneroster/oneroster"
)

RECORD = ("sourcedId", "status", "dateLastModified")

COLUMNS: dict[str, tuple[str, ...]] = {
    "orgs": (*RECORD, "name", "type", "identifier", "parentSourcedId"),
    "academicSessions": (*RECORD, "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "courses": (*RECORD, "title", "courseCode", "orgSourcedId", "subjects"),
    "classes": (
        *RECORD,
        "title",
        "courseSourcedId",
        "classCode",
        "location",
        "schoolSourcedId",
        "termSourcedIds",
        "periods",
    ),
    "users": (
        *(*RECORD, "username", "userIds", "givenName", "familyName", "middleName", "identifier", "email"),
        *(
            "sms",
            "phone",
            "agentSourcedIds",
            "grades",
            "preferredGivenName",
            "primaryOrgSourcedId",
            "pronouns",
        ),
    ),
    "roles": (*RECORD, "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId"),
    "demographics": (
        *(*RECORD, "birthDate", "sex", "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican"),
        *("nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces"),
        *("hispanicOrLatinoEthnicity", "countryOfBirthCode", "stateOfBirthAbbreviation", "cityOfBirth"),
    ),
    "enrollments": (
        *RECORD,
        "classSourcedId",
        "schoolSourcedId",
        "userSourcedId",
        "role",
        "beginDate",
        "endDate",
    ),
    "categories": (*RECORD, "title"),
    "lineItems": (
        *(*RECORD, "title", "assignDate", "dueDate", "classSourcedId", "categorySourcedId"),
        *("academicSessionSourcedId", "resultValueMin", "resultValueMax"),
    ),
    "results": (
        *(*RECORD, "lineItemSourcedId", "studentSourcedId", "scoreStatus", "score", "scoreDate", "comment"),
        *("textScore", "late", "missing"),
    ),
    "learnerProfile": (
        "userSourcedId",
        "kind",
        "voice",
        "date",
        "label",
        "description",
        "context",
        "polarity",
        "domain",
    ),
    "goals": ("userSourcedId", "statement", "type", "start", "target", "status", "steps"),
}


@dataclass
class Bundle:
    """Tables by name. A test changes cells, headers or rows, then writes a folder or an archive."""

    headers: dict[str, list[str]] = field(
        default_factory=lambda: {name: [*cells] for name, cells in COLUMNS.items()}
    )
    rows: dict[str, list[list[str]]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    extra: dict[str, bytes] = field(default_factory=dict)
    """Whole files, by name; they stand in place of tables of the same name."""

    def add(self, table: str, **cells: str) -> None:
        """Append a row; status is `active`, everything else that is not given is blank."""
        given = ({"status": "active"} if "status" in COLUMNS[table] else {}) | cells
        assert given.keys() <= set(COLUMNS[table]), given.keys() - set(COLUMNS[table])
        self.rows[table].append([given.get(column, "") for column in COLUMNS[table]])

    def put(self, table: str, row: int, column: str, value: str) -> None:
        """Write a cell; rows count from 0, so that row 0 stands on line 2."""
        self.rows[table][row][COLUMNS[table].index(column)] = value

    def rename(self, table: str, column: str, header: str) -> None:
        """Spell a column otherwise."""
        self.headers[table][COLUMNS[table].index(column)] = header

    def drop(self, *tables: str) -> None:
        """Leave files out."""
        for table in tables:
            del self.headers[table], self.rows[table]

    def text(self, table: str) -> str:
        """Return the file's text, with newlines at line ends."""
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows([self.headers[table], *self.rows[table]])
        return out.getvalue()

    def files(self) -> dict[str, bytes]:
        """Return every file by name."""
        return {f"{name}.csv": self.text(name).encode() for name in self.headers} | self.extra

    def folder(self, path: Path) -> Path:
        """Write a folder and return it."""
        path.mkdir(parents=True, exist_ok=True)
        for name, content in self.files().items():
            (path / name).write_bytes(content)
        return path

    def archive(self, path: Path) -> Path:
        """Write a ZIP archive and return it."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files().items():
                archive.writestr(name, content)
        return path


def small_district(students: int = 2) -> Bundle:
    """Return a district in which nothing is wrong: one school, one class, a teacher, a guardian for each child."""
    bundle = Bundle()
    bundle.add("orgs", sourcedId="D1", name="Maple Unified", type="district", identifier="0600001")
    bundle.add(
        "orgs",
        sourcedId="S1",
        name="Maple Elementary",
        type="school",
        identifier="060000100001",
        parentSourcedId="D1",
    )
    bundle.add(
        "academicSessions",
        sourcedId="T1",
        title="Fall",
        type="semester",
        startDate="2025-08-18",
        endDate="2025-12-20",
        schoolYear="2026",
    )
    bundle.add(
        "courses",
        sourcedId="C1",
        title="Mathematics 4",
        courseCode="MA4",
        orgSourcedId="D1",
        subjects="mathematics",
    )
    bundle.add(
        "classes",
        sourcedId="K1",
        title="Mathematics 4A",
        courseSourcedId="C1",
        classCode="MA4-A",
        location="12",
        schoolSourcedId="S1",
        termSourcedIds="T1",
        periods="2",
    )
    bundle.add(
        "users", sourcedId="T-1", givenName="Ottoline", familyName="Quillfeather", email="o.quill@example.org"
    )
    bundle.add(
        "roles", sourcedId="R-T1", userSourcedId="T-1", roleType="primary", role="teacher", orgSourcedId="S1"
    )
    bundle.add(
        "enrollments",
        sourcedId="E-T1",
        classSourcedId="K1",
        schoolSourcedId="S1",
        userSourcedId="T-1",
        role="teacher",
    )
    bundle.add("categories", sourcedId="CAT-H", title="Homework")
    bundle.add("categories", sourcedId="CAT-F", title="Final Grade")
    bundle.add(
        "lineItems",
        sourcedId="L1",
        title="Fractions 1",
        assignDate="2025-09-01",
        dueDate="2025-09-08",
        classSourcedId="K1",
        categorySourcedId="CAT-H",
        academicSessionSourcedId="T1",
        resultValueMin="0",
        resultValueMax="10",
    )
    bundle.add(
        "lineItems",
        sourcedId="L2",
        title="Mathematics 4",
        classSourcedId="K1",
        categorySourcedId="CAT-F",
        academicSessionSourcedId="T1",
        resultValueMin="0",
        resultValueMax="100",
    )
    for number in range(1, students + 1):
        add_student(bundle, number)
    return bundle


def add_student(bundle: Bundle, number: int) -> None:
    """Add a child `U<number>`, a guardian `G<number>` and all that belongs to the child."""
    user, guardian = f"U{number}", f"G{number}"
    bundle.add(
        "users", sourcedId=user, username=f"child{number}", givenName=f"Juniper{number}", familyName="Bramblewick",
        middleName="Wren", identifier=f"98765{number:05d}", agentSourcedIds=guardian, grades="04", primaryOrgSourcedId="S1",
    )  # fmt: skip
    bundle.add(
        "users",
        sourcedId=guardian,
        givenName="Linnea",
        familyName=f"Bramblewick{number}",
        email=f"g{number}@example.org",
        phone="555-0100",
    )
    bundle.add(
        "roles",
        sourcedId=f"R-{user}",
        userSourcedId=user,
        roleType="primary",
        role="student",
        beginDate="2025-08-18",
        orgSourcedId="S1",
    )
    bundle.add(
        "roles",
        sourcedId=f"R-{guardian}",
        userSourcedId=guardian,
        roleType="primary",
        role="guardian",
        orgSourcedId="S1",
    )
    bundle.add(
        "demographics",
        sourcedId=user,
        birthDate="2016-05-20",
        sex="female",
        asian="true",
        white="true",
        hispanicOrLatinoEthnicity="false",
        countryOfBirthCode="US",
        stateOfBirthAbbreviation="OR",
        cityOfBirth="Cedar Bend",
    )
    bundle.add(
        "enrollments",
        sourcedId=f"E-{user}",
        classSourcedId="K1",
        schoolSourcedId="S1",
        userSourcedId=user,
        role="student",
        beginDate="2025-08-18",
    )
    bundle.add(
        "results",
        sourcedId=f"X1-{user}",
        lineItemSourcedId="L1",
        studentSourcedId=user,
        scoreStatus="fully graded",
        score="8.5",
        scoreDate="2025-09-09",
        comment="Neat work",
    )
    bundle.add(
        "results",
        sourcedId=f"X2-{user}",
        lineItemSourcedId="L2",
        studentSourcedId=user,
        scoreStatus="fully graded",
        score="91",
        textScore="A-",
        scoreDate="2025-12-19",
    )
    bundle.add(
        "learnerProfile",
        userSourcedId=user,
        kind="interest",
        voice="learner",
        date="2025-09-15",
        label="Beetles",
        domain="nature",
    )
    bundle.add(
        "learnerProfile",
        userSourcedId=user,
        kind="strengthOrNeed",
        voice="teacher",
        date="2025-10-01",
        label="Explains ideas",
        polarity="strength",
        domain="communication",
    )
    bundle.add(
        "goals",
        userSourcedId=user,
        statement="Read one book a month",
        type="academic",
        start="2025-09-01",
        target="2026-06-01",
        status="active",
        steps="Choose a book|Join the club",
    )


async def map_path(path: Path, mapping: MappingFile = ONEROSTER) -> Mapped:
    """Map the bundle at the path, by both executors, and check that every row is accounted for."""
    return await map_all(OneRosterCsvAdapter(OneRosterCsv(path=path)), mapping, NOW)
