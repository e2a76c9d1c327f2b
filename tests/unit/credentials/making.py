"""Credentials that the tests make and sign, with other code than the one that verifies."""

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyld import jsonld  # type: ignore[import-untyped] # it has no types
from pyld.documentloader.frozen import BUNDLED_CONTEXTS, FrozenDocumentLoader  # type: ignore[import-untyped] # as above

from gateway.crypto.credentials import Verifier, verifier

V2 = "https://www.w3.org/ns/credentials/v2"
V1 = "https://www.w3.org/2018/credentials/v1"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
TERMS = "https://maple.example/terms.json"
NAMES = "https://maple.example/names.json"
ISSUER = "https://maple.example/issuers/1"

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

# The terms of the tests' own credentials: no copy of anybody's, and good for nothing else.
TERMS_DOCUMENT: dict[str, Any] = {
    "@context": {
        "OpenBadgeCredential": "https://maple.example/terms#OpenBadgeCredential",
        "Profile": "https://maple.example/terms#Profile",
        "AchievementSubject": "https://maple.example/terms#AchievementSubject",
        "Achievement": "https://maple.example/terms#Achievement",
        "achievement": {"@id": "https://maple.example/terms#achievement", "@type": "@id"},
        "criteria": {"@id": "https://maple.example/terms#criteria"},
        "narrative": {"@id": "https://maple.example/terms#narrative"},
        "linked": {"@id": "https://maple.example/terms#linked", "@type": "@id"},
    }
}

# What version 1.1 of the W3C's context leaves to others.
NAMES_DOCUMENT: dict[str, Any] = {
    "@context": {
        "name": "https://maple.example/terms#name",
        "description": "https://maple.example/terms#description",
    }
}


def base58(raw: bytes) -> str:
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = BASE58[rest] + text
    return BASE58[0] * (len(raw) - len(raw.lstrip(b"\0"))) + text


class Signer:
    """An issuer's Ed25519 key, always the same for the same name."""

    def __init__(self, name: str) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        self.multikey = "z" + base58(b"\xed\x01" + self.private.public_key().public_bytes_raw())
        self.did = f"did:key:{self.multikey}"
        self.method = f"{self.did}#{self.multikey}"

    def sign(self, content: bytes) -> str:
        return "z" + base58(self.private.sign(content))


MAPLE = Signer("maple")
MALLORY = Signer("mallory")


def badge(*, issuer: str = ISSUER, contexts: tuple[Any, ...] = (V2, TERMS), **more: Any) -> dict[str, Any]:
    """A badge that is whole and has no proof."""
    return {
        "@context": list(contexts),
        "id": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": issuer, "type": ["Profile"], "name": "Maple Unified"},
        "validFrom": "2025-06-01T00:00:00Z",
        "credentialSubject": {
            "id": "urn:uuid:00000000-0000-4000-8000-000000000042",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://maple.example/achievements/robotics",
                "type": ["Achievement"],
                "name": "Robotics, první",
                "description": "Built a robot.",
                "criteria": {"narrative": "It must move."},
            },
        },
        **more,
    }


def proof(method: str, suite: str, **more: Any) -> dict[str, Any]:
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite,
        "created": "2025-06-01T00:00:00Z",
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    return {**options, **more}


def proven_rdfc(document: dict[str, Any], signer: Signer, method: str, **more: Any) -> dict[str, Any]:
    options = {**proof(method, "eddsa-rdfc-2022"), **more}
    if options["type"] != "DataIntegrityProof":
        options.pop("cryptosuite")
    hashed = [_graph_hash({**options, "@context": document["@context"]}), _graph_hash(document)]
    return {**document, "proof": {**options, "proofValue": signer.sign(b"".join(hashed))}}


def proven_jcs(document: dict[str, Any], signer: Signer, method: str, **more: Any) -> dict[str, Any]:
    options = {**proof(method, "eddsa-jcs-2022"), "@context": document["@context"], **more}
    hashed = [hashlib.sha256(_sorted(one)).digest() for one in (options, document)]
    return {**document, "proof": {**options, "proofValue": signer.sign(b"".join(hashed))}}


def token(claims: Mapping[str, Any], key: Any, alg: str, **header: Any) -> bytes:
    return jwt.encode(dict(claims), key, algorithm=alg, headers=header).encode()


def text(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def contexts(folder: Path) -> tuple[Path, dict[str, str]]:
    """A folder with the tests' own contexts, and their pins."""
    folder.mkdir(exist_ok=True)
    pins = {}
    for name, url, document in (("any", TERMS, TERMS_DOCUMENT), ("other", NAMES, NAMES_DOCUMENT)):
        content = json.dumps(document, indent=3).encode()
        (folder / f"{name}.json").write_bytes(content)
        pins[url] = hashlib.sha256(content).hexdigest()
    return folder, pins


def checking(
    folder: Path, keys: Mapping[str, tuple[str, ...]], jwks: Mapping[str, bytes] | None = None
) -> Verifier:
    path, pins = contexts(folder)
    return verifier(path, pins, keys, jwks or {})


def _sorted(value: Any) -> bytes:
    """RFC 8785 for values without numbers and with ASCII names."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _graph_hash(document: Mapping[str, Any]) -> bytes:
    loader = FrozenDocumentLoader({**BUNDLED_CONTEXTS, TERMS: TERMS_DOCUMENT, NAMES: NAMES_DOCUMENT})
    normalize = partial(jsonld.normalize, dict(document))
    quads = normalize({"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": loader})
    return hashlib.sha256(quads.encode()).digest()
