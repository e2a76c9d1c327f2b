"""`backpack policy` and `backpack pack`, as a district's people meet them."""

import json
import re
from pathlib import Path

import pytest

from gateway.cli.policy_pages import pages
from tests.unit.cli.conftest import District, Run

ROOT = Path(__file__).parents[3]
OWN = """\
[[rule]]
id = "maple.export-two"
effect = "require"
why = "Here, every export needs a second person."
actions = ["student.export"]
obligations = ["second_person"]
"""
IDLE = """
[[rule]]
id = "maple.idle"
effect = "deny"
why = "Observers may not release, which they may not anyway."
roles = ["observer"]
actions = ["release.approve"]
"""
CASES = """\
[[case]]
name = "nobody exports a record alone"
as = ["records_officer"]
action = "student.export"
expect = "needs"
"""


def own_rules(district: District, text: str) -> None:
    (district.folder / "own.toml").write_text(text, "utf-8")
    settings = district.config.read_text("utf-8")
    district.config.write_text(settings.replace('pack = "us"\n', 'pack = "us"\nfile = "own.toml"\n'), "utf-8")


def student(district: District) -> str:
    return str(district.json("student", "list", "--limit", "1")[0]["id"])


def test_an_explanation_names_the_rule_with_its_line_and_what_is_open(mapped: District) -> None:
    told = mapped.json(
        *("policy", "explain", "--peer", "https://cedar.example", "--student", student(mapped)),
        *("--section", "incidents", "--as", "records_officer"),
    )

    assert told["action"] == "release.sealed"
    assert told["rule"]["id"] == "release.sealed-office"
    file, _, line = told["rule"]["place"].partition(":")
    text = (ROOT / "config" / file).read_text("utf-8").splitlines()
    assert text[int(line)] == 'id = "release.sealed-office"'
    assert told["unmet"] == ["second_person"]
    assert told["sealed_for"] == "principal"
    assert told["basis"].startswith("34CFR99.31(a)(2); annual_notice ")


def test_what_would_be_refused_ends_with_one_and_says_why(mapped: District) -> None:
    done = mapped.do("policy", "explain", "--action", "student.read", "--as", "it_admin")

    assert done.exit_code == 1
    assert "student.read.otherwise (policy.toml:" in done.stdout
    assert "legitimate educational interest" in done.stdout


def test_an_explanation_shows_nothing_of_the_record_and_is_logged(mapped: District) -> None:
    one = student(mapped)
    record = mapped.json("student", "show", one)
    name = record["sections"]["identity"][0]["names"][0]["family"]

    done = mapped.do("policy", "explain", "--student", "-", "--section", "grades", input=one)

    assert "of class E: may leave" in done.stdout
    assert name not in done.stdout


def test_a_section_that_is_not_there_is_named(district: District) -> None:
    done = district.do("policy", "explain", "--section", "gradez")

    assert done.exit_code == 1
    assert "there is no section gradez" in done.stderr


def test_a_districts_expectations_hold_or_are_shown_with_the_line_that_decided(district: District) -> None:
    file = district.folder / "cases.toml"
    file.write_text(CASES, "utf-8")

    before = district.do("policy", "test", str(file))
    own_rules(district, OWN)
    after = district.do("policy", "test", str(file))

    assert before.exit_code == 1
    assert "outcome: expected needs, came out allow" in before.stdout
    assert "decided by records.office (policy.toml:" in before.stdout
    assert (after.exit_code, after.stdout.split()[0]) == (0, "ok")


def test_a_case_that_cannot_be_read_is_named_with_its_line(district: District) -> None:
    file = district.folder / "cases.toml"
    file.write_text(CASES.replace("student.export", "student.exprt"), "utf-8")

    done = district.do("policy", "test", str(file))

    assert done.exit_code == 4
    assert "cases.toml:4: case.0.action" in done.stderr


