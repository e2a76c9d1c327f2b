"""What an agency decides at a terminal; admitting a live node is tested in `tests/project`."""

from tests.unit.cli.conftest import DISTRICT_URL, District


def test_an_agency_without_members_lists_none(agency: District) -> None:
    assert agency.json("agency", "list") == []


def test_a_node_that_does_not_answer_is_try_later(agency: District) -> None:
    done = agency.do("agency", "admit", DISTRICT_URL, "--lea", "nces=0612345", "--fingerprint", "x")

    assert done.exit_code == 3
    assert "later" in done.stderr


def test_an_identifier_names_its_system(agency: District) -> None:
    done = agency.do("agency", "admit", DISTRICT_URL, "--lea", "0612345")

    assert done.exit_code == 2
    assert "nces=0612345" in done.stderr


def test_a_district_admits_nobody(district: District) -> None:
    done = district.do("agency", "list")

    assert done.exit_code == 4
    assert "agency" in done.stderr


def test_suspending_without_a_terminal_needs_a_yes(agency: District) -> None:
    asked = agency.do("agency", "suspend", DISTRICT_URL)
    told = agency.do("agency", "suspend", DISTRICT_URL, "--yes")

    assert (asked.exit_code, told.exit_code) == (2, 1)
    assert "Not found" in told.stderr
