"""Proofs from a node's log, checked with nothing but the log's public key."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.crypto import strict_json
from gateway.crypto.notes import NoteKey, read_checkpoint
from gateway.domain import merkle
from gateway.domain.errors import Malformed, Untrusted

MAX_PROOF_BYTES = 256 * 1024 * 1024


class _Proven(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    index: Annotated[int, Field(ge=0)]
    leaf: str
    path: Annotated[tuple[str, ...], Field(max_length=64)]


class _Proof(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    key: str
    checkpoint: str
    leaves: tuple[_Proven, ...]
    others: tuple["_Proof", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenLeaves:
    """Leaves that a log's key vouches for."""

    origin: str
    key: str
    """The verifier key that proved them."""
    size: int
    """Of the log when it was signed."""
    leaves: tuple[str, ...]
    """Lines of JSON, in the order of the file."""
    others: tuple["ProvenLeaves", ...] = ()
    """What other nodes proved of their logs about the same, each by the key that the file names for it."""


def verify_proof(content: bytes, key: str | None = None) -> ProvenLeaves:
    """Return the leaves of a proof file. Without `key` the file's own is used, which proves no origin.

    Raises:
        Malformed: the file is no proof.
        Untrusted: the key did not sign the checkpoint, or a leaf is not in the log that it speaks of.
    """
    try:
        proof = _Proof.model_validate(strict_json.load_object(content, max_bytes=MAX_PROOF_BYTES))
    except ValidationError:
        raise Malformed("this file is no proof from a log: key, checkpoint, leaves") from None
    return _proven(proof, NoteKey.parse(key or proof.key))


def _proven(proof: _Proof, verifier: NoteKey) -> ProvenLeaves:
    size, root = read_checkpoint(proof.checkpoint, verifier)
    for one in proof.leaves:
        hash_ = merkle.leaf_hash(one.leaf.encode())
        if not merkle.included(hash_, one.index, size, _steps(one.path), root):
            raise Untrusted("not_in_log", f"leaf {one.index + 1} is not in the log that was signed for")
    return ProvenLeaves(
        origin=verifier.name,
        key=str(verifier),
        size=size,
        leaves=tuple(one.leaf for one in proof.leaves),
        others=tuple(_proven(other, NoteKey.parse(other.key)) for other in proof.others),
    )


def _steps(path: tuple[str, ...]) -> list[bytes]:
    try:
        return [base64.b64decode(step, validate=True) for step in path]
    except (binascii.Error, ValueError):
        raise Malformed("a step of a proof is not base64") from None
