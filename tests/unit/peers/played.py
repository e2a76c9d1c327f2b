"""Hand-made web servers on loopback that play an agency and a district, with real signatures.

They answer as the test says and remember what they were asked. Nothing of the gateway's own HTTP side
is in them, so that its client is held to the protocol and not to its server.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.crypto import node_metadata, statements
from gateway.crypto.chains import Anchors
from gateway.crypto.keys import KeyRing, Purpose, parse_jwks
from gateway.crypto.tokens import Assertion, Proof, verify_client_assertion, verify_proof
from gateway.domain.ids import EntityId
from gateway.usecases.ports import Store, Tx

AGREEMENT = "https://trust.st-a.example/tm/data-sharing-agreement/2026"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Clock:
    """The time, for everybody in a test."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


class Played:
    """A server: `routes` by method and path, `asked` in order."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.keys = KeyRing.generate()
        self.routes: dict[str, Handler] = {}
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.port: int | None = None
        self._server: TestServer | None = None

    @property
    def id(self) -> EntityId:
        return EntityId(f"http://127.0.0.1:{self.port}")

    async def start(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._server = TestServer(app, host="127.0.0.1", port=self.port or 0)
        await self._server.start_server()
        self.port = self._server.port

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.close()
            self._server = None

    def count(self, route: str) -> int:
        return self.asked.count(route)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        route = f"{request.method} {request.path}"
        self.asked.append(route)
        self.bodies.append(await request.read())
        self.headers.append(dict(request.headers))
        handler = self.routes.get(route)
        return web.Response(status=404) if handler is None else await handler(request)


def token_response(token: str, kind: str = "entity-statement") -> web.Response:
    return web.Response(body=token.encode(), content_type=f"application/{kind}+jwt")


def answering(**response: Any) -> Handler:
    """Return a handler that always answers the same."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(**response)

    return answer


