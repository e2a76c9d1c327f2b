"""The tree over the log, against the definition in RFC 9162."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import merkle

LEAVES = [merkle.leaf_hash(str(n).encode()) for n in range(130)]


def get(level: int, index: int) -> bytes:
    """As stored, one leaf after the other."""
    return STORED[level, index]


def stored() -> dict[tuple[int, int], bytes]:
    kept: dict[tuple[int, int], bytes] = {}
    for size, leaf in enumerate(LEAVES):
        made = merkle.completed(size, leaf, lambda level, index: kept[level, index])
        kept.update({(level, index): hash_ for level, index, hash_ in made})
    return kept


STORED = stored()


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_the_root_is_that_of_the_definition(size: int) -> None:
    assert merkle.root(size, get) == by_definition(LEAVES[:size])


def test_every_leaf_of_every_tree_is_proven_and_no_other_hash_is() -> None:
    for size in range(1, 71):
        root = by_definition(LEAVES[:size])
        for index in range(size):
            path = merkle.inclusion_proof(index, size, get)
            assert merkle.included(LEAVES[index], index, size, path, root)
            assert not merkle.included(LEAVES[index + 1], index, size, path, root)
            assert not merkle.included(LEAVES[index], index, size, [*path, path[0] if path else root], root)


def test_every_tree_is_proven_to_grow_out_of_every_earlier_one() -> None:
    for new in range(71):
        for old in range(new + 1):
            roots = by_definition(LEAVES[:old]), by_definition(LEAVES[:new])
            proof = merkle.consistency_proof(old, new, get)
            assert merkle.consistent(old, new, *roots, proof)
            if 0 < old < new:
                assert not merkle.consistent(old, new, roots[1], roots[1], proof)
                assert not merkle.consistent(old, new, *roots, proof[:-1])


@given(st.integers(2, 130), st.data())
def test_a_log_with_another_past_is_not_consistent(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    changed = data.draw(st.integers(0, old - 1))
    other = [*LEAVES[:changed], merkle.leaf_hash(b"another past"), *LEAVES[changed + 1 : old]]

    proof = merkle.consistency_proof(old, new, get)

    assert not merkle.consistent(old, new, by_definition(other), merkle.root(new, get), proof)
