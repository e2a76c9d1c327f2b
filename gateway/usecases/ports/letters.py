"""Requests by letter to schools outside the network, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.domain.ids import Digest, LocalStudentId, TransferId
from gateway.domain.uploads import FileKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter. Its code is not kept: it is made anew from the node's secret for each printing."""

    transfer: TransferId
    school: str
    """To whom, as people know it."""
    address: str
    """Lines of a postal address, or a fax number."""
    reference: str
    """What people quote on paper and by telephone; opens nothing."""
    round: int
    """Which code is in force; a new one closes those before."""
    code_digest: Digest
    """Of the code that opens the inbox."""
    made_at: datetime
    expires_at: datetime
    open: bool = True
    """Whether anything may still come."""


class UploadState(StrEnum):
    """What became of a file."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came in answer to a letter."""

    id: str
    transfer: TransferId
    at: datetime
    sender: str
    """Who says to have sent it: a name and a school. Nobody proved it."""
    name: str
    """As the sender called the file; shown, never used as a path."""
    kind: FileKind
    size: int
    digest: Digest
    active: bool
    """Whether it says that it does something when it is opened."""
    content: bytes | None
    """Encrypted; None once it was rejected or its time is over."""
    state: UploadState = UploadState.WAITING
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    student: LocalStudentId | None = None
    """The student here to whom it was attached."""


class Letters(Protocol):
    """The letters, one for each request to a school outside."""

    def put(self, letter: Letter) -> None:
        """Insert or replace."""

    def get(self, transfer: TransferId) -> Letter:
        """Return it, or raise `Unknown`."""

    def by_code(self, code_digest: Digest) -> Letter | None:
        """Return the letter that this code opens, if any."""


class Uploads(Protocol):
    """The files that came."""

    def put(self, upload: Upload) -> None:
        """Insert or replace."""

    def get(self, id_: str) -> Upload:
        """Return it, or raise `Unknown`."""

    def of(self, transfer: TransferId) -> Sequence[Upload]:
        """Return what came for a letter, oldest first, without contents."""

    def held_bytes(self) -> int:
        """Return how many bytes of files wait for a decision."""

    def forget(self, before: datetime) -> int:
        """Delete the contents of files that came before then; return of how many."""
