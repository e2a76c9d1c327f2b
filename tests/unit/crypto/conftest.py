"""Keys and a clock for the tests of signatures and seals."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import ECKey
from jwt.algorithms import ECAlgorithm

from gateway.crypto.keys import KeyRing, Keys, Purpose, parse_jwks

SignRaw = Callable[[Any, bytes, ECKey], str]
"""Header (bytes go in as they are), payload and key; a compact JWS comes out, whatever the header says."""


@pytest.fixture(scope="session")
def sign_raw() -> SignRaw:
    """Sign any header at all, with PyJWT's mathematics and none of the code under test."""

    def b64(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    def sign(header: Any, payload: bytes, key: ECKey) -> str:
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        signed = f"{b64(text)}.{b64(payload)}"
        private = key.private_key
        assert private is not None
        return f"{signed}.{b64(ECAlgorithm(ECAlgorithm.SHA256).sign(signed.encode(), private))}"

    return sign


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def ring() -> KeyRing:
    """Maple's private keys."""
    return KeyRing.generate()


@pytest.fixture(scope="session")
def stranger() -> KeyRing:
    """The private keys of somebody else."""
    return KeyRing.generate()


@pytest.fixture
def evidence_keys(ring: KeyRing) -> Keys:
    """Maple's evidence keys, as a peer sees them."""
    return parse_jwks(ring.public_jwks(Purpose.EVIDENCE))


@pytest.fixture
def client_keys(ring: KeyRing) -> Keys:
    """Maple's client keys, as a peer sees them."""
    return parse_jwks(ring.public_jwks(Purpose.CLIENT))
