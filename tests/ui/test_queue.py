"""The queue, a transfer's timeline and the first page, in a browser."""

import pytest_asyncio
from playwright.async_api import expect

from gateway.domain.casework import Lane
from gateway.domain.ids import TransferId
from gateway.domain.transfer import Role, State
from tests.ui.cases import put_transfer
from tests.ui.desk import NARROW, WIDE, Desk, printed, sound

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ids(desk: Desk) -> list[TransferId]:
    return [
        await put_transfer(desk, 1, due_in=8),
        await put_transfer(desk, 2, lanes=[Lane.FOSTER], due_in=-2, names=("Bo", "Late")),
        await put_transfer(
            desk, 3, role=Role.REQUESTER, state=State.VERIFIED, due_in=1, names=("Cy", "Ours")
        ),
        await put_transfer(desk, 5, due_in=0, names=("Di", "Today")),
        await put_transfer(desk, 4, names=(HOSTILE, "=1+1")),
        *[await put_transfer(desk, n, due_in=9) for n in range(10, 65)],
    ]


async def test_every_page_is_sound_in_both_languages_and_widths(desk: Desk, ids: list[TransferId]) -> None:
    for path in ("/desk/", "/desk/queue", f"/desk/transfers/{ids[1]}", "/desk/nowhere"):
        for language, width in (("en", WIDE), ("es", NARROW)):
            page = await desk.page("registrar", path, language=language, width=width)
            await sound(page)
            await desk.close_pages()


async def test_the_most_urgent_comes_first_with_its_days_in_words(desk: Desk, ids: list[TransferId]) -> None:
    page = await desk.page("registrar", "/desk/queue", scripts=False)

    first = page.locator("tbody tr").first

    await expect(first).to_contain_text("Late, Bo")
    await expect(first).to_contain_text("2 days overdue")
    await expect(first).to_contain_text("Foster care")
    await expect(first).to_contain_text("identity verified")


async def test_the_address_holds_the_filter_and_no_name(desk: Desk, ids: list[TransferId]) -> None:
    page = await desk.page("registrar", "/desk/queue")

    await page.get_by_label("Direction").select_option("requester")
    await page.get_by_role("button", name="Show these").click()

    await expect(page.locator("tbody tr")).to_have_count(1)
    assert "direction=requester" in page.url
    assert "Ours" not in page.url


async def test_the_next_page_goes_on_where_this_one_ends(desk: Desk, ids: list[TransferId]) -> None:
    page = await desk.page("registrar", "/desk/queue")
    first = await page.locator("tbody th a").evaluate_all("all => all.map(a => a.href)")

    await page.get_by_role("link", name="Next page").click()
    second = await page.locator("tbody th a").evaluate_all("all => all.map(a => a.href)")

    assert len(first) == 50
    assert len({*first, *second}) == len(first) + len(second) == len(ids)


async def test_a_registrar_takes_a_request_and_hands_it_over(desk: Desk, ids: list[TransferId]) -> None:
    page = await desk.page("registrar", f"/desk/transfers/{ids[0]}", scripts=False)

    await page.get_by_role("button", name="Take").click()
    await expect(page.locator(".desk-identity")).to_contain_text(desk.who("registrar").name)
    await page.get_by_label("Hand over to").select_option(label="Ruth Abara")
    await page.get_by_role("button", name="Hand over").click()

    await expect(page.locator(".desk-identity")).to_contain_text("Ruth Abara")
    await expect(page.locator(".desk-timeline")).to_contain_text("Taken to work on")


async def test_a_comment_is_text_and_nothing_else(desk: Desk, ids: list[TransferId]) -> None:
    page = await desk.page("registrar", f"/desk/transfers/{ids[4]}")
    alarms: list[str] = []
    page.on("dialog", lambda dialog: alarms.append(dialog.message))

    await page.get_by_label("Add a comment for colleagues").fill(HOSTILE)
    await page.get_by_role("button", name="Add comment").click()

    await expect(page.locator("main")).to_contain_text(HOSTILE)
    assert await page.locator("main img").count() == 0
    assert alarms == []


async def test_somebody_whose_work_it_is_not_gets_no_queue(desk: Desk) -> None:
    page = await desk.page("auditor", "/desk/queue")

    await expect(page.locator("h1")).to_have_text("You may not do this")
    assert await page.get_by_role("link", name="Queue").count() == 0


async def test_queue_and_timeline_can_be_printed(desk: Desk, ids: list[TransferId]) -> None:
    for path in ("/desk/queue", f"/desk/transfers/{ids[2]}"):
        page = await desk.page("registrar", path)
        assert (await printed(page)).startswith(b"%PDF")


async def test_the_keyboard_alone_leads_to_the_main_part(desk: Desk) -> None:
    page = await desk.page("registrar", "/desk/queue")

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page.locator("main")).to_be_focused()
