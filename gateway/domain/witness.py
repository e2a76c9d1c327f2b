"""What a witness asks of a log before it signs that it saw it (C2SP tlog-witness), without signatures.

A witness sees sizes and roots, never a leaf.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.domain import merkle
from gateway.domain.errors import Malformed
from gateway.domain.ids import EntityId

MAX_PROOF: Final = 63


class LogFault(StrEnum):
    """Why a log is not the one that was seen before."""

    FORKED = "log_forked"
    """Two different roots for one size."""
    SHRUNKEN = "log_shrunken"
    """It has fewer leaves than it was once signed for."""
    INCONSISTENT = "log_inconsistent"
    """The proof does not lead from what was seen to what is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A checkpoint with the proof that it continues what the witness saw."""

    old: int
    """The size that the witness is thought to know."""
    proof: Sequence[bytes]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedLog:
    """What a witness knows of one log: the largest checkpoint, and why it refused one since."""

    origin: str
    node: EntityId
    size: int
    root: bytes
    note: str
    at: datetime
    fault: LogFault | None = None
    refused_note: str = ""
    """The signed checkpoint that contradicts `note`: the two together are the evidence."""
    refused_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessAnswer:
    """What a witness says to a checkpoint."""

    size: int
    """Of the log, as the witness knows it now."""
    cosignature: str | None = None
    """A line for the note; None where the submission did not start from `size`."""


def write_submission(submission: Submission) -> str:
    """Return it as it travels: the old size, the proof, a gap, the note."""
    proof = "".join(f"{base64.b64encode(step).decode('ascii')}\n" for step in submission.proof)
    return f"old {submission.old}\n{proof}\n{submission.note}"


def read_submission(text: str) -> Submission:
    """Return what was submitted.

    Raises:
        Malformed: it has another form; the line is named.
    """
    head, gap, note = text.partition("\n\n")
    first, *steps = head.split("\n")
    word, _, size = first.partition(" ")
    if not gap or word != "old" or not (size.isascii() and size.isdigit()) or len(size) > MAX_PROOF:
        raise Malformed("the first line must be `old` and a size, the proof and a gap must follow")
    if len(steps) > MAX_PROOF:
        raise Malformed(f"a proof has {MAX_PROOF} lines at most")
    return Submission(old=int(size), proof=[_step(step) for step in steps], note=note)


def fault_of(known: tuple[int, bytes], shown: tuple[int, bytes], proof: Sequence[bytes]) -> LogFault | None:
    """Return what is wrong with the log that is shown after the one that is known; None if it goes on."""
    (old, old_root), (size, root) = known, shown
    if size < old:
        return LogFault.SHRUNKEN
    if size == old and root != old_root:
        return LogFault.FORKED
    return None if merkle.consistent(old, size, old_root, root, proof) else LogFault.INCONSISTENT


def _step(line: str) -> bytes:
    try:
        step = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        step = b""
    if len(step) != len(merkle.EMPTY):
        raise Malformed("a line of the proof is not a hash in base64")
    return step
