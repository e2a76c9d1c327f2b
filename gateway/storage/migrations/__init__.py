"""The tables from release to release. Run by `gateway.storage.schema` when a store is opened."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from gateway.domain.errors import Misconfigured


def configuration(connection: Connection) -> Config:
    """Return what alembic's commands need to work on this connection, in its transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest revision; `Misconfigured` if they are newer than this release."""
    try:
        command.upgrade(configuration(connection), "head")
    except CommandError as error:
        raise Misconfigured(
            "the store was written by a newer release of this program: run that one, or restore a backup"
        ) from error
