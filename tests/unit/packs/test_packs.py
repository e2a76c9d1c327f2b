"""Jurisdiction packs: their own tests, what they may not loosen, and what they say of clocks and entries."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway import resources
from gateway.domain.backpack.document import SECTIONS
from gateway.domain.calendars import (
    Calendar,
    Span,
    Summer,
    Unit,
    milestones,
    reminder_due,
)
from gateway.domain.casework import Lane
from gateway.domain.errors import Misconfigured
from gateway.domain.packs import Pack, PackTest, failures, to_purge, urgency_in
from gateway.wiring.packs import holidays_of, public_holidays, read_pack
from tests.harness.staff import calendar, pack

PACKS = resources.packs()
TODAY = date(2026, 11, 28)


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_gives_the_days_that_it_promises(name: str) -> None:
    found = read_pack(name)

    assert len(found.own.test) >= 5
    assert failures(found.whole, holidays_of(found.whole.calendar)) == []


def test_all_packs_together_promise_sixty_days() -> None:
    assert sum(len(read_pack(name).own.test) for name in PACKS) >= 60


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_cites_every_rule(name: str) -> None:
    cited = dict(read_pack(name).whole.cited())

    assert {"notice", "fee_hold", "retention"} <= cited.keys()
    assert all(rule.source and rule.checked_on <= TODAY for rule in cited.values())


@pytest.mark.parametrize("name", PACKS)
def test_fees_never_stop_a_transfer_between_schools(name: str) -> None:
    """The list is closed: documents to the family are all that it knows."""
    fees = read_pack(name).whole.fee_hold

    assert fees is not None
    assert all(what.endswith("_to_family") for what in fees.blocks)


@pytest.mark.parametrize("name", PACKS)
def test_health_and_discipline_are_sealed_everywhere(name: str) -> None:
    sections = read_pack(name).whole.sections

    assert sections["health"].sealed
    assert sections["incidents"].sealed
    assert sections.keys() <= SECTIONS.keys()


def test_a_promise_that_is_not_kept_is_named() -> None:
    wrong = PackTest(name="one day late", opened=date(2026, 7, 3), due=date(2026, 7, 20))
    texas = pack("us-tx").model_copy(update={"test": (wrong,)})

    [told] = failures(texas, holidays_of(texas.calendar))

    assert told == "one day late: 2026-07-17 came out, 2026-07-20 was expected"


LOOSE = """\
id = "us-xx"
name = "Nowhere"
tightens = "us"

