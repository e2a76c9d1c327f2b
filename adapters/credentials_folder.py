"""A folder of Open Badges and Comprehensive Learner Records, as files or baked into pictures.

Sources: Open Badges 3.0 and 2.0, CLR 2.0. Each credential is checked without the network. A changed one
is left out with a finding; one that cannot be proven here is kept and says so.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import ClassVar, Final

from pydantic import Field

from adapters._credential_rows import COLUMNS, NAMES, CredentialFile, rows_of
from adapters._credential_students import IDENTITIES, INDEX, By, Students
from gateway.adapter_api import (
    AdapterConfig,
    Batch,
    Finding,
    Misconfigured,
    Only,
    Row,
    Rule,
    Table,
    TooLarge,
    batch_of,
    finding,
)
from gateway.adapter_api.credentials import Verifier, verifier

STUDENTS: Final = ("student", "role")

_TABLE: Final = "credentials"
_BATCH: Final = 100
_MAX_DEPTH: Final = 3


class Issuer(AdapterConfig):
    """`[[source.options.issuers]]`: an issuer whose keys an operator has seen to."""

    id: str = Field(min_length=1, max_length=2000)
    """As `issuer.id` of its credentials has it: a URL or a DID."""

    keys: tuple[str, ...] = ()
    """Ed25519 or P-256 keys in multibase form, such as `z6Mk...`."""

    jwks: Path | None = None
    """A file with its JWK Set."""


class CredentialLimits(AdapterConfig):
    """Limits on what comes from outside. All are inclusive."""

    max_files: int = Field(default=100_000, gt=0)
    """Files below the folder, read or not."""

    max_picture_bytes: int = Field(default=16 * 1024 * 1024, gt=0)
    """Of one picture."""


class CredentialsFolder(AdapterConfig):
    """`[source.options]` when `adapter = "credentials_folder"`."""

    path: Path
    """The folder. Sub-folders are read down to the third."""

    students: By = "folder"
    """Whose a credential is: the name of its sub-folder; `credentials.csv` with columns student and file; or
    what identifies its subject, looked up in `identities.csv` (student, identity) if that is there."""

    identity_types: tuple[str, ...] = (
        *("sisSourcedId", "oneRosterSourcedId", "lisSourcedId", "sourcedId", "identifier"),
    )
    """For `subject` without `identities.csv`: the types of identity that are student keys, best first."""

    contexts: Path | None = None
    """A folder of JSON-LD context documents; a file counts if its digest is pinned."""

    context_pins: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of further context documents, by URL."""

    issuers: tuple[Issuer, ...] = ()

    limits: CredentialLimits = CredentialLimits()


class CredentialsFolderAdapter:
    """Reads one folder. It checks some hundred small credentials a second."""

    Config: ClassVar[type[AdapterConfig]] = CredentialsFolder
    pushdown: ClassVar[bool] = False

    def __init__(self, config: CredentialsFolder) -> None:
        self._config = config
        self._unused: list[Finding] = []

    async def check(self) -> None:
        """Return if the folder can be read; raises as `tables` does."""
        await self.tables()

    async def tables(self) -> Sequence[Table]:
        """Return the table of credentials, and that of the students whose they are.

        Raises:
            Misconfigured: the folder, a table in it, the contexts or a key cannot be read.
            TooLarge: there are more files than the limits allow.
        """
        return await asyncio.to_thread(self._tables)

    def unused(self) -> Sequence[Finding]:
        """Return a finding for each file that `tables` saw and left out."""
        return tuple(self._unused)

    async def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
        """Yield credentials in the order of their files' names, or their students.

        With `only` for students whose files are known by their path, other files are not opened.
        """
        rows = self._students() if table.name == "students" else self._rows(only)
        while found := await asyncio.to_thread(list, islice(rows, _BATCH)):
            read = [row for row in found if isinstance(row, Row) and _is_wanted(row, only)]
            yield batch_of(table.columns, read, [one for one in found if isinstance(one, Finding)])

    def _tables(self) -> list[Table]:
        self._unused = []
        files = self._files(note=True)
        self._unused += _without_contexts(_verifier(self._config))
        self._whose()
        if not files:
            self._unused.append(finding(Rule.FILE_EMPTY, "the folder holds no credential", file=_TABLE))
        return [Table(_TABLE, COLUMNS, _TABLE, lined=False), Table("students", STUDENTS, _TABLE, lined=False)]

    def _whose(self) -> Students:
        return Students(self._config.path, self._config.students, self._config.identity_types)

    def _rows(self, only: Only | None = None) -> Iterator[Row | Finding]:
        whose, checker = self._whose(), _verifier(self._config)
        for file in self._files():
            if not _is_other(whose.of_file(file.name), whose, only):
                yield from rows_of(file, whose, checker, self._config.limits.max_picture_bytes)

    def _students(self) -> Iterator[Row]:
        whose = self._whose()
        if whose.known_before:
            keys = {key for file in self._files() if (key := whose.of_file(file.name))}
        else:
            keys = {row.values["student"] for row in self._rows() if isinstance(row, Row)}
        for line, key in enumerate(sorted(keys), start=1):
            yield Row({"student": key, "role": "student"}, line)

    def _files(self, *, note: bool = False) -> list[CredentialFile]:
        """Return the files that may hold a credential, numbered by their names' order."""
        root, found, most = self._config.path, list[CredentialFile](), self._config.limits.max_files
        if not root.is_dir():
            raise Misconfigured("the path of the credentials is no folder")
        for number, path in enumerate(_walk(root, 0), start=1):
            if number > most:
                raise TooLarge(f"the folder holds more than {most} files")
            name = path.relative_to(root).as_posix()
            if path.suffix.lower() in NAMES and path.is_file() and not path.is_symlink():
                found.append(CredentialFile(path, name, len(found) + 1))
            elif note and name not in {INDEX, IDENTITIES}:
                self._unused.append(_left_out(name))
        return found


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the files, in the order of their names; a link is yielded and not followed."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise Misconfigured(f"the folder of credentials cannot be read: {error.strerror}") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink() and depth < _MAX_DEPTH:
            yield from _walk(entry, depth + 1)
        else:
            yield entry


def _is_other(student: str | None, whose: Students, only: Only | None) -> bool:
    """Tell whether the path alone says that none of the file's credentials is wanted."""
    return whose.known_before and only is not None and only.column == "student" and student not in only.values


def _is_wanted(row: Row, only: Only | None) -> bool:
    return only is None or row.values.get(only.column) in only.values


def _verifier(config: CredentialsFolder) -> Verifier:
    keys = {issuer.id: issuer.keys for issuer in config.issuers}
    if len(keys) != len(config.issuers):
        raise Misconfigured("an issuer of credentials is named twice")
    jwks = {issuer.id: _read(issuer.jwks) for issuer in config.issuers if issuer.jwks}
    return verifier(config.contexts, config.context_pins, keys, jwks)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"the key set of an issuer cannot be read: {error.strerror}") from error


def _without_contexts(checker: Verifier) -> Iterator[Finding]:
    for url in checker.missing_contexts:
        yield finding(
            Rule.FILE_MISSING,
            "a context document is not there; credentials that need it are not verified",
            file=_TABLE,
            raw_value=url,
            suggestion="put the document into the folder that `contexts` names",
            severity="info",
        )


def _left_out(name: str) -> Finding:
    return finding(
        Rule.FILE_UNUSED, "the file was not read: its name is no credential's", file=_TABLE, raw_value=name
    )
