"""`ports.Directory` by trust chains: asks the agency, keeps what it said, goes on while it is away."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Final

from gateway.crypto.chains import ChainCache, ChainRules
from gateway.domain.chain_faults import ChainFault
from gateway.domain.entity_ids import entity_id
from gateway.domain.errors import PeerUnavailable, Untrusted
from gateway.domain.ids import EntityId
from gateway.domain.trust import Listing
from gateway.peers.chain_builder import NOT_VOUCHED_FOR, ChainBuilder
from gateway.peers.flights import Flights
from gateway.peers.known import RETRY_AFTER, Known
from gateway.peers.statement_client import StatementClient
from gateway.usecases.ports import Store

_RANDOM: Final = SystemRandom()
_RECALLED: Final = 16 * 1024
"""Anybody can make this node ask about a made-up one, so the memory of having asked has an end."""


class FederationDirectory:
    """Who is who. One for a process; ordinary questions are answered from memory."""

    def __init__(
        self,
        statements: StatementClient,
        store: Store,
        *,
        id_: EntityId,
        agency: EntityId,
        configuration: Callable[[], Awaitable[bytes]],
        rules: ChainRules,
        now: Callable[[], datetime],
        jitter: Callable[[], float] = _RANDOM.random,
    ) -> None:
        """Take this node's id, its agency's, and what returns this node's present configuration."""
        self._statements = statements
        self._store = store
        self._id = id_
        self._agency = agency
        self._configuration = configuration
        self._rules = rules
        self._now = now
        self._known = Known(now=now, jitter=jitter)
        self._cache = ChainCache(rules)
        self._own_cache = ChainCache(replace(rules, required_marks=frozenset()), size=8)
        self._builder = ChainBuilder(statements, anchors=rules.anchors, limits=rules.limits, now=now)
        self._flights: Flights[Listing] = Flights()
        self._recalled: set[EntityId] = set()
        self._renewed_at = now() - RETRY_AFTER

    async def listing(self, id_: EntityId, *, max_age: timedelta | None = None) -> Listing:
        """Return what a valid chain says of the node, its statement not older than `max_age`.

        Without `max_age`, what is kept serves until its end; from half of its life on it is renewed in
        the background. With `max_age` only superiors are asked, never the node itself, if a chain of
        it is kept. An anchor speaks for itself: it is asked, and its statement may be older.

        Raises:
            Untrusted: there is no valid chain; `not_vouched_for` if a superior says so.
            PeerUnavailable: whoever must be asked is away and nothing that is kept is good enough.
        """
        entity_id(id_, allow_loopback_http=self._rules.allow_loopback_http)
        await self.recall(id_)
        if kept := self._known.get(id_):
            if max_age is None:
                self._renew_if_due(id_, kept.refresh_at)
                return kept.listing
            if kept.listing.is_fresh(self._now(), max_age):
                return kept.listing
        listing = await self._fetch(id_, ask_node=max_age is None)
        if max_age is None or id_ in self._rules.anchors or listing.is_fresh(self._now(), max_age):
            return listing
        raise PeerUnavailable(f"the word of the agency about {id_} is older than this step allows")

    async def agency(self) -> Listing:
        """Return the listing of the agency that this node belongs to. Errors as of `listing`."""
        return await self.listing(self._agency)

    async def own_chain(self) -> Sequence[str]:
        """Return this node's own chain, under its present configuration. Errors as of `listing`."""
        listing = await self.listing(self._id)
        present = (await self._configuration()).decode()
        if present == listing.chain[0]:
            return listing.chain
        try:
            renewed = self._verify(self._id, (present, *listing.chain[1:]))
        except Untrusted:
            renewed = await self._fetch(self._id, ask_node=True)
        self._known.keep(renewed)
        return renewed.chain

    async def renew_own_chain(self) -> bool:
        """Build this node's own chain anew: somebody refused it. False if that was done a moment ago.

        Raises:
            Untrusted, PeerUnavailable: as `listing`.
        """
        if self._now() < self._renewed_at + RETRY_AFTER:
            return False
        self._renewed_at = self._now()
        await self._fetch(self._id, ask_node=True)
        return True

    async def accept(self, id_: EntityId, chain: Sequence[str]) -> Listing:
        """Check a chain that the node itself sent, and keep it. Asks nobody.

        Where the agency has said something later, that is returned instead; only a chain that holds
        and is known to be out of date leads to a question to the network.

        Raises:
            Untrusted: the chain does not hold, or the node is no longer vouched for.
        """
        await self.recall(id_)
        try:
            listing = self._verify(id_, chain)
            self._known.check_floor(listing)
        except Untrusted as fault:
            if fault.reason == ChainFault.SUPERSEDED:
                return await self.listing(id_)
            raise
        self._known.keep(listing)
        return listing

    async def forget(self, id_: EntityId) -> None:
        """Drop what is kept of the node, and ask its superiors anew in the background.

        A chain from before this moment, shown by the node itself, is not accepted any more.
        """
        await self._drop(id_)
        self._flights.begin((id_, True), lambda: self._fetched(id_, ask_node=True))

    async def recall(self, id_: EntityId) -> None:
        """Load what the store keeps of the node, once."""
        if id_ in self._recalled:
            return
        chain, newest = await self._store.read(lambda tx: (tx.chains.get(id_), tx.chains.newest(id_)))
        if len(self._recalled) >= _RECALLED:
            self._recalled.clear()
        self._recalled.add(id_)
        if chain is None and newest is not None:
            self._known.drop(id_)
        elif chain is not None:
            self._take_up(id_, chain)

    async def close(self) -> None:
        """Stop what is under way."""
        await self._flights.close()

    def _take_up(self, id_: EntityId, chain: Sequence[str]) -> None:
        """Keep a stored chain. One that has ended since, or no longer fits the rules, counts for nothing."""
        try:
            self._known.keep(self._verify(id_, chain))
        except Untrusted:
            return

    def _renew_if_due(self, id_: EntityId, refresh_at: datetime) -> None:
        if self._now() >= refresh_at:
            self._known.put_off(id_)
            self._flights.begin((id_, True), lambda: self._fetched(id_, ask_node=True))

    async def _fetch(self, id_: EntityId, *, ask_node: bool) -> Listing:
        return await self._flights.join((id_, ask_node), lambda: self._fetched(id_, ask_node=ask_node))

    async def _fetched(self, id_: EntityId, *, ask_node: bool) -> Listing:
        try:
            listing = await self._built(id_, ask_node=ask_node)
        except Untrusted as fault:
            if fault.reason == NOT_VOUCHED_FOR and await self._was_known(id_):
                await self._drop(id_)
            raise
        self._known.keep(listing)
        await self._store.write(lambda tx: tx.chains.put(id_, listing.chain, stated_at=listing.stated_at))
        return listing

    async def _built(self, id_: EntityId, *, ask_node: bool) -> Listing:
        """Build a chain under the node's own word: the kept one if that will do, else asked for."""
        kept = self._known.get(id_)
        if kept is not None and not ask_node and id_ not in self._rules.anchors:
            try:
                return await self._builder.build(
                    kept.listing.chain[0], lambda chain: self._verify(id_, chain)
                )
            except Untrusted as fault:
                if fault.reason == NOT_VOUCHED_FOR:
                    raise
        configuration = await self._word_of(id_, kept.listing if kept else None)
        return await self._builder.build(configuration, lambda chain: self._verify(id_, chain))

    async def _word_of(self, id_: EntityId, kept: Listing | None) -> str:
        """Return what the node says of itself; while it is away, what it said last."""
        if id_ == self._id:
            return (await self._configuration()).decode()
        try:
            return await self._statements.configuration(id_)
        except PeerUnavailable:
            if kept is None or id_ in self._rules.anchors:
                raise
            return kept.chain[0]

    def _verify(self, id_: EntityId, chain: Sequence[str]) -> Listing:
        if id_ == self._id:
            return self._own_cache.verify(chain, now=self._now(), subject=id_)
        return self._cache.verify(chain, now=self._now(), subject=id_, newest=self._known.newest)

    async def _was_known(self, id_: EntityId) -> bool:
        """Whether anything is kept of the node: made-up names leave nothing behind."""
        if self._known.get(id_) is not None:
            return True
        return await self._store.read(lambda tx: tx.chains.newest(id_)) is not None

    async def _drop(self, id_: EntityId) -> None:
        self._known.drop(id_)
        self._recalled.add(id_)
        await self._store.write(lambda tx: tx.chains.drop(id_))
