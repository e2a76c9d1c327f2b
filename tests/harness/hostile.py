"""A node's client written anew, with aiohttp and joserfc alone: it keeps to the protocol or breaks it.

What a client of another's making would send. The gateway's code serves for its name only, the statements
of its chain; no token, proof or message is the gateway's, so a fault made on both sides does not hide.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import ClientSession, ClientTimeout
from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.registry import HeaderParameter
from yarl import URL

from gateway.crypto import node_metadata, statements
from gateway.crypto.keys import KeyRing, Purpose
from gateway.demo.nodes import free_ports
from gateway.domain.ids import EntityId
from tests.harness.live import Live, vouch_for

JOSE: Final = "application/jose"
FORM: Final = "application/x-www-form-urlencoded"
RAR: Final = "urn:backpack:rar:transfer:1"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JSON: Final = "application/vnd.backpack+json;v=1"
REQUEST: Final = "backpack.request"
FETCH: Final = "backpack.fetch"
SECONDS: Final = ClientTimeout(total=20)
_OWN: Final = frozenset({"date", "x-request-id", "dpop-nonce"})


@dataclass(frozen=True, slots=True)
class Sent:
    """A request, whole: it can be sent again as it was, or changed."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    @property
    def shown(self) -> tuple[object, ...]:
        """All that a caller sees, byte for byte, but for what every answer has of its own."""
        headers = sorted((name.lower(), value) for name, value in self.headers.items())
        return self.status, *[pair for pair in headers if pair[0] not in _OWN], self.body


@dataclass(slots=True)
class Outsider:
    """A district by its keys and its chain, in the hands of whoever runs this program."""

    session: ClientSession
    id: EntityId
    keys: KeyRing
    chain: Sequence[str]
    dpop: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    nonces: dict[str, str] = field(default_factory=dict)

    async def send(self, sent: Sent) -> Answer:
        """Send it as it is, and learn the nonce that comes back."""
        async with self.session.request(
            sent.method,
            URL(sent.url, encoded=True),
            headers=sent.headers,
            data=sent.body or None,
            timeout=SECONDS,
            allow_redirects=False,
        ) as response:
            answer = Answer(response.status, dict(response.headers), await response.read())
        if nonce := answer.headers.get("DPoP-Nonce"):
            self.nonces[_origin(sent.url)] = nonce
        return answer

    def assertion(self, node: str, **claims: Any) -> str:
        """Prove to the node who this is (RFC 7523); claims may differ from what is right."""
        now = int(time.time())
        usual = {"iss": self.id, "sub": self.id, "aud": node, "iat": now, "exp": now + 60, "jti": new_id()}
        key = self.keys.current(Purpose.CLIENT)
        return sign(key, "client-authentication+jwt", {**usual, **claims}, trust_chain=list(self.chain))

    def proof(self, method: str, url: str, token: str | None = None, *, key: ECKey | None = None) -> str:
        """Prove possession of a key for one request (RFC 9449)."""
        key = key or self.dpop
        claims = {"jti": new_id(), "htm": method, "htu": url, "iat": int(time.time())}
        claims |= {"nonce": self.nonces[_origin(url)]} if _origin(url) in self.nonces else {}
        claims |= {"ath": b64(hashlib.sha256(token.encode()).digest())} if token else {}
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": dict(key.as_dict(private=False))}
        return _serialized(header, claims, key)

    def token_request(
        self, node: str, scope: str = REQUEST, transfer: str | None = None, **claims: Any
    ) -> Sent:
        """Ask for a token; `claims` change the assertion."""
        form = {
            "grant_type": "client_credentials",
            "scope": scope,
            "resource": f"{node}/exchange/v1",
            "client_assertion_type": ASSERTION,
            "client_assertion": self.assertion(node, **claims),
        }
        if transfer:
            detail = {"type": RAR, "actions": ["fetch"], "identifier": transfer}
            form["authorization_details"] = json.dumps([detail])
        url = f"{node}/oauth/token"
        headers = {"DPoP": self.proof("POST", url), "Content-Type": FORM}
        return Sent("POST", url, headers, URL().with_query(form).raw_query_string.encode())

    async def ask_token(self, node: str, scope: str = REQUEST, transfer: str | None = None) -> Answer:
        """Ask for a token as is right, twice if there was no nonce yet."""
        if node not in self.nonces:
            await self.send(self.token_request(node, scope, transfer))
        return await self.send(self.token_request(node, scope, transfer))

    async def token(self, node: str, scope: str = REQUEST, transfer: str | None = None) -> str:
        """Return a token."""
        answer = await self.ask_token(node, scope, transfer)
        assert answer.status == 200, answer.body
        return str(answer.said["access_token"])

    def call(self, method: str, url: str, token: str, body: str = "", *, key: ECKey | None = None) -> Sent:
        """Call a route that only nodes may call."""
        headers = {"Authorization": f"DPoP {token}", "DPoP": self.proof(method, url, token, key=key)}
        return Sent(method, url, headers | ({"Content-Type": JOSE} if body else {}), body.encode())

    def message(self, typ: str, node: str, **claims: Any) -> str:
        """Sign a message to the node."""
        usual = {"iss": self.id, "aud": node, "iat": int(time.time()), "jti": new_id()}
        return sign(self.keys.current(Purpose.EVIDENCE), typ, {**usual, **claims})

    def request(self, node: str, match: Mapping[str, str], **claims: Any) -> str:
        """Sign a request for a student's record."""
        detail = {
            "type": RAR,
            "actions": ["fetch"],
            "datatypes": ["identity"],
            "purpose": "urn:backpack:purpose:enrollment-transfer",
            "legal_basis": "34CFR99.31(a)(2)",
            "subject": {"match": match},
        }
        one_time = ECKey.generate_key("P-256")
        jwk = {**one_time.as_dict(private=False), "use": "enc", "kid": f"eph-{one_time.thumbprint()}"}
        usual = {
            "exp": int(time.time()) + 300,
            "authorization_details": [detail],
            "actor": {"id": "u-77", "role": "registrar"},
            "response_encryption": {"jwk": jwk},
        }
        return self.message("backpack-request+jwt", node, **{**usual, **claims})


