"""A Merkle tree over a growing list, and proofs about it (RFC 9162, 2.1). SHA-256 throughout.

The tree is known by the hashes of its perfect subtrees: `get(level, index)` returns that of the leaves
`index * 2**level` to `(index + 1) * 2**level - 1`. Such a hash never changes once its last leaf is there.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

Get = Callable[[int, int], bytes]

EMPTY: Final = hashlib.sha256(b"").digest()
"""The root of no leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed(size: int, leaf: bytes, get: Get) -> Iterator[tuple[int, int, bytes]]:
    """Yield level, index and hash of each perfect subtree that is complete once the leaf follows `size`."""
    level, index, hash_ = 0, size, leaf
    yield level, index, hash_
    while index & 1:
        hash_ = node_hash(get(level, index - 1), hash_)
        level, index = level + 1, index >> 1
        yield level, index, hash_


def root(size: int, get: Get) -> bytes:
    """Return the root of the first `size` leaves."""
    return _range(0, size, get) if size else EMPTY


def inclusion_proof(index: int, size: int, get: Get) -> list[bytes]:
    """Return the path from leaf `index`, counted from 0, to the root of `size` leaves (2.1.3.1)."""
    return _path(index, 0, size, get)


def siblings_of_last(size: int) -> list[tuple[int, int]]:
    """Return level and index of the subtrees on the path from the last leaf to the root, in its order."""
    last = size - 1
    return [(level, (last >> level) - 1) for level in range(last.bit_length()) if last >> level & 1]


def root_over_last(leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Return the root that the path leads to from the last leaf: each step stands left of it."""
    hash_ = leaf
    for step in path:
        hash_ = node_hash(step, hash_)
    return hash_


def consistency_proof(old: int, new: int, get: Get) -> list[bytes]:
    """Return the proof that the first `old` of `new` leaves are those of the earlier tree (2.1.4.1)."""
    return _subproof(old, 0, new, get, known=True) if 0 < old < new else []


def included(entry_hash: bytes, index: int, size: int, path: Sequence[bytes], root_: bytes) -> bool:
    """Whether the path leads from the leaf to the root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, hash_ = index, size - 1, entry_hash
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            hash_ = node_hash(step, hash_)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, step)
        at, last = at >> 1, last >> 1
    return last == 0 and hash_ == root_


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the later tree is the earlier one with leaves added, and nothing else (2.1.4.2)."""
    if old in {new, 0}:
        return not proof and (old_root == new_root if old == new else old_root == EMPTY)
    if not 0 < old < new or not proof:
        return False
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    was = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            was, now = node_hash(step, was), node_hash(step, now)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, step)
        at, last = at >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def _range(start: int, end: int, get: Get) -> bytes:
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return get(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range(start, middle, get), _range(middle, end, get))


def _split(size: int) -> int:
    """Return the largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)


def _path(index: int, start: int, end: int, get: Get) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(index, start, middle, get), _range(middle, end, get)]
    return [*_path(index, middle, end, get), _range(start, middle, get)]


def _subproof(old: int, start: int, end: int, get: Get, *, known: bool) -> list[bytes]:
    if old == end - start:
        return [] if known else [_range(start, end, get)]
    half = _split(end - start)
    middle = start + half
    if old <= half:
        return [*_subproof(old, start, middle, get, known=known), _range(middle, end, get)]
    return [*_subproof(old - half, middle, end, get, known=False), _range(start, middle, get)]
