"""What a contact may not do is in the row, or there is no row."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.mapping.inverse_proof import mapped_again, proved_rows
from gateway.mapping.invert import rows_of
from gateway.mapping.plan import Plan, make_plan
from tests.harness.bundles import NOW, small_district
from tests.harness.mapped import map_all
from tests.harness.sis.products import mapping_of, source_of
from tests.unit.mapping_reverse.going_back import MAPLE, Sections, journey, plan_of, wire

SPRING = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)


async def _aeries(folder: Path) -> tuple[Plan, Sections]:
    """Return the plan for a small Aeries, and the entries of a student with a contact."""
    source, mapping = source_of("aeries", folder), mapping_of("aeries")
    run = await map_all(source, mapping, SPRING)
    student = next(one for one in run.students.values() if one.sections.get("contacts"))
    return make_plan(mapping, await source.tables(), SPRING.date()), wire(student)


def _restricted(sections: Sections, kind: str) -> dict[str, Any]:
    contact = sections["contacts"][0]
    for name in ("restrictions", "emergencyContact"):
        contact.pop(name, None)
    contact["restrictions"] = [{"kind": kind, "text": "Order 12 of the county court"}]
    return contact


async def test_a_restriction_that_the_local_system_knows_is_in_the_row(tmp_path: Path) -> None:
    plan, sections = await _aeries(tmp_path)
    contact = _restricted(sections, "noContact")

    rows = await proved_rows(plan, sections, SPRING.date(), organization=MAPLE)

    again = await mapped_again(plan, rows, SPRING.date())
    assert rows.blocked == ()
    assert any(one.get("restrictions") == contact["restrictions"] for one in again["contacts"])


@pytest.mark.parametrize("origin", [MAPLE, "urn:example:cedar"])
async def test_a_restriction_of_another_kind_keeps_the_contact_out(tmp_path: Path, origin: str) -> None:
    plan, sections = await _aeries(tmp_path)
    contact = _restricted(sections, "noPickup")

    rows = await proved_rows(plan, sections, SPRING.date(), organization=origin)

    texts = {text for found in rows.tables.values() for row in found for text in row.values()}
    assert contact["name"]["given"] not in texts
    assert [(one.section, one.number) for one in rows.blocked] == [("contacts", 1)]
    assert "by hand" in rows.blocked[0].message


async def test_a_restriction_wins_over_what_else_the_column_would_say(tmp_path: Path) -> None:
    """Aeries has one column for the type of a contact: restrained counts before emergency."""
    plan, sections = await _aeries(tmp_path)
    contact = _restricted(sections, "noContact")
    contact["emergencyContact"] = True

    rows = rows_of(plan, sections, organization=MAPLE)

    assert rows.blocked == ()
    assert [row["TY"] for row in rows.tables["CON"] if row["FN"] == contact["name"]["given"]] == ["3"]
    assert ("contacts", "emergencyContact") in {(loss.section, loss.path) for loss in rows.losses}


async def test_a_system_without_a_column_for_restrictions_gets_no_such_contact(tmp_path: Path) -> None:
    made = await journey(small_district(1), tmp_path)
    made.before["contacts"][0]["restrictions"] = [{"kind": "courtOrder"}]

    rows = rows_of(made.plan, made.before, organization=MAPLE)

    assert len(rows.blocked) == 1
    assert all(row["sourcedId"] != "G1" for row in rows.tables["users"])


async def test_a_contact_who_may_not_fetch_the_learner_is_left_out_too(tmp_path: Path) -> None:
    made = await journey(small_district(1), tmp_path)
    made.before["contacts"][0]["pickupAllowed"] = False

    rows = await proved_rows(made.plan, made.before, NOW.date(), organization=MAPLE)

    assert len(rows.blocked) == 1


async def test_no_secret_and_no_denied_column_is_written(tmp_path: Path) -> None:
    bundle = small_district(1)
    bundle.headers["users"].append("password")
    for row in bundle.rows["users"]:
        row.append("hunter2")
    plan = await plan_of(bundle.folder(tmp_path / "with"))
    made = await journey(small_district(1), tmp_path / "without")
    made.before["identity"][0]["pronouns"] = "078-05-1120"

    rows = rows_of(plan, made.before, organization=MAPLE)

    assert all("password" not in row and "078-05-1120" not in row.values() for row in rows.tables["users"])
    assert ("identity", "pronouns") in {(loss.section, loss.path) for loss in rows.losses}
