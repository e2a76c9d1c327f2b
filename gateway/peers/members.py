"""Whom the agency vouches for, by name: what a registrar picks the former district from."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.crypto import jws
from gateway.crypto.chains import AnchorConfiguration, ChainRules, verify_anchor_configuration
from gateway.domain.entity_ids import entity_id
from gateway.domain.errors import Refused, Unknown
from gateway.domain.federation import FEDERATION_ENTITY
from gateway.domain.ids import EntityId
from gateway.peers.statement_client import StatementClient

_AT_ONCE = 8


class MemberList:
    """The agency's list, each name as the agency signed it."""

    def __init__(
        self,
        statements: StatementClient,
        *,
        agency: EntityId,
        rules: ChainRules,
        now: Callable[[], datetime],
    ) -> None:
        self._statements = statements
        self._agency = agency
        self._rules = rules
        self._now = now

    async def members(self) -> Sequence[tuple[EntityId, str]]:
        """Return identifiers and names, in the order of names.

        An entry that the agency lists and does not vouch for, or not in a way that can be verified, is
        left out.

        Raises:
            PeerUnavailable: the agency gave no answer.
            Untrusted: it is not the agency that is pinned.
        """
        token = await self._statements.configuration(self._agency)
        agency = verify_anchor_configuration(token, anchor=self._agency, rules=self._rules, now=self._now())
        listed = await self._statements.subordinates(agency.statement)
        at_once = asyncio.Semaphore(_AT_ONCE)
        found = await asyncio.gather(*(self._member(id_, agency, at_once) for id_ in listed))
        return sorted((member for member in found if member), key=lambda member: member[1])

    async def _member(
        self, text: str, agency: AnchorConfiguration, at_once: asyncio.Semaphore
    ) -> tuple[EntityId, str] | None:
        try:
            id_ = entity_id(text, allow_loopback_http=self._rules.allow_loopback_http)
            async with at_once:
                token = await self._statements.statement(agency.statement, id_)
            return id_, self._name(token, id_, agency)
        except Refused:
            return None

    def _name(self, token: str, id_: EntityId, agency: AnchorConfiguration) -> str:
        jws.verify(
            token,
            typ=jws.Typ.ENTITY_STATEMENT,
            keys=agency.keys,
            max_bytes=self._rules.limits.statement_bytes,
        )
        statement = self._statements.read(token)
        name = statement.metadata.get(FEDERATION_ENTITY, {}).get("organization_name")
        if (statement.iss, statement.sub) != (self._agency, id_) or not isinstance(name, str):
            raise Unknown
        return name
