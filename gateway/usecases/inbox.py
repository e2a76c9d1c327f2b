"""What a school outside the network may do with the code on a letter: send files, and see nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gateway.domain.errors import Malformed, OverBudget, Unknown
from gateway.domain.ids import TransferId, b64url, digest
from gateway.domain.transfer import State
from gateway.domain.uploads import MAX_FILES, MAX_FILES_IN_ALL, is_active, kind_of
from gateway.usecases.evidence import leaf
from gateway.usecases.letters import digest_of
from gateway.usecases.ports import Node, Tx
from gateway.usecases.ports.letters import Letter, Upload

MAX_HELD_BYTES: Final = 1024**3
"""Of all files that wait for a decision at this node."""
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What the bearer of a code is told: nothing of the student."""

    reference: str
    expires_at: datetime
    left: int
    """How many more files may come."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as somebody sent it."""

    name: str
    content: bytes


async def open_inbox(node: Node, code: str) -> Inbox:
    """Return the inbox that the code opens.

    Raises:
        Unknown: no letter has this code, its time is over, or it was answered. The three look alike.
    """
    return await node.store.read(lambda tx: _inbox(tx, _letter(node, tx, code)))


async def take_upload(node: Node, code: str, *, sender: str, files: Sequence[SentFile]) -> Inbox:
    """Keep the files, encrypted, until a registrar decides about them; all of them or none.

    Raises:
        Unknown: as `open_inbox`.
        Malformed: nobody is named, there is no file, or one is of a kind that is not taken.
        TooLarge: a file is too large.
        OverBudget: more came for this letter, or to this node, than is kept.
    """
    who = " ".join(sender.split())
    if not who or len(who) > _LONGEST:
        raise Malformed("upload.no_sender")
    if not 0 < len(files) <= MAX_FILES:
        raise Malformed("upload.no_file")
    await open_inbox(node, code)
    kept = await asyncio.to_thread(lambda: [_upload(node, who, one) for one in files])
    now = node.now()

    def store(tx: Tx) -> Inbox:
        letter = _letter(node, tx, code)
        if _inbox(tx, letter).left < len(kept):
            raise OverBudget("no more files are taken for this letter")
        if tx.uploads.held_bytes() + sum(one.size for one in kept) > MAX_HELD_BYTES:
            raise OverBudget("no more files are taken today")
        before = tx.transfers.get(letter.transfer)
        if before.state is State.REQUESTED:
            after = before.to(State.RETURNED, at=now, next_try_at=None)
            tx.transfers.move(before, after)
            tx.audit.add(leaf(after, now, actor="outside"))
        for one in kept:
            tx.uploads.put(_at(one, letter))
            tx.audit.add(leaf(before, now, actor="outside", action="upload.came", digests=(one.digest,)))
        return _inbox(tx, letter)

    return await node.store.write(store)


def _letter(node: Node, tx: Tx, code: str) -> Letter:
    found = tx.letters.by_code(digest_of(code))
    if found is None or not found.open or node.now() >= found.expires_at:
        raise Unknown("no inbox opens with this code")
    if tx.transfers.get(found.transfer).state not in {State.REQUESTED, State.RETURNED}:
        raise Unknown("no inbox opens with this code")
    return found


def _inbox(tx: Tx, letter: Letter) -> Inbox:
    came = len(tx.uploads.of(letter.transfer))
    return Inbox(
        reference=letter.reference,
        expires_at=letter.expires_at,
        left=max(0, MAX_FILES_IN_ALL - came),
    )


def _upload(node: Node, sender: str, sent: SentFile) -> Upload:
    kind, id_ = kind_of(sent.content), f"U-{node.new_id()}"
    return Upload(
        id=id_,
        transfer=TransferId(""),
        at=node.now(),
        sender=sender,
        name=_shown(sent.name) or f"file.{kind}",
        kind=kind,
        size=len(sent.content),
        digest=digest(sent.content),
        active=is_active(kind, sent.content),
        content=node.vault.lock(b64url(sent.content), label=f"upload {id_}"),
    )


def _shown(name: str) -> str:
    """Return the last part of a file's name without what is not written."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(mark for mark in last if mark.isprintable()).strip()[:_LONGEST]


def _at(upload: Upload, letter: Letter) -> Upload:
    return replace(upload, transfer=letter.transfer)
