"""Students, findings, the audit log, access, and what an agency keeps."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.domain.errors import Unknown
from gateway.domain.ids import EntityId, LocalStudentId, digest
from gateway.mapping.findings import Rule, finding
from gateway.storage.store import SqlStore
from gateway.usecases.ports import FindingFilter, Tx
from tests.harness.memory_store import MemoryStore
from tests.harness.store_rows import (
    ANA,
    CEDAR,
    MAPLE,
    backpack,
    bad_date,
    for_each,
    grant,
    leaf,
    member,
    minutes,
)

AnyStore = SqlStore | MemoryStore

S1, S2, S3 = LocalStudentId("S-1"), LocalStudentId("S-2"), LocalStudentId("S-3")


async def test_a_backpack_comes_back_as_it_was(store: AnyStore) -> None:
    bare = backpack("S-2", state_id=None, birth_date=None, given_names=frozenset(), family_names=frozenset())
    await store.write(lambda tx: tx.backpacks.put([backpack(content=b'{"identity":[\xc3\xa9]}'), bare]))

    assert await store.read(lambda tx: tx.backpacks.get(S1)) == backpack(content=b'{"identity":[\xc3\xa9]}')
    assert await store.read(lambda tx: tx.backpacks.get(S2)) == bare
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.backpacks.get(S3))


async def test_a_backpack_that_is_put_again_replaces_the_old_one_and_its_names(store: AnyStore) -> None:
    await store.write(lambda tx: tx.backpacks.put([backpack(), backpack("S-2")]))
    renamed = backpack(content=b"[]", given_names=frozenset({"Bo"}), family_names=frozenset({"Ek"}))

    await store.write(lambda tx: tx.backpacks.put([renamed]))

    assert await store.read(lambda tx: tx.backpacks.get(S1)) == renamed
    assert await store.read(lambda tx: tx.backpacks.find("bo")) == [renamed]
    assert await store.read(lambda tx: tx.backpacks.find("ana")) == [backpack("S-2")]
    assert await store.read(lambda tx: tx.backpacks.fingerprints()) == {S1: digest(b"[]"), S2: digest(b"{}")}


async def test_students_who_are_removed_are_found_no_more(store: AnyStore) -> None:
    await store.write(lambda tx: tx.backpacks.put([backpack(), backpack("S-2")]))

    await store.write(lambda tx: tx.backpacks.remove([S1, S3]))

    assert await store.read(lambda tx: tx.backpacks.count()) == 1
    assert await store.read(lambda tx: tx.backpacks.find("ana")) == [backpack("S-2")]


async def test_candidates_share_the_state_id_however_it_is_written_or_the_birth_date(store: AnyStore) -> None:
    other_day = date(2013, 1, 1)
    by_id = backpack("S-1", state_id="00427", birth_date=other_day)
    by_day = backpack("S-2", state_id="999")
    neither = backpack("S-3", state_id=None, birth_date=other_day)
    await store.write(lambda tx: tx.backpacks.put([by_id, by_day, neither]))

    both = await store.read(lambda tx: tx.backpacks.candidates(ANA))
    without_id = await store.read(lambda tx: tx.backpacks.candidates(replace(ANA, state_id=" - ")))

    assert list(both) == [by_id.candidate, by_day.candidate]
    assert list(without_id) == [by_day.candidate]


async def test_matching_keys_are_those_of_students_who_have_both(store: AnyStore) -> None:
    students = [backpack(), backpack("S-2", state_id=None), backpack("S-3", birth_date=None)]
    await store.write(lambda tx: tx.backpacks.put(students))

    assert list(await store.read(lambda tx: tx.backpacks.matching_keys())) == [
        ("state S-1", date(2014, 2, 28))
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("S-1", ["S-1"]),
        ("STATE-s-2", ["S-2"]),
        ("ana", ["S-1"]),
        ("obrien nu", ["S-1"]),
        ("O'Brien-Núñez, A", ["S-1"]),
        ("Ana O", ["S-1"]),
        ("z", ["S-2"]),
        ("nunez", []),
        ("S", []),
        ("%", []),
        ("'", []),
        ("  ", []),
    ],
)
async def test_students_are_found_by_id_or_the_beginning_of_a_name(
    store: AnyStore, text: str, found: list[str]
) -> None:
    zoe = backpack("S-2", given_names=frozenset({"Zoë", "Zo"}), family_names=frozenset({"Ek"}))
    await store.write(lambda tx: tx.backpacks.put([backpack(), zoe]))

    students = await store.read(lambda tx: tx.backpacks.find(text))

    assert [stored.student for stored in students] == found


async def test_a_search_returns_no_more_than_was_asked_for(store: AnyStore) -> None:
    await store.write(lambda tx: tx.backpacks.put([backpack(f"S-{number}") for number in (3, 1, 2)]))

    found = await store.read(lambda tx: tx.backpacks.find("ana", limit=2))

    assert [stored.student for stored in found] == ["S-1", "S-2"]


async def test_findings_are_counted_by_school_and_column_and_listed_without_the_value(
    store: AnyStore,
) -> None:
    """Of a school asked for; what belongs to no student belongs to no school, and is counted first."""
    found = [(S1, bad_date("users.csv", 10)), (S1, bad_date("users.csv", 12)), (None, bad_date("a.csv", 1))]
    here = replace(backpack(), school="LAKE")
    await store.write(lambda tx: tx.backpacks.put([here]))
    await store.write(lambda tx: tx.findings.replace([(here.student, one) for _, one in found[:2]], of=[S1]))
    await store.write(lambda tx: tx.findings.replace(found[2:], of=[None]))
    lake = FindingFilter(schools=frozenset({"LAKE"}), rule=Rule.DATE_INVALID, file="users.csv")

    tallies = await store.read(lambda tx: tx.findings.tallies(FindingFilter()))
    places = await store.read(lambda tx: tx.findings.places(lake, limit=1))

    assert [(one.school, one.file, one.number) for one in tallies] == [
        (None, "a.csv", 1),
        ("LAKE", "users.csv", 2),
    ]
    assert [(one.school, one.student, one.line) for one in places] == [("LAKE", here.student, 10)]
    assert not hasattr(places[0], "raw_value")
    nowhere = FindingFilter(schools=frozenset({"HILL"}))
    assert list(await store.read(lambda tx: tx.findings.places(nowhere))) == []
    other = FindingFilter(column="no such column")
    assert list(await store.read(lambda tx: tx.findings.tallies(other))) == []


async def test_the_findings_of_a_run_take_the_place_of_the_last_runs(store: AnyStore) -> None:
    missing = finding(Rule.ID_MISSING, "no id", file="users.csv", line=2, suggestion="fill it in")
    await store.write(lambda tx: tx.findings.replace([(S1, bad_date("old.csv", 1))], of=[S1]))

    await store.write(
        lambda tx: tx.findings.replace(
            [
                (S1, bad_date("users.csv", 10)),
                (None, missing),
                (S2, bad_date("demographics.csv", 7)),
                (None, bad_date("users.csv", None)),
            ],
            of=[S1, S2, None],
        )
    )

    assert list(await store.read(lambda tx: tx.findings.list())) == [
        (S2, bad_date("demographics.csv", 7)),
        (None, bad_date("users.csv", None)),
        (None, missing),
        (S1, bad_date("users.csv", 10)),
    ]
    assert list(await store.read(lambda tx: tx.findings.list(student=S1))) == [
        (S1, bad_date("users.csv", 10))
    ]
    assert list(await store.read(lambda tx: tx.findings.list(rule="id.missing"))) == [(None, missing)]
    assert len(await store.read(lambda tx: tx.findings.list(limit=2))) == 2
    assert await store.read(lambda tx: tx.findings.counts()) == {"id.missing": 1, "date.invalid": 3}


async def test_a_run_without_findings_clears_them(store: AnyStore) -> None:
    await store.write(lambda tx: tx.findings.replace([(S1, bad_date("old.csv", 1))], of=[S1]))

    await store.write(lambda tx: tx.findings.replace([], of=[S1]))

    assert list(await store.read(lambda tx: tx.findings.list())) == []


async def test_audit_leaves_come_back_in_order_with_their_numbers(store: AnyStore) -> None:
    plain = leaf("T-2", peer=None, digests=(), rule="ferpa", outcome="refused")

    await store.write(for_each((leaf(), plain, leaf(action="transfer.denied")), lambda tx: tx.audit.add))

    everything = await store.read(lambda tx: tx.audit.list())
    assert list(everything) == [(1, leaf()), (2, plain), (3, leaf(action="transfer.denied"))]
    assert [n for n, _ in await store.read(lambda tx: tx.audit.list(object_="T-1"))] == [1, 3]
    assert [n for n, _ in await store.read(lambda tx: tx.audit.list(limit=2))] == [1, 2]


async def test_the_audit_log_can_only_be_added_to(store: AnyStore) -> None:
    ways = await store.read(lambda tx: {name for name in dir(tx.audit) if not name.startswith("_")})

    assert ways - {"rows"} == {"add", "list", "latest", "newest", "after", "size", "hash", "path_of_last"}


async def test_a_token_id_is_new_once_for_each_issuer_and_kind(stores: tuple[AnyStore, AnyStore]) -> None:
    one, other = stores

    async def first(store: AnyStore, kind: str, issuer: str) -> bool:
        return await store.write(lambda tx: tx.seen.first(kind, issuer, "j", expires_at=minutes(1)))

    answers = [
        await first(one, "dpop", CEDAR),
        await first(other, "dpop", CEDAR),
        await first(one, "dpop", MAPLE),
        await first(one, "assertion", CEDAR),
    ]

    assert answers == [True, False, True, True]


async def test_a_token_id_is_forgotten_when_it_has_expired(store: AnyStore) -> None:
    async def first(jti: str) -> bool:
        return await store.write(lambda tx: tx.seen.first("dpop", CEDAR, jti, expires_at=minutes(5)))

    await first("j")
    await store.write(lambda tx: tx.seen.prune(minutes(4)))
    before = await first("j")
    await store.write(lambda tx: tx.seen.prune(minutes(5)))

    assert (before, await first("j")) == (False, True)


async def test_a_grant_is_good_until_it_expires(store: AnyStore) -> None:
    late = grant(transfer=None, expires_at=minutes(20))
    await store.write(lambda tx: tx.grants.add("h-1", grant()))
    await store.write(lambda tx: tx.grants.add("h-2", late))

    assert await store.read(lambda tx: tx.grants.get("h-1", minutes(9))) == grant()
    assert await store.read(lambda tx: tx.grants.get("h-1", minutes(10))) is None
    assert await store.read(lambda tx: tx.grants.get("h-3", minutes(9))) is None
    await store.write(lambda tx: tx.grants.prune(minutes(10)))
    assert await store.read(lambda tx: tx.grants.get("h-1", minutes(9))) is None
    assert await store.read(lambda tx: tx.grants.get("h-2", minutes(10))) == late


async def test_an_older_statement_does_not_replace_a_newer_chain(store: AnyStore) -> None:
    async def put(*chain: str, at: float) -> None:
        await store.write(lambda tx: tx.chains.put(CEDAR, chain, stated_at=minutes(at)))

    await put("a", "b", at=5)
    await put("older", at=4)
    kept = await store.read(lambda tx: tx.chains.get(CEDAR))
    await put("same time", at=5)
    replaced = await store.read(lambda tx: tx.chains.get(CEDAR))

    assert (list(kept or ()), list(replaced or ())) == (["a", "b"], ["same time"])
    assert await store.read(lambda tx: tx.chains.get(MAPLE)) is None
    assert await store.read(lambda tx: tx.chains.newest(MAPLE)) is None


async def test_a_dropped_chain_leaves_the_time_of_its_statement(store: AnyStore) -> None:
    await store.write(lambda tx: tx.chains.put(CEDAR, ["a"], stated_at=minutes(5)))

    await store.write(lambda tx: tx.chains.drop(CEDAR))
    await store.write(lambda tx: tx.chains.put(CEDAR, ["older"], stated_at=minutes(4)))

    assert await store.read(lambda tx: tx.chains.get(CEDAR)) is None
    assert await store.read(lambda tx: tx.chains.newest(CEDAR)) == minutes(5)


async def test_a_node_whose_chain_was_never_stored_is_dropped_for_good(store: AnyStore) -> None:
    await store.write(lambda tx: tx.chains.drop(CEDAR))

    dropped_at = await store.read(lambda tx: tx.chains.newest(CEDAR))
    assert dropped_at is not None
    assert dropped_at < minutes(0)
    assert await store.read(lambda tx: tx.chains.get(CEDAR)) is None
    await store.write(lambda tx: tx.chains.put(CEDAR, ["later"], stated_at=minutes(1)))
    later = await store.read(lambda tx: tx.chains.get(CEDAR))
    assert list(later or ()) == ["later"]


async def test_members_are_replaced_and_listed_by_name(store: AnyStore) -> None:
    cedar, maple = member(CEDAR, "Zeta District"), member(MAPLE, "Alpha District")
    suspended = replace(cedar, status="suspended", marks=frozenset())
    await store.write(for_each((cedar, maple, suspended), lambda tx: tx.members.put))

    assert await store.read(lambda tx: tx.members.get(CEDAR)) == suspended
    assert list(await store.read(lambda tx: tx.members.list())) == [maple, suspended]
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.members.get(EntityId("https://other.example")))


async def test_the_locator_knows_who_holds_which_token(store: AnyStore) -> None:
    def work(tx: Tx) -> None:
        tx.locator.add(CEDAR, [b"\x00one", b"two", b"two"])
        tx.locator.add(MAPLE, [b"two", b"three"])
        tx.locator.remove(CEDAR, [b"\x00one", b"three"])
        tx.locator.add(CEDAR, [b"two", b"four"])

    await store.write(work)

    async def holders(*tokens: bytes) -> list[EntityId]:
        return list(await store.read(lambda tx: tx.locator.holders(tokens)))

    assert await holders(b"\x00one") == []
    assert await holders(b"two") == [CEDAR, MAPLE]
    assert await holders(b"four", b"none") == [CEDAR]
    assert await holders() == []
    assert await store.read(lambda tx: tx.locator.of(CEDAR)) == {b"two", b"four"}
    assert await store.read(lambda tx: tx.locator.of(MAPLE)) == {b"two", b"three"}
