"""Import review, in a browser: a record that really came from another district."""

import pytest_asyncio
from playwright.async_api import expect

from gateway.domain.ids import TransferId
from tests.harness.arrived import receive_record
from tests.harness.pair import Imports, backpack
from tests.ui.desk import NARROW, WIDE, Desk, sound


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def arrived(desk: Desk) -> TransferId:
    """A record that Cedar released, verified here."""
    return await receive_record(desk.node, desk.person("registrar"), backpack("77"))


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
