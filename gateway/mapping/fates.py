"""What became of the rows of one source: a byte a row, however many are marked how often."""

import threading
from typing import Final

import polars as pl

REASONS: Final = ("unreferenced", "ruledOut", "deletedPerson", "notAStudent", "noRole")
"""Rules that leave a row out."""
FREE: Final = 0
FAULTY: Final = 1 + len(REASONS)
USED: Final = FAULTY + 1
"""What became of a row; between `FREE` and `FAULTY` are the reasons. The greater outweighs the others."""
_WAITING: Final = 1_000_000


def reason(name: str) -> int:
    """Return the number of one of `REASONS`."""
    return 1 + REASONS.index(name)


class Fates:
    """Takes marks of rows by their positions. Safe for several threads."""

    def __init__(self) -> None:
        self._state = pl.Series([], dtype=pl.UInt8)
        self._waiting: list[tuple[int, pl.Series]] = []
        self._rows = 0
        self._lock = threading.Lock()

    def mark(self, what: int, at: pl.Series) -> None:
        """Say what became of the rows at these positions."""
        if not len(at):
            return
        with self._lock:
            self._waiting.append((what, at.cast(pl.UInt32)))
            self._rows += len(at)
            if self._rows > _WAITING:
                self._settle()

    def of(self, rows: int) -> pl.Series:
        """Return what became of each of so many rows."""
        with self._lock:
            self._settle()
            return _longer(self._state, rows)

    def _settle(self) -> None:
        for what in sorted({what for what, _ in self._waiting}):
            at = pl.concat([at for one, at in self._waiting if one == what]).unique()
            self._state = _longer(self._state, int(str(at.max())) + 1)
            weaker = at.filter(self._state.gather(at) < what)
            self._state = self._state.scatter(weaker, what)
        self._waiting, self._rows = [], 0


def _longer(state: pl.Series, rows: int) -> pl.Series:
    more = rows - len(state)
    return state if more <= 0 else pl.concat([state, pl.repeat(FREE, more, dtype=pl.UInt8, eager=True)])
