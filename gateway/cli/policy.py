"""Who may do what, and why: the rules of this district."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from gateway.cli.asking import private_text
from gateway.cli.exits import ExitCode
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import say, show
from gateway.cli.session import at_node

if TYPE_CHECKING:
    from gateway.cli.policy_view import Explained
    from gateway.domain.policy import Policy
    from gateway.domain.policy.expectations import Result
    from gateway.wiring import Opened

Word = TypeVar("Word", bound=StrEnum)

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def explain(
    *,
    actor: ActorName,
    peer: Annotated[str | None, typer.Option(metavar="URL", help="Who would receive it.")] = None,
    student: Annotated[
        str | None, typer.Option(metavar="LOCAL_ID", help="Whose record; - reads the id.")
    ] = None,
    section: Annotated[str | None, typer.Option(help="Which section of it.")] = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="ROLE", help="In which role; else those of the terminal."),
    ] = None,
    action: Annotated[
        str | None,
        typer.Option(help="Such as student.read; else releasing the record or its sealed section."),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Say what would be decided, by which rule on which line, and what must be done first.

    Nothing is done, and nothing of the record is shown but how many entries would stay behind. Exit 1 if it
    would be refused.
    """
    from gateway.cli.policy_view import Question, explain_at, explained_facts, explained_lines
    from gateway.domain.policy import Action, StaffRole

    question = Question(
        peer=peer,
        student=private_text(student, "--student") if student else None,
        section=section,
        roles=tuple(_one_of(StaffRole, one, "--as") for one in role or ()),
        action=_one_of(Action, action, "--action") if action else None,
    )

    async def work(opened: "Opened") -> "Explained":
        return await explain_at(opened, question, actor)

    told = at_node(config, work, alone=True)
    show(explained_facts(told), explained_lines(told), as_json=as_json)
    if not told.decision.allow:
        raise typer.Exit(ExitCode.REFUSED)


@app.command("test")
def run_cases(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML with a [[case]] for each expectation.")],
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Hold the rules against what this district expects of them. Exit 1 if a case comes out otherwise."""
    from gateway.cli.policy_view import result_lines
    from gateway.domain.policy.expectations import run_case
    from gateway.wiring.policies import read_expectations

    expected, lines = read_expectations(file)
    policy = _policy(config)
    results = [run_case(case, policy) for case in expected.case]
    show(
        [_result(result, file, line) for result, line in zip(results, lines, strict=True)],
        result_lines(results, file, lines),
        as_json=as_json,
    )
    failed = sum(bool(result.differs) for result in results)
    say(f"{len(results)} cases, {failed} failed.")
    if failed:
        raise typer.Exit(ExitCode.REFUSED)


@app.command()
def check(*, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """Check the district's own rules: they may only tighten, and each should change something.

    Exit 1 if a rule can never apply, 4 if the file cannot stand.
    """
    from gateway.cli.policy_view import check_lines
    from gateway.wiring.policies import SHIPPED, idle_rules

    policy = _policy(config)
    own = [rule for rule in policy.rules if rule.place.file != SHIPPED]
    idle = idle_rules(policy, own)
    facts = {
        "rules": len(policy.rules),
        "own": [{"id": rule.id, "place": str(rule.place), "idle": rule in idle} for rule in own],
    }
    show(facts, check_lines(policy, own, idle), as_json=as_json)
    if idle:
        raise typer.Exit(ExitCode.REFUSED)


def _one_of(kind: type[Word], word: str, option: str) -> Word:
    """Return the member of a closed list, or say which there are."""
    try:
        return kind(word)
    except ValueError:
        raise typer.BadParameter(f"one of {', '.join(kind)}", param_hint=option) from None


def _policy(config: Path) -> "Policy":
    from gateway.settings import load
    from gateway.wiring.policies import district_policy

    return district_policy(load(config))


def _result(result: "Result", file: Path, line: int) -> dict[str, Any]:
    return {
        "case": result.case.name,
        "place": f"{file}:{line}",
        "passed": not result.differs,
        "differs": list(result.differs),
        "rule": result.decision.rule.id,
        "rule_place": str(result.decision.rule.place),
    }
