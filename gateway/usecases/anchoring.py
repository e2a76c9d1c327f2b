"""Mutual anchoring: each node proves to the other where a record's step stands in its log."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from pydantic import ValidationError

from gateway.domain import merkle
from gateway.domain.audit import Leaf, line_of
from gateway.domain.errors import GatewayError, Malformed, Untrusted
from gateway.domain.ids import Digest, TransferId
from gateway.domain.log_positions import KeptPosition, LogPosition
from gateway.domain.reconciling import FindingKind, LogFinding, Side
from gateway.domain.transfer import Transfer
from gateway.domain.trust import Listing
from gateway.usecases.ports import Node, Tx
from gateway.usecases.proof_steps import steps_of, told_steps


def add_anchored(node: Node, tx: Tx, leaf: Leaf) -> LogPosition:
    """Append the leaf; return its position, proven by a checkpoint of this very moment."""
    size = tx.audit.add(leaf)
    path, line = tx.audit.path_of_last(size), line_of(size, leaf)
    root = merkle.root_over_last(merkle.leaf_hash(line), path)
    return _position(size - 1, line, path, node.log.sign(size, root))


def position_of(node: Node, tx: Tx, id_: TransferId, about: Digest) -> LogPosition | None:
    """Return the position of the newest leaf of the transfer that names the digest; None if none does."""
    naming = [(seq, leaf) for seq, leaf in tx.audit.list(object_=id_) if about in leaf.digests]
    if not naming:
        return None
    seq, leaf = naming[-1]
    size = tx.audit.size()
    path = merkle.inclusion_proof(seq - 1, size, tx.audit.hash)
    note = node.log.sign(size, merkle.root(size, tx.audit.hash))
    return _position(seq - 1, line_of(seq, leaf), path, note)


def _position(index: int, line: bytes, path: Sequence[bytes], note: str) -> LogPosition:
    return LogPosition(index=index, leaf=line.decode("ascii"), path=told_steps(path), checkpoint=note)


def checked_position(
    node: Node,
    transfer: Transfer,
    peer: Listing,
    told: Mapping[str, Any] | None,
    *,
    about: Digest | None,
    message: Digest,
) -> KeptPosition:
    """Return what the peer's word about its log proves: that its leaf names `about`; a fault if it does not.

    The receipt stands either way: its own signature is what counts. A fault is shown and reported.
    """
    kept: dict[str, Any] = {
        "message": message,
        "transfer": transfer.id,
        "peer": peer.id,
        "at": node.now(),
        "size": 0,
        "root": b"",
        "position": None,
    }
    if told is None:
        return KeptPosition(**kept, fault="not_told")
    try:
        kept["position"] = position = LogPosition.model_validate(told)
        kept["size"], kept["root"] = proven_by(node, position, peer.log_key, about)
    except ValidationError:
        return KeptPosition(**kept, fault="malformed")
    except GatewayError as fault:
        return KeptPosition(**kept, fault=fault.reason if isinstance(fault, Untrusted) else fault.code)
    return KeptPosition(**kept)


_OLDER_NODE: Final = frozenset({"not_told", "no_log_key"})
"""Why a node of an earlier release proves nothing: no fault of its log."""


def keep_position(tx: Tx, kept: KeptPosition) -> None:
    """Store what was proven; what should prove something and does not, a person must look at."""
    tx.log_positions.add(kept)
    if kept.fault and kept.fault not in _OLDER_NODE:
        finding = LogFinding(
            peer=kept.peer,
            kind=FindingKind.POSITION,
            transfer=kept.transfer,
            named=kept.fault,
            what=kept.fault,
            version=0,
            digest=kept.message,
            lacking=Side.NEITHER,
            found_at=kept.at,
        )
        tx.log_findings.add([finding])


def proven_by(node: Node, position: LogPosition, key: str | None, about: Digest | None) -> tuple[int, bytes]:
    """Return size and root of the log that the position proves a leaf about the digest to be in.

    Raises:
        Untrusted: `no_log_key`; `bad_signature`; `not_in_log`; `other_digest`: the leaf names something else.
        Malformed: it is no position.
    """
    if key is None:
        raise Untrusted("no_log_key", "the node publishes no key of its log")
    size, root = node.log.read_of(position.checkpoint, key)
    hash_ = merkle.leaf_hash(position.leaf.encode())
    if not merkle.included(hash_, position.index, size, steps_of(position.path), root):
        raise Untrusted("not_in_log", "the leaf is not in the log that was signed for")
    if about not in _digests(position.leaf):
        raise Untrusted("other_digest", "the leaf does not name what the receipt is about")
    return size, root


def _digests(line: str) -> Sequence[object]:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise Malformed("the leaf is not JSON") from None
    digests = said.get("digests") if isinstance(said, dict) else None
    return digests if isinstance(digests, list) else ()
