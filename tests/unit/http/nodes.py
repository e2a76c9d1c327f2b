"""A node served on a real socket, and other nodes that call it, each with true keys and chains."""

import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from aiohttp import ClientResponse, ClientSession, web
from yarl import URL

from gateway.crypto import jws, statements
from gateway.crypto.chains import ChainCache
from gateway.crypto.cosignatures import LogKeys
from gateway.crypto.keys import parse_jwks
from gateway.crypto.node_seals import NodeSeals
from gateway.crypto.tokens import Nonces
from gateway.crypto.vault import KeyVault
from gateway.domain.casework import new_case
from gateway.domain.errors import PeerUnavailable, Untrusted
from gateway.domain.ids import EntityId, TransferId, digest
from gateway.domain.policy import PURPOSE_TRANSFER, Rules
from gateway.domain.transfer import Role, State, Subject, Transfer
from gateway.domain.trust import Listing
from gateway.http.app import make_runner
from gateway.http.site import Limits, Site
from gateway.usecases.ports import Member, Node, Pace, Parcel, Tx
from tests.harness import federation
from tests.harness.federation import AGREEMENT, NOW
from tests.harness.memory_store import MemoryStore, MemoryTx
from tests.harness.staff import ANNUAL, calendar, pack, policy

RESOURCE_PATH = "/exchange/v1"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DETAIL_TYPE = "urn:backpack:rar:transfer:1"
T = TypeVar("T")

JOSE = {"Content-Type": "application/jose"}
SUBJECT = Subject(given_name="Zebulon", family_name="Quirkwell", birth_date=date(2014, 5, 2), state_id="A77")


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **amount: float) -> None:
        self.at += timedelta(**amount)


class Disk(MemoryStore):
    """The store of a node. A test may look into its tables, and break it."""

    broken = False

    @property
    def tx(self) -> MemoryTx:
        return self._disk.tx

    async def write(self, work: Callable[[Tx], T]) -> T:
        self._spin()
        return await super().write(work)

    async def read(self, work: Callable[[Tx], T]) -> T:
        self._spin()
        return await super().read(work)

    def _spin(self) -> None:
        if self.broken:
            raise OSError("disk")


class Known:
    """`ports.Directory` over chains that are already there. Asks nobody."""

    def __init__(self, chains: Mapping[EntityId, Sequence[str]], cache: ChainCache, agency: EntityId) -> None:
        self.chains = dict(chains)
        self.suspended: set[EntityId] = set()
        self.away = False
        self.asked: list[EntityId] = []
        self._cache = cache
        self._agency = agency

    async def listing(self, id_: EntityId, *, max_age: timedelta | None = None) -> Listing:
        del max_age
        self.asked.append(id_)
        if self.away:
            raise PeerUnavailable("the agency is away")
        if id_ in self.suspended or id_ not in self.chains:
            raise Untrusted("not_listed")
        return await self.accept(id_, self.chains[id_])

    async def agency(self) -> Listing:
        return await self.listing(self._agency)

    async def own_chain(self) -> Sequence[str]:
        return ()

    async def accept(self, id_: EntityId, chain: Sequence[str]) -> Listing:
        return self._cache.verify(chain, now=NOW, subject=id_)

    async def forget(self, id_: EntityId) -> None:
        self.chains.pop(id_, None)


class Prints:
    """What a node publishes, signed with its own keys."""

    def __init__(self, member: federation.Member, configuration: str) -> None:
        self.member = member
        self.configuration = configuration

    async def entity_configuration(self) -> str:
        return self.configuration

    async def statement(self, member: Member) -> str:
        return statements.district_statement(
            self.member.id,
            member.id,
            keys=self.member.keys,
            subject_jwks=member.jwks,
            name=member.organization_name,
            lea_ids=member.lea_ids,
            host=member.id.removeprefix("https://"),
            now=NOW,
        )

    async def trust_mark(self, member: Member, type_: str) -> str:
        return statements.trust_mark(self.member.id, member.id, type_, keys=self.member.keys, now=NOW)

    async def read_mark(self, mark: str) -> tuple[EntityId, str]:
        keys = parse_jwks(self.member.federation_jwks)
        claims = jws.verify(mark, typ=jws.Typ.TRUST_MARK, keys=keys, max_bytes=10_000).claims
        jws.check_times(claims, now=NOW, exp_required=True)
        return EntityId(claims["sub"]), claims["trust_mark_type"]

    async def mark_status(self, mark: str, status: statements.MarkStatus) -> str:
        return statements.trust_mark_status(self.member.id, mark, status, keys=self.member.keys, now=NOW)

    async def historical_keys(self) -> str:
        return statements.historical_keys(self.member.id, keys=self.member.keys, retired=(), now=NOW)


