"""Access tokens of other nodes, and calls that prove possession of them (RFC 6749, 7523, 9396, 9449)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from yarl import URL

from gateway.crypto import strict_json
from gateway.crypto.keys import PrivateKey
from gateway.crypto.tokens import DpopKey, client_assertion
from gateway.domain.errors import PeerUnavailable, TooLarge, Untrusted
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.trust import Listing
from gateway.peers import problems
from gateway.peers.calls import Answer, Call, Caller, check_origin
from gateway.peers.flights import Flights

TRANSFER_DETAILS = "urn:backpack:rar:transfer:1"
"""Type of the authorization details (RFC 9396, 2)."""

_EARLY = timedelta(seconds=30)
"""A token is not used this close to its end."""
_LONGEST = timedelta(minutes=10)
_KEY_LIFE = timedelta(days=1)
_TOKENS_KEPT = 4096
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_NONCE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,256}", re.ASCII)
_ACCESS_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,4096}=*", re.ASCII)
_CHALLENGE_ERROR = re.compile(r'\berror="([a-z_]{1,40})"', re.ASCII)


@dataclass(frozen=True, slots=True)
class Permission:
    """What a token is asked for; also the key under which it is kept."""

    peer: EntityId
    scope: str
    transfer: TransferId | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    key: DpopKey
    """What the token is bound to; a later key does not fit it."""
    expires_at: datetime


class ChainSource(Protocol):
    """Whoever knows this node's own chain."""

    async def own_chain(self) -> Sequence[str]:
        """Return it."""

    async def renew_own_chain(self) -> bool:
        """Have it stated anew, since a peer refused it; False if that was done a moment ago."""


