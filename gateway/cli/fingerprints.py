"""Fingerprints of keys, for reading aloud."""

from collections.abc import Mapping
from typing import Any


def of_jwks(jwks: Mapping[str, Any]) -> str:
    """Return the fingerprint of a key set as both ends of a telephone call read it."""
    from gateway.wiring.trust import fingerprint

    return fingerprint(jwks)
