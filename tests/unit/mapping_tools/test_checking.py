"""What a check says of a mapping file before it runs."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.mapping.checking import Remark, Texts, check_texts
from gateway.resources import mapping_text, packaged_mappings
from tests.unit.mapping_tools.conftest import CODES, NOW, ROSTER, Check, changed, reader, write_table

MAPPINGS = Path(__file__).parents[3] / "mappings"


def codes_beside(name: str) -> dict[str, str]:
    folder = MAPPINGS / name.partition("/")[0] / "codes"
    return {file.stem: file.read_text("utf-8") for file in folder.glob("*.toml")}


@pytest.mark.parametrize("name", packaged_mappings())
def test_a_shipped_mapping_has_no_error(name: str) -> None:
    own = codes_beside(name)

    checked = check_texts(Texts(mapping_text(name), CODES | own, tuple(own)), None, NOW.date())

    assert [one for one in checked.remarks if one.severity == "error"] == []
    assert checked.holds


async def test_the_shipped_mapping_fits_the_demonstration(demo: Path) -> None:
    checked = check_texts(Texts(ROSTER, CODES), await reader(demo).tables(), NOW.date())

    assert checked.holds


def remark_with(remarks: Sequence[Remark], words: str) -> Remark:
    found = [one for one in remarks if words in one.message]
    assert len(found) == 1, [one.message for one in remarks]
    return found[0]


def line_with(text: str, words: str, changes: tuple[tuple[str, str], ...] = ()) -> int:
    lines = changed(*changes).splitlines()
    return 1 + next(at for at, line in enumerate(lines) if words in line)


WRONG = [
    ('title = "class.title"', 'titel = "class.title"', "no field 'titel'", "did you mean title?"),
    ('source = "goals", student', 'source = "goal", student', "no source 'goal'", "did you mean goals?"),
    ('lookup = "residency"', 'lookup = "residenzy"', "no crosswalk 'residenzy'", "did you mean residency?"),
    ('section = "goals"', 'sektion = "goals"', "no key 'sektion'", "did you mean section?"),
    ('lookup = "residency"', 'lokup = "residency"', "no key 'lokup'", "did you mean lookup?"),
    ('identifier = "State"   ', 'identifer = "State"   ', "no key 'identifer'", "did you mean identifier?"),
    ('"person.givenName"', '"person.givnName"', "no column 'givnName'", "did you mean givenName?"),
    ('as = "birthDate" }', 'as = "decimal" }', 'as = "decimal" does not fit', 'write as = "date"'),
    ('static = "legal"', 'static = "leagl"', "'leagl': the schema refuses", None),
    ('residency = { column = "publicSchoolResidenceStatus", lookup = "residency" }',
     'residency = "publicSchoolResidenceStatus"', "a text does not fit: the schema has CodedValue", 'write lookup = "..."'),
    ('score = { column = "score", as = "decimal" }\n', 'score = { column = "score", as = "boolean" }\n',
     'as = "boolean" does not fit', 'write as = "decimal"'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words", "hint"), WRONG, ids=[words for _, _, words, _ in WRONG])
def test_a_mistake_is_told_with_its_line_and_what_was_probably_meant(
    check: Check, old: str, new: str, words: str, hint: str | None
) -> None:
    lines = changed((old, new)).splitlines()

    checked = check((old, new))

    found = remark_with(checked.remarks, words)
    assert (found.severity, found.suggestion) == ("error", hint)
    assert new.strip() in lines[found.line - 1]
    assert not checked.holds


def test_a_missing_convention_is_told_at_its_table_with_what_it_means(check: Check) -> None:
    checked = check(('exit_date = "firstDayNotEnrolled"', "#"))

    found = remark_with(checked.remarks, "'exit_date' is missing")
    assert found.line == line_with(ROSTER, "[conventions]")


def test_everything_wrong_with_the_file_itself_is_told_at_once(check: Check) -> None:
    checked = check(('school_year = "endYear"', 'school_year = "both"'), ('key = ["flag"]', "kee = []"))

    messages = [one.message for one in checked.remarks]
    assert any("'endYear' or 'startYear'" in one for one in messages)
    assert any("no key 'kee'" in one for one in messages)
    assert any("'key' is missing" in one for one in messages)


def test_what_is_no_toml_is_told_with_its_line(check: Check) -> None:
    checked = check(("[sources.orgs]", "[sources.orgs"))

    assert [(one.line, one.severity) for one in checked.remarks] == [
        (line_with(ROSTER, "[sources.orgs"), "error")
    ]
    assert "no TOML" in checked.remarks[0].message


def test_a_field_of_a_group_is_told_where_the_group_is_written(check: Check) -> None:
    change = ('recordedOn = { column = "date"', 'recordedOm = { column = "date"')

    checked = check(change)

    lines = {one.line for one in checked.remarks if "'recordedOm'" in one.message}
    assert lines == {line_with(ROSTER, "recordedOm", (change,))}


def test_a_field_that_the_schema_requires_must_be_mapped(check: Check) -> None:
    checked = check(('school = { column = "org", object = "org" }\n', ""))

    found = remark_with(checked.remarks, "requires 'school' of each Enrollment")
    assert found.severity == "error"
    assert not checked.holds


async def test_a_required_field_whose_column_is_not_there_is_a_warning(district: Path) -> None:
    goals = [{"userSourcedId": "U1", "type": "academic"}]
    write_table(district / "goals.csv", goals)

    checked = check_texts(Texts(ROSTER, CODES), await reader(district).tables(), NOW.date())

    found = remark_with(checked.remarks, "no column of goals.csv gives statement")
    assert found.severity == "warning"
    assert checked.holds


async def test_a_source_without_the_table_of_people_is_an_error(district: Path) -> None:
    (district / "users.csv").rename(district / "people.csv")

    checked = check_texts(Texts(ROSTER, CODES), await reader(district).tables(), NOW.date())

    assert remark_with(checked.remarks, "without it there are no students").severity == "error"
    assert not checked.holds


def test_an_object_of_another_kind_does_not_fit(check: Check) -> None:
    checked = check(
        ('school = { column = "org", object = "org" }', 'school = { column = "org", object = "term" }')
    )

    assert "'term' is Term" in remark_with(checked.remarks, "the schema has OrgRef").message


def test_codes_that_a_closed_list_does_not_have_are_named(check: Check) -> None:
    wrong = CODES["polarity"].replace('code = "gap"', 'code = "hole"')

    checked = check(polarity=wrong)

    assert "hole" in remark_with(checked.remarks, "refuses codes of the crosswalk polarity").message


def test_columns_that_nothing_reads_are_listed_for_every_table(check: Check) -> None:
    checked = check(('phone"', 'sms"'))

    assert "phone" in checked.unused["users.csv"]
    assert "legacy_dept" in checked.unused["courses.csv"]
    told = remark_with(checked.remarks, "nothing reads these columns: dateLastModified, enabledUser")
    assert (told.severity, told.line) == ("info", line_with(ROSTER, "[sources.users]"))


def test_a_column_that_is_never_read_is_not_told_as_unused(check: Check) -> None:
    checked = check()

    assert "password" not in checked.unused["users.csv"]


def test_a_crosswalk_of_one_s_own_that_is_never_used_is_told(check: Check) -> None:
    checked = check(unheard_of=CODES["sex"])

    assert remark_with(checked.remarks, "crosswalk 'unheard_of' is never used").severity == "warning"


def test_an_object_that_is_never_used_is_told_at_its_table(check: Check) -> None:
    checked = check(('object = "term"', 'object = "org"'))

    assert remark_with(checked.remarks, "object 'term' is never used").line == line_with(
        ROSTER, "[objects.term]"
    )


def test_a_link_that_nothing_follows_is_told(check: Check) -> None:
    checked = check(('schoolYear = { column = "session.schoolYear", as = "schoolYear" }\n', ""))

    assert remark_with(checked.remarks, "link 'session' is never followed").severity == "warning"


def test_what_is_left_to_decide_is_told_with_its_line(check: Check) -> None:
    change = ('gpa_scale = "unknown"', 'gpa_scale = "unknown"  # decide: which?')

    checked = check(change)

    found = remark_with(checked.remarks, "to be decided: which?")
    assert (found.line, found.severity) == (line_with(ROSTER, "# decide:", (change,)), "warning")
    assert checked.holds


def test_a_mistake_in_a_crosswalk_is_told_with_the_crosswalk_s_line(check: Check) -> None:
    checked = check(own='system = "x"\nsource = "y"\nvalues = [\n  { kode = "a" },\n]\n')

    wrong = [(one.file, one.line) for one in checked.remarks if one.severity == "error"]
    assert set(wrong) == {("codes/own.toml", 4)}
