"""`python -m tests.bench`: measures an exchange beside a straw-man of the same steps; `mapping`: the mapping engine."""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console

from tests.bench import jose
from tests.bench.exchange import Exchanges, open_exchanges
from tests.bench.mapping import bench as mapping
from tests.bench.measures import RUNS_ON, Measured
from tests.bench.nodes import made_up_sections
from tests.bench.report import Report
from tests.bench.sink import fsyncs_of_import
from tests.bench.strawman import Strawman, open_strawman

Turn = tuple[Measured, Measured]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    warm_up: int
    counts: dict[int, int]
    """Exchanges of one round by number in flight."""
    rounds: int
    """Turns that ours and the straw-man take."""
    jose_rounds: int

    @property
    def students(self) -> int:
        """Return how many students move: each once."""
        return self.warm_up + self.rounds * sum(self.counts.values())


FULL: Final = Plan(warm_up=64, counts={16: 160, 1: 40}, rounds=3, jose_rounds=300)
QUICK: Final = Plan(warm_up=32, counts={16: 96, 1: 16}, rounds=1, jose_rounds=60)


async def measure(plan: Plan, folder: Path, console: Console) -> Report:
    """Start everything, warm it up, take turns."""
    began = time.perf_counter()
    sections = await made_up_sections(folder / "template")
    async with AsyncExitStack() as stack:
        with console.status("starting five processes"):
            ours = await stack.enter_async_context(open_exchanges(folder / "ours", plan.students))
            other = await stack.enter_async_context(
                open_strawman(folder / "strawman", plan.students, sections)
            )
        with console.status("warming up"):
            await _turn(ours, other, plan.warm_up, in_flight=max(plan.counts))
        turns: dict[int, list[Turn]] = {in_flight: [] for in_flight in plan.counts}
        for number in range(plan.rounds):
            for in_flight, count in plan.counts.items():
                with console.status(f"round {number + 1} of {plan.rounds}, {in_flight} in flight"):
                    turns[in_flight].append(await _turn(ours, other, count, in_flight=in_flight))
    with console.status("JOSE"):
        pairs = jose.measure(sections, rounds=plan.jose_rounds)
    return Report(
        exchanges={in_flight: _added(taken) for in_flight, taken in turns.items()},
        sink_fsyncs=await fsyncs_of_import(folder / "sink", sections),
        jose=pairs,
        seconds=time.perf_counter() - began,
    )


async def _turn(ours: Exchanges, other: Strawman, count: int, *, in_flight: int) -> Turn:
    return await ours.run(count, in_flight=in_flight), await other.run(count, in_flight=in_flight)


def _added(turns: list[Turn]) -> Turn:
    ours, other = turns[0]
    for one, another in turns[1:]:
        ours, other = ours + one, other + another
    return ours, other


def main() -> int:
    """Return the exit code: not 0 only with `--strict` and a goal that is not met."""
    if sys.argv[1:2] == ["mapping"]:
        return mapping.main(sys.argv[2:])
    asked = _arguments()
    console = Console(stderr=False)
    if not RUNS_ON.is_dir():
        console.print("the bench reads processor times under /proc, so it needs Linux")
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        try:
            report = asyncio.run(measure(QUICK if asked.quick else FULL, Path(folder), console))
        except BaseException:
            _show_logs(Path(folder), console)
            raise
    report.show(console)
    if asked.json:
        asked.json.write_bytes(orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2))
    return int(asked.strict and not all(goal.met for goal in report.goals()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything, under 40 seconds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--strict", action="store_true", help="exit code 1 if a goal is not met")
    return parser.parse_args()


def _show_logs(folder: Path, console: Console) -> None:
    for log in sorted(folder.rglob("*.log")):
        lines = log.read_text("utf-8", "replace").splitlines()
        faults = [line for line in lines if '"level":"info"' not in line]
        console.print(f"{log.parent.name}/{log.name}:", *faults[-5:], sep="\n", markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
