"""Opens a node: its files, its store, its connections, and everything behind its ports."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.adapter_api import Adapter, Sink
from gateway.crypto.chains import ChainCache, ChainRules
from gateway.crypto.keys import KeyRing, Purpose
from gateway.crypto.node_seals import NodeSeals
from gateway.crypto.publishing import AgencyPublisher, DistrictPublisher
from gateway.domain.entity_ids import entity_id
from gateway.domain.errors import Misconfigured, PeerUnavailable, Untrusted
from gateway.domain.ids import EntityId
from gateway.domain.policy import Person, PersonId, Rules
from gateway.domain.safety.pace import Limits
from gateway.mapping.spec import MappingFile
from gateway.peers.addresses import Outbound
from gateway.peers.calls import Caller
from gateway.peers.connector import open_session
from gateway.peers.directory import FederationDirectory
from gateway.peers.marks import OwnMarks
from gateway.peers.members import MemberList
from gateway.peers.node_client import NodeClient
from gateway.peers.oauth_client import OAuthClient
from gateway.peers.statement_client import StatementClient
from gateway.settings import Settings
from gateway.storage.store import SqlStore
from gateway.usecases.ports import Node, Pace
from gateway.wiring.import_rows import ImportRowsMaker
from gateway.wiring.local_system import MappedSource, SinkImports, local_system
from gateway.wiring.local_terms import local_terms
from gateway.wiring.node_secrets import (
    LOG_KEY,
    locator_tokens,
    log_signer,
    log_witness,
    pseudonyms,
    vault,
)
from gateway.wiring.packs import annual_notice, district_calendar, district_pack
from gateway.wiring.policies import district_policy
from gateway.wiring.trust import agency_publisher, chain_rules, district_publisher


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return 128 random bits."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A node, ready for use-cases, and the parts behind its ports."""

    settings: Settings
    node: Node
    store: SqlStore
    keys: KeyRing
    rules: ChainRules
    adapter: Adapter | None
    mapping: MappingFile | None
    sink: Sink | None
    directory: FederationDirectory
    statements: StatementClient
    members: MemberList
    publisher: DistrictPublisher | AgencyPublisher
    caller: Caller
    woken: asyncio.Event

    def operator(self, name: str) -> Person:
        """Return the person at the terminal, with the roles that the settings give to it.

        Whoever can run a command can read the node's keys: the sign-in at the machine counts as strong.
        """
        terminal = self.settings.terminal
        return Person(
            id=PersonId(name),
            name=name,
            roles=frozenset(terminal.roles),
            schools=frozenset(terminal.schools),
            signed_in_at=self.node.now(),
            strong=True,
        )


@contextlib.asynccontextmanager
async def open_node(
    settings: Settings, *, serving: bool = False, alone: bool = False
) -> AsyncIterator[Opened]:
    """Open a node's store, keys, source and connections, and close them at the end.

    Args:
        settings: The node's settings.
        serving: Whether this process serves; any other process may open the node beside it.
        alone: Whether no agency need be pinned, because nobody is talked to.

    Raises:
        Misconfigured: a file, key or setting is missing or wrong; the message says which.
    """
    async with contextlib.AsyncExitStack() as stack:
        keys = KeyRing.load(settings.path(settings.keys.folder))
        rules = chain_rules(settings, keys, alone=alone)
        store = await SqlStore.open(settings.path(settings.store.path), checkpointer=serving)
        stack.push_async_callback(store.close)
        outbound = _outbound(settings)
        session = await stack.enter_async_context(open_session(outbound))
        network = _network(settings, keys, rules, store, Caller(session, outbound), serving=serving)
        stack.push_async_callback(network.directory.close)
        stack.push_async_callback(network.oauth.close)
        yield _opened(settings, keys, rules, store, network)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Network:
    """The parts that call other nodes."""

    caller: Caller
    statements: StatementClient
    publisher: DistrictPublisher | AgencyPublisher
    directory: FederationDirectory
    oauth: OAuthClient
    peers: NodeClient
    seals: NodeSeals


def _source(
    settings: Settings, adapter: Adapter | None, mapping: MappingFile | None, id_: EntityId
) -> MappedSource | None:
    if adapter is None or mapping is None or settings.source is None:
        return None
    return MappedSource(adapter, mapping, id_, settings.source, settings.path(settings.source.folder))


def _rows(adapter: Adapter | None, mapping: MappingFile | None, id_: EntityId) -> ImportRowsMaker | None:
    if adapter is None or mapping is None:
        return None
    return ImportRowsMaker(adapter, mapping, id_, lambda: now().date())


def _id(settings: Settings, rules: ChainRules) -> EntityId:
    try:
        return entity_id(settings.id, allow_loopback_http=rules.allow_loopback_http)
    except Untrusted:
        raise Misconfigured(
            f"{settings.file}: id: is not an address like https://exchange.maple.example: lower case,"
            " no slash at its end"
        ) from None


