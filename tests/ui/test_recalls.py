"""A recall, in a browser: taken back by who sent the record, answered by who has it."""

from pathlib import Path

from playwright.async_api import Browser, expect

from gateway.domain.transfer import Reason, Role, State
from gateway.usecases.decide_release import recall
from tests.harness.arrived import receive_record, settle
from tests.harness.pair import CEDAR, backpack
from tests.harness.staff import clerk
from tests.ui.cases import put_transfer
from tests.ui.desk import NARROW, WIDE, Desk, serving_desk, sound


async def test_a_record_is_taken_back_on_the_page(desk: Desk) -> None:
    id_ = await put_transfer(desk, 701, state=State.ACKED)
    page = await desk.page("privacy_officer", f"/desk/transfers/{id_}", scripts=False)
    await page.get_by_role("link", name="Take this record back").click()
    await page.get_by_label("Why is it taken back?").select_option("wrong_student")
    await page.get_by_role("button", name="Take the record back").click()

    known = await desk.store.read(lambda tx: tx.transfers.get(id_))
    assert (known.state, known.reason) == (State.RECALLED, Reason.WRONG_STUDENT)


async def test_the_page_to_take_back_is_sound(desk: Desk) -> None:
    id_ = await put_transfer(desk, 702, state=State.ACKED)
    for language, width in (("en", WIDE), ("es", NARROW)):
        page = await desk.page(
            "privacy_officer", f"/desk/transfers/{id_}/recall", language=language, width=width
        )
        await sound(page)
        await desk.close_pages()


async def test_what_a_recalled_record_left_behind_is_shown_and_answered(
    browser: Browser, tmp_path: Path
) -> None:
    async with serving_desk(tmp_path, browser) as desk:
        id_ = await receive_record(desk.node, desk.person("registrar"), backpack("77"))
        await desk.store.write(lambda tx: tx.backpacks.put([backpack()]))
        page = await desk.page("registrar", f"/desk/transfers/{id_}/import", scripts=False)
        await page.get_by_label("A student who is new here").check()
        await page.get_by_role("button", name="Save and look again").click()
        await page.get_by_role("button", name="Import", exact=True).click()
        network = desk.node.peers._network  # type: ignore[attr-defined]
        cedar = network.nodes[CEDAR]
        await settle(desk.node, cedar)
        (sent,) = await cedar.store.read(lambda tx: tx.transfers.list(role=Role.HOLDER))
        await recall(cedar, sent.id, person=clerk("officer"), reason=Reason.WRONG_STUDENT)
        await settle(desk.node, cedar)

        for language, width in (("en", WIDE), ("es", NARROW)):
            page = await desk.page(
                "records_officer", f"/desk/transfers/{id_}/recall", language=language, width=width
            )
            await sound(page)
        page = await desk.page("records_officer", "/desk/protections", scripts=False)
        await page.get_by_role("link", name="Answer the recall").click()
        await page.get_by_label("Delete it").check()
        await page.get_by_role("button", name="Send the signed answer").click()
        await expect(page.locator("main")).to_contain_text("undo the import first")

        await page.goto(f"{desk.url}/desk/transfers/{id_}/recall")
        await page.get_by_label("Why is it undone?").fill("recalled")
        await page.get_by_role("button", name="Undo the import").click()
        await expect(page.locator("main")).to_contain_text("Nothing of it is imported")
        await page.get_by_label("Delete it").check()
        await page.get_by_role("button", name="Send the signed answer").click()
        await expect(page.locator("main")).to_contain_text("The signed record is deleted")
        await settle(desk.node, cedar)
        leaves = await cedar.store.read(lambda tx: tx.audit.list(object_=sent.id))
        assert ("recall.answered", "deleted") in {(leaf.action, leaf.rule) for _, leaf in leaves}
