"""Jurisdiction packs: what law and custom of a state ask of a transfer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.exits import ExitCode
from gateway.cli.options import AsJson
from gateway.cli.output import columns, say, show

if TYPE_CHECKING:
    from gateway.domain.packs import Clock
    from gateway.wiring.packs import PackFile

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

PackArgument = Annotated[str, typer.Argument(metavar="PACK", help="Its name, or the path of a file.")]


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the packs that come with the gateway."""
    from gateway import resources
    from gateway.wiring.packs import read_pack

    found = [_summary(read_pack(name)) for name in resources.packs()]
    rows = [tuple(str(one[key]) for key in ("id", "name", "respond", "unverified", "tests")) for one in found]
    show(found, columns(("PACK", "NAME", "ANSWER WITHIN", "UNVERIFIED", "TESTS"), rows), as_json=as_json)


@app.command("show")
def show_(pack: PackArgument, *, as_json: AsJson = False) -> None:
    """Show every rule of a pack, with its line and its citation, and what it takes from the federal one."""
    from gateway.wiring.packs import read_pack

    found = read_pack(pack)
    rules = list(_rules(found))
    show({"id": found.own.id, "name": found.own.name, "rules": rules}, _lines(found, rules), as_json=as_json)


@app.command("test")
def run_days(
    packs: Annotated[list[str] | None, typer.Argument(metavar="[PACK]...", help="All if left out.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Run the tests inside packs: days that must come out. Exit 1 if one comes out otherwise."""
    from gateway import resources
    from gateway.domain.packs import failures
    from gateway.wiring.packs import holidays_of, read_pack

    found = [read_pack(name) for name in packs or resources.packs()]
    told = {one.own.id: failures(one.whole, holidays_of(one.whole.calendar)) for one in found}
    counts = {one.own.id: len(one.own.test) for one in found}
    lines = (
        line
        for id_, failed in told.items()
        for line in [
            f"{'FAIL' if failed else 'ok':<5} {id_}: {counts[id_]} days",
            *(f"      {f}" for f in failed),
        ]
    )
    show(
        [{"pack": id_, "tests": counts[id_], "failures": failed} for id_, failed in told.items()],
        lines,
        as_json=as_json,
    )
    if any(told.values()):
        raise typer.Exit(ExitCode.REFUSED)


@app.command()
def check(pack: PackArgument, *, as_json: AsJson = False) -> None:
    """Check a pack: its shape, that it loosens nothing, and which rules somebody must still verify.

    Exit 1 if a rule is unverified or was not checked for a year, 4 if the pack cannot stand.
    """
    from datetime import UTC, datetime

    from gateway.wiring.packs import read_pack, remarks_on

    found = read_pack(pack)
    remarks = remarks_on(found, datetime.now(UTC).date())
    show({"id": found.own.id, "remarks": remarks}, remarks, as_json=as_json)
    if remarks:
        raise typer.Exit(ExitCode.REFUSED)
    say(f"{found.own.id}: nothing to mend.")


def _summary(found: "PackFile") -> dict[str, Any]:
    cited = [rule for _, rule in found.own.cited()]
    return {
        "id": found.own.id,
        "name": found.own.name,
        "respond": _clock(found.whole.respond),
        "unverified": sum(not rule.verified for rule in cited),
        "tests": len(found.own.test),
    }


def _clock(clock: "Clock | None") -> str:
    if clock is None:
        return "-"
    return f"{clock.value} {clock.words} ({clock.kind})"


def _rules(found: "PackFile") -> Iterator[dict[str, Any]]:
    own = {path for path, _ in found.own.cited()}
    base = f"packs/{found.own.tightens}.toml"
    for path, rule in found.whole.cited():
        said = rule.model_dump(mode="json", exclude_none=True, exclude={"source", "checked_on", "verified"})
        yield {
            "rule": path,
            "says": {key: value for key, value in said.items() if not isinstance(value, dict)},
            "source": rule.source,
            "checked_on": rule.checked_on,
            "verified": rule.verified,
            "place": f"{found.file}:{found.line(path)}" if path in own else base,
        }


def _lines(found: "PackFile", rules: list[dict[str, Any]]) -> Iterator[str]:
    beyond = f", goes beyond {found.own.tightens}" if found.own.tightens else ""
    yield f"{found.own.id}: {found.own.name}{beyond}"
    for one in rules:
        yield ""
        doubt = "" if one["verified"] else "; NOT VERIFIED"
        yield f"{one['rule']}  ({one['place']}, checked {one['checked_on']}{doubt})"
        if one["says"]:
            yield "  " + "; ".join(f"{key}: {_value(value)}" for key, value in one["says"].items())
        yield f"  {one['source']}"


def _value(value: Any) -> str:
    return ", ".join(sorted(map(str, value))) or "nothing" if isinstance(value, list) else str(value)