class OAuthClient:
    """This node as a client of others."""

    def __init__(
        self,
        caller: Caller,
        *,
        id_: EntityId,
        client_key: Callable[[], PrivateKey],
        chains: ChainSource,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        """`client_key` returns the key that signs assertions now; it may change while the node runs."""
        self._caller = caller
        self._id = id_
        self._client_key = client_key
        self._chains = chains
        self._now = now
        self._new_id = new_id
        self._tokens: dict[Permission, _Token] = {}
        self._flights: Flights[_Token] = Flights()
        self._nonces: dict[URL, str] = {}
        self._key = DpopKey()
        self._key_made_at = now()

    async def send(
        self, to: Listing, scope: str, call: Call, *, transfer: TransferId | None = None
    ) -> Answer:
        """Make a call under a token of that scope, and return the answer, whatever its status.

        A wanted nonce is supplied and a refused token replaced, each once.

        Raises:
            Untrusted: the URL is not of the peer's origin, or the peer does not take this node's proofs.
            PeerUnavailable: no answer that can be used.
            TooLarge: the answer has more than the call allows.
            GatewayError: the class that the token endpoint refused with.
        """
        check_origin(call.url, to.id)
        permission = Permission(to.id, scope, transfer)
        token = await self._token(permission, to)
        answer = await self._send_once(call, token)
        error = _challenge(answer)
        if error == "use_dpop_nonce":
            answer = await self._send_once(call, token)
            error = _challenge(answer)
        if error == "invalid_token":
            self._forget(permission, token)
            answer = await self._send_once(call, await self._token(permission, to))
        return answer

    async def close(self) -> None:
        """Stop what is under way."""
        await self._flights.close()

    async def _send_once(self, call: Call, token: _Token) -> Answer:
        headers = {**call.headers, "Authorization": f"DPoP {token.value}"}
        return await self._prove(replace(call, headers=headers), token.key, token.value)

    async def _prove(self, call: Call, key: DpopKey, access_token: str | None) -> Answer:
        origin = URL(call.url).origin()
        proof = key.proof(
            method=call.method,
            url=call.url,
            now=self._now(),
            jti=self._new_id(),
            nonce=self._nonces.get(origin),
            access_token=access_token,
        )
        answer = await self._caller.send(replace(call, headers={**call.headers, "DPoP": proof}))
        self._keep_nonce(origin, answer)
        return answer

    def _keep_nonce(self, origin: URL, answer: Answer) -> None:
        nonce = answer.headers.get("DPoP-Nonce", "")
        if _NONCE.fullmatch(nonce):
            self._nonces[origin] = nonce

    async def _token(self, permission: Permission, to: Listing) -> _Token:
        kept = self._tokens.get(permission)
        if kept and self._now() < kept.expires_at - _EARLY:
            return kept
        return await self._flights.join(permission, lambda: self._ask(permission, to))

    def _forget(self, permission: Permission, token: _Token) -> None:
        """Drop the token unless somebody else has already replaced it."""
        if self._tokens.get(permission) is token:
            del self._tokens[permission]

    async def _ask(self, permission: Permission, to: Listing) -> _Token:
        check_origin(to.token_endpoint, to.id)
        key = self._dpop_key()
        answer = await self._ask_twice(permission, to, key)
        if _refusal(answer) == "invalid_client" and await self._chains.renew_own_chain():
            answer = await self._ask_twice(permission, to, key)
        if answer.status != 200:  # noqa: PLR2004 - RFC 6749, 5.1
            raise problems.of_token_endpoint(answer, to.id)
        token = self._read(answer, key, to.id)
        self._keep(permission, token)
        return token

    async def _ask_twice(self, permission: Permission, to: Listing, key: DpopKey) -> Answer:
        """Ask; if the server wants its nonce in the proof, ask again with it."""
        answer = await self._ask_once(permission, to, key)
        if _refusal(answer) == "use_dpop_nonce":
            answer = await self._ask_once(permission, to, key)
        return answer

    async def _ask_once(self, permission: Permission, to: Listing, key: DpopKey) -> Answer:
        form = await self._form(permission, to)
        call = Call(
            method="POST",
            url=to.token_endpoint,
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body=urlencode(form).encode(),
        )
        try:
            return await self._prove(call, key, None)
        except TooLarge as error:
            raise PeerUnavailable(str(error)) from None

    async def _form(self, permission: Permission, to: Listing) -> Mapping[str, str]:
        assertion = client_assertion(
            self._client_key(),
            client_id=self._id,
            audience=to.id,
            now=self._now(),
            jti=self._new_id(),
            trust_chain=await self._chains.own_chain(),
        )
        form = {
            "grant_type": "client_credentials",
            "scope": permission.scope,
            "resource": to.resource,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        if permission.transfer:
            details = [_details(permission.transfer, to.resource)]
            form["authorization_details"] = strict_json.dumps(details).decode()
        return form

    def _read(self, answer: Answer, key: DpopKey, peer: EntityId) -> _Token:
        """Take the token response (RFC 6749, 5.1; RFC 9449, 5). A token that is not bound is not used."""
        said = answer.json()
        value, life = said.get("access_token"), said.get("expires_in", 0)
        if str(said.get("token_type")).lower() != "dpop":
            raise Untrusted("token_not_bound", f"{peer} gave a token that is not bound to a key")
        if not isinstance(value, str) or not _ACCESS_TOKEN.fullmatch(value) or not isinstance(life, int):
            raise PeerUnavailable(f"{peer} gave a token that cannot be read")
        return _Token(value, key, self._now() + min(timedelta(seconds=max(life, 0)), _LONGEST))

    def _keep(self, permission: Permission, token: _Token) -> None:
        if len(self._tokens) >= _TOKENS_KEPT:
            now = self._now()
            self._tokens = {asked: kept for asked, kept in self._tokens.items() if now < kept.expires_at}
        self._tokens[permission] = token

    def _dpop_key(self) -> DpopKey:
        if self._now() - self._key_made_at >= _KEY_LIFE:
            self._key, self._key_made_at = DpopKey(), self._now()
        return self._key


def _details(transfer: TransferId, resource: str) -> dict[str, Any]:
    return {
        "type": TRANSFER_DETAILS,
        "actions": ["fetch"],
        "locations": [resource],
        "identifier": transfer,
    }


def _refusal(answer: Answer) -> str | None:
    """Return the error of a token endpoint (RFC 6749, 5.2)."""
    error = answer.json().get("error") if answer.status in {400, 401} else None
    return error if isinstance(error, str) else None


def _challenge(answer: Answer) -> str | None:
    """Return the error of a 401's challenge (RFC 6750, 3; RFC 9449, 9)."""
    if answer.status != 401:  # noqa: PLR2004
        return None
    found = _CHALLENGE_ERROR.search(answer.headers.get("WWW-Authenticate", ""))
    return found[1] if found else None
