"""Fetches entity statements and trust marks (OpenID Federation 1.0, 8 and 9). Verifies nothing."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

import orjson

from gateway.crypto import jws
from gateway.domain import entity_statements
from gateway.domain.chain_faults import ChainFault, refuse
from gateway.domain.entity_statements import Limits, Statement
from gateway.domain.errors import Malformed, PeerUnavailable, TooLarge, Unknown
from gateway.domain.federation import FEDERATION_ENTITY
from gateway.domain.ids import EntityId
from gateway.peers.calls import Answer, Call, Caller, check_origin

STATEMENT: Final = "application/entity-statement+jwt"
TRUST_MARK: Final = "application/trust-mark+jwt"
FETCH: Final = "federation_fetch_endpoint"
LIST: Final = "federation_list_endpoint"
TRUST_MARK_ENDPOINT: Final = "federation_trust_mark_endpoint"

SECONDS: Final = 5
"""For one statement, from the first byte sent to the last byte read."""

MAX_LIST_BYTES: Final = 1024 * 1024
MAX_MEMBERS: Final = 5000

_OK, _NOT_FOUND = 200, 404


class StatementClient:
    """Asks entities for what they say of themselves and of others."""

    def __init__(self, caller: Caller, *, limits: Limits, allow_loopback_http: bool = False) -> None:
        self._caller = caller
        self._limits = limits
        self._allow_loopback_http = allow_loopback_http

    async def configuration(self, id_: EntityId) -> str:
        """Return what the entity says of itself.

        Raises:
            PeerUnavailable: it gave none.
            Untrusted: `statement_too_large`, or it speaks of somebody else.
        """
        try:
            token = await self._get(f"{id_}/.well-known/openid-federation", {}, STATEMENT)
        except Unknown:
            raise PeerUnavailable(f"{id_} publishes no entity configuration") from None
        statement = self.read(token)
        if statement.sub != id_ or not statement.is_configuration:
            refuse(ChainFault.WRONG_SUBJECT)
        return token

    async def statement(self, superior: Statement, about: EntityId) -> str:
        """Return what a superior, known by its configuration, says of another entity.

        Raises:
            Unknown: it says nothing: it does not vouch for that entity, or no longer.
            PeerUnavailable: it gave no answer.
            Untrusted: `statement_too_large`, `metadata_incomplete` or `other_origin`.
        """
        return await self._get(endpoint_of(superior, FETCH), {"sub": about}, STATEMENT)

    async def trust_mark(self, issuer: Statement, type_: str, holder: EntityId) -> str:
        """Return a mark that the issuer gave to the holder. Errors as of `statement`."""
        query = {"trust_mark_type": type_, "sub": holder}
        return await self._get(endpoint_of(issuer, TRUST_MARK_ENDPOINT), query, TRUST_MARK)

    async def subordinates(self, superior: Statement) -> Sequence[str]:
        """Return the identifiers that a superior lists, as it spells them. Errors as of `statement`."""
        answer = await self._answer(endpoint_of(superior, LIST), {}, MAX_LIST_BYTES)
        try:
            listed = orjson.loads(answer.body)
        except ValueError:
            listed = None
        if not isinstance(listed, list) or len(listed) > MAX_MEMBERS:
            raise PeerUnavailable(f"{superior.sub} gave a list that cannot be read")
        return [id_ for id_ in listed if isinstance(id_, str)]

    def read(self, token: str) -> Statement:
        """Return what a statement says, proven by nothing: good for finding whom to ask next.

        Raises:
            Untrusted: it is not a statement of the profile.
        """
        return read_unproven(token, self._limits, allow_loopback_http=self._allow_loopback_http)

    async def _get(self, url: str, query: Mapping[str, str], media_type: str) -> str:
        answer = await self._answer(url, query, self._limits.statement_bytes)
        try:
            token = answer.body.decode("ascii")
        except UnicodeDecodeError:
            refuse(ChainFault.UNREADABLE)
        if answer.media_type != media_type:
            raise PeerUnavailable(f"the answer was not {media_type}")
        return token

    async def _answer(self, url: str, query: Mapping[str, str], max_bytes: int) -> Answer:
        full = f"{url}{'&' if '?' in url else '?'}{urlencode(query)}" if query else url
        call = Call(method="GET", url=full, headers={}, max_bytes=max_bytes, seconds=SECONDS)
        try:
            answer = await self._caller.send(call)
        except TooLarge:
            refuse(ChainFault.TOO_LARGE)
        if answer.status == _NOT_FOUND:
            raise Unknown
        if answer.status != _OK:
            raise PeerUnavailable(f"a federation endpoint answered {answer.status}")
        return answer


def endpoint_of(entity: Statement, name: str) -> str:
    """Return an endpoint that an entity states for itself, at its own origin.

    Raises:
        Untrusted: `metadata_incomplete` or `other_origin`.
    """
    url = entity.metadata.get(FEDERATION_ENTITY, {}).get(name)
    if not isinstance(url, str):
        refuse(ChainFault.METADATA, name)
    check_origin(url, entity.sub)
    return url


def read_unproven(token: str, limits: Limits, *, allow_loopback_http: bool) -> Statement:
    """Return what a statement says, proven by nothing; `Untrusted` if it is none of the profile."""
    try:
        claims = jws.peek(token, max_bytes=limits.statement_bytes).claims
    except (Malformed, TooLarge):
        refuse(ChainFault.UNREADABLE)
    return entity_statements.read_statement(claims, limits=limits, allow_loopback_http=allow_loopback_http)
