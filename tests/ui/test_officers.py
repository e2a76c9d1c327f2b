"""Holds, flags and disclosures, in a browser."""

import pytest_asyncio
from playwright.async_api import expect

from gateway.cli.viewing import access_of
from gateway.domain.ids import LocalStudentId
from gateway.usecases.preview_release import preview_release
from tests.harness.pair import backpack
from tests.ui.cases import put_transfer
from tests.ui.desk import NARROW, WIDE, Desk, sound

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def student(desk: Desk) -> None:
    await desk.store.write(lambda tx: tx.backpacks.put([backpack()]))
    id_ = await put_transfer(desk, 301, student="1001")
    await preview_release(desk.node, desk.person("records_officer"), id_)


async def test_a_hold_is_placed_and_a_second_person_must_agree_to_lift_it(desk: Desk) -> None:
    page = await desk.page("records_officer", "/desk/protections", scripts=False)
    await page.get_by_text("Place a hold").first.click()
    await page.locator("#hold-student").fill("1001")
    await page.locator("#hold-kind").select_option("legal")
    await page.locator("#hold-why").fill(HOSTILE)
    await page.get_by_role("button", name="Place a hold").click()
    await expect(page.get_by_role("row", name="1001")).to_contain_text(HOSTILE)

    await page.get_by_label("Why").first.fill("order lapsed")
    await page.get_by_role("button", name="Lift").click()

    await expect(page.get_by_role("row", name="1001")).to_contain_text("Legal hold")


async def test_a_silent_hold_is_seen_by_the_safety_officer_only(desk: Desk) -> None:
    page = await desk.page("safety_officer", "/desk/protections", scripts=False)
    await page.get_by_text("Set a flag").first.click()
    await page.locator("#flag-student").fill("1001")
    await page.locator("#flag-kind").select_option("missing_child")
    await page.locator("#flag-why").fill("notice 12")
    await page.get_by_role("button", name="Set a flag").click()
    await expect(page.locator("main")).to_contain_text("Silent")

    other = await desk.page("privacy_officer", "/desk/protections", scripts=False)

    assert "issing" not in await other.content()
    assert "Silent" not in await other.content()


async def test_the_pages_are_sound_in_both_languages_and_widths(desk: Desk) -> None:
    for role, path in (
        ("safety_officer", "/desk/protections"),
        ("records_officer", "/desk/protections"),
        ("privacy_officer", "/desk/disclosures"),
    ):
        for language, width in (("en", WIDE), ("es", NARROW)):
            page = await desk.page(role, path, language=language, width=width)
            await sound(page)
            await desk.close_pages()


async def test_who_read_a_record_is_shown_and_no_address_names_the_student(desk: Desk) -> None:
    page = await desk.page("privacy_officer", "/desk/disclosures", width=NARROW)
    await page.get_by_label("Student's local id").fill("1001")
    await page.get_by_role("button", name="Show").click()

    await expect(page.locator("main")).to_contain_text("Before the record left")
    assert "1001" not in page.url
    await sound(page)


async def test_a_reading_at_a_terminal_stands_in_the_record_of_disclosures(desk: Desk) -> None:
    student = LocalStudentId("1001")
    read = access_of(desk.node, actor="Cy", why="student.show", sections=["grades"], student=student)
    await desk.store.write(lambda tx: tx.accesses.add(read))

    page = await desk.page("privacy_officer", "/desk/disclosures", language="es", scripts=False)
    await page.locator("main input[name=student]").fill("1001")
    await page.locator("main button").click()

    await expect(page.locator("main")).to_contain_text("Cy (en una terminal)")
