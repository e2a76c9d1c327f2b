"""`ports.Parcels`, `ports.Segments` and `ports.Archive` in SQL: what is on its way and what was proven."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import bindparam, delete, exists, select, update

from gateway.domain.errors import Unknown
from gateway.domain.ids import Digest, LocalStudentId, TransferId
from gateway.domain.matching import normalise_id
from gateway.storage.db import Db
from gateway.storage.prepared import AnyRow
from gateway.storage.tables import archive, parcels, segment_transfers, segments
from gateway.storage.tables_evidence import sent_segments
from gateway.usecases.ports import ArchivedRecord, Parcel, Segment, SentSegment

_PARCEL = select(parcels).where(
    parcels.c.transfer == bindparam("transfer"),
    parcels.c.version == bindparam("version"),
    parcels.c.part == bindparam("part"),
)
_DROP_PARCELS = delete(parcels).where(parcels.c.transfer == bindparam("transfer"))


class SqlParcels:
    """Sealed records on their way, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, parcel: Parcel) -> None:
        """Store it, replacing the same part of the same version."""
        self._db.put_each(parcels, [_values(parcel)])

    def get(self, transfer: TransferId, version: int, part: int = 0) -> Parcel:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_PARCEL, {"transfer": transfer, "version": version, "part": part})
        if row is None:
            raise Unknown("there is no such sealed record")
        return Parcel(**row)

    def drop(self, transfer: TransferId) -> None:
        """Delete all versions, with their parts."""
        self._db.run(_DROP_PARCELS, {"transfer": transfer})


_SEGMENT_NAMES: Final = tuple(field.name for field in fields(Segment))
_segment = select(*(segments.c[name] for name in _SEGMENT_NAMES))
_ONE = _segment.where(segments.c.digest == bindparam("digest"))
_BY_DIGEST = _ONE.with_for_update()
_REPLACE = (
    update(segments).where(segments.c.digest == bindparam("b_digest")).values(replaced_by=bindparam("by"))
)
_OWN = _segment.where(
    segments.c.student == bindparam("student"), segments.c.fingerprint == bindparam("fingerprint")
).order_by(segments.c.at.desc())
_NEWEST_OWN = (
    _segment.where(segments.c.student == bindparam("student")).order_by(segments.c.at.desc()).limit(1)
)
_RECEIVED = _segment.where(
    segments.c.state_key == bindparam("state_key"),
    segments.c.birth_date == bindparam("birth_date"),
    segments.c.received_with.is_not(None),
    segments.c.replaced_by.is_(None),
).order_by(segments.c.at, segments.c.digest)
_WITH_TRANSFER = (
    _segment.join(segment_transfers, segment_transfers.c.segment == segments.c.digest)
    .where(segment_transfers.c.transfer == bindparam("with"))
    .order_by(segments.c.at, segments.c.digest)
)
_UNLINK = delete(segment_transfers).where(segment_transfers.c.transfer == bindparam("with"))
_DELETE_UNLINKED = delete(segments).where(
    segments.c.digest == bindparam("b_digest"),
    segments.c.student.is_(None),
    ~exists().where(segment_transfers.c.segment == segments.c.digest),
)
_DISCLOSE = (
    update(segments)
    .where(segments.c.digest == bindparam("b_digest"))
    .values(disclosures=bindparam("disclosures"))
)


_FORGET_OWN = delete(segments).where(segments.c.student == bindparam("b_student"))


