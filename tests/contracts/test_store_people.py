"""Staff, sessions and drafts: the real store and the one in memory do the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy.people import PersonId, StaffRole
from gateway.usecases.ports import Account, Draft, Session, SignIn, Store

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ROSA = Account(
    id=PersonId("P-rosa"),
    issuer="https://idp.test",
    subject="rosa",
    name="Rosa Delgado",
    roles=frozenset({StaffRole.REGISTRAR, StaffRole.PRINCIPAL}),
    schools=frozenset({"S2", "S1"}),
    active=True,
    pseudonym="p-1",
    added_at=NOW,
)
SESSION = Session(
    digest="d1",
    person=ROSA.id,
    csrf="c",
    signed_in_at=NOW,
    strong=True,
    opened_at=NOW,
    seen_at=NOW,
    provider_session="idp-1",
)
SIGN_IN = SignIn(
    digest="s1",
    state="st",
    nonce="n",
    verifier="v",
    return_to="/desk/",
    again=False,
    expires_at=NOW + timedelta(minutes=10),
)


async def test_a_member_of_staff_is_found_by_id_and_by_the_providers_key(store: Store) -> None:
    await store.write(lambda tx: tx.staff.put(ROSA))
    await store.write(lambda tx: tx.staff.put(replace(ROSA, id=PersonId("P-2"), subject="b", name="Ana")))

    assert await store.read(lambda tx: tx.staff.get(ROSA.id)) == ROSA
    assert await store.read(lambda tx: tx.staff.by_subject("https://idp.test", "rosa")) == ROSA
    assert await store.read(lambda tx: tx.staff.by_subject("https://other.test", "rosa")) is None
    assert [one.name for one in await store.read(lambda tx: tx.staff.list())] == ["Ana", "Rosa Delgado"]
    assert await store.read(lambda tx: tx.staff.names({"p-1", "p-9"})) in (
        {"p-1": "Rosa Delgado"},
        {"p-1": "Ana"},
    )
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.staff.get(PersonId("P-9")))


async def test_a_sign_in_serves_once_and_not_after_its_time(store: Store) -> None:
    await store.write(lambda tx: tx.sessions.begin(SIGN_IN))

    late = await store.write(lambda tx: tx.sessions.take("s1", NOW + timedelta(minutes=10)))
    first = await store.write(lambda tx: tx.sessions.take("s1", NOW))
    second = await store.write(lambda tx: tx.sessions.take("s1", NOW))

    assert (late, first, second) == (None, SIGN_IN, None)


async def test_a_session_is_noted_and_ended(store: Store) -> None:
    later = NOW + timedelta(minutes=5)
    await store.write(lambda tx: tx.sessions.add(SESSION))
    await store.write(lambda tx: tx.sessions.touch("d1", later))
    seen = await store.read(lambda tx: tx.sessions.get("d1"))
    await store.write(lambda tx: tx.sessions.remove("d1"))

    assert seen == replace(SESSION, seen_at=later)
    assert await store.read(lambda tx: tx.sessions.get("d1")) is None


async def test_sessions_end_by_person_by_provider_and_by_age(store: Store) -> None:
    others = [
        replace(SESSION, digest="d2", person=PersonId("P-2"), provider_session="idp-2"),
        replace(SESSION, digest="d3", person=PersonId("P-3"), provider_session=None),
        replace(SESSION, digest="d4", person=PersonId("P-3"), seen_at=NOW + timedelta(hours=1)),
    ]
    for one in (SESSION, *others):
        await store.write(lambda tx, one=one: tx.sessions.add(one))  # type: ignore[misc]

    await store.write(lambda tx: tx.sessions.remove_of(ROSA.id))
    await store.write(lambda tx: tx.sessions.remove_at_provider("idp-2"))
    await store.write(
        lambda tx: tx.sessions.prune(unseen_since=NOW + timedelta(minutes=1), opened_before=NOW, now=NOW)
    )

    left = [await store.read(lambda tx, d=d: tx.sessions.get(d)) for d in ("d1", "d2", "d3", "d4")]  # type: ignore[misc]
    assert left == [None, None, None, others[2]]


async def test_a_draft_is_the_writers_or_anybodys_and_one_student_has_one(store: Store) -> None:
    own = Draft(id="D-1", owner=ROSA.id, student=None, answers={"given_name": "Ana"}, changed_at=NOW)
    opened = Draft(id="D-2", owner=None, student=LocalStudentId("S1"), answers={}, changed_at=NOW)
    foreign = replace(own, id="D-3", owner=PersonId("P-2"))
    await store.write(lambda tx: tx.drafts.put(own))
    await store.write(lambda tx: tx.drafts.put(foreign))
    await store.write(lambda tx: tx.drafts.open_for([opened]))
    await store.write(lambda tx: tx.drafts.open_for([replace(opened, id="D-4")]))

    listed = await store.read(lambda tx: tx.drafts.list(ROSA.id))
    await store.write(lambda tx: tx.drafts.remove("D-1"))

    assert listed == [own, opened]
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.drafts.get("D-1"))
