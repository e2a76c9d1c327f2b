"""The day-1 snapshot in a browser: let go at one end, read and printed on one sheet at the other."""

import re
from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import expect

from gateway.domain.ids import TransferId
from gateway.domain.policy import Rules
from gateway.usecases.ports import Node
from gateway.usecases.request_backpack import Wish, request_backpack
from gateway.usecases.send_snapshot import send_snapshot
from tests.harness.arrived import neighbour, settle
from tests.harness.day_one import ASKED, told
from tests.harness.pair import ANA, CEDAR
from tests.harness.staff import clerk
from tests.ui.cases import put_transfer
from tests.ui.desk import NARROW, WIDE, Desk, printed, sound


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def arrived(desk: Desk) -> TransferId:
    """A request whose snapshot Cedar sent ahead."""
    cedar = await neighbour(desk.node, told("77"))
    cedar = _by_hand(cedar)
    wish = Wish(holder=CEDAR, subject=ANA, sections=ASKED, person=desk.person("registrar"))
    asked = await request_backpack(desk.node, wish)
    await settle(desk.node, cedar)
    (held,) = await cedar.store.read(lambda tx: tx.transfers.list())
    await send_snapshot(cedar, clerk("otto"), held.id)
    await settle(desk.node, cedar)
    return asked.id


def _by_hand(cedar: Node) -> Node:
    made = replace(cedar, rules=Rules())
    made.peers._network.nodes[CEDAR] = made  # type: ignore[attr-defined]
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def held(desk: Desk) -> TransferId:
    await desk.store.write(lambda tx: tx.backpacks.put([told()]))
    return await put_transfer(desk, 601, student="1001", sections=ASKED)


async def test_both_pages_are_sound_in_both_languages_and_widths(
    desk: Desk, arrived: TransferId, held: TransferId
) -> None:
    for id_ in (arrived, held):
        for language, width in (("en", WIDE), ("es", NARROW)):
            page = await desk.page("records_officer", _at(id_), language=language, width=width)
            await expect(page.locator(".desk-sheet")).to_contain_text("Math 7")
            await sound(page)
            await desk.close_pages()


async def test_the_page_says_what_the_first_day_needs_and_what_is_kept_back(
    desk: Desk, arrived: TransferId
) -> None:
    page = await desk.page("registrar", _at(arrived), scripts=False)

    main = page.locator("main")
    for text in ("EpiPen in the office", "Rosa Ortiz", "(202) 555-0143", "A quiet place to start", "Math 7"):
        await expect(main).to_contain_text(text)
    for text in ("Spelling", "Frogs", "Kept Away", "IEP"):
        await expect(main).not_to_contain_text(text)
    await expect(main).to_contain_text("There is something here that is restricted")
    await expect(main).to_contain_text("From Cedar.Test, as of")


@pytest.mark.parametrize("language", ["en", "es"])
async def test_it_fits_on_one_sheet(desk: Desk, arrived: TransferId, language: str) -> None:
    page = await desk.page("registrar", _at(arrived), language=language)

    assert len(re.findall(rb"/Type\s*/Page\b", await printed(page))) == 1


async def test_the_queue_and_the_timeline_lead_to_it(desk: Desk, arrived: TransferId) -> None:
    page = await desk.page("registrar", "/desk/queue", scripts=False)
    await page.get_by_role("link", name="Day-1 snapshot is here").click()
    assert page.url.endswith(_at(arrived))

    await page.goto(f"{desk.url}/desk/transfers/{arrived}")
    await page.get_by_role("link", name="Open the day-1 snapshot").click()
    assert page.url.endswith(_at(arrived))


async def test_it_is_let_go_without_scripts_and_taken_back(desk: Desk, held: TransferId) -> None:
    page = await desk.page("records_officer", f"/desk/transfers/{held}/release", scripts=False)
    await page.get_by_role("link", name="Send the day-1 snapshot ahead").click()

    await page.get_by_role("button", name="Send the snapshot").click()
    await expect(page.locator("main")).to_contain_text("on its way")

    await page.get_by_role("button", name="Take it back").click()
    await expect(page.get_by_role("button", name="Send the snapshot")).to_be_visible()


async def test_a_teacher_of_another_class_does_not_read_it(desk: Desk, arrived: TransferId) -> None:
    page = await desk.page("teacher", _at(arrived))

    await expect(page.locator("main")).not_to_contain_text("Rosa")


def _at(id_: TransferId) -> str:
    return f"/desk/transfers/{id_}/snapshot"
