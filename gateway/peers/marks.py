"""The trust marks that this node carries (OpenID Federation 1.0, 7 and 8.6)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.crypto import jws
from gateway.domain.entity_statements import Statement
from gateway.domain.errors import GatewayError, PeerUnavailable, Refused
from gateway.domain.ids import EntityId
from gateway.peers.known import RETRY_AFTER
from gateway.peers.statement_client import StatementClient
from gateway.usecases.ports import Store

KEPT: Final = timedelta(days=1)
"""How long the agency is not asked again."""
MISSING_RETRY: Final = timedelta(seconds=0.25)
"""The same while a mark is missing: a node that is admitted at this moment carries it at once."""

_MAX_MARK_BYTES: Final = 32 * 1024
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class OwnMarks:
    """Marks of the configured types, as the agency last gave them; the agency may be away."""

    def __init__(
        self,
        statements: StatementClient,
        store: Store,
        *,
        id_: EntityId,
        agency: EntityId,
        types: Sequence[str],
        now: Callable[[], datetime],
    ) -> None:
        """`types` are the mark types that this node is meant to carry."""
        self._statements = statements
        self._store = store
        self._id = id_
        self._agency = agency
        self._types = types
        self._now = now
        self._marks: dict[str, str] = {}
        self._ask_at: datetime | None = None

    async def own_marks(self) -> Sequence[tuple[str, str]]:
        """Return types and signed marks, those that have not ended, in the configured order.

        Asks nobody twice in a day once it has them all; if the agency is away then, once in a minute,
        and what it gave before goes on. A type that it does not give is left out, and asked for again.
        """
        if self._ask_at is None:
            self._marks = await self._stored()
        if self._ask_at is None or self._now() >= self._ask_at:
            self._ask_at = self._now() + await self._renew()
        current = {type_: mark for type_, mark in self._marks.items() if self._now() < _end(mark)}
        return [(type_, current[type_]) for type_ in self._types if type_ in current]

    async def _renew(self) -> timedelta:
        """Ask for each mark, and return how long not to ask again.

        A node that lacks a mark can do little without it, and asks again soon, whatever the reason.
        """
        away = await self._ask()
        if not self._marks.keys() >= set(self._types):
            return MISSING_RETRY
        return RETRY_AFTER if away else KEPT

    async def _ask(self) -> bool:
        """Ask for each mark; True if the agency did not answer."""
        try:
            agency = self._statements.read(await self._statements.configuration(self._agency))
            for type_ in self._types:
                await self._renew_one(agency, type_)
        except PeerUnavailable:
            return True
        return False

    async def _renew_one(self, agency: Statement, type_: str) -> None:
        try:
            self._marks[type_] = await self._statements.trust_mark(agency, type_, self._id)
        except Refused:
            self._marks.pop(type_, None)

    async def _stored(self) -> dict[str, str]:
        """Return the marks in this node's own chain as it was last stored."""
        chain = await self._store.read(lambda tx: tx.chains.get(self._id))
        if not chain:
            return {}
        try:
            carried = self._statements.read(chain[0]).trust_marks
        except GatewayError:
            return {}
        return {entry.trust_mark_type: entry.trust_mark for entry in carried}


def _end(mark: str) -> datetime:
    """Return when a mark ends; the beginning of time if that cannot be read."""
    try:
        claims: Mapping[str, object] = jws.peek(mark, max_bytes=_MAX_MARK_BYTES).claims
    except GatewayError:
        return _NEVER
    end = claims.get("exp")
    return datetime.fromtimestamp(end, UTC) if isinstance(end, int) else _NEVER
