"""Processes of a run: started with a log each, stopped in order, and asked how they are."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import aiohttp

READY_WITHIN_SECONDS: Final = 60.0
_STOPPED_WITHIN_SECONDS: Final = 10.0
_LOOK_EVERY_SECONDS: Final = 0.05


class Processes:
    """Python processes by name. All have ended when the `with` ends."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(_STOPPED_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name: str, arguments: Sequence[str], log: Path) -> None:
        """Start `python -m` with these arguments; what it says goes to the log."""
        command = [sys.executable, "-m", *arguments]
        with log.open("ab") as output:
            self._running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    def pid(self, name: str) -> int:
        """Return the process id."""
        return self._running[name].pid

    async def until_ready(self, name: str, url: str) -> None:
        """Wait until the process answers this URL with a 2xx status."""
        async with asyncio.timeout(READY_WITHIN_SECONDS), aiohttp.ClientSession() as client:
            while not await _answers(client, url):
                if self._running[name].poll() is not None:
                    raise RuntimeError(f"{name} ended before it was ready")
                await asyncio.sleep(_LOOK_EVERY_SECONDS)


async def _answers(client: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with client.get(url) as answer:
            return answer.ok
    except aiohttp.ClientError:
        return False