[calendar]
country = "US"
"""
CITED_INLINE = "source = 'made up', checked_on = 2026-11-28, verified = false"
CITED = 'source = "made up"\nchecked_on = 2026-11-28\nverified = false\n'


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (
            f"[lanes.iep]\nrespond = {{ value = 60, unit = 'day', kind = 'policy', {CITED_INLINE} }}",
            r"pack\.toml:9: lanes\.iep\.respond: 60 days are longer than 10 business days",
        ),
        ("[lanes.foster]\nurgency = 2", r"pack\.toml:9: lanes\.foster\.urgency: 2 is less urgent than 0"),
        ('[sections.health]\nrole = "nurse"\nsealed = false', r"pack\.toml:8: sections\.health: was sealed"),
        (
            '[missing_child]\npolicy = "report_only"\nreport_to = "x"',
            r"missing_child\.policy: report_only asks less",
        ),
    ],
)
def test_a_pack_that_loosens_the_federal_one_is_refused_with_its_line(
    table: str, told: str, tmp_path: Path
) -> None:
    file = tmp_path / "pack.toml"
    file.write_text(f"{LOOSE}\n{table}\n{CITED}", "utf-8")

    with pytest.raises(Misconfigured, match=told):
        read_pack(str(file))


def test_a_fee_hold_that_names_the_transfer_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "pack.toml"
    file.write_text(f'{LOOSE}\n[fee_hold]\nblocks = ["transfer"]\n{CITED}', "utf-8")

    with pytest.raises(Misconfigured, match=r"pack\.toml:9: fee_hold\.blocks"):
        read_pack(str(file))


def test_a_state_says_only_what_is_different() -> None:
    indiana, own = pack("us-in"), read_pack("us-in").own

    assert own.notice is None
    assert indiana.notice == pack("us").notice
    assert indiana.missing_child is not None
    assert indiana.missing_child.policy == "silent_hold"


def test_the_shortest_lane_counts_and_the_most_urgent() -> None:
    texas = pack("us-tx")
    both = (Lane.MILITARY, Lane.FOSTER)

    clock = texas.respond_in(both)

    assert clock is not None
    assert (clock.value, clock.unit) == (2, Unit.BUSINESS_DAY)
    assert (urgency_in(texas, both), urgency_in(texas, (Lane.MILITARY,)), urgency_in(texas, ())) == (0, 1, 2)


def test_a_year_old_notice_without_an_outcome_stays_behind_in_minnesota() -> None:
    entries: list[dict[str, object]] = [
        {"date": "2025-11-27", "reportedToLawEnforcement": True},
        {"date": "2025-11-28", "reportedToLawEnforcement": True},
        {"date": "2024-01-01", "reportedToLawEnforcement": True, "actions": [{"type": {}}]},
        {"date": "2024-01-01"},
        {"reportedToLawEnforcement": True},
    ]

    gone = to_purge(pack("us-mn"), "incidents", entries, TODAY)

    assert [one.position for one in gone] == [0, 4]
    assert "120A.22" in gone[0].source
    assert to_purge(pack("us-mn"), "comments", entries, TODAY) == []
    assert to_purge(pack("us-tx"), "incidents", entries, TODAY) == []


def test_a_day_is_the_districts_own() -> None:
    """A request just after midnight in London is the day before in Chicago; clocks that change do not matter."""
    late = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)

    assert Calendar(zone=ZoneInfo("America/Chicago")).day_of(late) == date(2026, 11, 1)
    assert Calendar(zone=ZoneInfo("America/Los_Angeles")).day_of(late) == date(2026, 10, 31)


def test_people_are_reminded_at_half_at_four_fifths_and_at_the_end() -> None:
    days = milestones(date(2026, 11, 30), 10, Unit.BUSINESS_DAY, calendar())

    assert days == ((50, date(2026, 12, 7)), (80, date(2026, 12, 10)), (100, date(2026, 12, 14)))
    assert reminder_due(days, 0, date(2026, 12, 6)) is None
    assert reminder_due(days, 0, date(2026, 12, 7)) == 50
    assert reminder_due(days, 50, date(2026, 12, 9)) is None
    assert reminder_due(days, 50, date(2027, 1, 1)) == 100
    assert reminder_due(days, 100, date(2027, 1, 1)) is None


def test_school_days_know_breaks_years_and_summers() -> None:
    year = Span(first=date(2026, 8, 12), last=date(2027, 5, 28))
    known = Calendar(years=(year,), breaks=(Span(first=date(2026, 12, 21), last=date(2027, 1, 1)),))

    assert not known.is_school_day(date(2026, 12, 22))
    assert known.is_business_day(date(2026, 12, 22))
    assert not known.is_school_day(date(2026, 8, 11))
    assert known.is_school_day(date(2027, 6, 1)), "nothing is known of later years"
    assert Calendar(years=(year,), summer=Summer.WEEKDAYS).is_school_day(date(2026, 8, 11))


def test_elapsed_days_and_the_end_of_a_clock_agree() -> None:
    opened, end = date(2026, 12, 20), date(2027, 1, 5)

    assert calendar().after(opened, 10, Unit.BUSINESS_DAY) == end
    assert calendar().elapsed(opened, end, Unit.BUSINESS_DAY) == 10
    assert calendar().elapsed(opened, opened, Unit.BUSINESS_DAY) == 0


def test_a_country_that_nobody_knows_is_said_so() -> None:
    with pytest.raises(Misconfigured, match="calendar"):
        public_holidays("ZZ")


def test_a_pack_that_routes_a_section_that_is_not_there_is_refused() -> None:
    routing = {"role": "nurse", "source": "made up", "checked_on": TODAY, "verified": False}

    with pytest.raises(ValueError, match="there is no section healht"):
        Pack.model_validate(
            {"id": "us-xx", "name": "x", "calendar": {"country": "US"}, "sections": {"healht": routing}}
        )
