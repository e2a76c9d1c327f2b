"""One browser for all tests of a process; a desk for each module. Tests are coroutines in one loop."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.ui.desk import CHROMIUM, FLAGS, Desk, serving_desk


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = os.path.dirname(__file__)  # noqa: PTH120
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: install it with `apt-get install chromium`")
        pytest.skip("no Chromium on this machine: `apt-get install chromium` brings one")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield launched
        await launched.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with serving_desk(tmp_path_factory.mktemp("desk"), browser) as served:
        yield served


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def _closed_pages(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    yield
    if "desk" in request.fixturenames:
        await request.getfixturevalue("desk").close_pages()
