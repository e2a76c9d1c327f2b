"""Signing, verifying, sealing and opening."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from gateway.domain.ids import Digest, EntityId
from gateway.domain.messages import MessageType
from gateway.domain.trust import Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSegment:
    """A verified segment: what it says, and how many of its digests stand for nothing that was shown."""

    jws: str
    issuer: EntityId
    learner: str
    as_of: date
    sections: Mapping[str, Sequence[Mapping[str, Any]]]
    disclosures: Mapping[str, Sequence[str]]
    undisclosed: Mapping[str, int]
    """By section: entries that were kept back, or padding; nobody can tell which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRecord:
    """A verified record: claims of the holder, and the segments in it, each verified."""

    issuer: Listing
    """As the chain in the record says, at the moment of signing."""
    claims: Mapping[str, Any]
    digest: Digest
    segments: Sequence[OpenedSegment]


class Seals(Protocol):
    """Signs as this node, verifies others, seals and opens records."""

    def sign(self, type_: MessageType, claims: Mapping[str, Any], chain: Sequence[str] = ()) -> str:
        """Return the compact JWS, signed with the evidence key."""

    def read(self, type_: MessageType, jws: str, sender: Listing) -> Mapping[str, Any]:
        """Return the claims if the sender signed them for this node, or raise `Untrusted` or `Malformed`.

        Checks `typ`, signature, `iss`, `aud`, `iat`; not `exp`, not replay: those are the use-case's.
        """

    def unwrap(self, message: str) -> str:
        """Return a signed message that came encrypted to this node's published key, or as it came.

        Raises:
            Untrusted: it is encrypted to another key, or damaged.
        """

    def response_key(self) -> str:
        """Return a new one-time private key for an answer, as JSON."""

    def response_encryption(self, private_key: str) -> Mapping[str, Any]:
        """Return the public half of a one-time key as a request names it."""

    def accept_response_key(self, jwk: Mapping[str, Any]) -> str:
        """Return a peer's one-time public key as JSON, or raise `Malformed` if it is none."""

    async def sign_segment(
        self,
        claims: Mapping[str, Any],
        sections: Mapping[str, Sequence[Mapping[str, Any]]],
        chain: Sequence[str],
    ) -> tuple[str, Mapping[str, Sequence[str]]]:
        """Return a segment's JWS and its disclosures by section, in the order of the entries."""

    async def seal(self, record: str, public_key: str) -> bytes:
        """Look at the signed record or part once more, then return it as a JWE to the one-time key."""

    async def unseal(self, jwe: bytes, private_key: str) -> str:
        """Return the JWS of the record or part, or raise `Untrusted`."""

    async def open_record(self, record: str, issuer: EntityId) -> OpenedRecord:
        """Verify the record and each segment in it, every one under its own chain at its own time."""

    async def open_part(self, part: str, issuer: EntityId) -> OpenedRecord:
        """Verify a sealed part, as `open_record` a record: neither can be taken for the other."""


class Vault(Protocol):
    """Keeps texts under a key of this node."""

    def lock(self, text: str, *, label: str) -> bytes:
        """Return the text so that only this node can read it, and only under the same label."""

    def unlock(self, locked: bytes, *, label: str) -> str:
        """Return the text, or raise `Untrusted("cannot_open")`."""
