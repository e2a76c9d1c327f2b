"""What a node publishes about itself and, as an agency, about others: signed, kept, renewed by age."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from gateway.crypto import jws, statements
from gateway.crypto.keys import KeyRing, Purpose, parse_jwks
from gateway.crypto.statements import MarkStatus
from gateway.domain.errors import Untrusted
from gateway.domain.ids import EntityId
from gateway.usecases.ports import Member

RENEWED_AFTER: Final = timedelta(hours=1)
"""A configuration older than this is signed anew when it is asked for."""
MAX_MARK_BYTES: Final = 16 * 1024

Metadata = Mapping[str, Mapping[str, Any]]


class _Kept:
    """The last signed configuration."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._signed: tuple[datetime, object, str] | None = None

    def get(self, content: object, sign: Callable[[datetime], str]) -> str:
        """Return what was signed for this content, signing it again when it is old or changed."""
        now = self._now()
        if self._signed is None or self._signed[1] != content or now - self._signed[0] > RENEWED_AFTER:
            self._signed = (now, content, sign(now))
        return self._signed[2]


class DistrictPublisher:
    """Publishes a district's configuration."""

    def __init__(
        self,
        id_: EntityId,
        *,
        keys: KeyRing,
        metadata: Metadata,
        anchors: Sequence[EntityId],
        marks: Callable[[], Awaitable[Mapping[str, str]]],
        now: Callable[[], datetime],
    ) -> None:
        """`marks` returns the trust marks that the node carries, by type."""
        self._id = id_
        self._keys = keys
        self._metadata = metadata
        self._anchors = anchors
        self._marks = marks
        self._kept = _Kept(now)

    async def entity_configuration(self) -> str:
        """Return the signed entity configuration."""
        marks = dict(await self._marks())

        def sign(at: datetime) -> str:
            return statements.entity_configuration(
                self._id,
                keys=self._keys,
                metadata=self._metadata,
                now=at,
                superiors=self._anchors,
                anchors=self._anchors,
                trust_marks=marks,
            )

        return self._kept.get(marks, sign)


class AgencyPublisher:
    """Publishes an agency's configuration, and its word about members."""

    def __init__(
        self,
        id_: EntityId,
        *,
        keys: KeyRing,
        metadata: Metadata,
        mark_types: Sequence[str],
        now: Callable[[], datetime],
    ) -> None:
        self._id = id_
        self._keys = keys
        self._metadata = metadata
        self._mark_types = mark_types
        self._now = now
        self._kept = _Kept(now)

    async def entity_configuration(self) -> str:
        """Return the signed configuration of the trust anchor."""

        def sign(at: datetime) -> str:
            return statements.anchor_configuration(
                self._id,
                keys=self._keys,
                metadata=self._metadata,
                now=at,
                trust_mark_issuers={type_: [self._id] for type_ in self._mark_types},
            )

        return self._kept.get(tuple(self._mark_types), sign)

    async def statement(self, member: Member) -> str:
        """Return this agency's word about a member."""
        return statements.district_statement(
            self._id,
            member.id,
            keys=self._keys,
            subject_jwks=member.jwks,
            name=member.organization_name,
            lea_ids=member.lea_ids,
            host=urlsplit(member.id).hostname or "",
            now=self._now(),
        )

    async def trust_mark(self, member: Member, type_: str) -> str:
        """Return a mark that the member carries."""
        return statements.trust_mark(self._id, member.id, type_, keys=self._keys, now=self._now())

    async def read_mark(self, mark: str) -> tuple[EntityId, str]:
        """Return the holder and the type of a mark that this agency signed."""
        own = parse_jwks(self._keys.public_jwks(Purpose.FEDERATION))
        read = jws.verify(mark, typ=jws.Typ.TRUST_MARK, keys=own, max_bytes=MAX_MARK_BYTES)
        if read.claims.get("iss") != self._id:
            raise Untrusted("wrong_issuer")
        jws.check_times(read.claims, now=self._now(), exp_required=True)
        return EntityId(str(read.claims.get("sub"))), str(read.claims.get("trust_mark_type"))

    async def mark_status(self, mark: str, status: MarkStatus) -> str:
        """Return the signed answer about a mark (OpenID Federation 1.0, 8.4.2)."""
        return statements.trust_mark_status(self._id, mark, status, keys=self._keys, now=self._now())

    async def historical_keys(self) -> str:
        """Return the signed set of this agency's former keys."""
        return statements.historical_keys(self._id, keys=self._keys, retired=(), now=self._now())
