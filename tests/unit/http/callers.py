"""A node as a client of the live one, able to do everything right, and one thing wrong."""

import base64
import json
import uuid
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientResponse

from gateway.crypto import jws
from gateway.crypto.keys import Purpose
from gateway.crypto.seals import new_response_key
from gateway.crypto.tokens import DpopKey, client_assertion
from gateway.domain.ids import EntityId
from gateway.domain.policy import PURPOSE_TRANSFER
from tests.harness import federation
from tests.unit.http.nodes import ASSERTION_TYPE, DETAIL_TYPE, SUBJECT, Clock, Live


class Caller:
    """A node as a client of the live one, able to do everything right, and one thing wrong."""

    def __init__(self, live: Live, member: federation.Member, chain: Sequence[str], clock: Clock) -> None:
        self.live = live
        self.member = member
        self.chain = chain
        self.clock = clock
        self.key = DpopKey()

    @property
    def id(self) -> EntityId:
        return self.member.id

    @property
    def nonce(self) -> str:
        return self.live.site.nonces.issue(self.clock())

    def url(self, path: str) -> str:
        return self.live.site.base_url + path

    def proof(self, method: str, path: str, token: str | None = None, /, **more: Any) -> str:
        usual = {
            "method": method,
            "url": self.url(path),
            "now": self.clock(),
            "jti": uuid.uuid4().hex,
            "nonce": self.nonce,
            "access_token": token,
        }
        key: DpopKey = more.pop("key", self.key)
        return key.proof(**{**usual, **more})

    def assertion(self, **more: Any) -> str:
        usual = {
            "client_id": self.id,
            "audience": self.live.site.node.id,
            "now": self.clock(),
            "jti": uuid.uuid4().hex,
            "trust_chain": self.chain,
        }
        return client_assertion(self.member.keys.current(Purpose.CLIENT), **{**usual, **more})

    def form(self, scope: str = "backpack.request", **more: str | None) -> dict[str, str]:
        usual = {
            "grant_type": "client_credentials",
            "scope": scope,
            "resource": self.live.site.resource,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion() if "client_assertion" not in more else None,
        }
        return {name: value for name, value in {**usual, **more}.items() if value is not None}

    def fetch_form(self, transfer: str, **more: Any) -> dict[str, str]:
        detail = {"type": DETAIL_TYPE, "actions": ["fetch"], "identifier": transfer, **more}
        return self.form("backpack.fetch", authorization_details=json.dumps([detail]))

    async def ask(self, form: Any, proof: str | None = None, **headers: str) -> ClientResponse:
        sent = {"DPoP": proof or self.proof("POST", "/oauth/token"), **headers}
        return await self.live.send("POST", "/oauth/token", data=form, headers=sent)

    async def token(self, scope: str = "backpack.request", transfer: str | None = None) -> str:
        answer = await self.ask(self.fetch_form(transfer) if transfer else self.form(scope))
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["access_token"])

    async def call(
        self, method: str, path: str, token: str, proof: str | None = None, **more: Any
    ) -> ClientResponse:
        headers = {
            "Authorization": f"DPoP {token}",
            "DPoP": proof or self.proof(method, path, token),
            **more.pop("headers", {}),
        }
        return await self.live.send(method, path, headers=headers, **more)

    def message(self, typ: jws.Typ, **claims: Any) -> str:
        """A signed message of this node to the live one."""
        usual = {
            "iss": self.id,
            "aud": self.live.site.node.id,
            "iat": int(self.clock().timestamp()),
            "jti": uuid.uuid4().hex,
        }
        return jws.sign(typ, {**usual, **claims}, self.member.keys.current(Purpose.EVIDENCE))

    def request(self, **claims: Any) -> str:
        """A signed request for a record."""
        detail = {
            "type": DETAIL_TYPE,
            "actions": ["fetch"],
            "datatypes": ["identity"],
            "purpose": PURPOSE_TRANSFER,
            "legal_basis": "34CFR99.31(a)(2)",
            "subject": {
                "match": {
                    "given_name": SUBJECT.given_name,
                    "family_name": SUBJECT.family_name,
                    "birth_date": SUBJECT.birth_date.isoformat(),
                }
            },
        }
        usual = {
            "exp": int(self.clock().timestamp()) + 300,
            "authorization_details": [detail],
            "actor": {"id": "u-77", "role": "registrar"},
            "response_encryption": {"jwk": new_response_key().public_jwk()},
        }
        return self.message(jws.Typ.REQUEST, **{**usual, **claims})


async def error_of(answer: ClientResponse) -> tuple[int, str]:
    """The status and the error code of a refusal, which never carries a token."""
    said = await answer.json()
    assert said.keys() <= {"error", "error_description"}
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status, said["error"]


def raw_jws(header: object, claims: bytes) -> str:
    """Three segments of which the last proves nothing."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return f"{_b64(text)}.{_b64(claims)}.{'A' * 86}"


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
