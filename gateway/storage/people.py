"""`ports.Staff` and `ports.Sessions` in SQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update

from gateway.domain.errors import Unknown
from gateway.domain.policy.people import PersonId, StaffRole
from gateway.storage.db import Db
from gateway.storage.prepared import AnyRow
from gateway.storage.tables_people import sessions, sign_ins, staff
from gateway.usecases.ports.people import Account, Session, SignIn

_ONE = select(staff).where(staff.c.id == bindparam("id"))
_BY_SUBJECT = select(staff).where(
    staff.c.issuer == bindparam("issuer"), staff.c.subject == bindparam("subject")
)
_ALL = select(staff).order_by(staff.c.name, staff.c.id)
_NAMES = select(staff.c.pseudonym, staff.c.name)


class SqlStaff:
    """The members of staff, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, account: Account) -> None:
        """Insert or replace."""
        row = _row(account) | {
            "roles": tuple(sorted(account.roles)),
            "schools": tuple(sorted(account.schools)),
        }
        self._db.put_each(staff, [row])

    def get(self, id_: PersonId) -> Account:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_ONE, {"id": id_})
        if row is None:
            raise Unknown("there is no such member of staff")
        return _account(row)

    def by_subject(self, issuer: str, subject: str) -> Account | None:
        """Return whom the provider calls so, if anybody."""
        row = self._db.first(_BY_SUBJECT, {"issuer": issuer, "subject": subject})
        return None if row is None else _account(row)

    def list(self) -> Sequence[Account]:
        """Return all, by name."""
        return [_account(row) for row in self._db.all(_ALL)]

    def names(self, pseudonyms: Collection[str]) -> Mapping[str, str]:
        """Return the names behind pseudonyms; what is nobody's is absent."""
        found = self._db.query(_NAMES.where(staff.c.pseudonym.in_(pseudonyms)))
        return {row["pseudonym"]: row["name"] for row in found}


_SESSION = select(sessions).where(sessions.c.digest == bindparam("digest"))
_TOUCH = update(sessions).where(sessions.c.digest == bindparam("b_digest")).values(seen_at=bindparam("at"))
_END = delete(sessions).where(sessions.c.digest == bindparam("digest"))
_END_OF = delete(sessions).where(sessions.c.person == bindparam("person"))
_END_AT = delete(sessions).where(sessions.c.provider_session == bindparam("provider_session"))
_OVER = delete(sessions).where(
    or_(sessions.c.seen_at < bindparam("unseen_since"), sessions.c.opened_at < bindparam("opened_before"))
)
_SIGN_IN = select(sign_ins).where(
    sign_ins.c.digest == bindparam("digest"), sign_ins.c.expires_at > bindparam("now")
)
_TAKEN = delete(sign_ins).where(sign_ins.c.digest == bindparam("digest"))
_LATE = delete(sign_ins).where(sign_ins.c.expires_at <= bindparam("now"))


class SqlSessions:
    """Who is signed in, and who is about to be, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def begin(self, sign_in: SignIn) -> None:
        """Store a sign-in under way."""
        self._db.put_each(sign_ins, [_row(sign_in)])

    def take(self, digest: str, now: datetime) -> SignIn | None:
        """Return the sign-in and forget it; None if there is none or its time is over."""
        row = self._db.first(_SIGN_IN, {"digest": digest, "now": now})
        if row is None or self._db.run(_TAKEN, {"digest": digest}) != 1:
            return None
        return SignIn(**row)

    def add(self, session: Session) -> None:
        """Store a session."""
        self._db.put_each(sessions, [_row(session)])

    def get(self, digest: str) -> Session | None:
        """Return it, if it is there."""
        row = self._db.first(_SESSION, {"digest": digest})
        return None if row is None else Session(**row)

    def touch(self, digest: str, at: datetime) -> None:
        """Note that it was used."""
        self._db.run(_TOUCH, {"b_digest": digest, "at": at})

    def remove(self, digest: str) -> None:
        """End one."""
        self._db.run(_END, {"digest": digest})

    def remove_of(self, person: PersonId) -> None:
        """End all of one person."""
        self._db.run(_END_OF, {"person": person})

    def remove_at_provider(self, provider_session: str) -> None:
        """End what the provider ended."""
        self._db.run(_END_AT, {"provider_session": provider_session})

    def prune(self, *, unseen_since: datetime, opened_before: datetime, now: datetime) -> None:
        """Forget what is over."""
        self._db.run(_OVER, {"unseen_since": unseen_since, "opened_before": opened_before})
        self._db.run(_LATE, {"now": now})


def _row(thing: Account | Session | SignIn) -> dict[str, Any]:
    return {field.name: getattr(thing, field.name) for field in fields(thing)}


def _account(row: AnyRow) -> Account:
    roles = frozenset(StaffRole(role) for role in row["roles"])
    return Account(**{**row, "roles": roles, "schools": frozenset(row["schools"])})
