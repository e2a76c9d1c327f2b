"""The outcome in plain words."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from gateway.demo.display import duration
from gateway.demo.nodes import AGENCY
from gateway.demo.outcome import Example, Kept, Outcome
from gateway.demo.staff import STAFF

_REASONS: Final = {
    "not_held": "Maple has none",
    "not_asked": "Cedar did not ask for it",
    "restricted": "of a class that does not travel (by a separate statute, or for safety)",
}


def summary(outcome: Outcome) -> Iterator[str]:
    """Yield the lines; a line that is not indented and not the first is a heading."""
    yield _verdict(outcome)
    yield from _part("Timeline", _timeline(outcome))
    if outcome.moved:
        yield from _part("What moved", (f"{count:5} {name}" for name, count in outcome.moved.items()))
        yield from _part("What stayed at Maple", map(_kept, outcome.withheld))
    yield from _part(f"What was wrong in Maple's export ({outcome.students} students)", _findings(outcome))
    yield from _part("How it was proven", (f"{_yes(held):3} {what}" for what, held in outcome.checks.items()))
    yield from _part("Where everything lies", _places(outcome))
    yield from _part("Still running", _running(outcome.pids, outcome.nodes))
    yield from _part("Look at it in a browser", _desks(outcome))


def _verdict(outcome: Outcome) -> str:
    if outcome.fault:
        return f"The story ended early after {outcome.seconds:.1f} s. {outcome.fault}"
    who = f"{outcome.student} ({outcome.school})" if outcome.school else outcome.student
    if outcome.succeeded:
        return f"{who} moved from Maple to Cedar in {outcome.seconds:.1f} s: verified, imported, receipted."
    states = {"verified": outcome.verified, "imported": outcome.imported, "receipted": outcome.receipted}
    missing = ", ".join(name for name, held in states.items() if not held)
    return f"The record of {who} came to Cedar, but something does not hold: not {missing}."


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    told = list(lines)
    if told:
        yield ""
        yield title
        yield from (f"  {line}" for line in told)


def _timeline(outcome: Outcome) -> Iterator[str]:
    who = max((len(one.who) for one in outcome.timeline), default=0)
    step = max((len(one.step) for one in outcome.timeline), default=0)
    for one in outcome.timeline:
        yield f"{duration(one.seconds)}  {one.who:{who}}  {one.step:{step}}  {one.what}".rstrip()


def _kept(kept: Kept) -> str:
    why = _REASONS.get(kept.reason, kept.reason)
    return f"{kept.entries:5} {kept.section}: {why}" if kept.entries else f"    - {kept.section}: {why}"


def _findings(outcome: Outcome) -> Iterator[str]:
    width = max(map(len, outcome.findings), default=0)
    for rule, count in outcome.findings.items():
        yield f"{count:5} {rule:{width}}  {outcome.meanings.get(rule, '')}".rstrip()
    if outcome.example:
        yield f"For example {_place(outcome.example)}: {outcome.example.message}"
    if outcome.findings:
        yield "What cannot be used is set aside with its place; the rest of the student travels. To see all:"
        yield f"backpack map findings --config {outcome.places['Maple: settings']}"


def _place(example: Example) -> str:
    return f"{example.file}, line {example.line}, column {example.column}, {example.value!r} (masked)"


def _places(outcome: Outcome) -> Iterator[str]:
    width = max(map(len, outcome.places), default=0)
    yield f"{'Folder':{width}}  {outcome.folder}"
    for name, path in outcome.places.items():
        yield f"{name:{width}}  {path}"
    if outcome.verify_command:
        yield "Prove it yourself:"
        yield outcome.verify_command


def _running(pids: Mapping[str, int], nodes: Mapping[str, str]) -> list[str]:
    return [f"{name} at {nodes[name]}, process {pid}" for name, pid in pids.items()]


def _desks(outcome: Outcome) -> Iterator[str]:
    """Say where the desks are, if somebody keeps the nodes running."""
    if not outcome.kept:
        return
    for name, url in outcome.nodes.items():
        if name != AGENCY:
            yield f"{name}: {url}/desk/"
    yield "Sign in by a click, for instance as " + ", ".join(
        f"{STAFF[key][0]} ({', '.join(role.replace('_', ' ') for role in STAFF[key][1])})"
        for key in ("owen", "ruth", "sam", "ines")
    )


def _yes(held: bool) -> str:
    return "yes" if held else "NO"
