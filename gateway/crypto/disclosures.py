"""Segments: what one district asserts of one student, signed once, every entry disclosed on its own.

SD-JWT (RFC 9901), of which one form is used: each entry is an array element (4.2.2), flat, under `sections`.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey

from gateway.crypto import b64, jws, strict_json
from gateway.crypto.jws import Typ
from gateway.crypto.keys import Keys
from gateway.domain.errors import Malformed, Refused, TooLarge, Untrusted
from gateway.domain.ids import b64url

MAX_SEGMENT_BYTES = 8 * 1024 * 1024
"""A segment's JWS, without disclosures."""

MAX_DISCLOSURE_BYTES = 1024 * 1024
"""One disclosure, as base64url."""

MAX_DISCLOSURES = 20_000
"""Disclosures given for one segment."""

_HASH = "sha-256"
_PLACE = "..."
_RESERVED = frozenset({"...", "_sd"})
_UNREADABLE = "an entry may not have a member named '...' or '_sd', deep values or great numbers"


@dataclass(frozen=True)
class SignedSegment:
    """A new segment: the signed list of digests, and what they stand for."""

    jws: str
    disclosures: dict[str, list[str]]
    """By section, in the order of the entries. Any of them may be left out when it is sent."""


@dataclass(frozen=True)
class OpenedSegment:
    """A segment as its reader may know it."""

    header: dict[str, Any]
    claims: dict[str, Any]
    """All claims but `sections` and `_sd_alg`."""

    sections: dict[str, list[dict[str, Any]]]
    """The disclosed entries, in the order they were signed in. A section with none is there, empty."""

    withheld: dict[str, int]
    """How many digests of each section stand for nothing that was given: withheld entries, or decoys."""


def new_salt() -> str:
    """Return 128 random bits (RFC 9901, 9.3)."""
    return secrets.token_urlsafe(16)


def sign_segment(
    key: ECKey,
    *,
    claims: Mapping[str, Any],
    sections: Mapping[str, Sequence[Mapping[str, Any]]],
    trust_chain: Sequence[str] | None,
    salt: Callable[[], str] = new_salt,
    decoys: Mapping[str, int] | None = None,
) -> SignedSegment:
    """Sign the entries so that each can be shown or withheld on its own.

    `decoys` says how many digests of nothing are mixed into a section (RFC 9901, 4.2.7), so that the
    number of digests does not tell the number of entries.

    Raises:
        Malformed: `open_segment` would refuse an entry, or the claims name what is set here, or a salt
            came twice.
        TooLarge: the segment would not be read.
    """
    if claims.keys() & {"sections", "_sd_alg", "_sd"}:
        raise Malformed("the claims of a segment may not name its sections or digests")
    extra = decoys or {}
    made = {name: [_disclosure(entry, salt()) for entry in entries] for name, entries in sections.items()}
    places = {name: _places(shown, extra.get(name, 0), salt) for name, shown in made.items()}
    _check_distinct(made)
    payload = {**claims, "_sd_alg": _HASH, "sections": places}
    token = jws.sign(Typ.SEGMENT, payload, key, trust_chain=trust_chain)
    if len(token) > MAX_SEGMENT_BYTES:
        raise TooLarge("the segment is too large to be signed")
    return SignedSegment(token, made)


def open_segment(
    segment: str, disclosures: Iterable[str] | Mapping[str, Sequence[str]], keys: Keys
) -> OpenedSegment:
    """Verify a segment and every disclosure that came with it (RFC 9901, 7.1).

    Raises:
        Malformed, TooLarge: a part cannot be read.
        Untrusted: the signature does not hold, or `bad_segment`, or `bad_disclosure` for a disclosure
            that the segment has no digest of, or that came twice.
    """
    verified = jws.verify(
        segment, typ=Typ.SEGMENT, keys=keys, max_bytes=MAX_SEGMENT_BYTES, allow_trust_chain=True
    )
    claims = dict(verified.claims)
    places = _digests(claims.pop("sections", None))
    if claims.pop("_sd_alg", None) != _HASH:
        raise Untrusted("bad_segment", "its digests are not sha-256")
    shown = _by_digest(_flat(disclosures))
    sections = {name: [shown.pop(d) for d in digests if d in shown] for name, digests in places.items()}
    if shown:
        raise Untrusted("bad_disclosure", "a disclosure belongs to no entry")
    withheld = {name: len(digests) - len(sections[name]) for name, digests in places.items()}
    return OpenedSegment(verified.header, claims, sections, withheld)