def problem(status: int, code: str, **more: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        document = {"type": f"urn:backpack:problem:{code}", "status": status, "code": code, **more}
        return web.json_response(document, status=status, content_type="application/problem+json")

    return answer


class PlayedAgency(Played):
    """A trust anchor. `members` are vouched for; `statement_age` makes its word older than now."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.members: dict[EntityId, tuple[str, Any]] = {}
        self.marks: set[EntityId] = set()
        self.statement_age = timedelta(0)
        self.routes |= {
            "GET /.well-known/openid-federation": self._configuration,
            "GET /federation/fetch": self._fetch,
            "GET /federation/list": self._list,
            "GET /federation/trust-mark": self._mark,
        }

    def admit(self, id_: EntityId, keys: KeyRing, name: str = "Maple Unified") -> None:
        self.members[id_] = name, keys.public_jwks(Purpose.FEDERATION)

    @property
    def anchors(self) -> Anchors:
        return {self.id: self.keys.public_jwks(Purpose.FEDERATION)}

    def configuration(self) -> str:
        return statements.anchor_configuration(
            self.id,
            keys=self.keys,
            metadata=node_metadata.agency_metadata(self.id, name="Agency", contacts=[], keys=self.keys),
            now=self.clock(),
            trust_mark_issuers={AGREEMENT: [self.id]},
        )

    def statement(self, about: EntityId) -> str:
        name, jwks = self.members[about]
        return statements.district_statement(
            self.id,
            about,
            keys=self.keys,
            subject_jwks=jwks,
            name=name,
            lea_ids={"state": "A-0042"},
            host="127.0.0.1",
            now=self.clock() - self.statement_age,
        )

    async def _configuration(self, _request: web.Request) -> web.Response:
        return token_response(self.configuration())

    async def _fetch(self, request: web.Request) -> web.Response:
        about = EntityId(request.query["sub"])
        if about not in self.members:
            return web.json_response({"error": "not_found"}, status=404)
        return token_response(self.statement(about))

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response(list(self.members))

    async def _mark(self, request: web.Request) -> web.Response:
        holder, type_ = EntityId(request.query["sub"]), request.query["trust_mark_type"]
        if holder not in self.marks:
            return web.json_response({"error": "not_found"}, status=404)
        mark = statements.trust_mark(self.id, holder, type_, keys=self.keys, now=self.clock())
        return token_response(mark, "trust-mark")


class PlayedDistrict(Played):
    """A district with a token endpoint that wants a nonce and takes nothing twice."""

    def __init__(self, clock: Clock, superiors: list[EntityId]) -> None:
        super().__init__(clock)
        self.superiors = superiors
        self.nonce = "nonce-1"
        self.clients: dict[EntityId, Any] = {}
        """Client keys by client."""
        self.tokens: dict[str, str] = {}
        """Thumbprint of the key by token."""
        self.seen: set[tuple[str, str]] = set()
        self.forms: list[dict[str, str]] = []
        self.lies: dict[tuple[str, str], str] = {}
        """Metadata to state in place of the truth, by entity type and member."""
        self.routes |= {
            "GET /.well-known/openid-federation": self._configuration,
            "POST /oauth/token": self._token,
        }

    def metadata(self) -> dict[str, Any]:
        metadata = node_metadata.district_metadata(
            self.id, name="as it calls itself", contacts=[], keys=self.keys, formats=[]
        )
        for (kind, member), value in self.lies.items():
            metadata[kind][member] = value
        return metadata

    def configuration(self) -> str:
        return statements.entity_configuration(
            self.id, keys=self.keys, metadata=self.metadata(), now=self.clock(), superiors=self.superiors
        )

    def guard(self, route: str, handler: Handler) -> None:
        """Put a handler behind the check of token and proof."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            kind, _, token = request.headers.get("Authorization", "").partition(" ")
            if kind != "DPoP" or token not in self.tokens:
                return self._challenge("invalid_token")
            proof = self._proof(request, token)
            if proof.nonce != self.nonce:
                return self._challenge("use_dpop_nonce")
            assert proof.jkt == self.tokens[token]
            self._once("proof", proof.jti)
            return await handler(request)

        self.routes[route] = guarded

    async def _configuration(self, _request: web.Request) -> web.Response:
        return token_response(self.configuration())

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        proof = self._proof(request, None)
        if proof.nonce != self.nonce:
            return self._refusal("use_dpop_nonce")
        self._once("proof", proof.jti)
        self._once("assertion", self._assertion(form).jti)
        token = f"token-{len(self.tokens) + 1}"
        self.tokens[token] = proof.jkt
        granted = {"access_token": token, "token_type": "DPoP", "expires_in": 300}
        return web.json_response(granted, headers={"DPoP-Nonce": self.nonce})

    def _assertion(self, form: dict[str, str]) -> Assertion:
        (client,) = self.clients
        return verify_client_assertion(
            form["client_assertion"],
            keys=parse_jwks(self.clients[client]),
            client_id=client,
            audience=self.id,
            now=self.clock(),
        )

    def _proof(self, request: web.Request, token: str | None) -> Proof:
        return verify_proof(
            request.headers["DPoP"],
            method=request.method,
            url=self.id + request.path,
            now=self.clock(),
            access_token=token,
        )

    def _once(self, kind: str, jti: str) -> None:
        assert (kind, jti) not in self.seen
        self.seen.add((kind, jti))

    def _refusal(self, error: str) -> web.Response:
        return web.json_response({"error": error}, status=400, headers={"DPoP-Nonce": self.nonce})

    def _challenge(self, error: str) -> web.Response:
        headers = {"WWW-Authenticate": f'DPoP algs="ES256", error="{error}"', "DPoP-Nonce": self.nonce}
        return web.Response(status=401, headers=headers)


class ChainTable:
    """`ports.Chains` in memory."""

    def __init__(self) -> None:
        self.chains: dict[EntityId, list[str]] = {}
        self.stated: dict[EntityId, datetime] = {}

    def put(self, id_: EntityId, chain: list[str], *, stated_at: datetime) -> None:
        if stated_at >= self.stated.get(id_, stated_at):
            self.chains[id_], self.stated[id_] = list(chain), stated_at

    def get(self, id_: EntityId) -> list[str] | None:
        return self.chains.get(id_)

    def newest(self, id_: EntityId) -> datetime | None:
        return self.stated.get(id_)

    def drop(self, id_: EntityId) -> None:
        self.chains.pop(id_, None)
        self.stated.setdefault(id_, datetime(1970, 1, 1, tzinfo=UTC))


class ChainStore:
    """`ports.Store` with chains only."""

    def __init__(self) -> None:
        self.chains = ChainTable()

    async def write(self, work: Callable[[Tx], Any]) -> Any:
        return work(cast("Tx", self))

    async def read(self, work: Callable[[Tx], Any]) -> Any:
        return work(cast("Tx", self))

    def as_port(self) -> Store:
        return cast("Store", self)


def content_digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
