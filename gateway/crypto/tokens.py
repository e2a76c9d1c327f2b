"""What proves an OAuth client: its assertion (RFC 7523), its DPoP proofs (RFC 9449), and opaque tokens."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey

from gateway.crypto import jws
from gateway.crypto.jws import Typ
from gateway.crypto.keys import SIGNING_ALG, Keys, parse_public_jwk
from gateway.crypto.urls import without_query
from gateway.domain.errors import Misconfigured, Untrusted
from gateway.domain.ids import b64url, digest

ASSERTION_LIFE = timedelta(seconds=60)
"""How long our own assertions are good for."""

MAX_ASSERTION_LIFE = timedelta(seconds=300)
"""The longest life that another's assertion may claim."""

MAX_ASSERTION_BYTES = jws.MAX_CHAIN_HEADER_BYTES + 4096
"""An assertion, with the trust chain in its header."""

PROOF_AGE = timedelta(seconds=60)
"""A DPoP proof is refused when it is older; the same as the furthest clock that FAPI 2.0 lets us take."""

MAX_PROOF_BYTES = 4096
"""A DPoP proof. With a P-256 key it has about 600 bytes."""

NONCE_SLOT = timedelta(minutes=5)
"""A nonce is accepted in the slot it was issued in and in the next: for five to ten minutes."""

_ID_CHARS = 256
_SECRET_BYTES = 32
_PROOF_KEY = frozenset({"kty", "crv", "x", "y", "kid", "use", "alg"})


@dataclass(frozen=True)
class Assertion:
    """A client assertion that holds. `jti` must be consumed once, and only after the DPoP proof held."""

    jti: str
    expires_at: datetime


@dataclass(frozen=True)
class Proof:
    """A DPoP proof that holds for this method and URL. `jti` must be consumed once for each key."""

    jkt: str
    """The key's RFC 7638 thumbprint: what an access token is bound to."""

    jti: str
    iat: datetime
    nonce: str | None
    """Not checked here; see `Nonces`."""


def client_assertion(
    key: ECKey, *, client_id: str, audience: str, now: datetime, jti: str, trust_chain: Sequence[str] | None
) -> str:
    """Return an assertion for the authorization server whose issuer is `audience`, good for 60 s."""
    issued = int(now.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": issued,
        "exp": issued + int(ASSERTION_LIFE.total_seconds()),
        "jti": jti,
    }
    return jws.sign(Typ.CLIENT_ASSERTION, claims, key, trust_chain=trust_chain)


def verify_client_assertion(
    token: str | bytes, *, keys: Keys, client_id: str, audience: str, now: datetime
) -> Assertion:
    """Check an assertion as FAPI 2.0 does: `aud` is one string, this server's issuer, and nothing else.

    A `typ` of `JWT` and none at all are taken too, for clients that set no better one; a client key
    signs nothing but assertions.

    Raises:
        Malformed, TooLarge: it is no token.
        Untrusted: with the reason, such as `wrong_audience` or `life_too_long`.
    """
    types = (Typ.CLIENT_ASSERTION, "JWT", None)
    verified = jws.verify(token, typ=types, keys=keys, max_bytes=MAX_ASSERTION_BYTES, allow_trust_chain=True)
    claims = verified.claims
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise Untrusted("wrong_client")
    if claims.get("aud") != audience:
        raise Untrusted("wrong_audience")
    jws.check_times(claims, now=now, exp_required=True)
    if claims["exp"] - claims["iat"] > MAX_ASSERTION_LIFE.total_seconds():
        raise Untrusted("life_too_long")
    return Assertion(_id(claims), datetime.fromtimestamp(claims["exp"], UTC))


