"""What is never carried is in no entry, wherever in a bundle and however in a mapping file it stands."""

import asyncio
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.backpack.document import sections_to_json
from gateway.domain.errors import Misconfigured
from gateway.mapping.denied import denied_column, holds_ssn
from gateway.mapping.findings import Rule, finding
from gateway.mapping.spec import MappingFile, load_mapping
from gateway.resources import code_texts, mapping_text
from tests.harness.bundles import COLUMNS, ONEROSTER, Bundle, map_path, small_district
from tests.harness.mapped import Mapped

TEXT = mapping_text("oneroster/oneroster")
PLACES = [(table, column) for table, columns in COLUMNS.items() for column in columns]
SECRETS = st.sampled_from(["123-45-6789", "219 09 9999", "078.05.1120", "987-65-4321", "SSN 123456789"])
HEADERS = st.sampled_from(["password", "SSN4", "stu_ssn", "userPin", "temp_pass", "Student SSN Number"])
DENIED = {
    Rule.SSN_PRESENT: [
        *("ssn", "SSN", "stu_ssn", "stuSSN", "STUDENTSSN", "Student SSN Number", "SSN4", "ssn_last4", "ssnlast4"),
        *("SS Number", "SS#", "ssno", "Social Security No.", "socialSecurityNumber", "soc_sec", "metadata.ssn"),
        "ssn (column 7)",
    ],
    Rule.PASSWORD_PRESENT: [
        *("password", "PASSWORD", "userPassword", "passwd", "pwd", "userpwd", "Pass Word", "passcode", "passphrase"),
        *("pin", "PIN", "userPin", "userpin", "lunch_pin", "PIN code", "temp_pass", "tempPass", "pass"),
    ],
    Rule.RELIGION_PRESENT: ["religion", "religiousAffiliation", "denomination"],
    Rule.CITIZENSHIP_PRESENT: ["citizenship", "Citizenship Status", "immigration_status", "visaType", "visa"],
}  # fmt: skip
ALLOWED = [
    *("classname", "className", "CLASSNAME", "classNo", "lessons", "lessonNo", "session", "ssid", "SS Score"),
    *("pinyinName", "spinach", "shippingNumber", "passing", "passFail", "passengerName", "hallPass", "compassCode"),
    *("identifier", "state", "advisor"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "name"), [(rule, name) for rule, names in DENIED.items() for name in names])
def test_a_column_of_that_name_is_never_read(rule: Rule, name: str) -> None:
    assert denied_column(name) is rule


@pytest.mark.parametrize("name", ALLOWED)
def test_a_column_that_only_resembles_one_is_read(name: str) -> None:
    assert denied_column(name) is None


def test_of_the_standards_columns_only_the_password_is_denied() -> None:
    columns = {column for source in ONEROSTER.sources.values() for column in source.columns}

    assert {column for column in columns if denied_column(column)} == {"password"}


@pytest.mark.parametrize("text", ["123-45-6789", "is 123 45 6789.", "123.45.6789", "123\u201345\u20136789", "ssn:123456789"])  # fmt: skip
def test_a_social_security_number_is_found_in_a_text(text: str) -> None:
    assert holds_ssn(text)


@pytest.mark.parametrize(
    "text", ["123456789", "2015-03-04", "555-0100", "503-555-0100", "9123-45-67890", "04-17-2016"]
)
def test_other_numbers_are_not_taken_for_one(text: str) -> None:
    assert not holds_ssn(text)


@pytest.mark.parametrize(
    ("column", "raw", "shown"),
    [
        ("userIds", "SSN:123-45-6789", "(not shown)"),
        ("stu_ssn", "123456789", "(not shown)"),
        ("identifier", "123456789", "123456789"),
        (None, "", ""),
    ],
)
def test_a_finding_shows_no_secret(column: str | None, raw: str, shown: str) -> None:
    found = finding(Rule.ID_INVALID, "wrong", file="users.csv", column=column, raw_value=raw)

    assert found.raw_value == shown


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(PLACES), min_size=1, max_size=4), SECRETS, st.booleans())
def test_a_social_security_number_in_any_cell_stays(
    places: list[tuple[str, str]], secret: str, braces: bool
) -> None:
    bundle = small_district(1)
    for table, column in places:
        for row in range(len(bundle.rows[table])):
            bundle.put(table, row, column, f"{{SSID:{secret}}}" if braces else secret)

    mapped = _mapped(bundle)

    assert secret not in _carried(mapped)
    assert not any(secret in (found.raw_value or "") for found in mapped.findings)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([*COLUMNS]), SECRETS, st.integers(1, 3))
