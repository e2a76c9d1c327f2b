"""Shows the story while it is told: drawn anew on a terminal, line by line elsewhere."""

from collections.abc import Iterator
from time import perf_counter
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from gateway.demo.outcome import Event, NodeIs, Phase, StepIs

_MARKS: Final = {Phase.DONE: Text("✓", "green"), Phase.FAILED: Text("✗", "red")}
_REFRESHES_PER_SECOND: Final = 12.0


class Silence:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""

    def __call__(self, event: Event) -> None:
        """Take an event."""


class Lines(Silence):
    """A line for each step that ended."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, event: Event) -> None:
        """Print the event if it is an end."""
        for line in lines_of(event):
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class Screen(Silence):
    """The nodes and the steps, with spinners and durations; gone at the end, when the summary follows."""

    def __init__(self, console: Console) -> None:
        self._nodes: dict[str, NodeIs] = {}
        self._steps: dict[tuple[str, str], tuple[StepIs, float]] = {}
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(
            get_renderable=self._render,
            console=console,
            refresh_per_second=_REFRESHES_PER_SECOND,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take an event; it is shown at the next refresh."""
        if isinstance(event, NodeIs):
            self._nodes = self._nodes | {event.name: event}
        else:
            news = (event, perf_counter() - event.seconds)
            self._steps = self._steps | {(event.who, event.title): news}

    def _render(self) -> RenderableType:
        return Group(self._nodes_table(), Text(), self._steps_table())

    def _nodes_table(self) -> Table:
        busy = {step.who for step, _ in self._steps.values() if step.phase not in _MARKS}
        table = Table.grid(padding=(0, 2))
        for node in self._nodes.values():
            ready = node.state == "ready"
            state = Text("at work" if node.name in busy else node.state, "green" if ready else "yellow")
            table.add_row(Text(node.name, "bold"), Text(node.url, "dim"), state)
        return table

    def _steps_table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for step, begun in self._steps.values():
            ended = step.phase in _MARKS
            seconds = step.seconds if ended else perf_counter() - begun
            mark = _MARKS.get(step.phase, self._spinner)
            table.add_row(mark, duration(seconds), Text(step.who, "bold"), step.title, Text(step.told, "dim"))
        return table


def lines_of(event: Event) -> Iterator[str]:
    """Yield the line of a step that ended, and nothing for other news."""
    if isinstance(event, StepIs) and event.phase in _MARKS:
        failed = "failed: " if event.phase is Phase.FAILED else ""
        yield f"{failed}{event.who} {event.title}" + (f": {event.told}" if event.told else "")


def duration(seconds: float) -> str:
    """Return a duration for a column: milliseconds below a second."""
    return f"{seconds * 1000:4.0f} ms" if seconds < 1 else f"{seconds:4.1f} s "
