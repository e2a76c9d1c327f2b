"""Made-up transfers, put straight into a desk's store."""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from gateway.domain.casework import Lane, new_case
from gateway.domain.ids import EntityId, LocalStudentId, TransferId
from gateway.domain.packs import urgency_in
from gateway.domain.policy import PURPOSE_TRANSFER
from gateway.domain.transfer import Role, State, Subject, Transfer
from gateway.usecases.evidence import leaf
from gateway.usecases.ports import Tx
from tests.harness.staff import pack
from tests.ui.desk import Desk

ZONE = ZoneInfo("America/Chicago")
CEDAR = EntityId("https://cedar.test")


async def put_transfer(
    desk: Desk,
    number: int,
    *,
    role: Role = Role.HOLDER,
    state: State = State.REVIEW,
    lanes: Sequence[Lane] = (),
    due_in: int = 10,
    names: tuple[str, str] = ("Ana", "Ortiz-Núñez"),
    student: str | None = None,
    sections: tuple[str, ...] = ("identity", "grades"),
) -> TransferId:
    """Store a transfer with its case and first step; return its id. Due so many days from today."""
    now = desk.node.now()
    transfer = Transfer(
        id=TransferId(f"{'T' if role is Role.HOLDER else 'R'}-case{number:018d}"),
        role=role,
        peer=CEDAR,
        state=state,
        subject=Subject(given_name=names[0], family_name=names[1], birth_date=date(2014, 5, 2)),
        sections=sections,
        student=LocalStudentId(student) if student else None,
        purpose=PURPOSE_TRANSFER,
        legal_basis="34CFR99.31(a)(2)",
        actor=desk.who("registrar").pseudonym,
        request_jti=f"jti-{number:020d}",
        created_at=now,
        changed_at=now,
        expires_at=now + timedelta(days=30),
        next_try_at=None,
    )
    due_on = now.astimezone(ZONE).date() + timedelta(days=due_in)
    urgency = urgency_in(pack(), tuple(lanes))
    case = new_case(transfer.id, role, at=now, due_on=due_on, urgency=urgency, lanes=tuple(lanes))

    def store(tx: Tx) -> None:
        tx.transfers.add(transfer)
        tx.cases.open(case)
        tx.audit.add(leaf(transfer, now, actor=transfer.actor, rule=transfer.legal_basis))

    await desk.store.write(store)
    return transfer.id
