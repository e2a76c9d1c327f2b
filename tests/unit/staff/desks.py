"""A desk on a real socket, with a session of each role at hand."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientResponse, ClientSession, DummyCookieJar, web

from gateway.crypto.tokens import Nonces
from gateway.domain.ids import EntityId
from gateway.domain.policy.people import Person, PersonId, StaffRole
from gateway.http.app import make_runner
from gateway.http.desk import Desk as Pages
from gateway.http.desk import Login
from gateway.http.pages.frame import Frame
from gateway.http.site import Site
from gateway.http.staff import sessions
from gateway.http.staff.guard import EVERYBODY, person
from gateway.usecases.ports import Account, Proven, Session
from tests.harness.memory_store import MemoryStore
from tests.harness.pair import Clock, Network, make_node

URL = "http://127.0.0.1:1"


class NoProvider:
    """`ports.IdentityProvider` that nobody is proven by."""

    origin = "https://idp.test"
    issuer = "https://idp.test"

    async def authorization_url(self, *, state: str, nonce: str, verifier: str, again: bool) -> str:
        return f"{self.origin}/authorize?state={state}"

    async def redeem(self, **asked: Any) -> Proven:
        raise AssertionError("nobody comes back in these tests")

    async def ended_session(self, logout_token: str) -> tuple[str, str]:
        return "idp-1", logout_token

    async def logout_url(self) -> str | None:
        return None


@dataclass
class Desk:
    """The desk, its store, and a browser without a memory."""

    site: Site
    port: int
    client: ClientSession
    store: MemoryStore
    clock: Clock
    secrets: dict[StaffRole, str] = field(default_factory=dict)

    def open(
        self,
        role: StaffRole,
        *,
        seen_ago: timedelta = timedelta(0),
        opened_ago: timedelta = timedelta(0),
        signed_in_ago: timedelta = timedelta(0),
    ) -> None:
        """Put a session for somebody with that role into the store."""
        now, secret, tx = self.clock(), f"secret-{role}", self.store._disk.tx
        id_ = PersonId(f"P-{role}")
        tx.staff.put(
            Account(
                id=id_,
                issuer="https://idp.test",
                subject=role,
                name=role.title(),
                roles=frozenset({role}),
                schools=frozenset(),
                active=True,
                pseudonym=f"pseudonym-{role}",
                added_at=now,
            )
        )
        tx.sessions.add(
            Session(
                digest=sessions.digest_of(secret),
                person=id_,
                csrf=f"csrf-{role}",
                signed_in_at=now - signed_in_ago,
                strong=True,
                opened_at=now - opened_ago,
                seen_at=now - seen_ago,
                provider_session="idp-1",
            )
        )
        self.secrets[role] = secret

    async def send(
        self,
        method: str,
        path: str,
        *,
        session: StaffRole | None,
        csrf: str | None = None,
        headers: Mapping[str, str] | None = None,
        keep: bool = False,
    ) -> ClientResponse:
        """Send what a page would send, unless told otherwise, and read the answer whole."""
        if session is not None and not keep:
            self.open(session)
        sent = {"Sec-Fetch-Site": "same-origin"} if headers is None else dict(headers)
        if session is not None:
            sent["Cookie"] = f"sid={self.secrets[session]}"
        form = {"csrf": f"csrf-{session}" if csrf is None else csrf}
        async with self.client.request(
            method,
            f"http://127.0.0.1:{self.port}{path}",
            headers=sent,
            data=None if method == "GET" else form,
            allow_redirects=False,
        ) as answer:
            await answer.read()
            return answer


async def _fresh(_: web.Request, somebody: Person) -> web.Response:
    return web.Response(text=somebody.name)


async def _no_districts() -> list[tuple[EntityId, str]]:
    return []


@asynccontextmanager
async def serving() -> AsyncIterator[Desk]:
    """Serve a desk with an empty store."""
    clock, store = Clock(), MemoryStore()
    node = make_node(EntityId(URL), store=store, network=Network(), clock=clock)
    frame = Frame(
        district="Maple", brand_colour="#1d4f91", zone=UTC, secure=False, forms_to="https://idp.test"
    )
    pages = Pages(
        frame=frame,
        login=Login(provider=NoProvider()),
        districts=_no_districts,
        more=(web.get("/desk/fresh", person(EVERYBODY, _fresh, fresh=True), allow_head=False),),
    )
    site = Site(
        node=node,
        base_url=URL,
        nonces=Nonces(b"n" * 32),
        publisher=None,  # type: ignore[arg-type] # nobody asks for it here
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        desk=pages,
    )
    runner = make_runner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession(cookie_jar=DummyCookieJar()) as client:
        try:
            yield Desk(site=site, port=runner.addresses[0][1], client=client, store=store, clock=clock)
        finally:
            await runner.cleanup()
