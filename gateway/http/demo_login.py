"""An identity provider for made-up districts: everybody who is listed is a button, and nobody has a password.

It is OpenID Connect all the same, so that a demonstration signs in by the way that a district does. `wiring`
serves it for a node on this machine alone whose settings ask for it.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

from gateway.crypto import id_tokens
from gateway.crypto.keys import Purpose, new_key
from gateway.domain.errors import Malformed, Untrusted
from gateway.http.answers import json_answer
from gateway.http.bodies import read_form
from gateway.http.pages.frame import FRAME
from gateway.http.site import node_of, now_of
from gateway.http.staff.guard import anybody, check_origin
from gateway.usecases.ports import Account

PATH: Final = "/demo-login"
CLIENT: Final = "backpack"
_CODE_LIFE: Final = timedelta(minutes=1)
_TOKEN_LIFE: Final = timedelta(minutes=5)
_KEPT: Final = ("redirect_uri", "state", "nonce", "code_challenge")


@dataclass(frozen=True, slots=True)
class _Code:
    account: Account
    asked: Mapping[str, str]
    at: datetime


def demo_issuer(base_url: str) -> str:
    """Return how the provider of that node is named in its tokens."""
    return f"{base_url}{PATH}"


class DemoLogin:
    """The provider, at `<base_url>/demo-login`. Its key and codes live as long as the process."""

    def __init__(self, base_url: str) -> None:
        self.issuer = demo_issuer(base_url)
        self._callback = f"{base_url}/desk/login/callback"
        self._key = new_key(Purpose.EVIDENCE)
        self._codes: dict[str, _Code] = {}

    def routes(self) -> Iterable[web.RouteDef]:
        """Return its endpoints."""
        return (
            web.get(
                f"{PATH}/.well-known/openid-configuration", anybody(self.configuration), allow_head=False
            ),
            web.get(f"{PATH}/keys", anybody(self.keys), allow_head=False),
            web.get(f"{PATH}/authorize", anybody(self.authorize), allow_head=False),
            web.post(f"{PATH}/authorize", anybody(self.choose)),
            web.post(f"{PATH}/token", anybody(self.token)),
        )

    async def configuration(self, _: web.Request) -> web.Response:
        """Say where everything is (OpenID Connect Discovery 1.0, 3)."""
        return json_answer(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def keys(self, _: web.Request) -> web.Response:
        """Publish the key that signs."""
        public: dict[str, Any] = dict(self._key.as_dict(private=False))
        return json_answer({"keys": [public | {"kid": self._key.thumbprint(), "alg": "ES256", "use": "sig"}]})

    async def authorize(self, request: web.Request) -> web.Response:
        """Show who may be taken."""
        asked = self._asked(request.query)
        people = await self._people(request)
        return request.app[FRAME].page(request, "login/demo.html", people=people, asked=asked)

    async def choose(self, request: web.Request) -> web.Response:
        """Send the browser back as the one who was clicked."""
        check_origin(request)
        form = await read_form(request)
        asked = self._asked(form)
        people = await self._people(request)
        account = next((one for one in people if one.id == form.get("person")), None)
        if account is None:
            raise Malformed("nobody of that id is listed here")
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(account, asked, now_of(request))
        back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return web.Response(status=303, headers={"Location": f"{self._callback}?{back}"})

    async def token(self, request: web.Request) -> web.Response:
        """Exchange a code for an ID token."""
        form = await read_form(request)
        code, now = self._codes.pop(form.get("code", ""), None), now_of(request)
        challenge = create_s256_code_challenge(form.get("code_verifier", ""))
        if code is None or now - code.at > _CODE_LIFE or challenge != code.asked["code_challenge"]:
            return json_answer({"error": "invalid_grant"}, status=400)
        claims = self._claims(code, now)
        return json_answer(
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "expires_in": int(_TOKEN_LIFE.total_seconds()),
                "id_token": id_tokens.issue(self._key, claims),
            }
        )

    def _claims(self, code: _Code, now: datetime) -> Mapping[str, Any]:
        issued = int(now.timestamp())
        return {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": code.account.subject,
            "name": code.account.name,
            "nonce": code.asked["nonce"],
            "iat": issued,
            "auth_time": issued,
            "exp": issued + int(_TOKEN_LIFE.total_seconds()),
            "amr": ["mfa"],
            "sid": secrets.token_urlsafe(12),
        }

    def _asked(self, sent: Mapping[str, str]) -> Mapping[str, str]:
        asked = {name: sent.get(name, "") for name in _KEPT}
        if asked["redirect_uri"] != self._callback or not all(asked.values()):
            raise Untrusted("bad_request", "this provider serves its own node only")
        return asked

    async def _people(self, request: web.Request) -> Sequence[Account]:
        everybody = await node_of(request).store.read(lambda tx: tx.staff.list())
        return [one for one in everybody if one.issuer == self.issuer and one.active]
