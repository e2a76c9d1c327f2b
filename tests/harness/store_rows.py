"""Made-up rows for the tests of the store."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from gateway.domain.audit import Leaf
from gateway.domain.casework import Case, Lane, new_case
from gateway.domain.ids import EntityId, LocalStudentId, TransferId, digest
from gateway.domain.matching import Candidate
from gateway.domain.messages import Direction, Message, MessageType
from gateway.domain.packs import due_on, urgency_in
from gateway.domain.proposals import Proposal, payload_digest
from gateway.domain.transfer import Role, State, Subject, Transfer
from gateway.domain.trust import Grant
from gateway.mapping.findings import Finding, Rule, finding
from gateway.usecases.ports import ArchivedRecord, Member, Segment, StoredBackpack, Tx
from tests.harness.staff import calendar, pack

Row = TypeVar("Row")

NOON = datetime(2026, 8, 3, 12, 0, 0, 123456, tzinfo=UTC)
LEASE = timedelta(seconds=30)
CEDAR = EntityId("https://cedar.example/federation")
MAPLE = EntityId("https://maple.example/federation")
ANA = Subject(
    given_name="Ana",
    family_name="Núñez",
    birth_date=date(2014, 2, 28),
    state_id="0042-7",
    guardian_name="Inés Núñez",
)


def for_each(rows: Sequence[Row], call: Callable[[Tx], Callable[[Row], object]]) -> Callable[[Tx], None]:
    """Return a unit of work that makes the call with each row in turn."""

    def work(tx: Tx) -> None:
        for row in rows:
            call(tx)(row)

    return work


def minutes(count: float) -> datetime:
    """Return the moment that many minutes after noon."""
    return NOON + timedelta(minutes=count)


def transfer(id_: str = "T-1", **changes: Any) -> Transfer:
    """Return a transfer that a peer has just asked for, due at noon."""
    values: dict[str, Any] = {
        "role": Role.HOLDER,
        "peer": CEDAR,
        "state": State.RECEIVED,
        "subject": ANA,
        "sections": ("identity", "enrollment"),
        "purpose": "enrolment",
        "legal_basis": "ferpa-99.31-a-2",
        "actor": "p-7",
        "request_jti": f"request-of-{id_}",
        "request_digest": digest(id_.encode()),
        "created_at": NOON,
        "changed_at": NOON,
        "expires_at": NOON + timedelta(days=30),
        "next_try_at": NOON,
    }
    return Transfer(id=TransferId(id_), **{**values, **changes})


def case(id_: str = "T-1", *, lanes: tuple[Lane, ...] = (), **changes: Any) -> Case:
    """Return the case of a transfer that a peer has just asked for."""
    opened = new_case(
        TransferId(id_),
        Role.HOLDER,
        at=changes.pop("opened_at", NOON),
        due_on=due_on(pack(), NOON.date(), lanes, calendar()),
        urgency=urgency_in(pack(), lanes),
        lanes=lanes,
    )
    return replace(opened, **changes)


def proposal(id_: str = "P-1", **changes: Any) -> Proposal:
    """Return what Rita proposed at noon for transfer `T-1`, and waits for a second person."""
    payload = changes.pop("payload", {"part": 1})
    values: dict[str, Any] = {
        "action": "seal",
        "object": "T-1",
        "reason": "asked for by the new school",
        "proposed_by": "rita",
        "proposed_by_name": "Rita",
        "proposed_at": NOON,
        "expires_at": NOON + timedelta(days=3),
    }
    digests = {"payload": payload, "payload_digest": payload_digest(payload)}
    return Proposal(id=id_, **{**values, **digests, **changes})


def message(jti: str = "m-1", **changes: Any) -> Message:
    """Return a message of transfer `T-1` that waits to go out since noon."""
    values: dict[str, Any] = {
        "type": MessageType.EVENT,
        "direction": Direction.OUT,
        "peer": CEDAR,
        "transfer": TransferId("T-1"),
        "body": f"header.{jti}.signature",
        "digest": digest(jti.encode()),
        "at": NOON,
        "next_try_at": NOON,
    }
    return Message(jti=jti, **{**values, **changes})


def segment(name: str = "s-1", **changes: Any) -> Segment:
    """Return a segment that came from another district with transfer `T-1`."""
    values: dict[str, Any] = {
        "issuer": CEDAR,
        "learner": "learner-1",
        "jws": f"segment.{name}.signature",
        "disclosures": {"identity": ["d1", "d2"]},
        "fingerprint": None,
        "student": None,
        "state_id": "0042-7",
        "birth_date": date(2014, 2, 28),
        "received_with": TransferId("T-1"),
        "at": NOON,
    }
    return Segment(digest=digest(name.encode()), **{**values, **changes})


def record(version: int = 1, **changes: Any) -> ArchivedRecord:
    """Return a version of the record that came with transfer `T-1`."""
    values: dict[str, Any] = {
        "transfer": TransferId("T-1"),
        "issuer": CEDAR,
        "learner": "learner-1",
        "jws": f"record.{version}.signature",
        "digest": digest(b"record"),
        "at": NOON,
    }
    return ArchivedRecord(version=version, **{**values, **changes})


def candidate(student: str, **changes: Any) -> Candidate:
    """Return the matching keys of a student."""
    values: dict[str, Any] = {
        "state_id": f"state {student}",
        "given_names": frozenset({"Ana"}),
        "family_names": frozenset({"O'Brien-Núñez"}),
        "birth_date": date(2014, 2, 28),
        "guardian_names": frozenset({"Inés Núñez", "Tom O'Brien"}),
    }
    return Candidate(student=LocalStudentId(student), **{**values, **changes})


def backpack(student: str = "S-1", *, content: bytes = b"{}", **keys: Any) -> StoredBackpack:
    """Return a mapped student; `keys` go to the candidate."""
    return StoredBackpack(
        student=LocalStudentId(student),
        learner=f"learner-of-{student}",
        candidate=candidate(student, **keys),
        school="school-9",
        grade=None,
        fingerprint=digest(content),
        sections=content,
        mapped_at=NOON,
    )


def bad_date(file: str, line: int | None) -> Finding:
    """Return a finding."""
    return finding(
        Rule.DATE_INVALID, "not a date", file=file, line=line, column="birthDate", raw_value="31.02."
    )


def leaf(object_: str = "T-1", **changes: Any) -> Leaf:
    """Return a line of the audit log."""
    values: dict[str, Any] = {
        "at": NOON,
        "actor": "node",
        "action": "transfer.matching",
        "peer": CEDAR,
        "digests": (digest(b"one"), digest(b"two")),
    }
    return Leaf(object=object_, **{**values, **changes})


def grant(**changes: Any) -> Grant:
    """Return a grant that ends ten minutes after noon."""
    values: dict[str, Any] = {
        "client": CEDAR,
        "scope": "backpack.fetch",
        "transfer": TransferId("T-1"),
        "key_thumbprint": "thumb",
        "expires_at": minutes(10),
    }
    return Grant(**{**values, **changes})


def member(id_: EntityId, name: str, **changes: Any) -> Member:
    """Return an admitted node."""
    values: dict[str, Any] = {
        "lea_ids": {"nces": "4800001"},
        "jwks": {"keys": [{"kty": "EC", "crv": "P-256"}]},
        "marks": frozenset({"urn:backpack:mark:holder", "urn:backpack:mark:requester"}),
        "status": "active",
        "admitted_at": NOON,
        "changed_at": NOON,
    }
    return Member(id=id_, organization_name=name, **{**values, **changes})
