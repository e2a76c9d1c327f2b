"""What a node keeps under its own key."""

import pytest

from gateway.crypto.vault import KeyVault
from gateway.domain.errors import Untrusted

KEY, OTHER = bytes(32), b"1" * 32
TEXT = "what only the nurse may read, ñ and all"


def test_what_was_locked_opens_under_the_same_label_and_key_only() -> None:
    locked = KeyVault(KEY).lock(TEXT, label="R-1/1/1/nurse")

    assert KeyVault(KEY).unlock(locked, label="R-1/1/1/nurse") == TEXT
    for key, label in ((OTHER, "R-1/1/1/nurse"), (KEY, "R-1/1/2/nurse"), (KEY, "")):
        with pytest.raises(Untrusted, match="cannot_open"):
            KeyVault(key).unlock(locked, label=label)


@pytest.mark.parametrize("place", [0, 12, -1])
def test_a_changed_byte_anywhere_does_not_open(place: int) -> None:
    locked = bytearray(KeyVault(KEY).lock(TEXT, label="one"))
    locked[place] ^= 1

    with pytest.raises(Untrusted, match="cannot_open"):
        KeyVault(KEY).unlock(bytes(locked), label="one")


@pytest.mark.parametrize("locked", [b"", b"short", bytes(12)])
def test_what_is_no_locked_text_does_not_open(locked: bytes) -> None:
    with pytest.raises(Untrusted, match="cannot_open"):
        KeyVault(KEY).unlock(locked, label="one")


def test_the_same_text_is_locked_differently_each_time_and_shows_nothing() -> None:
    one, other = (KeyVault(KEY).lock(TEXT, label="one") for _ in range(2))

    assert one != other
    assert b"nurse" not in one
