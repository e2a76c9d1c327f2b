"""`ports.Drafts` in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, delete, or_, select

from gateway.domain.errors import Unknown
from gateway.domain.policy.people import PersonId
from gateway.storage.db import Db
from gateway.storage.tables_drafts import drafts
from gateway.usecases.ports.drafts import Draft

_ONE = select(drafts).where(drafts.c.id == bindparam("id"))
_REMOVE = delete(drafts).where(drafts.c.id == bindparam("id"))
_OF = (
    select(drafts)
    .where(or_(drafts.c.owner == bindparam("owner"), drafts.c.owner.is_(None)))
    .order_by(drafts.c.changed_at.desc(), drafts.c.id)
    .limit(bindparam("limit"))
)


class SqlDrafts:
    """The drafts, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, draft: Draft) -> None:
        """Insert or replace."""
        self._db.put_each(drafts, [asdict(draft)])

    def get(self, id_: str) -> Draft:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_ONE, {"id": id_})
        if row is None:
            raise Unknown("there is no such draft")
        return Draft(**row)

    def remove(self, id_: str) -> None:
        """Delete it."""
        self._db.run(_REMOVE, {"id": id_})

    def list(self, owner: PersonId, limit: int = 200) -> Sequence[Draft]:
        """Return a person's own and those that nobody has begun, newest first."""
        return [Draft(**row) for row in self._db.all(_OF, {"owner": owner, "limit": limit})]

    def open_for(self, drafts_: Collection[Draft]) -> None:
        """Insert drafts for students who have none yet."""
        self._db.add_each(drafts, [asdict(draft) for draft in drafts_])
