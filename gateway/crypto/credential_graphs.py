"""What a JSON-LD credential means, as the one canonical text that its proof is over.

Source: W3C RDF Dataset Canonicalization 1.0. A made-up graph can cost its reader any amount of time (section
7.1 there), so the work is counted, and given up at a number that real credentials stay far below. Counted and
not timed, so that the same credential gets the same answer on every machine.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pyld.canon import URDNA2015  # type: ignore[import-untyped] # it has no types
from pyld.context_resolver import ContextResolver  # type: ignore[import-untyped] # it has no types
from pyld.jsonld import JsonLdError, JsonLdProcessor  # type: ignore[import-untyped] # it has no types

from gateway.crypto.credential_contexts import Contexts
from gateway.domain.credential_terms import Reason
from gateway.domain.errors import Untrusted

MAX_VALUES: Final = 10_000
"""Objects, lists and plain values of one credential, all together. 1EdTech's complete example has 1,000."""

MAX_ALIKE: Final = 1_000
"""Values of one member of one thing. The library compares each with all others."""

MAX_WORK: Final = 100_000
"""Statements and identifiers looked at where unnamed nodes look alike."""

_NOWHERE: Final = "https://undefined.invalid/"
"""Where terms lead that no context defines. No such host exists (RFC 2606)."""


class _TooMuchWork(Exception):
    """The graph was made to be expensive."""


class _Counted(URDNA2015):  # type: ignore[misc] # the library has no types
    """The canonicalization, with its expensive step counted."""

    def __init__(self) -> None:
        super().__init__()
        self._left = MAX_WORK

    def hash_n_degree_quads(self, id_: str, issuer: Any) -> Any:
        self._left -= len(self.blank_node_info[id_]["quads"]) + len(issuer.order)
        if self._left < 0:
            raise _TooMuchWork
        return super().hash_n_degree_quads(id_, issuer)


class Graphs:
    """Reads JSON-LD by these contexts and no others."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._resolver = ContextResolver({}, self._load)

    @property
    def missing_contexts(self) -> list[str]:
        """Return the URLs of pinned contexts whose documents are not here."""
        return self._contexts.missing

    def check_contexts(self, document: Mapping[str, Any], *, read: bool) -> None:
        """Return if the document is of a bearable size, and each of its contexts is pinned and named by URL.

        `read`: the documents of the contexts are needed, and must be here.

        Raises:
            Untrusted: `unknownContext`, or `tooComplex`.
        """
        known = self._contexts if read else self._contexts.known
        alike: Counter[tuple[str, str]] = Counter()
        for count, (subject, name, value) in enumerate(_values(document)):
            alike[subject, name] += 1
            if count > MAX_VALUES or alike[subject, name] > MAX_ALIKE:
                raise Untrusted(Reason.TOO_COMPLEX)
            if name == "@context" and not (isinstance(value, str) and value in known):
                raise Untrusted(Reason.UNKNOWN_CONTEXT)

    def canonical(self, document: Mapping[str, Any]) -> bytes:
        """Return the canonical N-Quads (RDFC-1.0, which is URDNA2015) of a document with known contexts.

        Raises:
            Untrusted: `tooComplex`, or `badProof` if it is no JSON-LD.
        """
        dataset = self._dataset(document)
        try:
            text: str = _Counted().main(dataset, {"format": "application/n-quads"})
        except (_TooMuchWork, RecursionError):
            raise Untrusted(Reason.TOO_COMPLEX) from None
        return text.encode()

    def check_covered(self, document: Mapping[str, Any]) -> None:
        """Return if every member and type of the document is defined, and so part of the canonical form.

        JSON-LD drops what no context defines. Such a member could be added to a signed credential, and a
        reader of the JSON would believe it (W3C VC Data Integrity 1.0, 2.4.3).

        Raises:
            Untrusted: `unsignedTerms`.
        """
        dataset = self._dataset(document, expandContext={"@vocab": f"{_NOWHERE}#"}, base=_NOWHERE)
        for statements in dataset.values():
            for statement in statements:
                if any(part["value"].startswith(_NOWHERE) for part in statement.values()):
                    raise Untrusted(Reason.UNSIGNED_TERMS)

    def _dataset(self, document: Mapping[str, Any], **more: Any) -> dict[str, list[dict[str, Any]]]:
        options = {"documentLoader": self._load, "contextResolver": self._resolver, **more}
        try:
            dataset: dict[str, list[dict[str, Any]]] = JsonLdProcessor().to_rdf(dict(document), options)
        except RecursionError:
            raise Untrusted(Reason.TOO_COMPLEX) from None
        except Exception:  # noqa: BLE001 - the library lets several kinds of error out for hostile documents
            raise Untrusted(Reason.BAD_PROOF, "it is not JSON-LD") from None
        return dataset

    def _load(self, url: str, _options: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document to the library, which asks for nothing else to be loaded."""
        if url not in self._contexts:
            raise JsonLdError("not here", "jsonld.LoadDocumentError", code="loading document failed")
        document = self._contexts.document(url)
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": document,
        }


def _values(document: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield every value in it with the thing and the member that it is of; lists in lists are one list."""
    waiting: list[tuple[str, str, Any]] = [("", "", document)]
    while waiting:
        subject, name, found = waiting.pop()
        if isinstance(found, list):
            waiting.extend((subject, name, item) for item in found)
            continue
        yield subject, name, found
        if isinstance(found, Mapping):
            inside = _subject(found)
            waiting.extend((inside, member, value) for member, value in found.items())


def _subject(thing: Mapping[str, Any]) -> str:
    """Return what tells the thing from others; all that have no absolute identifier of their own are one."""
    identifier = thing.get("id", thing.get("@id"))
    if isinstance(identifier, str):
        return identifier if ":" in identifier else ""
    return f"#{id(thing)}"
