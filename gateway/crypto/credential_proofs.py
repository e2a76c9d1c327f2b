"""Proofs inside a credential: W3C Data Integrity with Ed25519.

Sources: W3C VC Data Integrity 1.0 and its EdDSA Cryptosuites 1.0 (`eddsa-rdfc-2022`, `eddsa-jcs-2022`); the
drafts before them, `eddsa-2022` and `Ed25519Signature2020`, which canonicalize in the same way.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.crypto.credential_contexts import canonical_json
from gateway.crypto.credential_graphs import Graphs
from gateway.crypto.credential_keys import Candidates, Issuers, Key, base58
from gateway.domain.credential_terms import Document, Reason, VerifyStatus, instant, listed, text_of
from gateway.domain.credentials import issuer_of
from gateway.domain.errors import Malformed, Untrusted

MAX_PROOFS: Final = 8
_SIGNATURE_BYTES: Final = 64


class Suite(StrEnum):
    """How the signed bytes come out of the document."""

    RDFC = "rdfc"
    JCS = "jcs"


_SUITES: Final = {
    ("DataIntegrityProof", "eddsa-rdfc-2022"): Suite.RDFC,
    ("DataIntegrityProof", "eddsa-2022"): Suite.RDFC,
    ("DataIntegrityProof", "eddsa-jcs-2022"): Suite.JCS,
    ("Ed25519Signature2020", ""): Suite.RDFC,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of checking a credential, and why."""

    status: VerifyStatus
    reason: Reason = Reason.NONE


def check_proofs(document: Document, issuers: Issuers, graphs: Graphs) -> Verdict:
    """Return what the document's proofs prove.

    A proof of a kind that is not read here counts as absent; of the others each must be right, and one must
    be by a key of the issuer.
    """
    proofs = listed(document.get("proof"))
    if not proofs:
        return Verdict(VerifyStatus.NOT_VERIFIED, Reason.NO_PROOF)
    if len(proofs) > MAX_PROOFS:
        return Verdict(VerifyStatus.INVALID, Reason.TOO_COMPLEX)
    known = [(proof, suite) for proof in proofs if (suite := _suite(proof))]
    if not known:
        return Verdict(VerifyStatus.NOT_VERIFIED, Reason.UNSUPPORTED_PROOF)
    try:
        is_graph = any(suite is Suite.RDFC for _, suite in known)
        graphs.check_contexts(document, read=is_graph)
        verdicts = [_check(document, proof, suite, issuers, graphs) for proof, suite in known]
        verdict = next((one for one in verdicts if one.status is VerifyStatus.VERIFIED), verdicts[0])
        if verdict.status is VerifyStatus.VERIFIED and is_graph:
            graphs.check_covered(_without(document, "proof"))
    except Untrusted as error:
        return _refusal(Reason(error.reason))
    return verdict


def unproven(candidates: Candidates) -> Verdict:
    """Return the verdict where no signature failed and no key is known to be the issuer's."""
    reason = Reason.KEY_NOT_PINNED if candidates.pinned else Reason.ISSUER_NOT_PINNED
    return Verdict(VerifyStatus.UNKNOWN_ISSUER, reason)


def _refusal(reason: Reason) -> Verdict:
    unchecked = reason in {Reason.UNKNOWN_CONTEXT, Reason.UNSIGNED_TERMS}
    return Verdict(VerifyStatus.NOT_VERIFIED if unchecked else VerifyStatus.INVALID, reason)


def _suite(proof: Any) -> Suite | None:
    if not isinstance(proof, Mapping) or "previousProof" in proof:
        return None
    return _SUITES.get((text_of(proof.get("type")), text_of(proof.get("cryptosuite"))))


def _check(document: Document, proof: Document, suite: Suite, issuers: Issuers, graphs: Graphs) -> Verdict:
    """Return what one proof proves.

    Raises:
        Untrusted: it is wrong.
    """
    method, signature = _method(proof), _signature(proof)
    candidates = issuers.candidates(issuer_of(document), method, "OKP")
    if not candidates.keys:
        return unproven(candidates)
    signed = _signed(document, proof, suite, graphs)
    if not any(_verifies(key, signature, signed) for key in candidates.keys):
        raise Untrusted(Reason.BAD_SIGNATURE)
    return Verdict(VerifyStatus.VERIFIED) if candidates.trusted else unproven(candidates)


def _method(proof: Document) -> str:
    """Return the verification method of a proof that is well formed."""
    method = text_of(proof.get("verificationMethod"))
    if ":" not in method or proof.get("proofPurpose") != "assertionMethod":
        raise Untrusted(Reason.BAD_PROOF)
    for name in ("created", "expires"):
        try:
            instant(text_of(proof[name])) if name in proof else None
        except Malformed:
            raise Untrusted(Reason.BAD_PROOF) from None
    return method


def _signature(proof: Document) -> bytes:
    value = text_of(proof.get("proofValue"))
    try:
        signature = base58(value.removeprefix("z"))
    except ValueError:
        raise Untrusted(Reason.BAD_PROOF) from None
    if not value.startswith("z") or len(signature) != _SIGNATURE_BYTES:
        raise Untrusted(Reason.BAD_PROOF)
    return signature


def _signed(document: Document, proof: Document, suite: Suite, graphs: Graphs) -> bytes:
    """Return what the signature is over: the hash of the proof's options, then of the document."""
    options, plain = _without(proof, "proofValue"), _without(document, "proof")
    if suite is Suite.JCS:
        return _digest(canonical_json(options)) + _digest(canonical_json(_as_proven(plain, options)))
    options["@context"] = document.get("@context")
    return _digest(graphs.canonical(options)) + _digest(graphs.canonical(plain))


def _as_proven(plain: dict[str, Any], options: Document) -> dict[str, Any]:
    """Return the document with the contexts that the proof names, with which the document's must begin."""
    if "@context" not in options:
        return plain
    named = listed(options["@context"])
    if listed(plain.get("@context"))[: len(named)] != named:
        raise Untrusted(Reason.BAD_PROOF)
    return {**plain, "@context": options["@context"]}


def _verifies(key: Key, signature: bytes, signed: bytes) -> bool:
    public = key.public_key
    if not isinstance(public, Ed25519PublicKey):
        return False
    try:
        public.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _without(document: Document, *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