async def admitted(live: Live, session: ClientSession, name: str) -> Outsider:
    """Return a district that the agency vouches for and that serves nowhere; its chain is the agency's word."""
    (port,) = free_ports(1)
    id_, keys = EntityId(f"http://127.0.0.1:{port}"), KeyRing.generate()
    lea = {"nces": f"98{port:05d}"}
    await vouch_for(live.agency, id_, keys, name=name, lea=lea)
    agency = live.federation.agency.url
    (mark,) = live.agency.settings.trust.marks
    query = f"sub={id_}"
    word = await _text(session, f"{agency}/federation/fetch?{query}")
    carried = await _text(session, f"{agency}/federation/trust-mark?{query}&trust_mark_type={mark}")
    anchor = await _text(session, f"{agency}/.well-known/openid-federation")
    return Outsider(session, id_, keys, [own_word(id_, keys, agency, {mark: carried}), word, anchor])


def own_word(
    id_: EntityId, keys: KeyRing, agency: EntityId, marks: Mapping[str, str], *, at: datetime | None = None
) -> str:
    """Return what a district says of itself: the first statement of its chain."""
    return statements.entity_configuration(
        id_,
        keys=keys,
        metadata=node_metadata.district_metadata(id_, name="Whoever", contacts=[], keys=keys, formats=[JSON]),
        now=at or datetime.now(UTC),
        superiors=[agency],
        trust_marks=marks,
    )


async def _text(session: ClientSession, url: str) -> str:
    async with session.get(URL(url), timeout=SECONDS) as answer:
        assert answer.status == 200, url
        return await answer.text()


def sign(key: ECKey, typ: str, claims: Mapping[str, Any], **header: Any) -> str:
    """Return a compact JWS."""
    return _serialized({"alg": "ES256", "typ": typ, "kid": key.kid, **header}, claims, key)


def changed(sent: Sent, **headers: str) -> Sent:
    """Return the request with other headers."""
    return replace(sent, headers={**sent.headers, **headers})


def new_id() -> str:
    """Return 128 random bits."""
    return secrets.token_urlsafe(16)


def b64(content: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _serialized(header: dict[str, Any], claims: Mapping[str, Any], key: ECKey) -> str:
    registry = jws.JWSRegistry({"trust_chain": HeaderParameter("Chain", "list[str]")}, ["ES256"])
    registry.max_header_length = registry.max_payload_length = 1_000_000
    return jws.serialize_compact(header, json.dumps(claims).encode(), key, registry=registry)


def _origin(url: str) -> str:
    return str(URL(url).origin())