@dataclass
class World:
    """An agency, the district that is called (maple) and two that call (oak, elm)."""

    clock: Clock = field(default_factory=Clock)
    agency: federation.Member = field(default_factory=federation.agency)
    maple: federation.Member = field(default_factory=federation.district)
    oak: federation.Member = field(default_factory=lambda: federation.district("oak"))
    elm: federation.Member = field(default_factory=lambda: federation.district("elm"))
    store: Disk = field(default_factory=Disk)
    rules: Rules = field(default_factory=Rules)
    woken: int = 0

    def __post_init__(self) -> None:
        self.cache = ChainCache(federation.rules_of(self.agency))
        chains = {one.id: federation.chain_of(one, self.agency) for one in (self.maple, self.oak, self.elm)}
        chains[self.agency.id] = [federation.anchor_configuration(self.agency)]
        self.directory = Known(chains, self.cache, self.agency.id)

    def site(self, served: federation.Member, **more: Any) -> Site:
        prints = Prints(served, self.directory.chains[served.id][0])
        return Site(
            node=self._node(served),
            base_url=served.id,
            nonces=Nonces(b"n" * 32),
            publisher=prints,
            agency=prints if served is self.agency else None,
            started_at=NOW,
            **{"limits": Limits(read_timeout=timedelta(seconds=5)), **more},
        )

    def _node(self, served: federation.Member) -> Node:
        return Node(
            id=served.id,
            store=self.store,
            peers=None,  # type: ignore[arg-type] # nothing that is called here calls others
            directory=self.directory,
            seals=NodeSeals(served.id, served.keys, self.cache, self.clock),
            vault=KeyVault(bytes(32)),
            source=None,
            imports=None,
            rules=self.rules,
            policy=policy(),
            pack=pack(),
            calendar=calendar(),
            notice=ANNUAL,
            pace=Pace(),
            now=self.clock,
            new_id=lambda: uuid.uuid4().hex,
            pseudonym=lambda kind, value: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}:{value}")),
            locator_token=None,
            log=LogKeys("node.test/audit", bytes(32)),
            wake=self._wake,
        )

    def _wake(self) -> None:
        self.woken += 1

    def held(self, peer: EntityId, state: State = State.REVIEW, **more: Any) -> Transfer:
        """A transfer that the called district holds for the peer, already stored."""
        transfer = Transfer(
            id=TransferId(f"T-{uuid.uuid4().hex[:22]}"),
            role=Role.HOLDER,
            peer=peer,
            state=state,
            subject=SUBJECT,
            sections=("identity",),
            purpose=PURPOSE_TRANSFER,
            legal_basis="34CFR99.31(a)(2)",
            actor="u-77",
            request_jti=uuid.uuid4().hex,
            created_at=NOW,
            changed_at=NOW,
            expires_at=NOW + timedelta(days=14),
            next_try_at=None,
            **more,
        )
        self.store.tx.transfers.rows[transfer.id] = transfer
        self.store.tx.cases.open(new_case(transfer.id, Role.HOLDER, at=NOW, due_on=NOW.date()))
        return transfer

    def released(self, peer: EntityId, jwe: bytes = b"a.b.c.d.e") -> Transfer:
        """The same, with a sealed record that waits to be fetched."""
        transfer = self.held(peer, State.RELEASED, version=1, parcel_digest=digest(jwe))
        parcel = Parcel(transfer=transfer.id, version=1, jwe=jwe, digest=digest(jwe))
        self.store.tx.parcels.put(parcel)
        return transfer


@dataclass
class Live:
    """A node on a real socket. It knows itself by its public URL, whatever the socket is called."""

    port: int
    session: ClientSession
    site: Site

    async def send(self, method: str, path: str, **more: Any) -> ClientResponse:
        """Send a request and read the answer whole."""
        async with self.session.request(
            method, URL(f"http://127.0.0.1:{self.port}{path}", encoded=True), allow_redirects=False, **more
        ) as response:
            await response.read()
            return response


@asynccontextmanager
async def serving(site: Site) -> AsyncIterator[Live]:
    """Serve the site on a free port of this machine."""
    runner = make_runner(site)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession() as session:
            yield Live(runner.addresses[0][1], session, site)
    finally:
        await runner.cleanup()


def as_member(one: federation.Member, **more: Any) -> Member:
    """An admitted node, as the agency's store has it."""
    usual = Member(
        id=one.id,
        organization_name=one.name,
        lea_ids={"nces": "0612345"},
        jwks=one.federation_jwks,
        marks=frozenset({AGREEMENT}),
        status="active",
        admitted_at=NOW,
        changed_at=NOW,
    )
    return replace(usual, **more)
