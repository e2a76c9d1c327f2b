"""What a registrar decides at the district that holds a record."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gateway.cli.asking import confirm, private_text
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile, Wait, Yes
from gateway.cli.session import at_node
from gateway.cli.transfer import app
from gateway.cli.transfer_request import TransferArgument
from gateway.cli.waiting import report, waited
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.transfer import Reason

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.domain.policy import Person
    from gateway.domain.transfer import Transfer
    from gateway.usecases.ports import Node
    from gateway.wiring import Opened

GivenReason = Literal[
    "policy",
    "not_enrolled",
    "safety",
    "legal_hold",
    "duplicate",
    "wrong_student",
    "court_order",
    "not_needed",
]
"""What a person may give as a reason; the rest of the list is the node's own."""
ReasonOption = Annotated[GivenReason, typer.Option(help="Kept here; the other district is not told.")]
TakeBackReason = Annotated[GivenReason, typer.Option(help="Why; the other district is told.")]


@app.command()
def approve(
    id_: TransferArgument,
    actor: ActorName,
    notice: Annotated[
        str | None,
        typer.Option(
            metavar="BASIS",
            help="What tells the family, if not the annual notice: parent_initiated, or"
            " 'individual_notice 2026-11-20 letter'.",
        ),
    ] = None,
    why: Annotated[
        str, typer.Option(help="For the second person, where two must agree; both give this command.")
    ] = "",
    *,
    wait: Wait = 0,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Let the record go, at once or after the family's time to object."""
    from gateway.domain.policy.basis import NoticeGiven
    from gateway.usecases.decide_release import approve

    given = NoticeGiven.read(notice) if notice else None

    decide(
        config,
        actor,
        lambda node, person: approve(node, TransferId(id_), person=person, notice=given, why=why),
        wait=wait,
        as_json=as_json,
    )


@app.command()
def deny(
    id_: TransferArgument,
    reason: ReasonOption,
    actor: ActorName,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Refuse the request. The other district learns that nothing is released, not why."""
    from gateway.usecases.decide_release import deny

    decide(
        config,
        actor,
        lambda node, person: deny(node, TransferId(id_), person=person, reason=Reason(reason)),
        as_json=as_json,
    )


@app.command()
def hold(
    id_: TransferArgument,
    reason: ReasonOption,
    actor: ActorName,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Keep the request where it is. The other district sees it as pending, as before."""
    from gateway.usecases.decide_release import hold

    decide(
        config,
        actor,
        lambda node, person: hold(node, TransferId(id_), person=person, reason=Reason(reason)),
        as_json=as_json,
    )


@app.command()
def lift(
    id_: TransferArgument,
    actor: ActorName,
    why: Annotated[
        str, typer.Option(help="For the second person, where two must agree; both give this command.")
    ] = "",
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """End a hold: the request is under review again."""
    from gateway.usecases.decide_release import lift

    decide(
        config,
        actor,
        lambda node, person: lift(node, TransferId(id_), person=person, why=why),
        as_json=as_json,
    )


@app.command()
def revoke(
    id_: TransferArgument,
    reason: TakeBackReason,
    actor: ActorName,
    *,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Take a release back before it was confirmed: the sealed record is deleted."""
    from gateway.usecases.decide_release import revoke

    confirm("Take the release back?", yes=yes)
    decide(
        config,
        actor,
        lambda node, person: revoke(node, TransferId(id_), person=person, reason=Reason(reason)),
        as_json=as_json,
    )


@app.command()
def recall(
    id_: TransferArgument,
    reason: TakeBackReason,
    actor: ActorName,
    *,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Tell the other district that a record it has must not be used."""
    from gateway.usecases.decide_release import recall

    confirm("Tell the other district not to use the record?", yes=yes)
    decide(
        config,
        actor,
        lambda node, person: recall(node, TransferId(id_), person=person, reason=Reason(reason)),
        as_json=as_json,
    )


@app.command("answer-recall")
def answer_recall_(
    id_: TransferArgument,
    answer: Annotated[
        Literal["quarantined", "deleted", "refused"],
        typer.Option(help="What became of the record here."),
    ],
    actor: ActorName,
    *,
    why: Annotated[str, typer.Option(help="Needed for a refusal; the other district is told.")] = "",
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Answer a recall: a signed receipt tells the other district what became of its record."""
    from gateway.domain.recalls import RecallAnswer
    from gateway.usecases.answer_recall import answer_recall

    confirm("Send the signed answer?", yes=yes)
    decide(
        config,
        actor,
        lambda node, person: answer_recall(node, person, TransferId(id_), RecallAnswer(answer), why=why),
        as_json=as_json,
    )


@app.command()
def choose(
    id_: TransferArgument,
    actor: ActorName,
    student: Annotated[
        str | None,
        typer.Option(metavar="LOCAL_ID", help="The student's local id; - reads it from standard input."),
    ] = None,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Say which student the request means, where the node could not tell."""
    from gateway.usecases.decide_release import choose_student

    chosen = LocalStudentId(private_text(student, "--student"))
    decide(
        config,
        actor,
        lambda node, person: choose_student(node, TransferId(id_), chosen, person=person),
        as_json=as_json,
    )


def decide(
    config: "Path",
    actor: str,
    act: "Callable[[Node, Person], Awaitable[Transfer]]",
    *,
    wait: float = 0,
    as_json: bool,
) -> None:
    """Do what a person decided, wait for what follows, and report the transfer."""

    async def work(opened: "Opened") -> "Transfer":
        return await waited(opened, await act(opened.node, opened.operator(actor)), wait)

    report(at_node(config, work), waited_for=wait, as_json=as_json)
