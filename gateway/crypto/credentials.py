"""Digital credentials: read within limits, checked without the network, kept byte for byte.

Whether a credential was revoked is not asked: that list is on the issuer's server. From when to when it
counts is for whoever knows the time (`CredentialIndex.validity`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.crypto import strict_json
from gateway.crypto.credential_contexts import load_contexts
from gateway.crypto.credential_graphs import Graphs
from gateway.crypto.credential_inner import inner_of
from gateway.crypto.credential_keys import Issuers, pinned_jwks, pinned_multikey
from gateway.crypto.credential_proofs import Verdict, check_proofs
from gateway.crypto.credential_tokens import check_token, read_token
from gateway.domain.credential_terms import Document, Format, Reason, VerifyStatus
from gateway.domain.credentials import CredentialIndex, format_of, index_credential
from gateway.domain.errors import TooLarge

MAX_BYTES: Final = 1024 * 1024
"""Of one credential with the images in it; an Achievement has room for no more."""

_BOM: Final = b"\xef\xbb\xbf"
_NEEDS_NETWORK: Final = Verdict(VerifyStatus.NOT_VERIFIED, Reason.NEEDS_NETWORK)
_INNER: Final = ("credentialSubject", "verifiableCredential")


@dataclass(frozen=True, slots=True)
class CheckedCredential:
    """A credential that could be read, and what came of checking it."""

    payload: bytes
    """As it came."""
    index: CredentialIndex
    verdict: Verdict


class Verifier:
    """Checks credentials with the keys and contexts that an operator pinned."""

    def __init__(self, issuers: Issuers, graphs: Graphs) -> None:
        self._issuers = issuers
        self._graphs = graphs

    @property
    def missing_contexts(self) -> list[str]:
        """Return the URLs of contexts of the standards whose documents are not here."""
        return self._graphs.missing_contexts

    def check(self, payload: bytes) -> CheckedCredential:
        """Read and check one credential: a JSON text or a compact JWS, white space around it allowed.

        Raises:
            TooLarge: it has more than `MAX_BYTES` bytes.
            Malformed: it is no achievement credential, or not whole. The message quotes nothing of it.
        """
        text = _text(payload)
        if text[:1] == b"{":
            return self._check_document(payload, strict_json.load_object(text, max_bytes=MAX_BYTES))
        token = read_token(text, max_bytes=MAX_BYTES)
        kind = format_of(token.document, token=True)
        verdict = _NEEDS_NETWORK if kind is Format.OB2 else check_token(token, self._issuers)
        return CheckedCredential(payload, index_credential(token.document, kind), verdict)

    def _check_document(self, payload: bytes, document: Document) -> CheckedCredential:
        kind = format_of(document, token=False)
        index = index_credential(document, kind)
        is_ob2 = kind is Format.OB2
        verdict = _NEEDS_NETWORK if is_ob2 else check_proofs(document, self._issuers, self._graphs)
        return CheckedCredential(payload, index, verdict)


def verifier(
    contexts: Path | None,
    pins: Mapping[str, str],
    multikeys: Mapping[str, tuple[str, ...]],
    jwks: Mapping[str, bytes],
) -> Verifier:
    """Return a verifier for a folder of contexts, further pins of them, and each issuer's keys.

    `multikeys` are the keys in multibase form by issuer, `jwks` JWK Sets by issuer.

    Raises:
        Misconfigured: the folder cannot be read, or a key is none.
    """
    pinned = {issuer: [*map(pinned_multikey, keys)] for issuer, keys in multikeys.items()}
    for issuer, content in jwks.items():
        pinned[issuer] = [*pinned.get(issuer, ()), *pinned_jwks(content)]
    return Verifier(Issuers(pinned), Graphs(load_contexts(contexts, pins)))


def inner_payloads(payload: bytes) -> Iterator[bytes]:
    """Yield the credentials that a learner record, already checked, holds: each as it stands there.

    Raises:
        TooLarge: there are too many.
    """
    text = _text(payload)
    if text[:1] == b"{":
        yield from inner_of(text.decode(), _INNER)
        return
    token = read_token(text, max_bytes=MAX_BYTES)
    wrapped = isinstance(token.claims.get("vc"), dict)
    yield from inner_of(token.payload.decode().strip(), ("vc", *_INNER) if wrapped else _INNER)


def _text(payload: bytes) -> bytes:
    """Return the text without what editors add around it.

    Raises:
        TooLarge: it has more than `MAX_BYTES` bytes.
    """
    if len(payload) > MAX_BYTES:
        raise TooLarge(f"the credential has more than {MAX_BYTES} bytes")
    return payload.removeprefix(_BOM).strip(b" \t\r\n")
