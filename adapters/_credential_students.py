"""Whose a credential is: by its sub-folder, by an index file, or by what identifies its subject."""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from gateway.adapter_api import Malformed, Misconfigured
from gateway.adapter_api.credentials import CredentialIndex, Identity

INDEX: Final = "credentials.csv"
IDENTITIES: Final = "identities.csv"

By = Literal["folder", "index", "subject"]

_MAX_BYTES: Final = 64 * 1024 * 1024
_SHA256: Final = "sha256$"


class Students:
    """Finds the student's key of a credential."""

    def __init__(self, folder: Path, by: By, kinds: Sequence[str]) -> None:
        """Read the table that it needs.

        Raises:
            Misconfigured: the table cannot be read, or has other columns.
        """
        self._by = by
        self._kinds = {kind: rank for rank, kind in enumerate(kinds)}
        self._by_file = _read(folder / INDEX, "file") if by == "index" else {}
        known = by == "subject" and (folder / IDENTITIES).is_file()
        self._by_identity = _read(folder / IDENTITIES, "identity") if known else None
        self._salted: dict[str, dict[str, str]] = {}

    @property
    def known_before(self) -> bool:
        """Whether the file's path says whose it is."""
        return self._by != "subject"

    def of_file(self, path: str) -> str | None:
        """Return the key for a path below the folder, if that says it."""
        if self._by == "folder":
            first, slash, _ = path.partition("/")
            return first if slash else None
        return self._by_file.get(path)

    def of_subject(self, index: CredentialIndex) -> str | None:
        """Return the key for what identifies the credential's subject."""
        if self._by_identity is None:
            plain = [one for one in index.identities if not one.hashed]
            known = sorted((self._kinds[one.kind], one.value) for one in plain if one.kind in self._kinds)
            return known[0][1] if known else index.subject_id or None
        named = (Identity(index.subject_id), *index.identities)
        found = {key for one in named if (key := self._key_of(one, self._by_identity))}
        return found.pop() if len(found) == 1 else None

    def _key_of(self, identity: Identity, keys: Mapping[str, str]) -> str | None:
        if not identity.hashed:
            return keys.get(identity.value) or keys.get(identity.value.lower())
        if not identity.value.startswith(_SHA256):
            return None
        if identity.salt not in self._salted:
            self._salted.clear()
            self._salted[identity.salt] = {_hash(one, identity.salt): key for one, key in keys.items()}
        return self._salted[identity.salt].get(identity.value.lower())


def _hash(identity: str, salt: str) -> str:
    """Return the hashed identity (Open Badges 3.0, IdentityHash): SHA-256 of the identity, then the salt."""
    return _SHA256 + hashlib.sha256(f"{identity}{salt}".encode()).hexdigest()


def _read(path: Path, column: str) -> dict[str, str]:
    """Return student keys by the column."""
    try:
        return dict(_pairs(path, column))
    except OSError as error:
        raise Misconfigured(f"{path.name} cannot be read: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError, Malformed):
        raise Misconfigured(f"{path.name} must be CSV in UTF-8 with columns student and {column}") from None


def _pairs(path: Path, column: str) -> Iterator[tuple[str, str]]:
    if path.stat().st_size > _MAX_BYTES:
        raise Malformed("too large")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        if not {"student", column} <= set(rows.fieldnames or ()):
            raise Malformed("other columns")
        for row in rows:
            if row["student"] and row[column]:
                yield row[column].strip(), row["student"].strip()
