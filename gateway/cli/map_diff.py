"""`backpack map diff`: two runs by their figures; two mapping files, or what is stored, by every student."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.cli.asking import private_text
from gateway.cli.map_runs import Run, runs_in
from gateway.cli.map_source import (
    BUCKET,
    AdapterOption,
    Asked,
    BundleOption,
    MappingOption,
    MappingSource,
    OptionOption,
    source_of,
    with_mapping,
    work_folder,
)
from gateway.cli.options import NODE_TOML, AsJson, ConfigFile
from gateway.cli.output import columns, say, show
from gateway.cli.session import at_node
from gateway.domain.errors import Unknown

if TYPE_CHECKING:
    from gateway.mapping.comparing import Compared
    from gateway.wiring import Opened

_KINDS: Final = ("changed", "added", "removed")


def diff(
    run_a: Annotated[
        str | None, typer.Argument(metavar="RUN_A", help="Number of a run as `map quality` lists it.")
    ] = None,
    run_b: Annotated[str | None, typer.Argument(metavar="RUN_B", help="By default the last run.")] = None,
    *,
    against: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Compare with what this mapping file makes of the same source."),
    ] = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="Compare what the last run stored with what the next one would.")
    ] = False,
    student: Annotated[
        str | None,
        typer.Option(metavar="LOCAL_ID", help="With --against: this student's values; - reads the id."),
    ] = None,
    file: MappingOption = None,
    bundle: BundleOption = None,
    adapter: AdapterOption = None,
    option: OptionOption = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Say what differs between two runs, two versions of the mapping, or the store and the source.

    With --against every student is mapped twice, with --stored once; nothing is stored. Students whose
    whereabouts are protected are left out of what is compared with the store.
    """
    if [against is not None, run_a is not None, stored].count(True) != 1:
        raise typer.BadParameter("name a run, or another mapping file with --against, or --stored")
    if student and against is None:
        raise typer.BadParameter("--student goes with --against")
    source = source_of(Asked.of(config, file, bundle, adapter, option))
    if stored:
        told = _facts(_with_store(config, source))
        show(told, _lines(told), as_json=as_json)
        return
    if against is None:
        runs = runs_in(source.folder)
        told = _run_facts(_found(runs, str(run_a)), _found(runs, run_b or str(len(runs))))
        show(told, _run_lines(told), as_json=as_json)
        return
    whose = private_text(student, "--student") if student else None
    told = _facts(_compare(source, with_mapping(source, against), whose))
    show(told, _lines(told), as_json=as_json)
    if whose and not told["details"]:
        say("Nothing differs for this student, or there is no such student.")


def _compare(before: MappingSource, after: MappingSource, student: str | None) -> "Compared":
    async def work() -> "Compared":
        from gateway.domain.backpack.compact import Dictionary
        from gateway.mapping.comparing import compare

        dictionary = Dictionary()
        with work_folder(before) as folder:
            await _keep(before, folder / "before", dictionary)
            await _keep(after, folder / "after", dictionary)
            return compare(folder / "before", folder / "after", dictionary, student)

    import asyncio

    return asyncio.run(work())


def _with_store(config: Path, source: MappingSource) -> "Compared":
    async def work(opened: "Opened") -> "Compared":
        from gateway.domain.backpack.compact import Dictionary
        from gateway.mapping.comparing import compare, keep_stored
        from gateway.usecases.protection import protected_students

        dictionary = Dictionary(await opened.store.read(lambda tx: tx.backpacks.kept()))
        hidden = await opened.store.read(protected_students)
        with work_folder(source) as folder:
            before, after = folder / "before", folder / "after"
            before.mkdir()
            async with aclosing(opened.store.students()) as students:
                shown = ((one.student, one.sections) async for one in students if one.student not in hidden)
                await keep_stored(shown, before)
            await _keep(source, after, dictionary, without=hidden)
            return compare(before, after, dictionary)

    return at_node(config, work, alone=True)


async def _keep(
    source: MappingSource, folder: Path, dictionary: Any, *, without: Collection[str] = ()
) -> None:
    from gateway.mapping.bulk import open_bulk
    from gateway.mapping.comparing import keep

    work = folder.with_suffix(".rows")
    for one in (work, folder):
        one.mkdir()
    mapping = source.mapping()
    run = await open_bulk(
        source.reader(), mapping, now=source.now, work=work, dictionary=dictionary, bucket=BUCKET
    )
    await keep(run, folder, without=without)


def _found(runs: list[Run], number: str) -> Run:
    for run in runs:
        if str(run.number) == number:
            return run
    raise Unknown("there is no run of that number; `backpack map quality` lists the last ones")


def _facts(compared: "Compared") -> dict[str, Any]:
    differ = compared.students - compared.same
    fields = sorted({*compared.changed, *compared.added, *compared.removed})
    return {
        "students": compared.students,
        "differ": differ,
        "only_before": compared.only_before,
        "only_after": compared.only_after,
        "fields": [
            {"field": name} | {kind: getattr(compared, kind)[name] for kind in _KINDS} for name in fields
        ],
        "details": [
            {"field": one.field, "before": one.before, "after": one.after} for one in compared.details
        ],
    }


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{told['students']} students in both, of whom {told['differ']} differ;"
        f" {told['only_before']} only before, {told['only_after']} only after."
    )
    if told["fields"]:
        rows = ((one["field"], *(str(one[kind]) for kind in _KINDS)) for one in told["fields"])
        yield from columns(("FIELD", "CHANGED", "ADDED", "REMOVED"), rows)
    for one in told["details"]:
        yield f"{one['field']}: {one['before']!r} becomes {one['after']!r}"


def _run_facts(before: Run, after: Run) -> dict[str, Any]:
    rules = Counter(after.findings)
    rules.subtract(before.findings)
    return {
        "before": {"run": before.number, "at": before.at, "mapping": before.mapping},
        "after": {"run": after.number, "at": after.at, "mapping": after.mapping},
        "students": [before.students, after.students],
        "findings": {
            rule: [before.findings.get(rule, 0), after.findings.get(rule, 0)]
            for rule, more in sorted(rules.items())
            if more
        },
        "rows": {
            file: [_rows(before, file), _rows(after, file)]
            for file in sorted({*before.files, *after.files})
            if _rows(before, file) != _rows(after, file)
        },
    }


def _rows(run: Run, file: str) -> int:
    return run.files.get(file, {}).get("rows", 0)


def _run_lines(told: Mapping[str, Any]) -> Iterator[str]:
    before, after = told["before"], told["after"]
    yield f"Run {before['run']} of {before['at']} ({before['mapping']})"
    yield f"Run {after['run']} of {after['at']} ({after['mapping']})"
    rows = [("students", told["students"])]
    rows += [(f"findings {rule}", pair) for rule, pair in told["findings"].items()]
    rows += [(f"rows of {file}", pair) for file, pair in told["rows"].items()]
    table = ((name, str(old), str(new), f"{new - old:+d}") for name, (old, new) in rows)
    yield from columns(("", "BEFORE", "AFTER", "DIFFERENCE"), table)
