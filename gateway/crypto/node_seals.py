"""Signs and opens for one node: `ports.Seals` over its key ring and its trust rules."""

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

import orjson

from gateway.crypto import disclosures, jws, seals
from gateway.crypto.chains import ChainCache
from gateway.crypto.keys import WRAPPING_ALG, KeyRing, Purpose, parse_jwks
from gateway.domain.errors import Malformed, Untrusted
from gateway.domain.ids import EntityId, digest
from gateway.domain.messages import MessageType
from gateway.domain.trust import Listing
from gateway.usecases.ports import OpenedRecord, OpenedSegment

T = TypeVar("T")

MAX_MESSAGE_BYTES: Final = 256 * 1024
MAX_AGE: Final = timedelta(days=30)
"""A message may be sent again this long after it was signed; its use-case knows it by its id."""
BIG: Final = 256 * 1024
"""Work on more bytes than this leaves the event loop to others."""

_WRAPPED_DOTS: Final = 4
"""A compact JWE has five parts, a JWS three."""
_OPENED_KEPT: Final = 32
"""Records, of 256 kB at most, that are kept open between their verification and their import."""

_WITH_CHAIN: Final = frozenset({MessageType.REQUEST, MessageType.RECORD})


class NodeSeals:
    """The seals of one node."""

    def __init__(self, id_: EntityId, keys: KeyRing, chains: ChainCache, now: Callable[[], datetime]) -> None:
        self._id = id_
        self._keys = keys
        self._chains = chains
        self._now = now
        self._opened: OrderedDict[str, tuple[Listing, OpenedRecord]] = OrderedDict()

    def sign(self, type_: MessageType, claims: Mapping[str, Any], chain: Sequence[str] = ()) -> str:
        """Return the compact JWS, signed with the current evidence key."""
        key = self._keys.current(Purpose.EVIDENCE)
        return jws.sign(jws.Typ(type_), claims, key, trust_chain=chain or None)

    def read(self, type_: MessageType, token: str, sender: Listing) -> Mapping[str, Any]:
        """Return the claims of a message from the sender to this node."""
        claims = self._verified(type_, token, sender, MAX_MESSAGE_BYTES)
        jws.check_times(claims, now=self._now(), max_age=MAX_AGE)
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

    def sign_segment(
        self,
        claims: Mapping[str, Any],
        sections: Mapping[str, Sequence[Mapping[str, Any]]],
        chain: Sequence[str],
    ) -> tuple[str, Mapping[str, Sequence[str]]]:
        """Return a segment's JWS and its disclosures by section."""
        key = self._keys.current(Purpose.EVIDENCE)
        signed = disclosures.sign_segment(key, claims=claims, sections=sections, trust_chain=chain)
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

    async def open_record(self, record: str, sender: Listing) -> OpenedRecord:
        """Verify the record as the sender's to this node, and each of its segments.

        The same bytes once more, under the same keys, are not verified again.
        """
        proven, opened = self._opened.pop(record, (None, None))
        if proven and opened and (proven.id, proven.evidence_jwks) == (sender.id, sender.evidence_jwks):
            return opened
        opened = await _aside(len(record), lambda: self._open_record(record, sender))
        self._keep_open(record, sender, opened)
        return opened

    def _keep_open(self, record: str, sender: Listing, opened: OpenedRecord) -> None:
        """Keep it for who asks next, once: a node that imports by itself does so right after it verified."""
        if len(record) <= BIG:
            self._opened[record] = sender, opened
        if len(self._opened) > _OPENED_KEPT:
            self._opened.popitem(last=False)

    def _seal(self, record: str, public_key: str) -> bytes:
        mine = self._keys.current(Purpose.EVIDENCE)
        seals.second_look(record, dict(mine.as_dict(private=False)))
        return seals.seal(record, orjson.loads(public_key))

    def _open_record(self, record: str, sender: Listing) -> OpenedRecord:
        claims = self._verified(MessageType.RECORD, record, sender, seals.MAX_RECORD_BYTES)
        return OpenedRecord(
            claims=claims,
            digest=digest(record.encode()),
            segments=open_segments(claims, self._chains, self._now()),
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


def open_segments(claims: Mapping[str, Any], chains: ChainCache, now: datetime) -> tuple[OpenedSegment, ...]:
    """Verify every segment of a record under the chain in its own header, at the time it was signed.

    Raises:
        Untrusted: a chain, signature or disclosure does not hold, or a segment is from the future.
        Malformed: the record is not shaped like one, or has no segment.
    """
    record = claims.get("record")
    parts = record.get("segments") if isinstance(record, dict) else None
    if not isinstance(parts, list) or not parts:
        raise Malformed("the record holds no segment")
    return tuple(_open_segment(part, chains, now) for part in parts)


def _open_segment(part: Any, chains: ChainCache, now: datetime) -> OpenedSegment:
    if not isinstance(part, dict) or not isinstance(part.get("jws"), str):
        raise Malformed("a segment has no JWS")
    token: str = part["jws"]
    shown = part.get("disclosures")
    if not isinstance(shown, dict) or not all(_are_texts(texts) for texts in shown.values()):
        raise Malformed("a segment's disclosures are not lists of text")
    peeked = jws.peek(token, max_bytes=disclosures.MAX_SEGMENT_BYTES)
    at = _time(peeked.claims, now)
    issuer = EntityId(str(peeked.claims.get("iss")))
    listing = chains.verify(_chain(peeked.header), now=at, subject=issuer)
    opened = disclosures.open_segment(token, shown, parse_jwks(listing.evidence_jwks))
    return OpenedSegment(
        jws=token,
        issuer=issuer,
        learner=_learner(opened.claims),
        as_of=_as_of(opened.claims),
        sections=opened.sections,
        disclosures=shown,
        withheld={name: count for name, count in opened.withheld.items() if count},
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _chain(header: Mapping[str, Any]) -> Sequence[str]:
    chain = header.get("trust_chain")
    if not isinstance(chain, list) or not _are_texts(chain):
        raise Untrusted("no_chain", "a segment carries its own chain")
    return chain


def _time(claims: Mapping[str, Any], now: datetime) -> datetime:
    jws.check_times(claims, now=now)
    return datetime.fromtimestamp(int(claims["iat"]), UTC)


def _learner(claims: Mapping[str, Any]) -> str:
    try:
        return str(uuid.UUID(str(claims.get("learner")).removeprefix("urn:uuid:")))
    except ValueError:
        raise Malformed("a segment's learner is not a UUID") from None


def _as_of(claims: Mapping[str, Any]) -> date:
    try:
        return date.fromisoformat(str(claims.get("as_of")))
    except ValueError:
        raise Malformed("a segment's as_of is not a date") from None


async def _aside(size: int, work: Callable[[], T]) -> T:
    """Do small work at once and big work in a thread."""
    return work() if size <= BIG else await asyncio.to_thread(work)
