"""What came back from a school outside the network: opened, attached or rejected, and forgotten in time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from gateway.domain.casework import Case
from gateway.domain.errors import Conflict, Gone, Malformed, Unknown
from gateway.domain.ids import LocalStudentId, TransferId, b64url_decode
from gateway.domain.policy import Action, Person
from gateway.domain.transfer import Transfer
from gateway.usecases.casework import object_of
from gateway.usecases.disclosures import reading
from gateway.usecases.evidence import leaf
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Node, Tx
from gateway.usecases.ports.letters import Letter, Upload, UploadState

KEEP_FILES: Final = timedelta(days=90)
"""How long a file is kept here: it belongs into the student's own record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What came for one letter."""

    transfer: Transfer
    case: Case
    letter: Letter
    files: Sequence[Upload]

    @property
    def undecided(self) -> bool:
        """Whether a file still waits for a decision."""
        return any(one.state is UploadState.WAITING for one in self.files)


async def read_returned(node: Node, person: Person, id_: TransferId) -> Returned:
    """Return what came, without contents. Who looked is in the log.

    Raises:
        Unknown: there is no such letter. Forbidden: the person may not.
    """
    found = await node.store.read(lambda tx: _returned(tx, id_))
    await permit(node, person, Action.UPLOAD_READ, object_of(found.transfer, found.case))
    return found


async def open_upload(node: Node, person: Person, id_: TransferId, upload: str) -> tuple[Upload, bytes]:
    """Return a file with its content. Who opened it is kept with the record.

    Raises:
        Unknown: there is no such file with this request. Gone: it is not kept any more.
        Forbidden: the person may not. Untrusted: it was changed where it is kept.
    """
    found = await read_returned(node, person, id_)
    file = await node.store.read(lambda tx: _of(tx, id_, upload))
    if file.content is None:
        raise Gone("this file is not kept any more")
    locked = file.content
    text = await asyncio.to_thread(lambda: node.vault.unlock(locked, label=f"upload {file.id}"))
    content = b64url_decode(text)
    seen = reading(node, person, Action.UPLOAD_READ, ("documents",), student=file.student, transfer=id_)
    opened = leaf(
        found.transfer,
        node.now(),
        actor=actor_of(node, person),
        action="upload.opened",
        digests=(file.digest,),
    )

    def note(tx: Tx) -> None:
        tx.accesses.add(seen)
        tx.audit.add(opened)

    await node.store.write(note)
    return file, content


async def accept_upload(
    node: Node, person: Person, id_: TransferId, upload: str, *, student: LocalStudentId | None = None
) -> Upload:
    """Attach the file to the case, and to the student where that is known here already.

    Raises:
        Unknown: there is no such file, or no such student. Forbidden: the person may not.
        Conflict: it was decided before.
    """

    def decide(tx: Tx, file: Upload) -> Upload:
        if student is not None:
            tx.backpacks.get(student)
        return replace(file, state=UploadState.ACCEPTED, student=student)

    return await _decide(node, person, id_, upload, decide=decide, action="upload.accepted")


async def reject_upload(node: Node, person: Person, id_: TransferId, upload: str, *, reason: str) -> Upload:
    """Refuse the file: its content is gone at once, that it came and why not is kept.

    Raises:
        Malformed: no reason is given. Unknown, Forbidden, Conflict: as `accept_upload`.
    """
    why = reason.strip()
    if not why:
        raise Malformed("say why the file is rejected")
    return await _decide(
        *(node, person, id_, upload),
        decide=lambda _, file: replace(file, state=UploadState.REJECTED, reason=why[:400], content=None),
        action="upload.rejected",
    )


async def forget_uploads(node: Node) -> int:
    """Delete the contents of files whose time is over; return of how many."""
    return await node.store.write(lambda tx: tx.uploads.forget(node.now() - KEEP_FILES))


async def _decide(
    node: Node,
    person: Person,
    id_: TransferId,
    upload: str,
    *,
    decide: Callable[[Tx, Upload], Upload],
    action: str,
) -> Upload:
    found = await node.store.read(lambda tx: _returned(tx, id_))
    await permit(node, person, Action.UPLOAD_ACCEPT, object_of(found.transfer, found.case))
    now = node.now()

    def store(tx: Tx) -> Upload:
        file = _of(tx, id_, upload)
        if file.state is not UploadState.WAITING:
            raise Conflict("this file was decided before")
        after = replace(decide(tx, file), decided_by=person.name, decided_at=now)
        tx.uploads.put(after)
        by = actor_of(node, person)
        tx.audit.add(leaf(found.transfer, now, actor=by, action=action, digests=(file.digest,)))
        return after

    return await node.store.write(store)


def _returned(tx: Tx, id_: TransferId) -> Returned:
    return Returned(
        transfer=tx.transfers.get(id_),
        case=tx.cases.get(id_),
        letter=tx.letters.get(id_),
        files=tx.uploads.of(id_),
    )


def _of(tx: Tx, id_: TransferId, upload: str) -> Upload:
    file = tx.uploads.get(upload)
    if file.transfer != id_:
        raise Unknown("there is no such file")
    return file
