"""`ports.Letters` and `ports.Uploads` in SQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select, update

from gateway.domain.errors import Unknown
from gateway.domain.ids import Digest, TransferId
from gateway.storage.db import Db
from gateway.storage.tables_letters import letters, uploads
from gateway.usecases.ports.letters import Letter, Upload, UploadState

_LETTER: Final = select(letters).where(letters.c.transfer == bindparam("transfer"))
_BY_CODE: Final = select(letters).where(letters.c.code_digest == bindparam("code_digest"))
_UPLOAD: Final = select(uploads).where(uploads.c.id == bindparam("id"))
_bare: Final = [column for column in uploads.c if column.name != "content"]
_OF: Final = (
    select(*_bare).where(uploads.c.transfer == bindparam("transfer")).order_by(uploads.c.at, uploads.c.id)
)
_HELD: Final = select(func.coalesce(func.sum(uploads.c.size), 0).label("held")).where(
    uploads.c.state == UploadState.WAITING, uploads.c.content.is_not(None)
)
_FORGET: Final = (
    update(uploads)
    .where(uploads.c.at < bindparam("before"), uploads.c.content.is_not(None))
    .values(content=None)
)


class SqlLetters:
    """The letters, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, letter: Letter) -> None:
        """Insert or replace."""
        self._db.put_each(letters, [asdict(letter)])

    def get(self, transfer: TransferId) -> Letter:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_LETTER, {"transfer": transfer})
        if row is None:
            raise Unknown("there is no such letter")
        return Letter(**row)

    def by_code(self, code_digest: Digest) -> Letter | None:
        """Return the letter that this code opens, if any."""
        row = self._db.first(_BY_CODE, {"code_digest": code_digest})
        return None if row is None else Letter(**row)


class SqlUploads:
    """The files that came, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, upload: Upload) -> None:
        """Insert or replace."""
        self._db.put_each(uploads, [asdict(upload)])

    def get(self, id_: str) -> Upload:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_UPLOAD, {"id": id_})
        if row is None:
            raise Unknown("there is no such file")
        return Upload(**row)

    def of(self, transfer: TransferId) -> Sequence[Upload]:
        """Return what came for a letter, oldest first, without contents."""
        return [Upload(**row, content=None) for row in self._db.all(_OF, {"transfer": transfer})]

    def held_bytes(self) -> int:
        """Return how many bytes of files wait for a decision."""
        row = self._db.first(_HELD, {})
        return int(row["held"]) if row else 0

    def forget(self, before: datetime) -> int:
        """Delete the contents of files that came before then; return of how many."""
        return self._db.run(_FORGET, {"before": before})
