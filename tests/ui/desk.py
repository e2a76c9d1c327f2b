"""A district's desk, served on a real socket, and browsers that look at it.

A test of a page needs three lines:

    page = await desk.page("registrar", "/desk/queue")
    await sound(page)                      # axe, no request elsewhere, nothing wider than the window
    assert "Queue" in await page.title()
"""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, BrowserContext, Page, Request

from gateway.crypto.tokens import Nonces
from gateway.demo.nodes import free_ports
from gateway.demo.staff import STAFF, list_staff
from gateway.domain.ids import EntityId
from gateway.domain.policy.people import Person, StaffRole
from gateway.http.app import make_runner
from gateway.http.site import Site
from gateway.http.staff import sessions
from gateway.settings import Settings
from gateway.storage.store import SqlStore
from gateway.usecases.ports import Account, Node, Session
from gateway.wiring.desk import make_desk
from tests.harness.pair import Clock, Network, PlainDirectory, make_node

WIDE: Final = 1280
NARROW: Final = 320
"""CSS pixels; WCAG 2.2, 1.4.10."""
FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")


@dataclass
class Desk:
    """A node with its pages, and the browser. `node` is the one that the pages ask."""

    node: Node
    store: SqlStore
    url: str
    people: Sequence[Account]
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def who(self, role: str) -> Account:
        """Return the made-up member of staff with that role, and no other where there is such a one."""
        fitting = [one for one in self.people if StaffRole(role) in one.roles]
        return min(fitting, key=lambda one: (len(one.roles), one.name))

    def person(self, role: str) -> Person:
        """Return the same, as use-cases take a person: signed in a moment ago, with two factors."""
        one = self.who(role)
        return Person(
            id=one.id,
            name=one.name,
            roles=one.roles,
            schools=one.schools,
            signed_in_at=self.node.now(),
            strong=True,
        )

    async def page(
        self,
        role: str | None,
        path: str = "/desk/",
        *,
        language: str = "en",
        width: int = WIDE,
        scripts: bool = True,
        signed_in_at: datetime | None = None,
    ) -> Page:
        """Return a page of the desk in a browser of its own, as somebody with that role, or nobody."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            extra_http_headers={"Accept-Language": language},
            locale=language,
        )
        self.contexts.append(context)
        if role is not None:
            secret = await self.sign_in(role, signed_in_at)
            await context.add_cookies([{"name": sessions.SESSION, "value": secret, "url": self.url}])
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.elsewhere = []  # type: ignore[attr-defined]
        page.on("request", lambda request: _note(page, request, self.url))
        if path:
            await page.goto(self.url + path)
        return page

    async def sign_in(self, role: str, signed_in_at: datetime | None = None) -> str:
        """Open a session and return the cookie's value. The way by the provider has tests of its own."""
        secret, now = sessions.new_secret(), self.node.now()
        session = Session(
            digest=sessions.digest_of(secret),
            person=self.who(role).id,
            csrf=sessions.new_secret(),
            signed_in_at=signed_in_at or now,
            strong=True,
            opened_at=now,
            seen_at=now,
        )
        await self.store.write(lambda tx: tx.sessions.add(session))
        return secret

    async def close_pages(self) -> None:
        """Close all browsers' windows."""
        for context in self.contexts:
            await context.close()
        self.contexts.clear()


@asynccontextmanager
async def serving_desk(folder: Path, browser: Browser, **options: Any) -> AsyncIterator[Desk]:
    """Serve a district in memory of its own: an empty store on disk, all made-up staff, no peers.

    `options` replace parts of the node, such as `source`.
    """
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    store = await SqlStore.open(folder / "node.db")
    settings = Settings.model_validate(
        {
            "role": "district",
            "id": url,
            "name": "Maple Unified School District",
            "login": {"demo": True},
            "pages": {"brand_colour": "#7a2e1f", "time_zone": "America/Chicago"},
        }
    )
    made = make_node(EntityId(url), store=store, network=Network(), clock=Clock(), directory=PlainDirectory())
    node = replace(made, **{"now": _now, **options})
    async with _staffed(node, settings) as site:
        runner = make_runner(site)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        people = await store.read(lambda tx: tx.staff.list())
        desk = Desk(node=node, store=store, url=url, people=people, browser=browser)
        try:
            yield desk
        finally:
            await desk.close_pages()
            await runner.cleanup()
            await store.close()


@asynccontextmanager
async def _staffed(node: Node, settings: Settings) -> AsyncIterator[Site]:
    from gateway.peers.addresses import Outbound
    from gateway.peers.calls import Caller
    from gateway.peers.connector import open_session

    outbound = Outbound(allow_loopback=True)
    async with open_session(outbound) as session:
        await list_staff(node, settings)
        yield Site(
            node=node,
            base_url=settings.id,
            nonces=Nonces(b"n" * 32),
            publisher=None,  # type: ignore[arg-type] # nobody asks for it here
            started_at=node.now(),
            desk=make_desk(settings, Caller(session, outbound), node.now, _districts),
        )


async def sound(page: Page) -> None:
    """Check what holds for every page: axe finds nothing, nothing comes from elsewhere, nothing overflows.

    The page must have scripts on: axe is one. Ours need none.
    """
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.elsewhere == []  # type: ignore[attr-defined]
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{wide} px wider than the window"


async def picture(page: Page, folder: Path, name: str) -> Path:
    """Store a picture of the whole page and return its place."""
    place = folder / f"{name}.png"
    await page.screenshot(path=place, full_page=True)
    return place


async def printed(page: Page) -> bytes:
    """Return the page as it is printed, a PDF."""
    return await page.pdf(format="Letter", print_background=False, tagged=True)


def _note(page: Page, request: Request, url: str) -> None:
    if not request.url.startswith((url, "data:")):
        page.elsewhere.append(request.url)  # type: ignore[attr-defined]


async def _districts() -> Sequence[tuple[EntityId, str]]:
    return [
        (EntityId("https://cedar.test"), "Cedar Unified School District"),
        (EntityId("https://oak.test"), "Oak Valley School District"),
    ]


def _now() -> datetime:
    return datetime.now(UTC)


__all__ = [
    "CHROMIUM",
    "FLAGS",
    "NARROW",
    "STAFF",
    "WIDE",
    "Desk",
    "picture",
    "printed",
    "serving_desk",
    "sound",
]
