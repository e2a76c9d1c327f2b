"""`backpack map check`: what is wrong with a mapping file, before anything runs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import typer

from gateway.cli.exits import ExitCode
from gateway.cli.map_source import (
    AdapterOption,
    Asked,
    BundleOption,
    MappingOption,
    MappingSource,
    OptionOption,
    source_of,
)
from gateway.cli.options import NODE_TOML, AsJson, ConfigFile
from gateway.cli.output import columns, say, show

if TYPE_CHECKING:
    from gateway.mapping.checking import Checked, Remark
    from gateway.mapping.expecting import Outcome

_FINDING: Final = ("severity", "rule", "file", "line", "column", "raw_value", "message", "suggestion")


def check(
    *,
    file: MappingOption = None,
    bundle: BundleOption = None,
    adapter: AdapterOption = None,
    option: OptionOption = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Say everything that is wrong with the mapping, with its line; then run the mapping's own tests.

    Only headers are read, and for the tests the rows of their students. Exit 1 if the mapping cannot run or
    a test fails.
    """
    source = source_of(Asked.of(config, file, bundle, adapter, option))
    import asyncio

    checked, tests = asyncio.run(_check(source))
    show(_facts(source, checked, tests), _lines(source, checked, tests), as_json=as_json)
    if source.adapter is None:
        say("There is no source: columns were not looked at, and no test was run. --bundle names one.")
    if not checked.holds or not all(test.passed for test in tests):
        raise typer.Exit(ExitCode.REFUSED)


async def _check(source: MappingSource) -> "tuple[Checked, Sequence[Outcome]]":
    from gateway.domain.backpack.compact import Dictionary
    from gateway.mapping.checking import check_texts
    from gateway.mapping.expecting import outcomes
    from gateway.mapping.single import Single

    tables = await source.adapter.tables() if source.adapter else None
    checked = check_texts(source.texts, tables, source.today)
    if checked.plan is None or checked.mapping is None or source.adapter is None or not checked.holds:
        return checked, []
    single = Single(source.adapter, checked.plan, Dictionary())
    return checked, await outcomes(single, checked.mapping.tests)


def _facts(source: MappingSource, checked: "Checked", tests: "Sequence[Outcome]") -> dict[str, Any]:
    plan = checked.plan
    return {
        "mapping": source.name,
        "holds": checked.holds and all(test.passed for test in tests),
        "remarks": [_remark(source, one) for one in checked.remarks],
        "sources": [
            {
                "source": name,
                "file": one.file,
                "found": one.table is not None,
                "columns": len(one.columns),
                "read": len(one.asked),
                "unused": list(checked.unused.get(one.file, ())),
                "called": {column: header for column, header in one.columns.items() if column != header},
            }
            for name, one in (plan.sources.items() if plan else ())
        ],
        "not_read": [table.file for table in plan.unmapped] if plan else [],
        "findings": [
            {name: getattr(one, name) for name in _FINDING}
            for one in (plan.findings if plan and source.adapter else ())
        ],
        "tests": [_outcome(one) for one in tests],
    }


def _remark(source: MappingSource, one: "Remark") -> dict[str, Any]:
    return {
        "severity": one.severity,
        "file": one.file or source.name,
        "line": one.line,
        "place": one.place,
        "message": one.message,
        "suggestion": one.suggestion,
    }


def _outcome(one: "Outcome") -> dict[str, Any]:
    """Return what a test came to, with the values masked: a terminal has onlookers, and CI keeps logs."""
    from gateway.mapping.masking import end_of, masked

    place = one.field.split(".")
    return {
        "student": end_of(one.student),
        "field": one.field,
        "passed": one.passed,
        "known": one.known,
        "expected": masked(one.expected, place),
        "actual": masked(one.actual, place),
    }


def _lines(source: MappingSource, checked: "Checked", tests: "Sequence[Outcome]") -> Iterator[str]:
    facts = _facts(source, checked, tests)
    yield from remark_lines(facts["remarks"])
    yield from _finding_lines(facts["findings"])
    if source.adapter is not None and facts["sources"]:
        head = ("SOURCE", "FILE", "FOUND", "COLUMNS", "READ")
        yield from columns(head, map(_row, facts["sources"]))
    for table in facts["not_read"]:
        yield f"{table} is not read."
    for test in facts["tests"]:
        yield _test_line(test)
    yield _sum(facts)


def remark_lines(remarks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield remarks as compilers write them: `FILE:LINE: severity: message`."""
    for one in remarks:
        place = f" ({one['place']})" if one["place"] else ""
        yield f"{one['file']}:{one['line']}: {one['severity']}: {one['message']}{place}"
        if one["suggestion"]:
            yield f"    {one['suggestion']}"


def _finding_lines(findings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in findings:
        place = f"{one['file']}:{one['line']}" if one["line"] else one["file"]
        named = one["raw_value"] or one["column"]
        column = f" {named!r}:" if named else ""
        hint = f"; {one['suggestion']}" if one["suggestion"] else ""
        yield f"{place}: {one['severity']}:{column} {one['message']}{hint} ({one['rule']})"


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    found = "yes" if one["found"] else "no"
    return one["source"], one["file"], found, str(one["columns"]), str(one["read"])


def _test_line(test: Mapping[str, Any]) -> str:
    whose = f"test of student {test['student']}, {test['field']}"
    if test["passed"]:
        return f"passed: {whose}"
    if not test["known"]:
        return f"FAILED: {whose}: the source knows no such student"
    actual = "nothing" if test["actual"] is None else repr(test["actual"])
    return f"FAILED: {whose}: expected {test['expected']!r}, there is {actual}"


def _sum(facts: Mapping[str, Any]) -> str:
    said = [one["severity"] for one in facts["remarks"]]
    tests = facts["tests"]
    ran = f", {sum(test['passed'] for test in tests)} of {len(tests)} tests passed" if tests else ""
    return f"{said.count('error')} errors, {said.count('warning')} warnings{ran}."
