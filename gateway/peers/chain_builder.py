"""Builds a trust chain by asking superiors, from a subject up to an anchor (OpenID Federation 1.0, 10.1)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from gateway.crypto.chains import Anchors
from gateway.domain.chain_faults import ChainFault, refuse
from gateway.domain.entity_statements import Limits, Statement
from gateway.domain.errors import PeerUnavailable, Refused, Unknown, Untrusted
from gateway.domain.ids import EntityId
from gateway.domain.trust import Listing
from gateway.peers.statement_client import StatementClient

NOT_VOUCHED_FOR: Final = "not_vouched_for"
"""Reason: a superior that should vouch for the entity does not."""

MAX_FETCHES: Final = 16
"""Statements that are asked for to build one chain."""

BUILD_SECONDS: Final = 15

_SUPERIORS_KEPT = 64
_LONGEST_KEPT = timedelta(hours=12)

Verify = Callable[[Sequence[str]], Listing]


class ChainBuilder:
    """Walks `authority_hints`. Keeps the configurations of superiors, which serve many chains."""

    def __init__(
        self,
        statements: StatementClient,
        *,
        anchors: Anchors,
        limits: Limits,
        now: Callable[[], datetime],
    ) -> None:
        self._statements = statements
        self._anchors = anchors
        self._limits = limits
        self._now = now
        self._superiors: dict[EntityId, tuple[str, datetime]] = {}

    async def build(self, configuration: str, verify: Verify) -> Listing:
        """Return the listing of the first chain that `verify` accepts; an anchor is a chain by itself.

        Raises:
            Untrusted: there is no such chain: `not_vouched_for`, or what is wrong with one.
            PeerUnavailable: whoever must be asked did not answer, and nobody said no.
        """
        subject = self._statements.read(configuration)
        if subject.sub in self._anchors:
            return verify([configuration])
        walk = _Walk(verify)
        try:
            async with asyncio.timeout(BUILD_SECONDS):
                found = await self._search(subject, (subject.sub,), (configuration,), walk)
        except TimeoutError:
            raise PeerUnavailable("the superiors took too long") from None
        if found is None:
            raise walk.verdict()
        return found

    async def superior(self, id_: EntityId) -> str:
        """Return a superior's configuration, asked for at most every half of its life.

        Raises:
            PeerUnavailable, Untrusted: as `StatementClient.configuration`.
        """
        token, until = self._superiors.get(id_, ("", self._now()))
        if self._now() < until:
            return token
        token = await self._statements.configuration(id_)
        statement = self._statements.read(token)
        half = min((statement.expires_at - statement.issued_at) / 2, _LONGEST_KEPT)
        if len(self._superiors) >= _SUPERIORS_KEPT:
            del self._superiors[next(iter(self._superiors))]
        self._superiors[id_] = token, self._now() + half
        return token

    async def _search(
        self, entity: Statement, path: tuple[EntityId, ...], below: tuple[str, ...], walk: "_Walk"
    ) -> Listing | None:
        """Return the listing of the first chain that holds, or None.

        `path` has the entities from the subject up to this one, `below` the statements about them.
        """
        for id_ in self._hints(entity, path):
            try:
                superior, statement = await self._ask(id_, entity.sub, walk)
            except (Refused, PeerUnavailable) as fault:
                walk.faults.append(_as_seen_from_below(fault))
                continue
            if id_ in self._anchors:
                found = walk.listing((*below, statement, superior))
            else:
                above = self._statements.read(superior)
                found = await self._search(above, (*path, id_), (*below, statement), walk)
            if found is not None:
                return found
        return None

    def _hints(self, entity: Statement, path: tuple[EntityId, ...]) -> list[EntityId]:
        """Return whom to ask, pinned anchors first; nobody twice, and nobody when the chain is full.

        One more superior makes the path's configuration, a statement for each step, and the anchor's.
        """
        if len(path) + 2 > self._limits.statements:
            return []
        hints = [EntityId(hint) for hint in dict.fromkeys(entity.authority_hints or ()) if hint not in path]
        return sorted(hints, key=lambda hint: hint not in self._anchors)

    async def _ask(self, superior: EntityId, about: EntityId, walk: "_Walk") -> tuple[str, str]:
        walk.spend(2)
        configuration = await self.superior(superior)
        statement = await self._statements.statement(self._statements.read(configuration), about)
        return configuration, statement


class _Walk:
    """What one search for a chain has met, and how much it may still ask."""

    def __init__(self, verify: Verify) -> None:
        self.faults: list[Refused | PeerUnavailable] = []
        self._verify = verify
        self._left = MAX_FETCHES

    def spend(self, fetches: int) -> None:
        self._left -= fetches
        if self._left < 0:
            refuse(ChainFault.TOO_LARGE, "too many superiors")

    def listing(self, chain: Sequence[str]) -> Listing | None:
        """Return what the chain proves, or note why it proves nothing."""
        try:
            return self._verify(chain)
        except Untrusted as fault:
            self.faults.append(fault)
            return None

    def verdict(self) -> Refused | PeerUnavailable:
        """Return the error to raise. A plain no counts more than silence: anybody can name the silent."""
        refusals = [fault for fault in self.faults if isinstance(fault, Refused)]
        return next(iter(refusals or self.faults), Untrusted(NOT_VOUCHED_FOR))


def _as_seen_from_below(fault: Refused | PeerUnavailable) -> Refused | PeerUnavailable:
    return Untrusted(NOT_VOUCHED_FOR) if isinstance(fault, Unknown) else fault
