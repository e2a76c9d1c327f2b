"""The JSON-LD contexts that credentials are read by: documents that the operator has, known by their digest.

What a proof covers depends on all that a context says, so none is fetched and none is taken on its name. Most
documents of the W3C come with the JSON-LD library; those of 1EdTech are the operator's to put into a folder,
under any name: a file is what its digest says.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from c14n.Canonicalize import canonicalize  # type: ignore[import-untyped] # RFC 8785, of the JSON-LD library
from pyld.documentloader.frozen import BUNDLED_CONTEXTS  # type: ignore[import-untyped] # it has no types

from gateway.domain.errors import Misconfigured

_OB = "https://purl.imsglobal.org/spec/ob/v3p0"
_CLR = "https://purl.imsglobal.org/spec/clr/v2p0"

PINS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "https://www.w3.org/ns/credentials/v2": (
            "b463c8d6a066214123ddd9827b135e1b50e1fc73322cc52a9b12a4f1fc7d86cf"
        ),
        "https://www.w3.org/2018/credentials/v1": (
            "b01e671e873981f19a9102a9a57f666dbcaeb31b99e3e124378d143e71549247"
        ),
        "https://w3id.org/security/data-integrity/v1": (
            "9505bf85338a4c2121ad03992ac90061bc85d43bcfa34d9d47b779381cf08b5f"
        ),
        "https://w3id.org/security/data-integrity/v2": (
            "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4"
        ),
        "https://w3id.org/security/suites/ed25519-2020/v1": (
            "fb517f09d990829aed734c9bad8cbbb2ac3d5063b865c7e3d81f246074bf5691"
        ),
        "https://w3id.org/security/suites/jws-2020/v1": (
            "eed16334842a5635257913b33acd1aeee29009eb188d855f9a1d0ceee4a8ae4d"
        ),
        f"{_OB}/context.json": "2c54acaa1cffda2420be32ab61f0a2082051211131c6337686f36f2537aa859b",
        f"{_OB}/context-3.0.1.json": "8bb2354552b70cbdf2066f6d3e24bc5c2be2619145737580ad2aebdc366e77d5",
        f"{_OB}/context-3.0.2.json": "bdd1d11a55a660322f24660862a1d430ee80cce584465f750909daa43684357c",
        f"{_OB}/context-3.0.3.json": "04b1136ddc4eda9a8966bc7ef182789f233a26739473140ef75d6968c29a2966",
        f"{_OB}/extensions.json": "15f4c347c6fe4380d9b6b93795859e33747ef48d5c55b91a71c52fb51c7bcbd7",
        f"{_CLR}/context.json": "a2dd0c0c07434663b7b54a51dd8a3363f6d5c420efa87e3d97b4ef8661596d44",
        f"{_CLR}/context-2.0.1.json": "7defe702c102faf14108579b7d65ef39ecf4c3bbef925b803e15bd77cd6e3394",
    }
)
"""SHA-256 by URL: of the document's canonical form (RFC 8785), so that indentation does not matter, or of the
bytes as published."""

_MAX_BYTES: Final = 256 * 1024
_MAX_FILES: Final = 200


class Contexts:
    """Context documents by URL. What is not here is not looked for anywhere else."""

    def __init__(self, documents: Mapping[str, dict[str, Any]], known: Iterable[str]) -> None:
        self._documents = dict(documents)
        self.known = frozenset(known)
        """URLs that are pinned, whether or not the document is here."""

    def __contains__(self, url: object) -> bool:
        return url in self._documents

    @property
    def missing(self) -> list[str]:
        """Return the URLs of pinned contexts that are not there."""
        return [url for url in PINS if url not in self._documents]

    def document(self, url: str) -> dict[str, Any]:
        """Return the document; `KeyError` if it is not here."""
        return self._documents[url]


def load_contexts(folder: Path | None, more: Mapping[str, str] | None = None) -> Contexts:
    """Return the documents of the folder and of the JSON-LD library whose digests are pinned.

    `more` are pins of the operator's own, for contexts of other publishers. Other files are passed over.

    Raises:
        Misconfigured: the folder cannot be read.
    """
    pins = {**(more or {}), **PINS}
    by_digest: dict[str, list[str]] = {}
    for url, digest in pins.items():
        by_digest.setdefault(digest.lower(), []).append(url)
    found: dict[str, dict[str, Any]] = {}
    for document, digests in (*_bundled(), *(_of_folder(folder) if folder else ())):
        found |= {url: document for digest in digests for url in by_digest.get(digest, ())}
    return Contexts(found, pins)


@cache
def _bundled() -> tuple[tuple[dict[str, Any], tuple[str, str]], ...]:
    read = (_read(Path(path)) for path in BUNDLED_CONTEXTS.values())
    return tuple(one for one in read if one)


def _of_folder(folder: Path) -> Iterator[tuple[dict[str, Any], tuple[str, str]]]:
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in {".json", ".jsonld"})[:_MAX_FILES]
        for path in files:
            if path.is_file() and path.stat().st_size <= _MAX_BYTES and (found := _read(path)):
                yield found
    except OSError as error:
        raise Misconfigured(f"the folder of contexts cannot be read: {error.strerror}") from error


def _read(path: Path) -> tuple[dict[str, Any], tuple[str, str]] | None:
    content = path.read_bytes()
    try:
        document = json.loads(content)
        canonical = canonical_json(document)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    return document, (hashlib.sha256(content).hexdigest(), hashlib.sha256(canonical).hexdigest())


def canonical_json(value: object) -> bytes:
    """Return the JSON Canonicalization Scheme's form (RFC 8785) of what `strict_json` read."""
    canonical: bytes = canonicalize(value)
    return canonical
