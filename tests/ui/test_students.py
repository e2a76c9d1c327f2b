"""A student's profile, in a browser: found, read in a teacher's order, added to, retired."""

from dataclasses import replace
from datetime import date

import orjson
import pytest_asyncio
from playwright.async_api import Page, expect

from gateway.domain.ids import LocalStudentId
from gateway.domain.profile import Form, Voice, Words
from gateway.usecases.contribute import Wish, contribute
from tests.harness.arrived import receive_record
from tests.harness.pair import backpack
from tests.ui.desk import NARROW, WIDE, Desk, sound

STUDENT = LocalStudentId("1001")


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def student(desk: Desk) -> None:
    held = backpack()
    sections = orjson.loads(held.sections)
    meta = sections["grades"][0]["meta"]
    old = {"kind": "interest", "label": "Dinosaurs", "voice": "learner", "recordedOn": "2020-09-01"}
    code = {"code": "extraTime", "system": "urn:test", "display": "Extra time"}
    plan = {"kind": {"code": "IEP", "system": "urn:test"}, "accommodations": [{"code": code}]}
    sections |= {"learnerProfile": [{"meta": meta, **old}], "programs": [{"meta": meta, **plan}]}
    await desk.store.write(lambda tx: tx.backpacks.put([replace(held, sections=orjson.dumps(sections))]))


async def open_profile(desk: Desk, *, role: str = "counselor", **how: object) -> Page:
    page = await desk.page(role, "/desk/students", **how)  # type: ignore[arg-type]
    await page.locator("#text").fill("Ortiz")
    await page.locator("main button").first.click()
    await page.locator("tbody button").first.click()
    return page


async def test_the_pages_are_sound_in_both_languages_and_widths(desk: Desk) -> None:
    for language, width in (("en", WIDE), ("es", NARROW)):
        page = await desk.page("counselor", "/desk/students", language=language, width=width)
        await sound(page)
        await page.locator("#text").fill("Ortiz")
        await page.locator("main button").first.click()
        await sound(page)
        await page.locator("tbody button").first.click()
        await sound(page)
        assert "1001" not in page.url
        await desk.close_pages()


async def test_what_works_is_added_and_retired_without_scripts(desk: Desk) -> None:
    page = await open_profile(desk, scripts=False)
    await page.get_by_label("What is it?").select_option("barrier")
    await page.get_by_label("In words").fill("Long texts without sound")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator(".govuk-error-summary")).to_contain_text("Say what helps against it")
    await expect(page.get_by_label("In words")).to_have_value("Long texts without sound")

    await page.get_by_label("What helps, or the first step").fill("Read it aloud first")
    await page.get_by_role("button", name="Add", exact=True).click()
    told = page.locator(".desk-told", has_text="Long texts without sound")
    await expect(told).to_contain_text("Read it aloud first")

    await told.locator("summary").click()
    await told.get_by_role("button", name="Retire").click()
    await expect(page.locator("main")).not_to_contain_text("Long texts without sound")


async def test_the_page_begins_with_own_words_and_keeps_what_is_old_closed(desk: Desk) -> None:
    wish = Wish(student=STUDENT, form=Form.ABOUT_ME, words=Words(text="I ask a lot"), voice=Voice.LEARNER)
    await contribute(desk.node, desk.person("counselor"), wish)
    page = await open_profile(desk, scripts=False)

    headings = await page.locator("main h2").all_inner_texts()
    assert headings[:5] == [
        *("In their own words", "Strengths and accomplishments", "What works"),
        *("Accommodations to provide", "Goals"),
    ]
    await expect(page.locator("main")).to_contain_text("I ask a lot")
    await expect(page.locator("main")).to_contain_text("Extra time")
    await expect(page.locator("main")).not_to_contain_text("IEP")
    await expect(page.locator("main")).not_to_contain_text("Dinosaurs")

    await page.get_by_label("Why do you open 1 older entry?").fill("Planning the science fair")
    await page.get_by_role("button", name="Open what is older").click()
    await expect(page.locator("main")).to_contain_text("Dinosaurs")
    seen = await desk.store.read(lambda tx: tx.accesses.of(STUDENT))
    assert "history.read" in {one.why for one in seen}


async def test_words_of_the_former_school_say_where_they_are_from(desk: Desk) -> None:
    held = backpack("77")
    sections = orjson.loads(held.sections)
    meta = sections["grades"][0]["meta"]
    said = {"kind": "interest", "label": "Chess", "voice": "learner", "recordedOn": str(date(2026, 9, 1))}
    sections["learnerProfile"] = [{"meta": meta, **said}]
    sent = replace(held, sections=orjson.dumps(sections))
    id_ = await receive_record(
        desk.node, desk.person("registrar"), sent, sections=("identity", "learnerProfile")
    )
    page = await desk.page("registrar", f"/desk/transfers/{id_}/import", scripts=False)
    await page.get_by_label("A student who is new here").check()
    await page.get_by_role("button", name="Save and look again").click()
    await page.get_by_role("button", name="Import", exact=True).click()

    page = await open_profile(desk)

    told = page.locator(".desk-told", has_text="Chess")
    await expect(told).to_contain_text("from Cedar")
    assert await told.get_by_role("button").count() == 0


async def test_who_supports_no_student_is_shown_none(desk: Desk) -> None:
    page = await desk.page("registrar", "/desk/students")

    await expect(page.locator("h1")).to_have_text("You may not do this")
