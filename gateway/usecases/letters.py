"""A request by letter to a school outside the network: it runs as a case like any other."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from gateway.domain.backpack.document import SECTIONS
from gateway.domain.casework import Case, Lane, new_case
from gateway.domain.errors import Conflict, Malformed
from gateway.domain.ids import Digest, TransferId, digest
from gateway.domain.outside import outside_id
from gateway.domain.packs import due_on, urgency_in
from gateway.domain.policy import PURPOSE_TRANSFER, Action, Kind, Object, Person
from gateway.domain.transfer import Role, State, Subject, Transfer
from gateway.usecases.evidence import leaf
from gateway.usecases.permission import actor_of, of_transfer, permit
from gateway.usecases.ports import Node, Tx
from gateway.usecases.ports.letters import Letter, UploadState

LETTER_LIFE: Final = timedelta(days=60)
"""How long a school may answer by the code on the letter."""
_BASIS: Final = "34CFR99.31(a)(2)"
_LONGEST: Final = 400
_GROUP: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWish:
    """What a registrar asks a school outside the network for."""

    subject: Subject
    school_name: str
    address: str = ""
    enrolled_on: date | None = None
    lanes: tuple[Lane, ...] = ()
    school: str | None = None
    """The school here where the student enrols; a local id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedLetter:
    """A letter as it is printed."""

    transfer: Transfer
    case: Case
    letter: Letter
    code: str
    """Opens the inbox of this letter, and nothing else."""


async def request_by_letter(node: Node, person: Person, wish: LetterWish) -> Transfer:
    """Open the case of a request that goes out on paper, and its letter.

    Raises:
        Forbidden: the person may not ask for records.
        Malformed: the school has no name, or name or address are too long.
    """
    name, address = wish.school_name.strip(), wish.address.strip()
    if not name or len(name) > _LONGEST or len(address) > _LONGEST:
        raise Malformed("name the school, and its address in a few lines")
    await permit(node, person, Action.REQUEST_LETTER, Object(kind=Kind.NODE, side=Role.REQUESTER))
    now, id_ = node.now(), TransferId(f"R-{node.new_id()}")
    until = now + LETTER_LIFE
    transfer = Transfer(
        id=id_,
        role=Role.REQUESTER,
        peer=outside_id(name),
        state=State.REQUESTED,
        subject=wish.subject,
        sections=tuple(SECTIONS),
        purpose=PURPOSE_TRANSFER,
        legal_basis=_BASIS,
        actor=actor_of(node, person),
        enrolled_on=wish.enrolled_on,
        created_at=now,
        changed_at=now,
        expires_at=until,
        next_try_at=until,
    )
    case = new_case(
        id_,
        Role.REQUESTER,
        at=now,
        due_on=due_on(node.pack, node.calendar.day_of(now), wish.lanes, node.calendar),
        urgency=urgency_in(node.pack, wish.lanes),
        lanes=wish.lanes,
        school=wish.school,
    )
    letter = Letter(
        transfer=id_,
        school=name,
        address=address,
        reference=_reference(node, id_),
        round=1,
        code_digest=digest_of(_code(node, id_, 1)),
        made_at=now,
        expires_at=until,
    )

    def store(tx: Tx) -> None:
        tx.transfers.add(transfer)
        tx.cases.open(case)
        tx.letters.put(letter)
        tx.audit.add(leaf(transfer, now, actor=transfer.actor, action="letter.made", rule=_BASIS))

    await node.store.write(store)
    return transfer


async def print_letter(node: Node, person: Person, id_: TransferId) -> PrintedLetter:
    """Return the letter with the code that stands on it. Who printed it is in the log.

    Raises:
        Unknown: there is no such letter. Forbidden: the person may not.
    """
    transfer, case, letter = await _read(node, id_)
    await permit(node, person, Action.REQUEST_LETTER, of_transfer(transfer))
    printed = leaf(transfer, node.now(), actor=actor_of(node, person), action="letter.printed")
    await node.store.write(lambda tx: tx.audit.add(printed))
    return PrintedLetter(transfer=transfer, case=case, letter=letter, code=_code(node, id_, letter.round))


async def renew_letter(node: Node, person: Person, id_: TransferId) -> Letter:
    """Give the letter a new code and more time; the code before opens nothing any more.

    Raises:
        Unknown: there is no such letter. Forbidden: the person may not.
        Conflict: the case is over.
    """
    transfer, _, letter = await _read(node, id_)
    await permit(node, person, Action.REQUEST_LETTER, of_transfer(transfer))
    if transfer.state not in {State.REQUESTED, State.RETURNED}:
        raise Conflict("this request is over; make a new one")
    now, round_ = node.now(), letter.round + 1
    after = replace(
        letter,
        round=round_,
        code_digest=digest_of(_code(node, id_, round_)),
        expires_at=now + LETTER_LIFE,
        open=True,
    )
    later = transfer.stay(at=now, expires_at=after.expires_at, next_try_at=_wakes(transfer, after))

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, later)
        tx.letters.put(after)
        tx.audit.add(leaf(later, now, actor=actor_of(node, person), action="letter.renewed"))

    await node.store.write(store)
    return after


async def settle_letter(node: Node, person: Person, id_: TransferId, *, answered: bool) -> Transfer:
    """Close the request that was answered, or go on waiting for the rest.

    Raises:
        Unknown: there is no such letter. Forbidden: the person may not.
        Conflict: nothing came, or a file still waits for a decision.
    """
    transfer, _, letter = await _read(node, id_)
    await permit(node, person, Action.UPLOAD_ACCEPT, of_transfer(transfer))
    came = await node.store.read(lambda tx: tx.uploads.of(id_))
    if any(one.state is UploadState.WAITING for one in came):
        raise Conflict("decide about each file first")
    now = node.now()
    state = State.CLOSED if answered else State.REQUESTED
    after = transfer.to(state, at=now, next_try_at=None if answered else letter.expires_at)

    def store(tx: Tx) -> None:
        tx.transfers.move(transfer, after)
        tx.letters.put(replace(tx.letters.get(id_), open=not answered))
        tx.audit.add(leaf(after, now, actor=actor_of(node, person)))

    await node.store.write(store)
    return after


async def _read(node: Node, id_: TransferId) -> tuple[Transfer, Case, Letter]:
    return await node.store.read(lambda tx: (tx.transfers.get(id_), tx.cases.get(id_), tx.letters.get(id_)))


def _wakes(transfer: Transfer, letter: Letter) -> datetime | None:
    return letter.expires_at if transfer.state is State.REQUESTED else None


def _code(node: Node, id_: TransferId, round_: int) -> str:
    """Return what opens the inbox: 122 bits under a key that never leaves the node."""
    return node.pseudonym("letter", f"{id_} {round_}").replace("-", "")


def _reference(node: Node, id_: TransferId) -> str:
    text = node.pseudonym("letter reference", id_).replace("-", "").upper()[: 2 * _GROUP]
    return f"{text[:_GROUP]}-{text[_GROUP:]}"


def digest_of(code: str) -> Digest:
    """Return under what a code is found; any text has one."""
    return digest(code.encode())
