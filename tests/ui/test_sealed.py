"""Sealed sections in a browser: the release task list's sealed step, and the receiver's opening page."""

from dataclasses import replace

import pytest_asyncio
from playwright.async_api import Page, expect

from gateway.domain.ids import TransferId
from gateway.domain.sealed import PartState, SealedPart
from gateway.domain.transfer import Role, State
from gateway.usecases.arriving_parts import label_of
from gateway.usecases.ports import Tx
from gateway.usecases.sealed_reading import Which
from tests.harness.pair import backpack
from tests.harness.sealed import SECRET, arrived_part, with_sealed
from tests.ui.cases import put_transfer
from tests.ui.desk import NARROW, WIDE, Desk, sound

ASKED = ("identity", "grades", "health", "programs")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def held(desk: Desk) -> list[TransferId]:
    await desk.store.write(lambda tx: tx.backpacks.put([with_sealed(backpack())]))
    return [await put_transfer(desk, number, student="1001", sections=ASKED) for number in (701, 702, 703)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def came(desk: Desk) -> TransferId:
    return await _arrived(desk, 704, "Ana")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seen(desk: Desk) -> TransferId:
    return await _arrived(desk, 705, "Zoe")


async def _arrived(desk: Desk, number: int, name: str) -> TransferId:
    id_ = await put_transfer(
        desk, number, role=Role.REQUESTER, state=State.VERIFIED, names=(name, "Ortiz-Núñez")
    )
    part, jws = arrived_part(desk.node, id_)
    locked = desk.node.vault.lock(jws, label=label_of(part))

    def store(tx: Tx) -> None:
        before = tx.transfers.get(id_)
        after = replace(before, revision=before.revision + 1, remote_id=TransferId("T-1"), version=1)
        tx.transfers.move(before, after)
        tx.sealed_parts.put(part)
        tx.sealed_parts.keep(part, locked)

    await desk.store.write(store)
    return id_


def _at(id_: TransferId, more: str = "") -> str:
    return f"/desk/transfers/{id_}/sealed{more}"


async def test_every_page_is_sound_in_both_languages_and_widths(
    desk: Desk, held: list[TransferId], seen: TransferId
) -> None:
    for role, path in (
        ("records_officer", _at(held[0])),
        ("nurse", _at(held[0], "/health")),
        ("registrar", _at(seen)),
        ("nurse", _at(seen, "/1/1")),
        ("nurse", "/desk/sealed"),
    ):
        for language, width in (("en", WIDE), ("es", NARROW)):
            page = await desk.page(role, path, language=language, width=width)
            await expect(page.locator("h1")).to_be_visible()
            await sound(page)
            await desk.close_pages()


async def test_the_task_list_has_a_sealed_step_that_two_people_do_without_scripts(
    desk: Desk, held: list[TransferId]
) -> None:
    page = await desk.page("records_officer", f"/desk/transfers/{held[1]}/release", scripts=False)
    await expect(page.locator("main")).to_contain_text("2 to decide")
    await page.get_by_role("button", name="Release the record").click()
    await expect(page.locator("main")).to_contain_text("goes or stays")

    await page.goto(desk.url + _at(held[1]))
    await _let_go(page, "Health", "the nurse there asks")
    await expect(page.locator("main")).to_contain_text("the nurse there asks")
    await page.get_by_label("What the other side is told if Programs and plans stays").select_option(
        "follows"
    )
    await page.get_by_label("Why Programs and plans goes or stays").fill("signed next week")
    await page.get_by_role("button", name="Keep Programs and plans here").click()
    await expect(page.locator("main")).to_contain_text("Stays: Will follow")

    nurse = await desk.page("nurse", _at(held[1]), scripts=False)
    await expect(nurse.locator("main")).not_to_contain_text(SECRET)
    await nurse.get_by_role("link", name="Read what is in Health").click()
    await expect(nurse.locator("main")).to_contain_text(SECRET)
    await nurse.get_by_role("link", name="Sealed sections").click()
    await _let_go(nurse, "Health", "")
    await expect(nurse.locator("main")).to_contain_text("Two people agreed")

    await page.goto(desk.url + f"/desk/transfers/{held[1]}/release")
    await expect(page.locator("main")).to_contain_text("Decided")
    await page.get_by_role("button", name="Release the record").click()
    assert (await desk.store.read(lambda tx: tx.transfers.get(held[1]))).state is State.APPROVED


async def test_a_registrar_sees_that_a_part_exists_and_cannot_open_it(desk: Desk, came: TransferId) -> None:
    page = await desk.page("registrar", _at(came), scripts=False)
    await expect(page.get_by_role("row", name="Health")).to_contain_text("Nurse")
    await expect(page.get_by_role("table").get_by_role("link")).to_have_count(0)

    answer = await page.goto(desk.url + _at(came, "/1/1"))

    assert answer is not None
    assert answer.status == 403
    await expect(page.locator("main")).not_to_contain_text(SECRET)
    assert (await _part(desk, came)).opened_at is None


async def test_the_nurse_opens_a_part_from_her_list_and_confirms_it(desk: Desk, came: TransferId) -> None:
    page = await desk.page("nurse", "/desk/sealed", scripts=False)
    await page.get_by_role("link", name="Ana Ortiz-Núñez").click()
    await page.get_by_role("link", name="Health").click()
    await expect(page.locator("main")).to_contain_text(SECRET)
    assert SECRET not in page.url

    await page.get_by_role("button", name="Confirm that it arrived").click()

    await expect(page.get_by_role("row", name="Health")).to_contain_text("Confirmed")
    part = await _part(desk, came)
    assert (part.state, part.opened_at is not None) == (PartState.CONFIRMED, True)
    [receipt] = await desk.store.read(lambda tx: tx.messages.of(came))
    assert '"part": 1' in receipt.body
    await page.goto(desk.url + "/desk/sealed")
    await expect(page.get_by_role("link", name="Ana Ortiz-Núñez")).to_have_count(0)


async def _let_go(page: Page, section: str, why: str) -> None:
    await page.get_by_label(f"Why {section} goes or stays").fill(why)
    await page.get_by_role("button", name=f"Let {section} go").click()


async def _part(desk: Desk, id_: TransferId) -> SealedPart:
    return await desk.store.read(lambda tx: tx.sealed_parts.get(*Which(id_, 1, 1)))
