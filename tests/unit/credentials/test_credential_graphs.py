"""Graphs that were made to be expensive, against limits that count work."""

import time
from pathlib import Path
from typing import Any

import pytest

from gateway.crypto.credential_contexts import load_contexts
from gateway.crypto.credential_graphs import MAX_ALIKE, MAX_VALUES, Graphs
from gateway.domain.credential_terms import Reason, VerifyStatus
from gateway.domain.errors import Misconfigured, Untrusted
from tests.unit.credentials.making import ISSUER, MAPLE, V2, badge, checking, contexts, proof, text

METHOD = f"{ISSUER}#{MAPLE.multikey}"


@pytest.fixture
def graphs(tmp_path: Path) -> Graphs:
    return Graphs(load_contexts(*contexts(tmp_path / "contexts")))


def clique(size: int) -> list[dict[str, Any]]:
    """Nodes without names, each linked to all others: no two can be told apart."""
    return [
        {"id": f"_:n{one}", "linked": [f"_:n{two}" for two in range(size) if two != one]}
        for one in range(size)
    ]


@pytest.mark.parametrize("nodes", [clique(8), clique(12), clique(40)])
def test_a_graph_bomb_is_given_up_in_a_few_seconds(nodes: list[dict[str, Any]], graphs: Graphs) -> None:
    started = time.monotonic()

    with pytest.raises(Untrusted, match=Reason.TOO_COMPLEX):
        graphs.canonical(badge(evidence=None, linked=nodes))

    assert time.monotonic() - started < 20


def test_a_small_symmetric_graph_is_no_bomb(graphs: Graphs) -> None:
    first = graphs.canonical(badge(linked=clique(4)))

    assert first == graphs.canonical(badge(linked=clique(4)[::-1]))


def test_a_long_chain_of_nodes_without_names_ends(graphs: Graphs) -> None:
    chain = [{"id": f"_:n{one}", "linked": f"_:n{(one + 1) % 1500}"} for one in range(1500)]

    with pytest.raises(Untrusted, match=Reason.TOO_COMPLEX):
        graphs.canonical(badge(linked=chain))


@pytest.mark.parametrize(
    "document",
    [
        {f"n{one}": one for one in range(MAX_VALUES + 1)},
        {"many": [0] * (MAX_ALIKE + 1)},
        {"many": [[0] * 100] * (MAX_ALIKE // 100 + 1)},
        {"a": [{"id": "urn:x:1", "many": [0] * 600}, {"b": {"@id": "urn:x:1", "many": [0] * 600}}]},
        {"a": [{"id": "./" * one, "many": [0] * 2} for one in range(600)]},
    ],
)
def test_more_values_than_a_credential_has_are_refused_before_anything_is_read(
    document: dict[str, Any], graphs: Graphs
) -> None:
    with pytest.raises(Untrusted, match=Reason.TOO_COMPLEX):
        graphs.check_contexts(document, read=True)


def test_the_largest_credential_that_is_read_takes_seconds(graphs: Graphs) -> None:
    many = [
        {"id": f"urn:x:{one}", "linked": [f"urn:x:{one}:{two}" for two in range(MAX_ALIKE - 5)]}
        for one in range(MAX_VALUES // MAX_ALIKE - 1)
    ]
    document = badge(linked=many)
    started = time.monotonic()

    graphs.check_contexts(document, read=True)
    graphs.canonical(document)

    assert time.monotonic() - started < 60


def test_a_bomb_in_a_credential_is_a_verdict_and_no_crash(tmp_path: Path) -> None:
    document = badge(linked=clique(12), proof=proof(METHOD, "eddsa-rdfc-2022", proofValue=MAPLE.sign(b"")))

    found = checking(tmp_path / "c", {ISSUER: (MAPLE.multikey,)}).check(text(document)).verdict

    assert (found.status, found.reason) == (VerifyStatus.INVALID, Reason.TOO_COMPLEX)


@pytest.mark.parametrize("value", [{"@value": {}}, {"@list": [], "@set": []}, {"@id": 1}, {"@type": 1}])
def test_what_is_no_json_ld_is_refused(value: dict[str, Any], graphs: Graphs) -> None:
    with pytest.raises(Untrusted, match=Reason.BAD_PROOF):
        graphs.canonical(badge(linked=value))


@pytest.mark.parametrize(
    "change", [{"unheard": "of"}, {"type": ["VerifiableCredential", "Unheard"]}, {"id": "relative"}]
)
def test_what_json_ld_would_drop_is_told(change: dict[str, Any], graphs: Graphs) -> None:
    graphs.check_covered(badge())

    with pytest.raises(Untrusted, match=Reason.UNSIGNED_TERMS):
        graphs.check_covered(badge(**change))


def test_the_documents_of_the_w3c_are_there_without_a_folder() -> None:
    found = load_contexts(None)

    assert V2 in found
    assert "https://purl.imsglobal.org/spec/ob/v3p0/context.json" in found.missing


def test_a_folder_of_contexts_that_is_not_there_is_an_operators_business(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        load_contexts(tmp_path / "nowhere")


def test_other_files_among_the_contexts_are_passed_over(tmp_path: Path) -> None:
    folder, pins = contexts(tmp_path / "c")
    (folder / "a.json").write_bytes(b"\xff")
    (folder / "b.json").write_text("[" * 100_000)
    (folder / "c.json").write_text("[]")
    (folder / "d.txt").write_text("{}")

    assert set(pins) & set(load_contexts(folder, pins).missing) == set()
