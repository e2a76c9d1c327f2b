"""Identifiers and digests, each a type of its own."""

import base64
import hashlib
from typing import NewType

EntityId = NewType("EntityId", str)
"""A node's federation entity identifier: a URL, compared byte for byte (OpenID Federation 1.0, 1.2)."""

TransferId = NewType("TransferId", str)
"""A transfer at one node: `T-` and 128 random bits. Each side has its own."""

LocalStudentId = NewType("LocalStudentId", str)
"""A student's key in the local system (OneRoster `sourcedId`, a SIS number). Personal data."""

Digest = NewType("Digest", str)
"""`sha-256:` and the unpadded base64url of the hash."""


def digest(content: bytes) -> Digest:
    """Return the SHA-256 of the bytes, as messages carry it."""
    return Digest("sha-256:" + b64url(hashlib.sha256(content).digest()))


def b64url(content: bytes) -> str:
    """Encode as base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Decode base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
