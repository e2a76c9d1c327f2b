"""Corrections and statements of disagreement, in a browser."""

from dataclasses import replace

import orjson
import pytest_asyncio
from playwright.async_api import expect

from gateway.domain.clocks import TRANSFER_LIFE
from gateway.domain.ids import LocalStudentId, TransferId, digest
from gateway.domain.transfer import State
from gateway.usecases.planning import read_held
from gateway.usecases.ports import Segment, SentSegment, StoredBackpack, Tx
from gateway.usecases.release_backpack import sign_segment
from tests.harness.pair import ANA, backpack
from tests.ui.cases import CEDAR, put_transfer
from tests.ui.desk import NARROW, WIDE, Desk, sound

STUDENT = LocalStudentId("5501")
LUZ = replace(ANA, given_name="Luz", state_id="TX5501")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sent(desk: Desk) -> TransferId:
    """Luz's record is at Cedar; since then her grade was changed here."""
    await desk.store.write(lambda tx: tx.backpacks.put([backpack(STUDENT, LUZ)]))
    id_ = await put_transfer(desk, 551, student=STUDENT, state=State.ACKED, names=("Luz", "Ortiz-Núñez"))
    held = await desk.store.read(lambda tx: read_held(tx, STUDENT))
    segment = await sign_segment(desk.node, held)

    def store(tx: Tx) -> None:
        before = tx.transfers.get(id_)
        tx.transfers.move(
            before,
            before.stay(at=before.changed_at, version=1, accepted_version=1, record_digest=digest(b"r")),
        )
        tx.segments.put(segment)
        tx.sent.put([_sent(id_, segment)])
        tx.backpacks.put([_changed()])

    await desk.store.write(store)
    return id_


def _sent(id_: TransferId, segment: Segment) -> SentSegment:
    sections = ("grades", "identity")
    return SentSegment(
        transfer=id_,
        version=1,
        segment=segment.digest,
        issuer=segment.issuer,
        sections=sections,
        kept_back=(),
    )


def _changed() -> StoredBackpack:
    stored = backpack(STUDENT, LUZ)
    sections = orjson.loads(stored.sections)
    sections["grades"][0]["grade"] = {"letter": "A"}
    content = orjson.dumps(sections)
    return replace(stored, sections=content, fingerprint=digest(content))


async def test_every_page_is_sound_in_both_languages_and_widths(desk: Desk, sent: TransferId) -> None:
    for path in ("/desk/corrections", f"/desk/transfers/{sent}/correction", "/desk/statements"):
        for language, width in (("en", WIDE), ("es", NARROW)):
            page = await desk.page("records_officer", path, language=language, width=width)
            await sound(page)
            await desk.close_pages()


async def test_a_statement_is_attached_and_a_correction_sent_and_taken_back_without_scripts(
    desk: Desk, sent: TransferId
) -> None:
    page = await desk.page("records_officer", "/desk/statements", scripts=False)
    await page.get_by_label("local id").fill(STUDENT)
    await page.get_by_role("button", name="Show the entries").click()
    await page.get_by_role("button", name="Attach it").click()
    await expect(page.get_by_role("alert")).to_contain_text("Write who states it")

    await page.get_by_label("To which entry").select_option(index=2)
    await page.get_by_label("The statement").fill("<b>She handed it in</b> on time.")
    await page.get_by_label("Who states it").fill("Rosa Ortiz, mother")
    for name, value in (("Month", "11"), ("Day", "19"), ("Year", "2025")):
        await page.get_by_label(name).fill(value)
    await page.get_by_role("button", name="Attach it").click()
    await expect(page.locator("main")).to_contain_text("<b>She handed it in</b> on time.")

    page = await desk.page("records_officer", "/desk/corrections", scripts=False)
    await page.get_by_role("link", name="Luz Ortiz-Núñez").click()
    row = page.get_by_role("row", name="letter")
    await expect(row).to_contain_text("B")
    await expect(row).to_contain_text("A")
    await expect(page.locator("main")).to_contain_text("She handed it in")
    await page.get_by_label("Why it is sent again").select_option("amendment")
    await page.get_by_role("button", name="Send the record again").click()
    after = await desk.store.read(lambda tx: tx.transfers.get(sent))
    assert after.state in {State.APPROVED, State.CORRECTED}

    await page.get_by_role("button", name="Take it back").click()
    after = await desk.store.read(lambda tx: tx.transfers.get(sent))
    assert (after.state, after.accepted_version) == (State.ACKED, 1)
    assert after.expires_at - after.changed_at > TRANSFER_LIFE
    assert after.peer == CEDAR


async def test_a_students_statements_are_sound_in_both_languages_and_widths(
    desk: Desk, sent: TransferId
) -> None:
    for language, width, button in (("en", WIDE, "Show the entries"), ("es", NARROW, "Mostrar los datos")):
        page = await desk.page("records_officer", "/desk/statements", language=language, width=width)
        await page.locator("#student").fill(STUDENT)
        await page.get_by_role("button", name=button).click()
        await page.locator("#entry").wait_for()
        await sound(page)
        await desk.close_pages()