def _disclosure(entry: Mapping[str, Any], salt: str) -> str:
    try:
        content = strict_json.dumps_strictly([salt, entry])
    except Malformed:
        raise Malformed(_UNREADABLE) from None
    if _hides_digests(content, entry):
        raise Malformed(_UNREADABLE)
    disclosure = b64url(content)
    if len(disclosure) > MAX_DISCLOSURE_BYTES:
        raise TooLarge(f"an entry has more than {MAX_DISCLOSURE_BYTES} bytes")
    return disclosure


def _check_distinct(made: Mapping[str, Sequence[str]]) -> None:
    count = sum(map(len, made.values()))
    if count > MAX_DISCLOSURES:
        raise TooLarge(f"a segment has at most {MAX_DISCLOSURES} entries")
    if len({one for section in made.values() for one in section}) != count:
        raise Malformed("the same salt came twice")


def _places(disclosures: Sequence[str], decoys: int, salt: Callable[[], str]) -> list[dict[str, str]]:
    """Mix decoys in, at places that only a salt which is thrown away could tell."""
    digests = [_digest(disclosure) for disclosure in disclosures]
    for _ in range(decoys):
        place = int.from_bytes(_digest(salt()).encode()) % (len(digests) + 1)
        digests.insert(place, _digest(salt()))
    return [{_PLACE: digest} for digest in digests]


def _digest(disclosure: str) -> str:
    return b64url(hashlib.sha256(disclosure.encode("ascii")).digest())


def _digests(sections: object) -> dict[str, list[str]]:
    """Return the digests by section, having checked that none stands twice in the segment."""
    if not isinstance(sections, dict):
        raise Untrusted("bad_segment", "it has no sections")
    found = {name: [_placed(place) for place in _listed(places)] for name, places in sections.items()}
    if len({d for digests in found.values() for d in digests}) != sum(map(len, found.values())):
        raise Untrusted("bad_segment", "a digest stands in it twice")
    return found


def _listed(places: object) -> list[Any]:
    if not isinstance(places, list):
        raise Untrusted("bad_segment", "a section is not a list")
    return places


def _placed(place: object) -> str:
    digest = place.get(_PLACE) if isinstance(place, dict) and len(place) == 1 else None
    if not isinstance(digest, str):
        raise Untrusted("bad_segment", "an entry is not a digest")
    return digest


def _flat(disclosures: Iterable[str] | Mapping[str, Sequence[str]]) -> list[str]:
    if isinstance(disclosures, Mapping):
        return [one for section in disclosures.values() for one in section]
    return list(disclosures)


def _by_digest(disclosures: Sequence[str]) -> dict[str, dict[str, Any]]:
    if len(disclosures) > MAX_DISCLOSURES:
        raise TooLarge(f"there are more than {MAX_DISCLOSURES} disclosures")
    shown = {_digest_of_given(one): _entry(one) for one in disclosures}
    if len(shown) != len(disclosures):
        raise Untrusted("bad_disclosure", "a disclosure came twice")
    return shown


def _digest_of_given(disclosure: str) -> str:
    if not isinstance(disclosure, str) or not disclosure.isascii():
        raise Untrusted("bad_disclosure", "it is not base64url")
    if len(disclosure) > MAX_DISCLOSURE_BYTES:
        raise TooLarge(f"a disclosure has more than {MAX_DISCLOSURE_BYTES} bytes")
    return _digest(disclosure)


def _entry(disclosure: str) -> dict[str, Any]:
    """Return the entry of `[salt, entry]`."""
    try:
        content = b64.decoded(disclosure.encode("ascii"))
        pair = strict_json.loads(content, max_bytes=MAX_DISCLOSURE_BYTES)
    except (Refused, ValueError):
        raise Untrusted("bad_disclosure", "it cannot be read") from None
    match pair:
        case [str(), dict() as entry] if not _hides_digests(content, entry):
            return entry
    raise Untrusted("bad_disclosure", "it is not a salt and an entry")


def _hides_digests(content: bytes, entry: object) -> bool:
    """Tell whether digests stand inside the entry: the flat form has none (RFC 9901, 4.2.6)."""
    suspicious = b"..." in content or b"_sd" in content or b"\\u" in content
    return suspicious and _has_reserved_member(entry)


def _has_reserved_member(value: object) -> bool:
    if isinstance(value, Mapping):
        return bool(_RESERVED & value.keys()) or any(map(_has_reserved_member, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_reserved_member, value))