class DpopKey:
    """A key that proves possession: made in memory, stored and published nowhere."""

    def __init__(self) -> None:
        """Make a new key."""
        self._key = ECKey.generate_key("P-256")
        self._public = dict(self._key.as_dict(private=False))
        self.thumbprint = self._key.thumbprint()

    def proof(
        self,
        *,
        method: str,
        url: str,
        now: datetime,
        jti: str,
        nonce: str | None = None,
        access_token: str | None = None,
    ) -> str:
        """Return a proof for one request: its method, its URL (a query is left out), and its token if any."""
        claims = {"jti": jti, "htm": method, "htu": without_query(url), "iat": int(now.timestamp())}
        if nonce is not None:
            claims["nonce"] = nonce
        if access_token is not None:
            claims["ath"] = _token_hash(access_token)
        header = {"alg": SIGNING_ALG, "typ": str(Typ.DPOP), "jwk": self._public}
        return jws.sign_with(header, claims, self._key)


def verify_proof(
    token: str | bytes, *, method: str, url: str, now: datetime, access_token: str | None
) -> Proof:
    """Check a DPoP proof against the request as this node's own configuration spells its URL.

    With an access token, the proof must name it (`ath`); that the token is bound to `Proof.jkt`
    is the caller's to check, and so are the nonce and the first use of `jti`.

    Raises:
        Malformed, TooLarge: it is no token.
        Untrusted: with the reason, such as `wrong_method`, `wrong_url` or `wrong_token`.
    """
    header = jws.header_of(token, max_bytes=MAX_PROOF_BYTES, members={"jwk"})
    jws.check_typ(header, Typ.DPOP)
    key = parse_public_jwk(header.get("jwk"), members=_PROOF_KEY)
    claims = jws.verify_with(token, header, key).claims
    _check_request(claims, method, url)
    if access_token is not None and not _same(claims.get("ath"), _token_hash(access_token)):
        raise Untrusted("wrong_token")
    jws.check_times(claims, now=now, max_age=PROOF_AGE)
    return Proof(key.thumbprint(), _id(claims), datetime.fromtimestamp(claims["iat"], UTC), _nonce(claims))


class Nonces:
    """Server nonces for DPoP that nobody stores: every process with the secret knows them all."""

    def __init__(self, secret: bytes) -> None:
        """Take a secret of 32 bytes or more, shared by the processes of one node."""
        if len(secret) < _SECRET_BYTES:
            raise Misconfigured(f"the nonce secret needs {_SECRET_BYTES} bytes")
        self._secret = secret

    def issue(self, now: datetime) -> str:
        """Return the nonce of the present five-minute slot."""
        return self._of(_slot(now))

    def accepts(self, nonce: str | None, now: datetime) -> bool:
        """Tell whether the nonce is of this slot or the one before."""
        slot = _slot(now)
        return any([_same(nonce, self._of(slot)), _same(nonce, self._of(slot - 1))])

    def _of(self, slot: int) -> str:
        return b64url(hmac.digest(self._secret, b"dpop-nonce:%d" % slot, "sha256"))


def new_handle() -> str:
    """Return an opaque token with 256 random bits."""
    return secrets.token_urlsafe(32)


def handle_digest(token: str) -> str:
    """Return what is stored of an opaque token: whoever reads the store cannot use it."""
    return digest(token.encode())


def _check_request(claims: Mapping[str, Any], method: str, url: str) -> None:
    if claims.get("htm") != method:
        raise Untrusted("wrong_method")
    named = claims.get("htu")
    if not isinstance(named, str) or without_query(named) != without_query(url):
        raise Untrusted("wrong_url")


def _id(claims: Mapping[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= _ID_CHARS:
        raise Untrusted("no_id")
    return jti


def _nonce(claims: Mapping[str, Any]) -> str | None:
    nonce = claims.get("nonce")
    return nonce if isinstance(nonce, str) else None


def _token_hash(access_token: str) -> str:
    return b64url(hashlib.sha256(access_token.encode()).digest())


def _same(value: object, expected: str) -> bool:
    return isinstance(value, str) and hmac.compare_digest(value.encode(errors="replace"), expected.encode())


def _slot(now: datetime) -> int:
    return int(now.timestamp() // NONCE_SLOT.total_seconds())
