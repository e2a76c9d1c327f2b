"""What comes out of a printer: the page's content, all of it, and nothing that only a screen can use."""

from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from gateway.domain.casework import Lane
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.safety.holds import HoldKind
from gateway.domain.transfer import Role, State
from gateway.usecases.holds import HoldWish, place_hold
from gateway.usecases.preview_release import preview_release
from tests.harness.arrived import receive_record
from tests.harness.pair import backpack
from tests.ui.cases import put_transfer
from tests.ui.desk import Desk, printed

LETTER: Final = 716
"""CSS pixels of a line on Letter paper, with Chromium's margins."""
PAGES: Final = (
    ("queue", "/desk/queue", "Late, Bo"),
    ("timeline", "/desk/transfers/{held}", "Bo Late"),
    ("match", "/desk/transfers/{unsure}/match", "Student 1001"),
    ("release", "/desk/transfers/{held}/release", "Grades"),
    ("preview", "/desk/transfers/{held}/release/preview", "Grade type"),
    ("import", "/desk/transfers/{arrived}/import", "Grades"),
    ("protections", "/desk/protections", "Order of May 2"),
    ("requests", "/desk/requests", "Request"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ids(desk: Desk) -> dict[str, TransferId]:
    await desk.store.write(lambda tx: tx.backpacks.put([backpack(), backpack("1009")]))
    hold = HoldWish(student=LocalStudentId("1009"), kind=HoldKind.LEGAL, reason="Order of May 2")
    await place_hold(desk.node, desk.person("records_officer"), hold)
    names = ("Bo", "Late")
    held = await put_transfer(desk, 501, student="1001", lanes=[Lane.FOSTER], due_in=-2, names=names)
    for number in range(510, 540):
        await put_transfer(desk, number, role=Role.REQUESTER, state=State.RECEIVED, due_in=5)
    return {
        "held": held,
        "unsure": await put_transfer(desk, 502, state=State.NO_MATCH),
        "arrived": await receive_record(desk.node, desk.person("registrar"), backpack("77")),
    }


@pytest.mark.parametrize(("path", "text"), [one[1:] for one in PAGES], ids=[one[0] for one in PAGES])
async def test_paper_shows_what_the_page_says_and_no_buttons(
    desk: Desk, ids: dict[str, TransferId], path: str, text: str
) -> None:
    page = await desk.page("records_officer", path.format(**ids), width=LETTER)
    await _is_fit_for_paper(page, text)


async def test_a_students_record_of_disclosures_is_printed(desk: Desk, ids: dict[str, TransferId]) -> None:
    await preview_release(desk.node, desk.person("records_officer"), ids["held"])
    page = await desk.page("privacy_officer", "/desk/disclosures", width=LETTER)
    await page.locator("main input[name=student]").fill("1001")
    await page.locator("main button").click()

    await _is_fit_for_paper(page, "Ruth Abara")


async def _is_fit_for_paper(page: Page, text: str) -> None:
    await page.emulate_media(media="print")
    await expect(page.locator("main")).to_contain_text(text, use_inner_text=True)
    for screen_only in ("button", ".desk-nav", ".govuk-skip-link", ".govuk-back-link", "summary"):
        assert await page.locator(screen_only).locator("visible=true").count() == 0, screen_only
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    assert (await printed(page)).startswith(b"%PDF")
