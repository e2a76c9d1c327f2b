"""Match review and release, in a browser."""

from dataclasses import replace

import pytest_asyncio
from playwright.async_api import Page, expect

from gateway.domain.ids import TransferId
from gateway.domain.transfer import State
from tests.harness.pair import ANA, backpack
from tests.ui.cases import put_transfer
from tests.ui.desk import NARROW, WIDE, Desk, printed, sound

SECTIONS = ("identity", "grades", "contacts", "health")
HOSTILE = "<script>alert(1)</script>"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ids(desk: Desk) -> list[TransferId]:
    hostile = replace(ANA, given_name=HOSTILE, state_id="ST-9", family_name="=1+1")
    await desk.store.write(lambda tx: tx.backpacks.put([backpack(), backpack("1002", hostile)]))
    return [
        await put_transfer(desk, 201, student="1001", sections=SECTIONS),
        await put_transfer(desk, 202, state=State.NO_MATCH),
        await put_transfer(desk, 203, student="1002", sections=SECTIONS),
        await put_transfer(desk, 204, student="1001", sections=SECTIONS),
        await put_transfer(desk, 205, state=State.NO_MATCH),
        await put_transfer(desk, 206, student="1001", state=State.HELD),
    ]


def _at(id_: TransferId, page: str) -> str:
    return f"/desk/transfers/{id_}/{page}"


async def test_every_page_is_sound_in_both_languages_and_widths(desk: Desk, ids: list[TransferId]) -> None:
    pages = (*(_at(ids[0], name) for name in ("release", "match", "release/preview")), _at(ids[1], "match"))
    for path in (*pages, _at(ids[2], "release/preview"), _at(ids[5], "release")):
        for language, width in (("en", WIDE), ("es", NARROW)):
            page = await desk.page("records_officer", path, language=language, width=width)
            await sound(page)
            await desk.close_pages()


async def test_a_record_is_released_without_scripts_and_taken_back(desk: Desk, ids: list[TransferId]) -> None:
    page = await desk.page("records_officer", _at(ids[0], "release"), scripts=False)
    await expect(page.get_by_role("row", name="Health")).to_contain_text("None on file")

    await page.get_by_label("What happens with Grades").select_option("follows")
    await page.get_by_label("Why something stays").fill("The term is not closed")
    await page.get_by_role("button", name="Save the choice").click()
    await expect(page.get_by_role("row", name="Grades")).to_contain_text("0")

    await page.get_by_role("button", name="Release the record").click()
    assert await _state(desk, ids[0]) is State.APPROVED

    await page.get_by_role("button", name="Take it back").click()
    assert await _state(desk, ids[0]) is State.REVIEW


async def test_the_preview_shows_what_leaves_and_runs_nothing(desk: Desk, ids: list[TransferId]) -> None:
    page = await desk.page("records_officer", _at(ids[2], "release/preview"))

    await expect(page.locator("main")).to_contain_text(HOSTILE)
    await expect(page.locator("main")).to_contain_text("Kept back: restricted")


async def test_a_student_is_chosen_by_comparing_field_by_field(desk: Desk, ids: list[TransferId]) -> None:
    page = await desk.page("registrar", _at(ids[1], "match"), scripts=False)
    row = page.get_by_role("row", name="Family name").first
    await expect(row).to_contain_text("Ortiz")

    await page.get_by_role("radio", name="Student 1001").check()
    await page.get_by_role("button", name="Decide").click()

    assert page.url.endswith("/release")
    assert await _state(desk, ids[1]) is State.REVIEW


async def test_nobody_is_meant_ends_the_request(desk: Desk, ids: list[TransferId]) -> None:
    page = await desk.page("registrar", _at(ids[4], "match"), scripts=False)

    await page.get_by_label("None of these").check()
    await page.get_by_role("button", name="Decide").click()

    assert await _state(desk, ids[4]) is State.CLOSED


async def test_the_release_page_can_be_printed(desk: Desk, ids: list[TransferId]) -> None:
    page: Page = await desk.page("records_officer", _at(ids[3], "release"))

    assert await printed(page)


async def _state(desk: Desk, id_: TransferId) -> State:
    return (await desk.store.read(lambda tx: tx.transfers.get(id_))).state
