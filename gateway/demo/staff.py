"""Made-up members of staff, one for each role, the same at every made-up district."""

from collections.abc import Mapping
from typing import Final

from gateway.domain.policy.people import StaffRole
from gateway.settings import Settings
from gateway.usecases.ports import Node, Tx
from gateway.usecases.staff import NewMember, enter_member
from gateway.wiring.desk import issuer_of

OPERATOR: Final = "demo"

STAFF: Final[Mapping[str, tuple[str, tuple[StaffRole, ...]]]] = {
    "rosa": ("Rosa Delgado", (StaffRole.REGISTRAR,)),
    "owen": ("Owen Park", (StaffRole.REGISTRAR,)),
    "ruth": ("Ruth Abara", (StaffRole.RECORDS_OFFICER, StaffRole.REGISTRAR)),
    "priya": ("Priya Nair", (StaffRole.PRIVACY_OFFICER,)),
    "sam": ("Sam Whitehorse", (StaffRole.SAFETY_OFFICER,)),
    "carol": ("Carol Kim", (StaffRole.COUNSELOR,)),
    "nina": ("Nina Osei", (StaffRole.NURSE,)),
    "elena": ("Elena Petrova", (StaffRole.SPECIAL_EDUCATION,)),
    "paul": ("Paul Okafor", (StaffRole.PRINCIPAL,)),
    "tariq": ("Tariq Hassan", (StaffRole.TEACHER,)),
    "ines": ("Inés Romero", (StaffRole.IT_ADMIN,)),
    "auden": ("Auden Clarke", (StaffRole.AUDITOR,)),
    "olive": ("Olive Tran", (StaffRole.OBSERVER,)),
}
"""By their key at the made-up identity provider: name and roles."""


def give_class(tx: Tx) -> None:
    """Let the made-up teachers be those with the fullest classes of the local system."""
    ids = tx.rosters.teachers()
    for account in tx.staff.list():
        if StaffRole.TEACHER in account.roles:
            tx.rosters.name(account.id, ids[:1])


async def list_staff(node: Node, settings: Settings) -> None:
    """Let all of them sign in at a district."""
    issuer = issuer_of(settings) or ""
    members = [
        NewMember(issuer=issuer, subject=subject, name=name, roles=frozenset(roles))
        for subject, (name, roles) in STAFF.items()
    ]
    by = node.pseudonym("actor", OPERATOR)
    await node.store.write(lambda tx: [enter_member(node, tx, one, by=by) for one in members])
