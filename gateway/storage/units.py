"""What a thread of the store does with the jobs that it took."""

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from gateway.domain.errors import TryLater
from gateway.storage import sqlite
from gateway.storage.db import Db
from gateway.storage.lanes import Job
from gateway.storage.transaction import SqlTx


class Writer:
    """Runs many units of work in one transaction, so that they share one wait for the disk."""

    def __init__(self, connection: Connection) -> None:
        self.db = Db(connection)
        self.commits = 0
        """Commits that had something to store."""
        self._tx = SqlTx(self.db)

    def run(self, jobs: Sequence[Job]) -> None:
        """Run each job by itself and commit those that succeeded; none of them if that fails."""
        before = self.db.statements
        try:
            with self.db.connection.begin():
                sqlite.begin(self.db.connection, writes=True)
                for job in jobs:
                    self._unit(job)
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing was stored and all must know
            for job in jobs:
                job.error = job.error or _later(error)
        else:
            self.commits += self.db.statements > before

    def _unit(self, job: Job) -> None:
        """Run one job in a savepoint, straight through the driver: SQLAlchemy's costs fifty times as much.

        If an error of the disk has ended the whole transaction, then the savepoint is gone, and the error
        that this gives here fails the batch.
        """
        cursor = self.db.connection.connection.cursor()
        cursor.execute("SAVEPOINT unit")
        _attempt(job, self._tx)
        if job.error is not None:
            cursor.execute("ROLLBACK TO SAVEPOINT unit")
        cursor.execute("RELEASE SAVEPOINT unit")
        cursor.close()


class Reader:
    """Runs each job on what was committed when it began."""

    def __init__(self, connection: Connection) -> None:
        self.db = Db(connection)
        self._tx = SqlTx(self.db)

    def run(self, jobs: Sequence[Job]) -> None:
        """Run each job in a transaction of its own."""
        for job in jobs:
            try:
                with self.db.connection.begin():
                    sqlite.begin(self.db.connection, writes=False)
                    _attempt(job, self._tx)
            except Exception as error:  # noqa: BLE001 - belongs to whoever waits for the job
                job.error = job.error or _later(error)


def _attempt(job: Job, tx: SqlTx) -> None:
    try:
        job.result = job.work(tx)
    except (OperationalError, sqlite.OperationalError) as error:
        job.error = _later(error)
    except BaseException as error:  # noqa: BLE001 - belongs to whoever waits for the job
        job.error = error


def _later(error: Exception) -> TryLater:
    later = TryLater("the database is busy, full or away; nothing was stored")
    later.__cause__ = error
    return later
