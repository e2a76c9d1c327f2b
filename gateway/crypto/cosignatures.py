"""Cosignatures of a witness on a log's checkpoint (C2SP tlog-cosignature, cosignature/v1), Ed25519."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.crypto.notes import NoteKey, NoteSigner, read_checkpoint, signature_lines, text_of
from gateway.domain.errors import Untrusted

COSIGNATURE: Final = 4
"""Signature type of an Ed25519 cosignature with a time."""
_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_DASH: Final = "\u2014 "


class CheckpointWitness:
    """Signs that it saw a checkpoint, and when. The key serves nothing else."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = NoteKey(name, self._key.public_key().public_bytes_raw())

    @property
    def verifier(self) -> str:
        """Return the public key as others write it down."""
        return str(self.key)

    def cosign(self, note: str, at: datetime) -> str:
        """Return the line to be put under the note."""
        seconds = int(at.timestamp())
        signature = self._key.sign(_signed(text_of(note), seconds))
        content = _id(self.key) + seconds.to_bytes(_TIME_BYTES, "big") + signature
        return f"{_DASH}{self.key.name} {base64.b64encode(content).decode('ascii')}\n"


def cosigned_at(note: str, witness: NoteKey) -> datetime:
    """Return when the witness says that it saw the checkpoint.

    Raises:
        Malformed: it is no note.
        Untrusted: `bad_signature`: this witness did not cosign it.
    """
    content = signature_lines(note).get((witness.name, _id(witness)), b"")
    seconds = int.from_bytes(content[:_TIME_BYTES], "big")
    try:
        key = Ed25519PublicKey.from_public_bytes(witness.public)
        key.verify(content[_TIME_BYTES:], _signed(text_of(note), seconds))
        return datetime.fromtimestamp(seconds, UTC)
    except (InvalidSignature, ValueError, OverflowError, OSError):
        raise Untrusted("bad_signature", "the witness did not sign this checkpoint") from None


def _signed(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _id(key: NoteKey) -> bytes:
    hashed = hashlib.sha256(key.name.encode() + b"\n" + bytes([COSIGNATURE]) + key.public)
    return hashed.digest()[:_ID_BYTES]


class LogKeys(NoteSigner):
    """`ports.LogSigner`: the log's own key, and what the keys of other logs and of witnesses prove."""

    def read_of(self, note: str, key: str) -> tuple[int, bytes]:
        """Return size and root of a checkpoint that the other log's key signed. Errors as of its parts."""
        return read_checkpoint(note, NoteKey.parse(key))

    def cosigned_at(self, note: str, witness: str) -> datetime:
        """Return when the witness with that key says that it saw the checkpoint. Errors as of its parts."""
        return cosigned_at(note, NoteKey.parse(witness))