def test_a_social_security_number_in_a_surplus_cell_stays(table: str, secret: str, count: int) -> None:
    bundle = small_district(1)
    for row in bundle.rows[table]:
        row.extend([secret] * count)

    mapped = _mapped(bundle)

    assert secret not in _carried(mapped)
    assert not any(secret in (found.raw_value or "") for found in mapped.findings)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(PLACES), HEADERS, st.integers(-1, 1))
def test_a_denied_column_stays_whatever_it_is_mapped_to_and_wherever_its_cells_move(
    place: tuple[str, str], header: str, moved: int
) -> None:
    bundle, (table, column) = small_district(1), place
    at = COLUMNS[table].index(column)
    bundle.headers[table][at] = header
    for row in bundle.rows[table]:
        row[at] = "hunter2"
        if moved > 0:
            row.insert(0, row[0])
        elif moved < 0 and at > 0:
            del row[at - 1]

    mapped = _mapped(bundle, _also(table, header, column))

    assert "hunter2" not in _carried(mapped)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('key = ["sourcedId"]\nverification', 'key = ["password"]\nverification'),
        ('key = ["sourcedId"]\nverification', 'key = ["password", "sourcedId"]\nalone = false\nverification'),
        ('each = "agentSourcedIds"', 'each = "password"'),
        ('file = "users"\n', 'file = "users"\nstatus = "password"\n'),
        ('state_id = "identifier"', 'state_id = "password"'),
        ('source = "users"\ncolumn = "sourcedId"\nrole = "role"', 'source = "users"\ncolumn = "sourcedId"\nrole = "password"'),
    ],
)  # fmt: skip
def test_no_way_to_name_a_column_reads_a_denied_one(before: str, after: str) -> None:
    assert before in TEXT
    mapping = load_mapping(TEXT.replace(before, after, 1), code_texts())
    bundle = small_district(1)
    bundle.headers["users"].append("password")
    for row in bundle.rows["users"]:
        row.append("hunter2")

    mapped = _mapped(bundle, mapping)

    assert mapped.students
    assert "hunter2" not in _carried(mapped) + repr(mapped)


def test_a_link_over_a_denied_column_is_refused() -> None:
    mapping = load_mapping(TEXT.replace('on = "sourcedId" }', 'on = "password" }', 1), code_texts())

    with pytest.raises(Misconfigured, match="'password' is never read"):
        _mapped(small_district(1), mapping)


def test_a_person_whose_key_is_a_social_security_number_is_left_out_and_said_so() -> None:
    bundle = small_district(2)
    bundle.put("users", 1, "sourcedId", "123-45-6789")

    mapped = _mapped(bundle)

    assert [*mapped.students] == ["U2"]
    assert ("ssn.present", "users.csv", 3) in {(one.rule, one.file, one.line) for one in mapped.findings}


def test_an_entry_whose_key_is_a_social_security_number_has_an_id_of_its_other_columns() -> None:
    ids = []
    for key in ("123-45-6789", "219-09-9999", ""):
        bundle = small_district(1)
        bundle.put("results", 0, "sourcedId", key)
        (entry,) = _mapped(bundle).students["U1"].sections["gradebook"]
        ids.append((entry.meta.record_id, entry.meta.source.key))

    assert ids[0] == ids[1] == ids[2]
    assert ids[0][1] is None


def _also(table: str, header: str, column: str) -> MappingFile:
    """Return the mapping file with one more spelling of a column."""
    source = ONEROSTER.sources[table]
    spelt = source.model_copy(update={"also": {**source.also, header: column}})
    return ONEROSTER.model_copy(update={"sources": {**ONEROSTER.sources, table: spelt}})


def _mapped(bundle: Bundle, mapping: MappingFile = ONEROSTER) -> Mapped:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(map_path(bundle.folder(Path(folder)), mapping))


def _carried(mapped: Mapped) -> str:
    return json.dumps([sections_to_json(one.sections) for one in mapped.students.values()])
