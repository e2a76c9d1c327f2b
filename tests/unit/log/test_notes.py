"""Signed notes as C2SP describes them."""

import pytest

from gateway.crypto.notes import NoteKey, NoteSigner, read_checkpoint
from gateway.domain.errors import GatewayError, Malformed, Untrusted

SIGNER = NoteSigner("maple.test/audit", bytes(32))
ROOT = bytes(range(32))
NOTE = SIGNER.sign(42, ROOT)


def test_a_note_of_the_specification_is_verified() -> None:
    """The example of C2SP signed-note: its text, its key and its signature."""
    key = NoteKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    signed = (
        f"{text}\n\u2014 PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )

    assert key.verify(signed) == text


def test_a_checkpoint_says_what_was_signed() -> None:
    assert NOTE.splitlines()[:2] == ["maple.test/audit", "42"]
    assert read_checkpoint(NOTE, NoteKey.parse(SIGNER.verifier)) == (42, ROOT)


def test_a_signature_of_a_kind_that_is_not_known_is_passed_over() -> None:
    other = NoteSigner("witness.test", bytes([1] * 32)).sign(42, ROOT).splitlines()[-1]

    assert read_checkpoint(f"{NOTE}{other}\n", NoteKey.parse(SIGNER.verifier)) == (42, ROOT)


@pytest.mark.parametrize(
    "forged",
    [
        NOTE.replace("\n42\n", "\n41\n"),
        NOTE.replace("maple.test/audit\n", "cedar.test/audit\n", 1),
        NoteSigner("maple.test/audit", bytes([1] * 32)).sign(42, ROOT),
        NOTE.rpartition("\n\n")[0] + "\n",
        "",
        NOTE[:-1],
    ],
    ids=["another size", "another log", "another key", "no signature", "nothing", "cut"],
)
def test_what_the_key_did_not_sign_is_refused(forged: str) -> None:
    with pytest.raises((Untrusted, Malformed)):
        read_checkpoint(forged, NoteKey.parse(SIGNER.verifier))


@pytest.mark.parametrize(
    "text", ["", "a+b", "maple.test+00000000+AQID", SIGNER.verifier.replace("+", "+f", 1)]
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(GatewayError):
        NoteKey.parse(text)
