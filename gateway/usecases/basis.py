"""On which ground a transfer's record may leave: asked when it is approved and again when it is packaged."""

from dataclasses import replace

from gateway.domain.policy.basis import (
    Missing,
    NoticeBasisMissing,
    NoticeGiven,
    ReleaseBasis,
    basis_of_release,
)
from gateway.domain.transfer import Transfer
from gateway.usecases.ports import Node, Tx


def basis_of(node: Node, tx: Tx, transfer: Transfer, stated: NoticeGiven | None = None) -> ReleaseBasis:
    """Return the legal basis and the notice basis of a release.

    `stated` is what a person says now; else what was said of this case before, else the annual notice.

    Raises:
        NoticeBasisMissing: one of the two is missing; says what to do.
    """
    found = basis_of_release(
        transfer.legal_basis,
        node.pack.notice,
        annual=node.notice,
        stated=stated or _noted(tx, transfer),
        today=node.calendar.day_of(node.now()),
    )
    if isinstance(found, Missing):
        raise NoticeBasisMissing(str(found))
    return found


def note_basis(tx: Tx, transfer: Transfer, basis: ReleaseBasis) -> None:
    """Keep with the case what tells the family of the release."""
    tx.cases.save(replace(tx.cases.get(transfer.id), notice_basis=str(basis.notice)))


def _noted(tx: Tx, transfer: Transfer) -> NoticeGiven | None:
    """Return what was stated of this release; an annual notice is looked up anew."""
    noted = tx.cases.get(transfer.id).notice_basis
    return NoticeGiven.read(noted) if noted and not noted.startswith("annual_notice") else None
