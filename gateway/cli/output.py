"""Results on standard output; messages and progress on standard error."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

_EVERY_SECONDS: Final = 5.0
_GAP: Final = "  "


def show(value: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """Print a result: as one JSON value, or line by line."""
    if as_json:
        print(to_json(value))
        return
    for line in lines:
        print(plain(line))


def say(message: str) -> None:
    """Print a message for the person at the terminal, never a result."""
    print(plain(message), file=sys.stderr)


def to_json(value: Any) -> str:
    """Return the value as indented JSON; times in RFC 3339, sets in order."""
    import orjson

    return orjson.dumps(
        value, default=_jsonable, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    ).decode()


def columns(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield aligned lines, the head first."""
    table = [tuple(head), *(tuple(" ".join(cell.splitlines()) for cell in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield _GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def plain(text: str) -> str:
    """Return the text without control characters: names from elsewhere must not steer a terminal."""
    return "".join(mark if mark.isprintable() or mark == "\n" else "�" for mark in text)


def moment(at: datetime | None) -> str:
    """Return a time as people read it, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M UTC") if at else "-"


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show how much of all is done, how fast, and how long it takes still.

    A bar on a terminal, a line every few seconds elsewhere.
    """
    if not sys.stderr.isatty():
        yield _spoken(label)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]:.0f} a second")
    drawn = (TextColumn(label), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    began = time.monotonic()
    with Progress(*drawn, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, rate=0.0)
        yield lambda done, all_: bar.update(task, completed=done, total=all_, rate=_rate(done, began))


def _spoken(label: str) -> Callable[[int, int], None]:
    began = last = time.monotonic()

    def tell(done: int, all_: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY_SECONDS and done:
            last = time.monotonic()
            rate = _rate(done, began)
            say(f"{done} of {all_} {label}, {rate:.0f} a second, {(all_ - done) / rate:.0f} seconds to go")

    return tell


def _rate(done: int, began: float) -> float:
    return done / max(time.monotonic() - began, 0.001)


def _jsonable(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value)
    return dict(value) if hasattr(value, "keys") else str(value)