class SqlSegments:
    """Signed segments, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, segment: Segment) -> None:
        """Store it; the same digest twice is one row, to which new disclosures and transfers are added."""
        row = {**_values(segment), "state_key": normalise_id(segment.state_id) or None, "replaced_by": None}
        if not self._db.add(segments, row):
            self._disclose(segment)
        if segment.received_with is not None:
            link = {"transfer": segment.received_with, "segment": segment.digest}
            self._db.add(segment_transfers, link)

    def _disclose(self, segment: Segment) -> None:
        kept = _segments(self._db.all(_BY_DIGEST, {"digest": segment.digest}))[0].disclosures
        merged = merge_disclosures(kept, segment.disclosures)
        if merged != kept:
            self._db.run(_DISCLOSE, {"b_digest": segment.digest, "disclosures": merged})

    def own(self, student: LocalStudentId, fingerprint: Digest) -> Segment | None:
        """Return the newest segment that already signs this content."""
        rows = self._db.all(_OWN, {"student": student, "fingerprint": fingerprint})
        return next(iter(_segments(rows)), None)

    def newest_own(self, student: LocalStudentId) -> Segment | None:
        """Return what this district signed about the student last, whatever it says."""
        return next(iter(_segments(self._db.all(_NEWEST_OWN, {"student": student}))), None)

    def get(self, digest: Digest) -> Segment:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_ONE, {"digest": digest})
        if row is None:
            raise Unknown("there is no such segment")
        return Segment(**row)

    def replace(self, old: Digest, new: Digest) -> None:
        """Note that its issuer says something else now: it is kept, and travels no further."""
        self._db.run(_REPLACE, {"b_digest": old, "by": new})

    def forget_own(self, student: LocalStudentId) -> None:
        """Delete what this district signed about the student."""
        self._db.run(_FORGET_OWN, {"b_student": student})

    def received(self, *, state_id: str | None, birth_date: date | None) -> Sequence[Segment]:
        """Return what other districts asserted about the student, oldest first, but for what was replaced."""
        state_key = normalise_id(state_id)
        if not state_key or birth_date is None:
            return []
        return _segments(self._db.all(_RECEIVED, {"state_key": state_key, "birth_date": birth_date}))

    def with_transfer(self, transfer: TransferId) -> Sequence[Segment]:
        """Return the segments that came with a transfer, oldest first, the known ones among them too."""
        rows = self._db.all(_WITH_TRANSFER, {"with": transfer})
        return [replace(segment, received_with=transfer) for segment in _segments(rows)]

    def recall(self, transfer: TransferId) -> None:
        """Forget what came with a transfer, unless it came with another one too."""
        digests = [{"b_digest": one.digest} for one in self.with_transfer(transfer)]
        self._db.run(_UNLINK, {"with": transfer})
        self._db.run_each(_DELETE_UNLINKED, digests)


def merge_disclosures(
    kept: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Return both, by section, each disclosure once, the kept ones first."""
    sections = dict.fromkeys((*kept, *new))
    return {name: list(dict.fromkeys((*kept.get(name, ()), *new.get(name, ())))) for name in sections}


def _segments(rows: Sequence[AnyRow]) -> list[Segment]:
    return [Segment(**row) for row in rows]


_SENT = select(sent_segments).order_by(
    sent_segments.c.transfer, sent_segments.c.version, sent_segments.c.segment
)
_IN_VERSION = _SENT.where(
    sent_segments.c.transfer == bindparam("transfer"), sent_segments.c.version == bindparam("version")
)
_WITH_SEGMENT = _SENT.where(sent_segments.c.segment == bindparam("segment"))


class SqlSent:
    """What went to whom, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, sent: Sequence[SentSegment]) -> None:
        """Store it; packaged again, the same version replaces itself."""
        self._db.put_each(sent_segments, [_values(one) for one in sent])

    def in_version(self, transfer: TransferId, version: int) -> Sequence[SentSegment]:
        """Return what was in that version of the record."""
        rows = self._db.all(_IN_VERSION, {"transfer": transfer, "version": version})
        return [SentSegment(**row) for row in rows]

    def with_segment(self, segment: Digest) -> Sequence[SentSegment]:
        """Return where the segment was in, by transfer and version."""
        return [SentSegment(**row) for row in self._db.all(_WITH_SEGMENT, {"segment": segment})]


_ARCHIVED = select(archive).where(archive.c.transfer == bindparam("transfer"))
_VERSION = _ARCHIVED.where(archive.c.version == bindparam("version"))
_SAME = _ARCHIVED.where(archive.c.digest == bindparam("digest")).limit(1)
_DROP_ARCHIVED = delete(archive).where(archive.c.transfer == bindparam("b_transfer"))
_NEWEST = _ARCHIVED.order_by(archive.c.version.desc()).limit(1)


class SqlArchive:
    """Received records, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, record: ArchivedRecord) -> None:
        """Store it; the same transfer and version twice is one row, the first."""
        self._db.add(archive, _values(record))

    def get(self, transfer: TransferId, version: int | None = None) -> ArchivedRecord:
        """Return that version, or the newest; or raise `Unknown`."""
        newest = version is None
        values = {"transfer": transfer} if newest else {"transfer": transfer, "version": version}
        row = self._db.first(_NEWEST if newest else _VERSION, values)
        if row is None:
            raise Unknown("there is no such record")
        return ArchivedRecord(**row)

    def with_digest(self, transfer: TransferId, record: Digest) -> ArchivedRecord | None:
        """Return the record of that digest, if it came with the transfer."""
        row = self._db.first(_SAME, {"transfer": transfer, "digest": record})
        return None if row is None else ArchivedRecord(**row)

    def drop(self, transfer: TransferId) -> None:
        """Delete what came with a transfer, all versions of it."""
        self._db.run(_DROP_ARCHIVED, {"b_transfer": transfer})


def _values(item: Parcel | Segment | ArchivedRecord | SentSegment) -> dict[str, Any]:
    return {field.name: getattr(item, field.name) for field in fields(item)}