def _network(
    settings: Settings,
    keys: KeyRing,
    rules: ChainRules,
    store: SqlStore,
    caller: Caller,
    *,
    serving: bool,
) -> _Network:
    id_ = _id(settings, rules)
    agency = next(iter(rules.anchors), id_)
    statements = StatementClient(caller, limits=rules.limits, allow_loopback_http=rules.allow_loopback_http)
    marks = OwnMarks(statements, store, id_=id_, agency=agency, types=settings.trust.marks, now=now)
    publisher = (
        agency_publisher(settings, id_, keys, now)
        if settings.role == "agency"
        else district_publisher(settings, id_, keys, marks, now)
    )

    async def configuration() -> bytes:
        """Speak with the voice of the serving process, so that peers see one configuration, not two."""
        if not serving:
            with contextlib.suppress(PeerUnavailable):
                return (await statements.configuration(id_)).encode()
        return (await publisher.entity_configuration()).encode()

    directory = FederationDirectory(
        statements,
        store,
        id_=id_,
        agency=agency,
        configuration=configuration,
        rules=rules,
        now=now,
    )
    oauth = OAuthClient(
        caller,
        id_=id_,
        client_key=lambda: keys.current(Purpose.CLIENT),
        chains=directory,
        now=now,
        new_id=new_id,
    )
    seals = NodeSeals(id_, keys, ChainCache(rules), now)
    wrap = {"wrap": seals.wrap} if settings.requests.encrypt else {}
    peers = NodeClient(caller, oauth, _outbound(settings), **wrap)
    return _Network(
        caller=caller,
        statements=statements,
        publisher=publisher,
        directory=directory,
        oauth=oauth,
        peers=peers,
        seals=seals,
    )


def _opened(
    settings: Settings, keys: KeyRing, rules: ChainRules, store: SqlStore, network: _Network
) -> Opened:
    adapter, mapping, sink = local_system(settings)
    pack = district_pack(settings)
    woken = asyncio.Event()
    id_ = _id(settings, rules)
    node = Node(
        id=id_,
        store=store,
        peers=network.peers,
        directory=network.directory,
        seals=network.seals,
        vault=vault(settings.path(settings.keys.folder) / "sealed.key"),
        source=_source(settings, adapter, mapping, id_),
        imports=SinkImports(sink, _rows(adapter, mapping, id_)) if sink else None,
        rules=_rules(settings),
        policy=district_policy(settings),
        terms=local_terms(settings, mapping),
        pack=pack,
        calendar=district_calendar(settings, pack, now().date()),
        notice=annual_notice(settings),
        pace=_pace(settings),
        now=now,
        new_id=new_id,
        pseudonym=pseudonyms(settings.path(settings.keys.folder) / "pseudonyms.key"),
        locator_token=locator_tokens(settings),
        log=log_signer(settings.path(settings.keys.folder) / LOG_KEY, id_),
        witness=log_witness(settings, id_) if settings.role == "agency" else None,
        wake=woken.set,
    )
    return Opened(
        settings=settings,
        node=node,
        store=store,
        keys=keys,
        rules=rules,
        adapter=adapter,
        mapping=mapping,
        sink=sink,
        directory=network.directory,
        statements=network.statements,
        members=MemberList(network.statements, agency=next(iter(rules.anchors), id_), rules=rules, now=now),
        publisher=network.publisher,
        caller=network.caller,
        woken=woken,
    )


def _outbound(settings: Settings) -> Outbound:
    authority = settings.trust.certificate_authority
    return Outbound(
        allow_loopback=settings.trust.allow_loopback_http,
        allow_private=settings.trust.allow_private_addresses,
        ca_file=settings.path(authority) if authority else None,
    )


def _rules(settings: Settings) -> Rules:
    return Rules(
        automatic_approval=settings.release.automatic_approval,
        batch=timedelta(minutes=settings.release.batch_minutes) or None,
        manual_share=settings.release.manual_share,
        limits=Limits(
            peer_per_hour=settings.release.peer_requests_per_hour,
            actor_per_hour=settings.release.person_requests_per_hour,
        ),
        automatic_import=settings.incoming.automatic_import,
        undo=timedelta(minutes=settings.release.undo_minutes),
        notice=settings.time_to_object,
        withheld_classes=frozenset(settings.release.withheld_classes),
        required_marks=frozenset(settings.trust.required_marks),
        requests_per_peer_per_day=settings.release.requests_per_peer_per_day,
    )


def _pace(settings: Settings) -> Pace:
    pace = settings.loop
    return Pace(
        lease=timedelta(seconds=pace.lease_seconds),
        first_retry=timedelta(seconds=pace.first_retry_seconds),
        poll_interval=timedelta(seconds=pace.poll_seconds),
        tick=timedelta(seconds=pace.tick_seconds),
        batch=pace.batch,
    )
