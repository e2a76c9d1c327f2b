"""A registrar's whole day: a record asked for and taken in, another's request met; each pair of circumstances once."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from gateway.domain.ids import TransferId
from gateway.domain.transfer import Role, State, Subject
from gateway.http.pages.language import Language, language
from gateway.usecases.ports import Node
from gateway.usecases.request_backpack import Wish, request_backpack
from tests.harness.arrived import neighbour, settle
from tests.harness.pair import SECTIONS, backpack
from tests.harness.staff import clerk
from tests.ui.desk import NARROW, WIDE, Desk, serving_desk, sound
from tests.ui.test_requests import fill_day

COMES: Final = Subject(
    given_name="José", family_name="Ñúñez-O'Hara", birth_date=date(2014, 5, 2), state_id="TX901"
)
GOES: Final = Subject(given_name="Ana", family_name="Ortiz", birth_date=date(2014, 5, 2), state_id="TX902")
CIRCUMSTANCES: Final = (
    ("en", WIDE, True),
    ("es", NARROW, True),
    ("es", WIDE, False),
    ("en", NARROW, False),
)
"""Language, width, scripts: every pair of two of them comes once."""


@dataclass(frozen=True)
class Clerk:
    """Somebody at a browser, who reads one language."""

    page: Page
    spoken: Language
    scripts: bool

    async def look(self) -> None:
        if self.scripts:
            await sound(self.page)

    async def press(self, text: str) -> None:
        await self.look()
        await self.page.get_by_role("button", name=self.spoken.t(text), exact=True).first.click()

    def field(self, text: str) -> Locator:
        return self.page.get_by_label(self.spoken.t(text), exact=True)

    async def open(self, desk: Desk, path: str) -> None:
        await self.page.goto(desk.url + path)
        await self.look()


@pytest.mark.parametrize(("code", "width", "scripts"), CIRCUMSTANCES, ids=str)
async def test_a_record_comes_and_another_goes(
    browser: Browser, tmp_path: Path, code: str, width: int, scripts: bool
) -> None:
    async with serving_desk(tmp_path, browser) as desk:
        page = await desk.page("registrar", "", language=code, width=width, scripts=scripts)
        somebody = Clerk(page, language(code), scripts)
        await desk.store.write(lambda tx: tx.backpacks.put([backpack("M1", GOES)]))
        cedar = await neighbour(desk.node, backpack("C1", COMES))

        asked = await _request(desk, somebody)
        await settle(desk.node, cedar)
        await _import(desk, somebody, asked)
        await settle(desk.node, cedar)
        (served,) = await cedar.store.read(lambda tx: tx.transfers.list(role=Role.HOLDER))
        assert served.state is State.ACKED

        wish = Wish(holder=desk.node.id, subject=GOES, sections=SECTIONS, person=clerk("registrar"))
        theirs = await request_backpack(cedar, wish)
        await settle(cedar, desk.node)
        await _release(desk, somebody)
        await settle(_later(desk.node), cedar)
        assert (await cedar.store.read(lambda tx: tx.transfers.get(theirs.id))).state is State.VERIFIED


async def _request(desk: Desk, somebody: Clerk) -> TransferId:
    await somebody.open(desk, "/desk/requests/new")
    await somebody.press("request.start")
    await somebody.field("request.given_name").fill(COMES.given_name)
    await somebody.field("request.family_name").fill(COMES.family_name)
    await fill_day(somebody.page, "birth_date", "5", "2", "2014")
    await somebody.field("request.state_id").fill(COMES.state_id or "")
    await somebody.press("form.continue")
    await somebody.field("request.holder").select_option(label="Cedar Unified School District")
    await somebody.press("form.continue")
    await fill_day(somebody.page, "enrolled_on", "9", "12", "2026")
    await somebody.press("form.continue")
    await somebody.press("request.send")
    await expect(somebody.page.locator("h1")).to_contain_text(COMES.given_name)
    await somebody.look()
    return TransferId(somebody.page.url.rpartition("/")[2].partition("?")[0])


async def _import(desk: Desk, somebody: Clerk, id_: TransferId) -> None:
    await somebody.open(desk, f"/desk/transfers/{id_}/import")
    await somebody.field("import.new").check()
    await somebody.press("import.save")
    await somebody.press("import.import")
    await somebody.look()
    await somebody.open(desk, f"/desk/transfers/{id_}")
    assert (await desk.store.read(lambda tx: tx.transfers.get(id_))).state is State.IMPORTED


async def _release(desk: Desk, somebody: Clerk) -> None:
    waiting = await desk.store.read(lambda tx: tx.transfers.list(role=Role.HOLDER))
    (id_,) = [one.id for one in waiting if one.state is State.REVIEW]
    await somebody.open(desk, "/desk/queue")
    await somebody.page.locator(f'main a[href="/desk/transfers/{id_}"]').first.click()
    await somebody.look()
    await somebody.open(desk, f"/desk/transfers/{id_}/release/preview")
    officer = await desk.page(
        "records_officer",
        f"/desk/transfers/{id_}/release",
        language=somebody.spoken.code,
        width=NARROW,
        scripts=somebody.scripts,
    )
    await replace(somebody, page=officer).press("release.approve")
    await somebody.open(desk, f"/desk/transfers/{id_}")


def _later(node: Node) -> Node:
    """The same node after the time to undo."""
    return replace(node, now=lambda: node.now() + timedelta(hours=1))
