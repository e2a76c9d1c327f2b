"""How PostgreSQL's dates reach us: as its own ISO text. `infinity` and years before Christ exist there."""

from typing import Any, Final

from psycopg.abc import Buffer
from psycopg.adapt import Loader


class _Day(Loader):
    def load(self, data: Buffer) -> str:
        return bytes(data).decode()


class _Moment(Loader):
    """Sessions are in UTC, so the zone is `+00`."""

    def load(self, data: Buffer) -> str:
        text = bytes(data).decode().replace(" ", "T", 1)
        return f"{text}:00" if text.endswith("+00") else text


_LOADERS: Final = {"date": _Day, "timestamp": _Moment, "timestamptz": _Moment}


def read_times_as_text(connection: Any) -> None:
    """Make the connection return dates and times as ISO 8601 text."""
    for name, loader in _LOADERS.items():
        connection.adapters.register_loader(name, loader)
