"""Signed notes and checkpoints of a log (C2SP signed-note and tlog-checkpoint), signed with Ed25519."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.domain.errors import Malformed, Untrusted

ED25519: Final = 1
"""Signature type. Others may stand on a note beside it: a verifier passes over what it does not know."""

MAX_NOTE_BYTES: Final = 16 * 1024
_DASH: Final = "\u2014 "
_ID_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key under a name, as `name+id+base64` says it (C2SP signed-note, verifier key)."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Return the first bytes of the hash of name, type and key."""
        hashed = hashlib.sha256(self.name.encode() + b"\n" + bytes([ED25519]) + self.public)
        return hashed.digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_b64(bytes([ED25519]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key.

        Raises:
            Malformed: it is none, or not one of Ed25519.
        """
        name, _, rest = text.strip().partition("+")
        id_, _, key = rest.partition("+")
        content = _bytes(key)
        if not _is_name(name) or len(content) != 1 + 32 or content[0] != ED25519:
            raise Malformed("this is no verifier key of a log: name+id+key")
        parsed = cls(name, content[1:])
        if parsed.id.hex() != id_:
            raise Malformed("the verifier key's id does not fit its name and key")
        return parsed

    def verify(self, note: str) -> str:
        """Return the text of the note, signed by this key.

        Raises:
            Malformed: it is no note.
            Untrusted: `bad_signature`: this key did not sign it.
        """
        text, signatures = _parts(note)
        mine = signatures.get((self.name, self.id))
        try:
            if mine is not None:
                Ed25519PublicKey.from_public_bytes(self.public).verify(mine, text.encode())
                return text
        except (InvalidSignature, ValueError):
            pass
        raise Untrusted("bad_signature", "the log's key did not sign this checkpoint")


class NoteSigner:
    """Signs notes under a name. The key serves nothing else."""

    def __init__(self, name: str, seed: bytes) -> None:
        if not _is_name(name):
            raise Malformed("a log's name has no space and no plus sign")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = NoteKey(name, self._key.public_key().public_bytes_raw())

    @property
    def origin(self) -> str:
        """Return the log's name, the first line of its checkpoints."""
        return self.key.name

    @property
    def verifier(self) -> str:
        """Return the public key as others write it down."""
        return str(self.key)

    def sign(self, size: int, root: bytes) -> str:
        """Return the signed checkpoint."""
        text = f"{self.origin}\n{size}\n{_b64(root)}\n"
        signature = self._key.sign(text.encode())
        return f"{text}\n{_DASH}{self.origin} {_b64(self.key.id + signature)}\n"

    def read(self, note: str) -> tuple[int, bytes]:
        """Return size and root of a checkpoint that this key signed."""
        return read_checkpoint(note, self.key)


def read_checkpoint(note: str, key: NoteKey) -> tuple[int, bytes]:
    """Return size and root of a log's checkpoint.

    Raises:
        Malformed: it is no checkpoint.
        Untrusted: the key did not sign it, or it is of another log.
    """
    lines = key.verify(note).split("\n")
    if lines[0] != key.name:
        raise Untrusted("wrong_issuer", "the checkpoint is of another log")
    root = _bytes(lines[2]) if len(lines) > 3 else b""  # noqa: PLR2004 - origin, size, root, end
    if len(root) != hashlib.sha256().digest_size or not _is_number(lines[1]):
        raise Malformed("this is no checkpoint: origin, size, root")
    return int(lines[1]), root


def text_of(note: str) -> str:
    """Return what the signatures of a note are over, or raise `Malformed`. Nothing is verified."""
    return _parts(note)[0]


def signature_lines(note: str) -> Mapping[tuple[str, bytes], bytes]:
    """Return the signatures of a note by name and key id, or raise `Malformed`. Nothing is verified."""
    return _parts(note)[1]


def _parts(note: str) -> tuple[str, Mapping[tuple[str, bytes], bytes]]:
    text, gap, lines = note.rpartition("\n\n")
    if not gap or len(note) > MAX_NOTE_BYTES or not lines.endswith("\n"):
        raise Malformed("this is no signed note")
    return f"{text}\n", dict(_signature(line) for line in lines[:-1].split("\n"))


def _signature(line: str) -> tuple[tuple[str, bytes], bytes]:
    name, _, signed = line.removeprefix(_DASH).partition(" ")
    content = _bytes(signed)
    if not line.startswith(_DASH) or len(content) <= _ID_BYTES:
        raise Malformed("this is no signature of a note")
    return (name, content[:_ID_BYTES]), content[_ID_BYTES:]


def _is_name(name: str) -> bool:
    return bool(name) and name.isascii() and name.isprintable() and not set(name) & set(" +")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and (text == "0" or not text.startswith("0"))


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
