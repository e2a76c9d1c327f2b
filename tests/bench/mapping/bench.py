"""`python -m tests.bench mapping`: the mapping engine beside hand-written polars and earthmover, whole processes."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console

from tests.bench.mapping import documents, earthmover
from tests.bench.mapping.district import bytes_of, change, write_district
from tests.bench.mapping.documents import Compared, Document
from tests.bench.mapping.measure import RunFailed, measured
from tests.bench.mapping.report import BESIDE, OURS, TOOL, MappingReport, Size

QUICK: Final = (1_000,)
FULL: Final = (1_000, 10_000, 100_000)
DENSE: Final = "by hand, dense"
SPELT_OUT: Final = "by hand, spelt out"
_MOST_AT_ONCE: Final = 50_000
"""Students that hand-written polars maps without buckets: beyond, memory ends."""
_BUCKET: Final = 12_500
_MOST_WRITTEN: Final = 200_000
"""Students whose documents are all left on the disk until they are compared."""
_SAMPLED: Final = 200
_CHANGED: Final = 0.01
_ROOT: Final = Path(__file__).parents[3]

Command = Callable[[Path, Path], Sequence[str]]
"""From a bundle and an empty folder for the documents to what is run."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What is measured."""

    name: str
    command: Command
    most: int = sys.maxsize
    """Students up to which it is."""


@dataclass
class Bench:
    """One call of the bench."""

    console: Console
    folder: Path
    engines: Sequence[Engine]
    rounds: int
    dirty: float
    notes: dict[str, str] = field(default_factory=dict)
    """What was not measured, and why."""

    def size(self, students: int) -> Size:
        """Generate a district and measure every engine on it, in turns."""
        bundle = self.folder / f"district-{students}"
        with self.console.status(f"writing a district of {students:,} students"):
            rows = write_district(bundle, students, dirty=self.dirty)
        size = Size(students=students, rows=sum(rows.values()), megabytes=bytes_of(bundle) / 1e6)
        samples: dict[str, Mapping[int, Document]] = {}
        for _ in range(self.rounds):
            for engine in self.engines:
                if students <= engine.most and engine.name not in self.notes:
                    self._turn(engine, bundle, size, samples)
        size.compared |= dict(_against_ours(samples))
        if OURS in size.runs:
            self._twice(bundle, size)
        shutil.rmtree(bundle)
        return size

    def _turn(
        self, engine: Engine, bundle: Path, size: Size, samples: dict[str, Mapping[int, Document]]
    ) -> None:
        with self._out() as out, self.console.status(f"{engine.name}, {size.students:,} students"):
            try:
                run = measured(engine.command(bundle, out), out / "log.txt", _ROOT)
            except RunFailed as failure:
                self.notes[engine.name] = f"failed at {size.students:,} students: {failure}"
                return
            size.runs.setdefault(engine.name, []).append(run)
            if not self.dirty:
                samples[engine.name] = documents.sample(out, max(1, size.students // _SAMPLED))

    def _twice(self, bundle: Path, size: Size) -> None:
        """Measure ours once more in full, change one student in a hundred, and measure a second run."""
        with self._out() as out, self.console.status(f"again, {size.students:,} students"):
            try:
                full = measured(_ours(bundle, out), out / "log.txt", _ROOT)
                size.changed = change(bundle, _CHANGED)
                again = measured([*_ours(bundle, out), "--again"], out / "log.txt", _ROOT)
            except RunFailed as failure:
                self.notes[f"{OURS}, again,"] = f"failed at {size.students:,} students: {failure}"
                return
            size.again = (full, again)

    @contextmanager
    def _out(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="out-") as out:
            yield Path(out)


def main(arguments: Sequence[str]) -> int:
    """Measure, print a table, and return the exit code: not 0 only with `--strict` and a goal that is not met."""
    asked = _arguments(arguments)
    console = Console()
    sizes = asked.students or (QUICK if asked.quick else FULL)
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="bench-mapping-") as folder:
        bench = Bench(console, Path(folder).absolute(), (), asked.rounds, asked.dirty)
        bench.engines = [*_engines(bench, asked.cache or Path(folder), set(asked.engine))]
        report = MappingReport([bench.size(students) for students in sorted(sizes)], bench.notes)
    report.show(console)
    if asked.json:
        asked.json.write_bytes(orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2))
    return int(asked.strict and not all(goal.met for goal in report.goals()))


def _engines(bench: Bench, cache: Path, only: set[str]) -> Iterator[Engine]:
    known = {OURS: _ours, BESIDE: _by_hand("compact"), SPELT_OUT: _by_hand("plain"), DENSE: _by_hand("dense")}
    for name, command in known.items():
        if name in (only or known.keys() - {DENSE}):
            yield Engine(name, command)
    if only and TOOL not in only:
        return
    try:
        with bench.console.status("installing earthmover"):
            program = earthmover.installed(cache.absolute())
    except earthmover.NotToBeHad as reason:
        bench.notes[TOOL] = f"not measured: {reason}"
        return
    yield Engine(TOOL, lambda bundle, out: earthmover.command(program, bundle, out), most=10_000)


def _ours(bundle: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "tests.bench.mapping.ours", str(bundle), str(out), *_keep(bundle)]


def _by_hand(form: str) -> Command:
    def command(bundle: Path, out: Path) -> list[str]:
        students = _students(bundle)
        buckets = -(-students // _BUCKET) if students > _MOST_AT_ONCE else 0
        said = ["--buckets", str(buckets), *_keep(bundle)] if buckets else []
        return [
            sys.executable,
            "-m",
            "tests.bench.mapping.by_hand",
            str(bundle),
            str(out),
            "--form",
            form,
            *said,
        ]

    return command


def _keep(bundle: Path) -> list[str]:
    return ["--keep", "1"] if _students(bundle) > _MOST_WRITTEN else []


def _students(bundle: Path) -> int:
    return int(bundle.name.rpartition("-")[2])


def _against_ours(samples: Mapping[str, Mapping[int, Document]]) -> Iterator[tuple[str, Compared]]:
    """Yield how each engine's documents compare with those of ours, or of the first there is."""
    first, *others = samples or [""]
    for other in others:
        yield f"{first} and {other}", documents.compare(samples[first], samples[other])


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench mapping", description=__doc__)
    parser.add_argument("--students", type=int, action="append", metavar="N", help="a size; may be repeated")
    parser.add_argument("--quick", action="store_true", help="1,000 students only")
    parser.add_argument("--rounds", type=int, default=1, help="turns that each engine takes at each size")
    parser.add_argument("--dirty", type=float, default=0.0, metavar="SHARE", help="of cells that are wrong")
    names = (OURS, BESIDE, DENSE, SPELT_OUT, TOOL)
    parser.add_argument(
        "--engine", action="append", default=[], choices=names, help="only this; may be repeated"
    )
    parser.add_argument(
        "--folder", type=Path, help="where districts are written and deleted: 10 GB for 1,000,000"
    )
    parser.add_argument("--cache", type=Path, help="keeps earthmover from one call to the next")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--strict", action="store_true", help="exit code 1 if a goal is not met")
    return parser.parse_args(arguments)
