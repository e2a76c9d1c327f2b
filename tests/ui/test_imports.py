"""Import review, in a browser: a record that really came from another district."""

from dataclasses import replace
from typing import Any

import pytest_asyncio
from playwright.async_api import expect

from gateway.domain.ids import TransferId
from gateway.domain.policy import Rules
from gateway.domain.transfer import State
from gateway.usecases import loop
from gateway.usecases.request_backpack import Wish, request_backpack
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import ANA, SECTIONS, Clock, Imports, PlainDirectory, backpack, make_node
from tests.ui.cases import CEDAR
from tests.ui.desk import NARROW, WIDE, Desk, sound


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def arrived(desk: Desk) -> TransferId:
    """A record that Cedar released, verified here."""
    network: Any = desk.node.peers
    network, directory = network._network, desk.node.directory
    assert isinstance(directory, PlainDirectory)
    here = network.nodes[desk.node.id] = desk.node
    made = make_node(
        CEDAR,
        store=MemoryStore(),
        network=network,
        clock=Clock(),
        directory=directory,
        rules=Rules(automatic_approval=True),
    )
    cedar = network.nodes[CEDAR] = replace(made, now=desk.node.now)
    await cedar.store.write(lambda tx: tx.backpacks.put([backpack("77")]))
    wish = Wish(holder=CEDAR, subject=ANA, sections=SECTIONS, person=desk.person("registrar"))
    asked = await request_backpack(here, wish)
    for _ in range(12):
        await loop.turn(here)
        await loop.turn(cedar)
    assert (await here.store.read(lambda tx: tx.transfers.get(asked.id))).state is State.VERIFIED
    return asked.id


async def test_the_page_is_sound_in_both_languages_and_widths(desk: Desk, arrived: TransferId) -> None:
    for language, width in (("en", WIDE), ("es", NARROW)):
        page = await desk.page("registrar", _at(arrived), language=language, width=width)
        await expect(page.locator("input[name=student]").first).to_be_attached()
        await sound(page)
        await desk.close_pages()


async def test_a_record_is_imported_and_undone_without_scripts(desk: Desk, arrived: TransferId) -> None:
    page = await desk.page("registrar", _at(arrived), scripts=False)

    await page.get_by_label("A student who is new here").check()
    await page.get_by_label("What happens with Grades").select_option("skip")
    await page.get_by_role("button", name="Save and look again").click()
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.locator("main")).to_contain_text("Imported")
    assert isinstance(desk.node.imports, Imports)
    assert len(desk.node.imports.written) == 1

    await page.get_by_label("Why is it undone?").fill("wrong file")
    await page.get_by_role("button", name="Undo the import").click()
    await expect(page.locator("main")).to_contain_text("Import undone")


def _at(id_: TransferId) -> str:
    return f"/desk/transfers/{id_}/import"
