"""Secrets of a node that are no key pairs: for pseudonyms, and for the locator's tokens."""

import contextlib
import hashlib
import hmac
import os
import secrets
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.crypto.cosignatures import CheckpointWitness, LogKeys
from gateway.crypto.vault import KeyVault
from gateway.domain.errors import Misconfigured
from gateway.settings import Settings

SECRET_BYTES: Final = 32
LOG_KEY: Final = "log.key"
"""The file of the audit log's key, in the folder of keys."""
_NONCE_LABEL: Final = b"backpack dpop nonce 1"


def pseudonyms(file: Path) -> Callable[[str, str], str]:
    """Return the keyed hash of (kind, value) as a UUID; the key is made at first use."""
    secret = _kept(file)

    def pseudonym(kind: str, value: str) -> str:
        mac = hmac.digest(secret, f"{kind}\0{value}".encode(), hashlib.sha256)
        return str(_uuid8(mac[:16]))

    return pseudonym


def nonce_secret(file: Path) -> bytes:
    """Return what DPoP nonces are made with: one and the same in every process of the node, now and later.

    It is derived from a secret of its own; the file is made at first use.
    """
    return hmac.digest(_kept(file), _NONCE_LABEL, hashlib.sha256)


def log_signer(file: Path, id_: str) -> LogKeys:
    """Return what signs the log's checkpoints; its key is made at first use and serves nothing else."""
    return LogKeys(f"{id_.partition('://')[2]}/audit", _kept(file))


def log_witness(settings: Settings, id_: str) -> CheckpointWitness:
    """Return what an agency cosigns its members' checkpoints with; its key is made at first use."""
    file = settings.path(settings.keys.folder) / "witness.key"
    return CheckpointWitness(f"{id_.partition('://')[2]}/witness", _kept(file))


def vault(file: Path) -> KeyVault:
    """Return what keeps received sealed parts; its key is made at first use. Without it they are lost."""
    return KeyVault(_kept(file))


def locator_tokens(settings: Settings) -> Callable[[str], bytes] | None:
    """Return the keyed hash under the network's key, or None at a node that has no such key."""
    if settings.locator.network_key is None:
        return None
    key = _read(settings.path(settings.locator.network_key))
    return lambda value: hmac.digest(key, value.encode(), hashlib.sha256)


def new_secret() -> str:
    """Return a new secret as such a file holds it."""
    return secrets.token_hex(SECRET_BYTES)


def _kept(file: Path) -> bytes:
    """Return the secret in the file. Of two processes that make it at once, both get one and the same."""
    if not file.exists():
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        with open(draft, "xb", opener=_private) as new:
            new.write(new_secret().encode())
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(draft)
        draft.unlink()
    return _read(file)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _read(file: Path) -> bytes:
    try:
        secret = bytes.fromhex(file.read_text("ascii").strip())
    except OSError:
        raise Misconfigured(f"{file}: cannot be read") from None
    except ValueError:
        raise Misconfigured(f"{file}: is not hexadecimal") from None
    if len(secret) != SECRET_BYTES:
        raise Misconfigured(f"{file}: must hold {SECRET_BYTES} bytes in hexadecimal")
    return secret


def _uuid8(content: bytes) -> uuid.UUID:
    """Mark 16 bytes as a UUID of version 8 (RFC 9562, 5.8); Python 3.11 makes no such."""
    marked = bytearray(content)
    marked[6] = 0x80 | (marked[6] & 0x0F)
    marked[8] = 0x80 | (marked[8] & 0x3F)
    return uuid.UUID(bytes=bytes(marked))
