"""Signs and opens for one node: `ports.Seals` over its key ring and its trust rules."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import orjson

from gateway.crypto import disclosures, jws, records, seals
from gateway.crypto.chains import ChainCache
from gateway.crypto.keys import WRAPPING_ALG, KeyRing, Purpose, parse_jwks
from gateway.domain.errors import Malformed, Untrusted
from gateway.domain.ids import EntityId, digest
from gateway.domain.messages import MessageType
from gateway.domain.trust import Listing
from gateway.usecases.ports import OpenedRecord

T = TypeVar("T")

MAX_MESSAGE_BYTES: Final = 256 * 1024
MAX_AGE: Final = timedelta(days=30)
"""A message may be sent again this long after it was signed; its use-case knows it by its id."""
BIG: Final = 256 * 1024
"""Work on more bytes than this leaves the event loop to others."""

_ENTRY_BYTES: Final = 700
"""About the size of an entry."""
_PADDED: Final = frozenset({"S", "R"})
_PADDED_TO: Final = 8
_WRAPPED_DOTS: Final = 4
"""A compact JWE has five parts, a JWS three."""

_WITH_CHAIN: Final = frozenset(
    {MessageType.REQUEST, MessageType.RECORD, MessageType.PART, MessageType.ENROLLMENT}
)


class NodeSeals:
    """The seals of one node."""

    def __init__(self, id_: EntityId, keys: KeyRing, chains: ChainCache, now: Callable[[], datetime]) -> None:
        self._id = id_
        self._keys = keys
        self._chains = chains
        self._now = now

    def sign(self, type_: MessageType, claims: Mapping[str, Any], chain: Sequence[str] = ()) -> str:
        """Return the compact JWS, signed with the current evidence key."""
        key = self._keys.current(Purpose.EVIDENCE)
        return jws.sign(jws.Typ(type_), claims, key, trust_chain=chain or None)

    def read(self, type_: MessageType, token: str, sender: Listing) -> Mapping[str, Any]:
        """Return the claims of a message from the sender to this node."""
        claims = self._verified(type_, token, sender, MAX_MESSAGE_BYTES)
        jws.check_times({"iat": claims.get("iat")}, now=self._now(), max_age=MAX_AGE)
        return claims

    def wrap(self, message: str, receiver: Listing) -> str:
        """Return the message as only the receiver can read it, under the key that it published."""
        key = receiver.encryption_jwks["keys"][0]
        return seals.seal(message, key, typ=seals.Sealed.MESSAGE).decode("ascii")

    def unwrap(self, message: str) -> str:
        """Return a message that came wrapped, or as it came."""
        if message.count(".") != _WRAPPED_DOTS:
            return message
        sealed = message.encode()
        kid = seals.kid_of(sealed)
        for key in self._keys.all(Purpose.ENCRYPTION):
            if key.kid == kid:
                return seals.unseal(sealed, key, typ=seals.Sealed.MESSAGE, max_bytes=MAX_MESSAGE_BYTES)
        raise Untrusted("cannot_open")

    def response_key(self) -> str:
        """Return a new one-time private key, as JSON."""
        return seals.new_response_key().to_json()

    def response_encryption(self, private_key: str) -> Mapping[str, Any]:
        """Return what a request says of its one-time key."""
        jwk = seals.ResponseKey.from_json(private_key).public_jwk()
        return {"jwk": jwk, "alg": WRAPPING_ALG, "enc": seals.CONTENT_ALG}

    def accept_response_key(self, jwk: Mapping[str, Any]) -> str:
        """Return a peer's one-time public key as JSON."""
        try:
            seals.check_recipient(jwk)
        except Untrusted:
            raise Malformed("response_encryption.jwk is not a P-256 key for encryption") from None
        return orjson.dumps(dict(jwk)).decode()

    async def sign_segment(
        self,
        claims: Mapping[str, Any],
        sections: Mapping[str, Sequence[Mapping[str, Any]]],
        chain: Sequence[str],
    ) -> tuple[str, Mapping[str, Sequence[str]]]:
        """Return a segment's JWS and its disclosures by section.

        Sections with special or restricted entries are padded with decoys, so that the number of digests
        does not tell the number of entries (RFC 9901, 4.2.7).
        """
        key = self._keys.current(Purpose.EVIDENCE)
        entries = sum(map(len, sections.values()))
        signed = await _aside(
            entries * _ENTRY_BYTES,
            lambda: disclosures.sign_segment(
                key, claims=claims, sections=sections, trust_chain=chain, decoys=_decoys(sections)
            ),
        )
        return signed.jws, signed.disclosures

    async def seal(self, record: str, public_key: str) -> bytes:
        """Verify the signed record by other code, then seal it."""
        return await _aside(len(record), lambda: self._seal(record, public_key))

    async def unseal(self, jwe: bytes, private_key: str) -> str:
        """Return the record JWS in the parcel."""
        if not private_key:
            raise Untrusted("cannot_open", "the one-time key is gone")
        key = seals.ResponseKey.from_json(private_key)
        return await _aside(len(jwe) * 4, lambda: seals.unseal(jwe, key))

    async def open_record(self, record: str, issuer: EntityId) -> OpenedRecord:
        """Verify the record as the issuer's to this node, and each of its segments."""
        return await _aside(len(record), lambda: self._open_record(record, issuer))

    async def open_part(self, part: str, issuer: EntityId) -> OpenedRecord:
        """Verify a sealed part in the same way."""
        return await _aside(len(part), lambda: self._open_record(part, issuer, jws.Typ.PART))

    def _seal(self, record: str, public_key: str) -> bytes:
        mine = self._keys.current(Purpose.EVIDENCE)
        seals.second_look(record, dict(mine.as_dict(private=False)))
        return seals.seal(record, orjson.loads(public_key))

    def _open_record(self, record: str, issuer: EntityId, typ: jws.Typ = jws.Typ.RECORD) -> OpenedRecord:
        opened = records.open_record(record, self._chains, now=self._now(), typ=typ)
        if opened.issuer.id != issuer:
            raise Untrusted("wrong_issuer")
        if opened.claims.get("aud") != self._id:
            raise Untrusted("wrong_audience")
        return OpenedRecord(
            issuer=opened.issuer,
            claims=opened.claims,
            digest=digest(record.encode()),
            segments=opened.segments,
        )

    def _verified(self, type_: MessageType, token: str, sender: Listing, max_bytes: int) -> Mapping[str, Any]:
        verified = jws.verify(
            token,
            typ=jws.Typ(type_),
            keys=parse_jwks(sender.evidence_jwks),
            max_bytes=max_bytes,
            allow_trust_chain=type_ in _WITH_CHAIN,
        )
        if verified.claims.get("iss") != sender.id:
            raise Untrusted("wrong_issuer")
        if verified.claims.get("aud") != self._id:
            raise Untrusted("wrong_audience")
        return verified.claims


def _decoys(sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, int]:
    return {
        name: -len(entries) % _PADDED_TO
        for name, entries in sections.items()
        if any(entry["meta"]["sensitivity"]["class"] in _PADDED for entry in entries)
    }


async def _aside(size: int, work: Callable[[], T]) -> T:
    """Do small work at once and big work in a thread."""
    return work() if size <= BIG else await asyncio.to_thread(work)
