"""A command as a whole process: seconds, processor seconds, peak memory."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_PROC: Final = Path("/proc")
_LOOK_EVERY_SECONDS: Final = 0.02
_LAST_LINES: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process took, all threads and all processes that it started."""

    seconds: float
    cpu_seconds: float
    """User and system."""
    peak_mb: float
    """Most memory held at a time; of one process its high-water mark."""


class RunFailed(Exception):
    """The command ended with another exit code than 0; the message ends with what it said last."""


def measured(command: Sequence[str], log: Path, folder: Path) -> Run:
    """Run the command in a folder to its end; what it says goes to the log.

    Raises:
        RunFailed: it failed.
    """
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder
        )
        with _Memory(process.pid) as memory:
            _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = log.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
        raise RunFailed("\n".join([f"exit code {process.returncode}", *said]))
    return Run(
        seconds=time.perf_counter() - began,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_mb=memory.peak_kb / 1024,
    )


class _Memory:
    """Looks at a process and its descendants in a thread of its own until the `with` ends."""

    def __init__(self, pid: int) -> None:
        self.peak_kb = 0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            together = sum(_status(pid, "VmRSS") for pid in _tree(self._pid))
            self.peak_kb = max(self.peak_kb, together, _status(self._pid, "VmHWM"))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in (_PROC / str(pid) / "task").glob("*/children"):
        try:
            below = children.read_text("ascii").split()
        except OSError:
            continue
        for child in below:
            yield from _tree(int(child))


def _status(pid: int, field: str) -> int:
    """Return a figure of /proc/PID/status in KB, 0 if the process has ended."""
    try:
        lines = (_PROC / str(pid) / "status").read_text("ascii", "replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{field}:")), 0)
