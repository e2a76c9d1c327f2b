"""A class, in a browser: what its students need together, and what a substitute is told."""

from dataclasses import replace

import orjson
import pytest_asyncio
from playwright.async_api import expect

from gateway.domain.ids import LocalStudentId
from gateway.domain.profile import Form, Voice, Words
from gateway.domain.rosters import Seat
from gateway.usecases.contribute import Wish, contribute
from tests.harness.pair import ANA, backpack
from tests.ui.desk import NARROW, WIDE, Desk, printed, sound

NAMES = ("Ana", "Bo", "Cy", "Di")
PLAN = {"code": "x", "system": "urn:test", "display": "Extra time (504 plan)"}


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def taught(desk: Desk) -> None:
    """Four students in the teacher's class, one more in another."""
    held = [
        backpack(f"10{n}", replace(ANA, given_name=name, state_id=f"S{n}")) for n, name in enumerate(NAMES)
    ]
    sections = orjson.loads(held[0].sections)
    meta = sections["grades"][0]["meta"]
    sections["programs"] = [{"meta": meta, "kind": PLAN, "accommodations": [{"code": PLAN}]}]
    held[0] = replace(held[0], sections=orjson.dumps(sections))
    await desk.store.write(lambda tx: tx.backpacks.put([*held, backpack("200")]))
    seats = {one.student: [Seat("SCI-7/2", "Science 7", "T1")] for one in held}
    await desk.store.write(
        lambda tx: tx.rosters.put({**seats, LocalStudentId("200"): [Seat("X", "Art", "T2")]})
    )
    teacher = desk.who("teacher")
    await desk.store.write(lambda tx: tx.rosters.name(teacher.id, ["T1"]))
    for n in range(3):
        await _say(desk, n, Form.INTEREST, Words(text="Volcanoes"))
    for n, support in ((0, "Read it aloud first"), (1, "Read it aloud first"), (2, "A quiet place")):
        await _say(desk, n, Form.BARRIER, Words(text="Long texts", support=support))


async def _say(desk: Desk, number: int, form: Form, words: Words) -> None:
    wish = Wish(student=LocalStudentId(f"10{number}"), form=form, words=words, voice=Voice.LEARNER)
    await contribute(desk.node, desk.person("teacher"), wish)


async def test_the_pages_are_sound_in_both_languages_and_widths(desk: Desk) -> None:
    for language, width in (("en", WIDE), ("es", NARROW)):
        page = await desk.page("teacher", "/desk/classes", language=language, width=width)
        await sound(page)
        await page.get_by_role("link", name="Science 7").click()
        await sound(page)
        await page.goto(page.url + "/substitute")
        await sound(page)
        await desk.close_pages()


async def test_a_teacher_sees_what_the_class_needs_and_who_is_behind_each_number(desk: Desk) -> None:
    page = await desk.page("teacher", "/desk/classes", scripts=False)
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_role("link", name="Science 7").click()
    main = page.locator("main")

    await expect(main).to_contain_text("Long texts: 3 of 4 students")
    await expect(main).to_contain_text("Read it aloud first: 2 more, 2 of 3 in all.")
    await expect(main).to_contain_text("A quiet place: 1 more, 3 of 3 in all.")
    await expect(main).to_contain_text("Volcanoes: 3 of 4 students")
    await expect(page.locator("tfoot td")).to_have_text(["2", "1", "1"])
    await expect(page.get_by_text("Nothing said yet").locator("xpath=..")).to_contain_text("Di Ortiz")
    seen = await desk.store.read(lambda tx: tx.accesses.of(LocalStudentId("103")))
    assert {one.why for one in seen} == {"class.read"}


async def test_a_substitute_is_not_told_of_a_plan(desk: Desk) -> None:
    page = await desk.page("teacher", "/desk/classes/SCI-7%2F2/substitute", scripts=False)

    await expect(page.locator("thead th")).to_have_text(["Student", "Read it aloud first", "A quiet place"])
    await expect(page.locator("main")).not_to_contain_text("504")
    assert (await printed(page)).startswith(b"%PDF")


async def test_a_teacher_opens_the_students_of_the_own_classes_only(desk: Desk) -> None:
    page = await desk.page("teacher", "/desk/students", scripts=False)
    await page.locator("#text").fill("Ortiz")
    await page.locator("main button").first.click()
    await expect(page.locator("tbody tr")).to_have_count(4)

    await page.goto(desk.url + "/desk/classes/X")
    await expect(page.locator("h1")).to_have_text("Page not found")