def test_the_districts_own_rules_are_checked(district: District) -> None:
    own_rules(district, OWN)
    holds = district.do("policy", "check")
    (district.folder / "own.toml").write_text(OWN + IDLE, "utf-8")
    idle = district.do("policy", "check")

    assert holds.exit_code == 0
    assert "own.toml:1: maple.export-two: require: holds" in holds.stdout
    assert idle.exit_code == 1
    assert "own.toml:8: maple.idle: deny: changes nothing" in idle.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            OWN.replace('"require"', '"allow"').replace("actions", 'roles = ["teacher"]\nactions'),
            "own.toml:1: maple.export-two allows; a district's own rules may only deny or require",
        ),
        (OWN.replace("maple.export-two", "records.office"), "own.toml:1: records.office is a rule of the"),
        (OWN.replace("second_person", "third_person"), "own.toml:6: rule.0.obligations.0"),
        ('[action."queue.read"]\nsays = "x"\notherwise = "y"\n', "own.toml:1: what actions are is said by"),
        (OWN + OWN, "two rules are named maple.export-two"),
        ("[[rule]\n", "own.toml: is not TOML"),
    ],
)
def test_rules_that_loosen_or_cannot_be_read_stop_the_node(district: District, text: str, told: str) -> None:
    own_rules(district, text)

    done = district.do("policy", "check")

    assert done.exit_code == 4
    assert told in done.stderr


def test_packs_are_listed_shown_tested_and_checked(run: Run) -> None:
    listed = json.loads(run("pack", "list", "--json").stdout)
    shown = run("pack", "show", "us-mn")
    tested = run("pack", "test")
    doubtful, sound = run("pack", "check", "us-mn"), run("pack", "check", "us-tx")

    assert {one["id"] for one in listed} >= {"us", "us-tx", "us-ca", "us-in", "england", "australia"}
    assert "120A.22" in shown.stdout
    assert "NOT VERIFIED" in shown.stdout
    assert (tested.exit_code, "FAIL" in tested.stdout) == (0, False)
    assert (doubtful.exit_code, "packs/us-mn.toml:" in doubtful.stdout) == (1, True)
    assert sound.exit_code == 0


def test_a_pack_whose_days_do_not_come_out_fails(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    day = '[[test]]\nname = "wrong"\nopened = 2026-12-20\ndue = 2026-12-30\n'
    head = 'id = "us-zz"\nname = "Ours"\ntightens = "us-tx"\n[calendar]\ncountry = "US"\n'
    file.write_text(head + day, "utf-8")

    done = run("pack", "test", str(file))

    assert done.exit_code == 1
    assert "wrong: 2027-01-05 came out, 2026-12-30 was expected" in done.stdout


def test_a_pack_that_nobody_knows_is_named_with_those_there_are(run: Run) -> None:
    done = run("pack", "show", "us-zz")

    assert done.exit_code == 4
    assert "us-tx" in done.stderr


def test_doctor_looks_at_the_pack_the_notice_and_the_calendar(district: District) -> None:
    before = {one["name"]: one for one in district.json("doctor")}
    text = district.config.read_text("utf-8").replace('pack = "us"', 'pack = "us-ca"')
    text = re.sub(r"(?m)^year = .*$", 'year = "2020-2021"', text)
    district.config.write_text(text, "utf-8")
    after = {one["name"]: one for one in district.json("doctor")}

    assert before["annual notice"]["status"] == "ok"
    assert before["jurisdiction pack"]["status"] == "ok"
    assert before["calendar"]["status"] == "ok"
    assert "2020-2021, which is over" in after["annual notice"]["found"]
    assert after["calendar"]["status"] == "warn"


def test_the_reference_is_made_from_the_rules() -> None:
    """After a change of rules or packs: `backpack reference policy > docs/reference/policy.md`."""
    assert (ROOT / "docs" / "reference" / "policy.md").read_text("utf-8") == "\n".join(pages()) + "\n"


def test_the_examples_of_the_how_to_page_run(district: District) -> None:
    page = (ROOT / "docs" / "howto" / "policy.md").read_text("utf-8")
    rules, cases = [part.split("```")[0] for part in page.split("```toml\n")[1:]]
    own_rules(district, rules)
    (district.folder / "cases.toml").write_text(cases, "utf-8")

    checked = district.do("policy", "check")
    tested = district.do("policy", "test", str(district.folder / "cases.toml"))

    assert (checked.exit_code, tested.exit_code) == (0, 0), checked.stdout + tested.stdout


def test_a_terminal_of_district_it_runs_the_node_and_reads_no_record(mapped: District) -> None:
    one = student(mapped)
    text = re.sub(r"(?m)^roles = .*$", 'roles = ["it_admin"]', mapped.config.read_text("utf-8"))
    mapped.config.write_text(text, "utf-8")

    refused = [
        mapped.do("student", "list"),
        mapped.do("student", "find", one),
        mapped.do("student", "show", one),
    ]

    assert [done.exit_code for done in refused] == [1, 1, 1]
    assert all("(rule student." in done.stderr and not done.stdout for done in refused)
    assert mapped.do("map", "findings").exit_code == 0
