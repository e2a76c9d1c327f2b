"""Checks of rules: the jurisdiction pack, the district's own rules, the annual notice, the calendar."""

from typing import TYPE_CHECKING, Final

from gateway.cli.doctor.checks import Check, ok, warn

if TYPE_CHECKING:
    from gateway.cli.doctor.checks import NodeCheck
    from gateway.wiring import Opened


async def _pack(opened: "Opened") -> Check:
    from gateway.wiring.packs import district_pack_file, remarks_on

    found = district_pack_file(opened.settings)
    remarks = remarks_on(found, opened.node.now().date())
    name = opened.settings.policy.pack
    if remarks:
        return warn(
            "jurisdiction pack",
            f"{name}: {len(remarks)} rules were not verified, or not for a year",
            f"let counsel look at what `backpack pack check {name}` names",
        )
    return ok("jurisdiction pack", f"{found.own.name}, every rule held against its source within a year")


async def _own_rules(opened: "Opened") -> Check:
    from gateway.wiring.policies import SHIPPED, idle_rules

    policy = opened.node.policy
    own = [rule for rule in policy.rules if rule.place.file != SHIPPED]
    if idle := idle_rules(policy, own):
        return warn("rules", f"{idle[0].place}: {idle[0].id} changes nothing", "backpack policy check")
    return ok("rules", f"{len(policy.rules)}, {len(own)} of them the district's own")


async def _notice(opened: "Opened") -> Check:
    notice, rule = opened.node.notice, opened.node.pack.notice
    if rule and "annual_notice" not in rule.bases:
        return ok("annual notice", "does not count in this jurisdiction")
    fix = "enter this school year's under [notice]; a text to begin with: docs/howto/annual-notice.md"
    if notice is None:
        return warn("annual notice", "none: a record leaves only with a notice of its own", fix)
    today = opened.node.calendar.day_of(opened.node.now())
    if not notice.holds(today):
        return warn("annual notice", f"of {notice.year}, which is over", fix)
    if not notice.is_of(today):
        return warn("annual notice", f"of {notice.year}: a new school year has begun", fix)
    return ok("annual notice", f"of {notice.year}, in {', '.join(notice.languages)}")


async def _calendar(opened: "Opened") -> Check:
    from gateway.domain.calendars import Unit

    calendar, clocks = opened.node.calendar, [opened.node.pack.respond, opened.node.pack.information]
    if not any(clock and clock.unit is Unit.SCHOOL_DAY for clock in clocks):
        return ok("calendar", "clocks here count no school days")
    today = calendar.day_of(opened.node.now())
    if not any(today <= year.last for year in calendar.years):
        return warn(
            "calendar",
            "no school year that lasts: every business day counts as a school day",
            "enter [calendar] year and break in the settings",
        )
    return ok("calendar", f"school until {max(year.last for year in calendar.years)}")


CHECKS: Final[tuple[tuple[str, "NodeCheck", str], ...]] = (
    ("jurisdiction pack", _pack, "correct [policy] pack in the settings"),
    ("rules", _own_rules, "correct [policy] file in the settings"),
    ("annual notice", _notice, "correct [notice] in the settings"),
    ("calendar", _calendar, "correct [calendar] in the settings"),
)
