"""A verifier that knows one issuer."""

from pathlib import Path

import pytest

from gateway.crypto.credentials import Verifier
from tests.unit.credentials.making import ISSUER, MAPLE, checking


@pytest.fixture
def maple(tmp_path: Path) -> Verifier:
    return checking(tmp_path / "contexts", {ISSUER: (MAPLE.multikey,)})
