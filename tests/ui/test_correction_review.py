"""A correction that another district sent, reviewed in a browser."""

from dataclasses import replace

import orjson
import pytest_asyncio
from playwright.async_api import expect

from gateway.domain.corrections import ChangeReason
from gateway.domain.ids import LocalStudentId, TransferId, digest
from gateway.domain.importing.plan import Choices
from gateway.domain.policy import StaffRole
from gateway.domain.transfer import Role, State
from gateway.usecases.correct_record import Wanted, correct
from gateway.usecases.import_reviewed import import_reviewed
from gateway.usecases.ports import Node, StoredBackpack
from gateway.usecases.request_backpack import Wish, request_backpack
from gateway.usecases.review_import import decide_import
from tests.harness.arrived import neighbour, settle
from tests.harness.pair import ANA, CEDAR, SECTIONS, backpack
from tests.harness.staff import person
from tests.ui.desk import NARROW, WIDE, Desk, sound

STUDENT = LocalStudentId("88")
NOA = replace(ANA, given_name="Noa", state_id="TX8801")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def correction(desk: Desk) -> TransferId:
    """Noa's record was imported here; Cedar has corrected a grade since."""
    cedar = await neighbour(desk.node, backpack(STUDENT, NOA))
    registrar = desk.person("registrar")
    wish = Wish(holder=CEDAR, subject=NOA, sections=SECTIONS, person=registrar)
    asked = (await request_backpack(desk.node, wish)).id
    await settle(desk.node, cedar)
    await decide_import(desk.node, asked, Choices(new_student=True), person=registrar)
    await import_reviewed(desk.node, asked, person=registrar)
    await settle(desk.node, cedar)
    await _correct(cedar)
    await settle(desk.node, cedar)
    known = await desk.store.read(lambda tx: tx.transfers.get(asked))
    assert (known.state, known.version) == (State.VERIFIED, 2)
    return asked


async def _correct(cedar: Node) -> None:
    await cedar.store.write(lambda tx: tx.backpacks.put([_changed(tx.backpacks.get(STUDENT))]))
    [held] = await cedar.store.read(lambda tx: tx.transfers.list(role=Role.HOLDER))
    officer = person("omar", StaffRole.RECORDS_OFFICER, at=cedar.now())
    await correct(cedar, held.id, Wanted(reason=ChangeReason.CORRECTION), person=officer)


def _changed(stored: StoredBackpack) -> StoredBackpack:
    sections = orjson.loads(stored.sections)
    sections["grades"][0]["grade"] = {"letter": "<i>A</i>"}
    content = orjson.dumps(sections)
    return replace(stored, sections=content, fingerprint=digest(content))


def _at(id_: TransferId) -> str:
    return f"/desk/transfers/{id_}/import"


async def test_the_page_is_sound_in_both_languages_and_widths(desk: Desk, correction: TransferId) -> None:
    for language, width in (("en", WIDE), ("es", NARROW)):
        page = await desk.page("registrar", _at(correction), language=language, width=width)
        await expect(page.locator("#do-grades")).to_be_attached()
        await sound(page)
        await desk.close_pages()


async def test_old_and_new_stand_side_by_side_and_are_imported_without_scripts(
    desk: Desk, correction: TransferId
) -> None:
    page = await desk.page("registrar", _at(correction), scripts=False)
    await expect(page.locator("main")).to_contain_text("Only what changed is shown; 1 entry is as it was")
    row = page.get_by_role("row", name="letter")
    await expect(row.get_by_role("cell")).to_have_text(["B", "B", "<i>A</i>", "<i>A</i>"])

    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.get_by_role("button", name="Undo the import")).to_be_visible()
    await settle(desk.node)

    known = await desk.store.read(lambda tx: tx.transfers.get(correction))
    assert (known.accepted_version, known.state in {State.IMPORTED, State.RECEIPTED}) == (2, True)
