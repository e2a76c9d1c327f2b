"""What a mapping loses on the way back is told before any backpack arrives."""

from pathlib import Path

from adapters.oneroster_csv import OneRosterCsv, OneRosterCsvAdapter
from gateway.mapping.inverse_faults import faults_of_inversion, invertible
from gateway.mapping.plan import make_plan
from gateway.mapping.spec import load_mapping
from gateway.resources import code_texts, mapping_text
from tests.harness.bundles import NOW, small_district
from tests.unit.mapping_reverse.going_back import plan_of


async def _spoilt(folder: Path, line: str, by: str) -> dict[str, str]:
    """Return the faults of the OneRoster mapping with a line of it written otherwise."""
    text = mapping_text("oneroster/oneroster")
    assert line in text
    mapping = load_mapping(text.replace(line, by), code_texts(), name="spoilt")
    tables = await OneRosterCsvAdapter(OneRosterCsv(path=small_district(1).folder(folder))).tables()
    return {
        fault.place: fault.message for fault in faults_of_inversion(make_plan(mapping, tables, NOW.date()))
    }


async def test_the_oneroster_mapping_can_be_turned_round(tmp_path: Path) -> None:
    plan = await plan_of(small_district(1).folder(tmp_path))

    assert faults_of_inversion(plan) == []


async def test_rows_that_get_new_keys_are_named(tmp_path: Path) -> None:
    plan = await plan_of(small_district(1).folder(tmp_path))

    anew = {(one.section, one.field) for one in invertible(plan) if not one.lost and "key" in one.reason}

    assert {("classes", "course"), ("gradebook", "category"), ("grades", "item")} <= anew
    assert ("classes", "school") not in anew


async def test_a_column_that_is_not_there_is_lost(tmp_path: Path) -> None:
    plan = await plan_of(small_district(1).folder(tmp_path))

    lost = {(one.section, one.field) for one in invertible(plan) if one.lost}

    assert ("demographics", "residency") in lost
    assert ("demographics", "sex") not in lost


async def test_joined_columns_are_a_fault_with_their_place(tmp_path: Path) -> None:
    told = await _spoilt(
        tmp_path,
        'title = "class.title"',
        'title = { column = ["class.title", "class.classCode"], join = " " }',
    )

    assert list(told) == ["entries[4].fields.title"]
    assert "cannot be told apart" in told["entries[4].fields.title"]


async def test_a_pattern_that_takes_a_part_is_a_fault(tmp_path: Path) -> None:
    told = await _spoilt(
        tmp_path, 'room = "class.location"', "room = { column = \"class.location\", extract = '([0-9]+)' }"
    )

    assert list(told) == ["entries[4].fields.room"]


async def test_a_pattern_that_takes_all_is_none(tmp_path: Path) -> None:
    told = await _spoilt(
        tmp_path, 'room = "class.location"', "room = { column = \"class.location\", extract = '^(.*)$' }"
    )

    assert told == {}
