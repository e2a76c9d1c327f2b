"""The confirmation of enrollment in a browser: asked for at the new school, printed at the former one."""

from dataclasses import replace
from datetime import date

import pytest_asyncio
from playwright.async_api import expect

from gateway.domain.ids import EntityId, TransferId, digest
from gateway.domain.messages import Direction, Message, MessageType
from gateway.domain.transfer import Role, State
from gateway.usecases.ports import Tx
from tests.harness.pair import backpack
from tests.ui.cases import CEDAR, put_transfer
from tests.ui.desk import NARROW, WIDE, Desk, printed, sound


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asked(desk: Desk) -> TransferId:
    """A request that Cedar has taken."""
    id_ = await put_transfer(desk, 701, role=Role.REQUESTER, state=State.RECEIPTED)

    def taken(tx: Tx) -> None:
        before = tx.transfers.get(id_)
        after = before.stay(at=desk.node.now(), remote_id=TransferId("T-theirs"), enrolled_on=_today(desk))
        tx.transfers.move(before, after)

    await desk.store.write(taken)
    return id_


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def left(desk: Desk) -> TransferId:
    """A student who left and is enrolled at Cedar."""
    await desk.store.write(lambda tx: tx.backpacks.put([backpack()]))
    id_, now = await put_transfer(desk, 702, student="1001", state=State.ACKED), desk.node.now()
    message = Message(
        jti="jti-of-the-confirmation",
        type=MessageType.ENROLLMENT,
        direction=Direction.IN,
        peer=EntityId(CEDAR),
        transfer=id_,
        body="a.b.c",
        digest=digest(b"a.b.c"),
        at=now,
        outcome="received",
    )

    def came(tx: Tx) -> None:
        tx.messages.add(message)
        tx.cases.save(replace(tx.cases.get(id_), confirmed_on=_today(desk), confirmed_at=now))

    await desk.store.write(came)
    return id_


async def test_the_pages_are_sound_in_both_languages_and_widths(
    desk: Desk, asked: TransferId, left: TransferId
) -> None:
    pages = (f"{asked}", f"{left}", f"{left}/enrollment")
    for path in pages:
        for language, width in (("en", WIDE), ("es", NARROW)):
            page = await desk.page("registrar", f"/desk/transfers/{path}", language=language, width=width)
            await expect(page.locator("h1")).to_be_visible()
            await sound(page)
            await desk.close_pages()


async def test_the_first_page_asks_for_it_and_it_is_given_without_scripts(
    desk: Desk, asked: TransferId
) -> None:
    page = await desk.page("registrar", "/desk/", scripts=False)
    await page.get_by_role("link", name="Enrollments to confirm").click()
    await page.get_by_role("link", name="Ortiz-Núñez, Ana").first.click()

    await expect(page.get_by_label("Year")).to_have_value(str(_today(desk).year))
    await page.get_by_role("button", name="Confirm the enrollment").click()

    assert page.url.endswith(asked)
    await expect(page.locator("main")).to_contain_text("You confirmed on")
    (sent,) = await desk.store.read(lambda tx: tx.messages.of(asked))
    assert sent.type is MessageType.ENROLLMENT


async def test_the_former_school_prints_and_keeps_the_proof(desk: Desk, left: TransferId) -> None:
    page = await desk.page("registrar", f"/desk/transfers/{left}")
    await page.get_by_role("link", name="Open the confirmation of enrollment").click()

    await expect(page.locator("main")).to_contain_text("did not drop out")
    assert await printed(page)
    async with page.expect_download() as begun:
        await page.get_by_role("link", name="Download the signed confirmation").click()
    assert (await begun.value).suggested_filename == f"enrollment-{left}.jws"


def _today(desk: Desk) -> date:
    return desk.node.calendar.day_of(desk.node.now())
