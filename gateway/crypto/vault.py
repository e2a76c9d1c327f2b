"""What a node keeps under its own key: readable to this node, and to nobody who has the database alone."""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.crypto.compression import compressed, decompressed
from gateway.crypto.seals import MAX_RECORD_BYTES
from gateway.domain.errors import Untrusted

_NONCE_BYTES: Final = 12
_INFO: Final = b"backpack sealed parts 1"


class KeyVault:
    """`ports.Vault` with AES-256-GCM (NIST SP 800-38D) under a key derived from the node's secret."""

    def __init__(self, secret: bytes) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(secret)
        self._cipher = AESGCM(key)

    def lock(self, text: str, *, label: str) -> bytes:
        """Return the text so that only this node can read it, and only under the same label."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, compressed(text.encode()), label.encode())

    def unlock(self, locked: bytes, *, label: str) -> str:
        """Return the text, or raise `Untrusted("cannot_open")`."""
        nonce, content = locked[:_NONCE_BYTES], locked[_NONCE_BYTES:]
        try:
            plain = self._cipher.decrypt(nonce, content, label.encode())
        except (InvalidTag, ValueError):
            raise Untrusted("cannot_open") from None
        return decompressed(plain, max_bytes=MAX_RECORD_BYTES).decode()
