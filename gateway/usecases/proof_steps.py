"""Steps of a proof as they travel."""

import base64
import binascii
from collections.abc import Iterable

from gateway.domain.errors import Malformed


def steps_of(lines: Iterable[str]) -> list[bytes]:
    """Return the hashes, or raise `Malformed`."""
    try:
        return [base64.b64decode(line, validate=True) for line in lines]
    except (binascii.Error, ValueError):
        raise Malformed("a step of the proof is not base64") from None


def told_steps(steps: Iterable[bytes]) -> tuple[str, ...]:
    """Return the hashes in base64."""
    return tuple(base64.b64encode(step).decode("ascii") for step in steps)
