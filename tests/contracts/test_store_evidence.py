"""What proves: what was sent to whom, disclosures and accesses."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.corrections import ChangeReason, Correction
from gateway.domain.disclosures import Access, Disclosure, DisclosureKind
from gateway.domain.errors import Unknown
from gateway.domain.ids import EntityId, LocalStudentId, TransferId, digest
from gateway.domain.log_positions import KeptPosition, LogPosition
from gateway.domain.merkle import inclusion_proof
from gateway.domain.statements import Statement
from gateway.domain.transfer import State
from gateway.storage.store import SqlStore
from gateway.usecases.ports import SentSegment, Tx
from tests.contracts.conftest import AnyStore
from tests.harness.store_rows import (
    CEDAR,
    MAPLE,
    NOON,
    backpack,
    for_each,
    leaf,
    minutes,
    record,
    segment,
    transfer,
)


def disclosure(id_: str = "d-1", **changes: Any) -> Disclosure:
    values: dict[str, Any] = {
        "student": LocalStudentId("1001"),
        "kind": DisclosureKind.PARTIAL,
        "at": NOON,
        "party": CEDAR,
        "interest": "enrolment",
        "basis": "34CFR99.31(a)(2)",
        "sections": ("identity", "grades"),
        "transfer": TransferId("T-1"),
        "ferpa_exempt": True,
        "reason": "restricted",
    }
    return Disclosure(id=id_, **{**values, **changes})


def access(id_: str = "a-1", **changes: Any) -> Access:
    values: dict[str, Any] = {
        "at": NOON,
        "person": "r.lopez",
        "role": "registrar",
        "why": "release review",
        "sections": ("special_education",),
        "student": LocalStudentId("1001"),
        "transfer": TransferId("T-1"),
    }
    return Access(id=id_, **{**values, **changes})


def sent(segment: str, version: int = 1, **changes: Any) -> SentSegment:
    values: dict[str, Any] = {
        "transfer": TransferId("T-1"),
        "issuer": MAPLE,
        "sections": ("grades",),
        "kept_back": (),
    }
    return SentSegment(version=version, segment=digest(segment.encode()), **{**values, **changes})


async def test_a_students_disclosures_come_back_in_the_order_in_which_they_were_written(
    store: AnyStore,
) -> None:
    first = disclosure()
    second = disclosure("d-2", at=minutes(-5), transfer=None, ferpa_exempt=False, reason="", sections=())
    others = disclosure("d-3", student=LocalStudentId("1002"), transfer=TransferId("T-2"))

    await store.write(for_each((first, second, others), lambda tx: tx.disclosures.add))

    assert await store.read(lambda tx: tx.disclosures.of(LocalStudentId("1001"))) == [first, second]
    assert await store.read(lambda tx: tx.disclosures.of_transfer(TransferId("T-2"))) == [others]


async def test_who_read_a_record_is_found_by_student_and_by_transfer(store: AnyStore) -> None:
    own = access()
    came = access("a-2", student=None, transfer=TransferId("R-7"))

    await store.write(for_each((own, came), lambda tx: tx.accesses.add))

    assert await store.read(lambda tx: tx.accesses.of(LocalStudentId("1001"))) == [own]
    assert await store.read(lambda tx: tx.accesses.of_transfer(TransferId("R-7"))) == [came]


async def test_where_a_segment_went_is_found_and_packaging_again_replaces_it(store: AnyStore) -> None:
    early = sent("a", kept_back=("health",))
    rows = [early, sent("b"), sent("a", 2), sent("a", transfer=TransferId("T-9"))]

    await store.write(lambda tx: tx.sent.put(rows))
    again = sent("a", sections=())
    await store.write(lambda tx: tx.sent.put([again]))

    found = await store.read(lambda tx: tx.sent.with_segment(digest(b"a")))
    assert found == [again, sent("a", 2), sent("a", transfer=TransferId("T-9"))]
    assert set(await store.read(lambda tx: tx.sent.in_version(TransferId("T-1"), 1))) == {again, sent("b")}


@pytest.mark.parametrize("table", ["disclosures", "accesses"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = 'x'", "DELETE FROM {}"])
async def test_the_database_refuses_to_change_what_was_recorded(
    table: str, statement: str, tmp_path: Path
) -> None:
    store = await SqlStore.open(tmp_path / "node.db")
    await store.write(lambda tx: tx.disclosures.add(disclosure()))
    await store.write(lambda tx: tx.accesses.add(access()))
    await store.close()
    connection = sqlite3.connect(tmp_path / "node.db")

    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        connection.execute(statement.format(table))

    connection.close()


def position(message: str, size: int, **changes: Any) -> KeptPosition:
    values: dict[str, Any] = {
        "transfer": TransferId("T-1"),
        "peer": CEDAR,
        "at": NOON,
        "root": bytes(32),
        "position": LogPosition(index=max(size - 1, 0), leaf="{}", path=("AA==",), checkpoint="a note"),
    }
    return KeptPosition(message=digest(message.encode()), size=size, **{**values, **changes})


async def test_what_a_peer_proved_of_its_log_is_kept_once_for_a_message(store: AnyStore) -> None:
    first, later = position("one", 7), position("two", 9, at=minutes(5))
    other = position("three", 20, peer=MAPLE, transfer=TransferId("T-2"))
    faulty = position("four", 0, position=None, root=b"", fault="not_told", at=minutes(9))
    again = replace(first, fault="bad_signature")

    await store.write(for_each((later, first, other, faulty, again), lambda tx: tx.log_positions.add))

    assert list(await store.read(lambda tx: tx.log_positions.of(TransferId("T-1")))) == [first, later, faulty]
    assert await store.read(lambda tx: tx.log_positions.largest(CEDAR)) == later
    assert await store.read(lambda tx: tx.log_positions.largest(EntityId("https://x.test"))) is None


async def test_the_path_of_the_last_leaf_is_that_of_the_tree(store: AnyStore) -> None:
    for size in range(1, 12):
        await store.write(lambda tx, n=size: tx.audit.add(leaf(f"T-{n}")))  # type: ignore[misc]
        path, proof = await store.read(
            lambda tx, n=size: (tx.audit.path_of_last(n), inclusion_proof(n - 1, n, tx.audit.hash))  # type: ignore[misc]
        )
        assert list(path) == proof


async def test_why_a_record_was_sent_again_is_kept_for_each_version(store: AnyStore) -> None:
    first = correction()
    second = correction(after_version=2, reason=ChangeReason.AMENDMENT, pointers=())
    others = correction(transfer=TransferId("T-2"))

    await store.write(for_each((first, second, others), lambda tx: tx.corrections.put))
    again = replace(first, reason=ChangeReason.STATEMENT)
    await store.write(lambda tx: tx.corrections.put(again))

    assert await store.read(lambda tx: tx.corrections.of(TransferId("T-1"))) == [again, second]


def correction(**changes: Any) -> Correction:
    values: dict[str, Any] = {
        "transfer": TransferId("T-1"),
        "after_version": 1,
        "replaces": digest(b"r"),
        "reason": ChangeReason.CORRECTION,
        "pointers": ("/grades/grade.letter",),
        "by": "somebody",
        "at": NOON,
    }
    return Correction(**{**values, **changes})


def stated(id_: str, student: str = "1001") -> Statement:
    return Statement(
        id=id_,
        student=LocalStudentId(student),
        section="grades",
        record="r",
        text="No.",
        by="a parent",
        made_on=NOON.date(),
        attached_by="o",
        at=NOON,
    )


async def test_statements_come_back_in_the_order_in_which_they_were_attached(store: AnyStore) -> None:
    rows = (stated("s-2"), stated("s-1"), stated("s-3", "1002"))

    await store.write(for_each(rows, lambda tx: tx.statements.add))

    assert await store.read(lambda tx: tx.statements.of(LocalStudentId("1001"))) == list(rows[:2])


async def test_records_that_may_not_say_any_more_what_is_here_are_found(store: AnyStore) -> None:
    """Current; content signed anew; a replaced part of another district; stated; not taken in; closed."""
    old, new = digest(b"old"), digest(b"new")

    def write(tx: Tx) -> None:
        tx.backpacks.put([replace(backpack(f"S-{n}"), fingerprint=new) for n in range(6)])
        for n in range(6):
            own = segment(f"own-{n}", student=LocalStudentId(f"S-{n}"), received_with=None)
            tx.segments.put(replace(own, fingerprint=old if n in {1, 4, 5} else new))
        came = segment("came", student=None, received_with=TransferId("R-1"), fingerprint=None)
        tx.segments.put(came)
        tx.segments.replace(came.digest, digest(b"newer"))
        tx.statements.add(stated("s-1", "S-3"))
        for n in range(6):
            row = transfer(
                f"T-{n}",
                state=State.CLOSED if n == 5 else State.ACKED,
                student=LocalStudentId(f"S-{n}"),
                version=1,
                accepted_version=0 if n == 4 else 1,
            )
            tx.transfers.add(row)
            sent_here = segment("came").digest if n == 2 else segment(f"own-{n}").digest
            tx.sent.put(
                [
                    SentSegment(
                        transfer=row.id, version=1, segment=sent_here, issuer=MAPLE, sections=(), kept_back=()
                    )
                ]
            )

    await store.write(write)

    assert await store.read(lambda tx: tx.corrections.outdated()) == ["T-1", "T-2", "T-3"]
    assert await store.read(lambda tx: tx.corrections.outdated(after=TransferId("T-1"), limit=1)) == ["T-2"]


async def test_a_replaced_segment_is_kept_and_travels_no_further(store: AnyStore) -> None:
    came = segment("a", student=None, received_with=TransferId("R-1"), fingerprint=None)
    newest = segment("b", student=LocalStudentId("S-1"), received_with=None)

    def write(tx: Tx) -> None:
        tx.segments.put(came)
        tx.segments.put(newest)
        tx.segments.replace(came.digest, newest.digest)
        tx.segments.put(came)

    await store.write(write)

    def read(tx: Tx) -> tuple[Any, ...]:
        return (
            tx.segments.received(state_id=came.state_id, birth_date=came.birth_date),
            tx.segments.get(came.digest).jws,
            tx.segments.newest_own(LocalStudentId("S-1")),
        )

    assert await store.read(read) == ([], came.jws, newest)
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.segments.get(digest(b"no such thing")))


async def test_a_received_record_is_found_by_its_digest_with_its_transfer_only(store: AnyStore) -> None:
    one = record()
    await store.write(lambda tx: tx.archive.put(one))

    assert await store.read(lambda tx: tx.archive.with_digest(one.transfer, one.digest)) == one
    assert await store.read(lambda tx: tx.archive.with_digest(TransferId("R-9"), one.digest)) is None
    assert await store.read(lambda tx: tx.archive.with_digest(one.transfer, digest(b"x"))) is None
