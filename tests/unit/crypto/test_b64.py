"""base64url, in its one canonical form."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto import b64


@given(st.binary(max_size=200))
def test_what_was_encoded_is_decoded(content: bytes) -> None:
    segment = base64.urlsafe_b64encode(content).rstrip(b"=")

    assert b64.decoded(segment) == content


@given(st.text("AQgw-_/+=\n .\u00e9", max_size=9))
def test_only_the_canonical_form_is_decoded(text: str) -> None:
    segment = text.encode()

    try:
        content = b64.decoded(segment)
    except ValueError:
        return

    assert base64.urlsafe_b64encode(content).rstrip(b"=") == segment


@pytest.mark.parametrize(
    "segment",
    [b"A", b"AAAAA", b"AB", b"AAB", b"AA==", b"AAA=", b"+/AA", b"AA\nA", b"AA A", b"AAA\x80", b"=", b"===="],
)
def test_any_other_form_is_refused(segment: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        b64.decoded(segment)
