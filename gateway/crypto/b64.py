"""base64url in its one canonical form (RFC 7515, 2; RFC 4648, 3.5): no padding, no stray bits."""

import binascii

_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")
"""What belongs to the other alphabet becomes a character that the decoder refuses."""

_LAST_OF_REST = {2: frozenset(b"AQgw"), 3: frozenset(b"AEIMQUYcgkosw048"), 0: None}
"""The characters that may come last, by the length's rest: the others carry bits that nobody would read."""


def decoded(segment: bytes) -> bytes:
    """Return what the segment stands for.

    Raises:
        ValueError: it is not canonical base64url.
    """
    rest = len(segment) % 4
    if rest == 1:
        raise ValueError("no base64url has this length")
    last = _LAST_OF_REST[rest]
    if last is not None and segment[-1] not in last:
        raise ValueError("base64url with stray bits")
    return binascii.a2b_base64(segment.translate(_TO_STANDARD) + b"=" * (-rest % 4), strict_mode=True)
