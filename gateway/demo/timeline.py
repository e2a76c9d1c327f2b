"""Steps with their durations, told as they happen."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter

from gateway.demo.outcome import Moment, Phase, StepIs, Tell

Say = Callable[[str], None]
"""Tells how far the step is; the last word stands in the timeline."""


class Timeline:
    """Measures steps; those that overlap are listed in the order in which they ended."""

    def __init__(self, tell: Tell, *, clock: Callable[[], float] = perf_counter) -> None:
        """`clock` returns seconds since whenever."""
        self.moments: list[Moment] = []
        self._tell = tell
        self._clock = clock

    @asynccontextmanager
    async def step(self, who: str, title: str) -> AsyncIterator[Say]:
        """Tell that the step begins and how it ends; it is listed if it succeeds."""
        begun = self._clock()
        told = ""

        def news(phase: Phase) -> None:
            seconds = self._clock() - begun
            self._tell(StepIs(who=who, title=title, phase=phase, told=told, seconds=seconds))

        def say(what: str) -> None:
            nonlocal told
            told = what
            news(Phase.UNDER_WAY)

        news(Phase.BEGUN)
        try:
            yield say
        except BaseException:
            news(Phase.FAILED)
            raise
        news(Phase.DONE)
        self.moments.append(Moment(step=title, who=who, what=told, seconds=self._clock() - begun))
