"""What a registrar does with a record that arrived: read it beside ours, import it, undo that."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.asking import confirm, private_text
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile, Wait, Yes
from gateway.cli.output import say, show
from gateway.cli.session import at_node
from gateway.cli.transfer import app
from gateway.cli.transfer_request import TransferArgument
from gateway.cli.waiting import report, waited
from gateway.domain.errors import Refused
from gateway.domain.ids import LocalStudentId, TransferId

if TYPE_CHECKING:
    from gateway.domain.importing.codes import TheirCode
    from gateway.domain.importing.plan import Choices, Verb
    from gateway.domain.transfer import Transfer
    from gateway.usecases.review_import import ImportReview
    from gateway.usecases.undo_import import Undoing
    from gateway.wiring import Opened

Student = Annotated[
    str | None,
    typer.Option(metavar="LOCAL_ID", help="Whose record it is; - reads the local id from standard input."),
]
NewStudent = Annotated[bool, typer.Option("--new-student", help="The student is new in the local system.")]
Decisions = Annotated[
    list[str] | None,
    typer.Option(
        "--decide",
        metavar="SECTION=VERB",
        help="create, fill, replace or skip; for a section or a record id.",
    ),
]
Codes = Annotated[
    list[str] | None,
    typer.Option("--code", metavar="FIELD:THEIRS=OURS", help="Our code for theirs; remembered by partner."),
]
Accepted = Annotated[
    list[str] | None,
    typer.Option(
        "--accept", metavar="RECORD#PLACE", help="A proposed conversion to put beside the original."
    ),
]


@app.command("import")
def import_(
    id_: TransferArgument,
    actor: ActorName,
    *,
    student: Student = None,
    decide: Decisions = None,
    code: Codes = None,
    accept: Accepted = None,
    new_student: NewStudent = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what would be written, and write nothing.")
    ] = False,
    wait: Wait = 0,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Import a proven record as reviewed, and send the receipt. The same again changes nothing.

    What is decided is kept, also with --plan, and holds for the page as for this command.
    """
    chosen = private_text(student, "--student") if student is not None else None

    async def work(opened: "Opened") -> "tuple[ImportReview, Transfer | None, int]":
        from gateway.usecases.import_reviewed import import_reviewed
        from gateway.usecases.review_import import decide_import, review_import

        node, person = opened.node, opened.operator(actor)
        review = await review_import(node, TransferId(id_), person=person)
        choices = _choices(
            review.plan.choices, chosen, decide or [], code or [], accept or [], new=new_student
        )
        if choices != review.plan.choices:
            review = await decide_import(node, TransferId(id_), choices, person=person)
        if plan:
            return review, None, 0
        done = await import_reviewed(node, TransferId(id_), person=person, seen=review.seen)
        return review, await waited(opened, done.transfer, wait), len(done.changes)

    review, transfer, changes = at_node(config, work)
    if transfer is None:
        show(_told(review), _lines(review), as_json=as_json)
        return
    say(_wrote(changes))
    report(transfer, waited_for=wait, as_json=as_json)


@app.command("undo-import")
def undo_import(
    id_: TransferArgument,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept here.")],
    actor: ActorName,
    *,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what would go back, and change nothing.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Put back what an import wrote. What was edited here since stays, and is shown."""
    if not plan:
        confirm("Undo the import?", yes=yes)

    async def work(opened: "Opened") -> "Undoing":
        from gateway.usecases.undo_import import preview_undo, undo_import

        node, person = opened.node, opened.operator(actor)
        if plan:
            return await preview_undo(node, TransferId(id_), person=person)
        return await undo_import(node, TransferId(id_), person=person, reason=reason)

    undoing = at_node(config, work)
    show(_undoing(undoing), _undone_lines(undoing), as_json=as_json)


def _choices(
    before: "Choices",
    student: str | None,
    decide: Sequence[str],
    codes: Sequence[str],
    accept: Sequence[str],
    *,
    new: bool,
) -> "Choices":
    if student is not None and new:
        raise Refused("--student and --new-student contradict each other")
    verbs = dict(_pair(one, "--decide") for one in decide)
    sections = {name: _verb(verb) for name, verb in verbs.items() if not _is_record(name)}
    entries = {name: _verb(verb) for name, verb in verbs.items() if _is_record(name)}
    whose: dict[str, Any] = {}
    if student is not None or new:
        whose = {"student": LocalStudentId(student) if student is not None else None, "new_student": new}
    return replace(
        before,
        **whose,
        sections={**before.sections, **sections},
        entries={**before.entries, **entries},
        codes={**before.codes, **dict(map(_code, codes))},
        accepted=before.accepted | frozenset(accept),
    )


def _pair(text: str, option: str) -> tuple[str, str]:
    name, mark, value = text.rpartition("=")
    if not mark or not name:
        raise Refused(f"{option} needs a name, `=` and a value")
    return name, value


def _verb(text: str) -> "Verb":
    from gateway.domain.importing.plan import Verb

    try:
        return Verb(text)
    except ValueError:
        raise Refused(f"what is done with an entry is one of: {', '.join(Verb)}") from None


def _is_record(name: str) -> bool:
    return "-" in name


def _code(text: str) -> "tuple[TheirCode, str]":
    from gateway.domain.importing.codes import TheirCode

    theirs, ours = _pair(text, "--code")
    field, mark, code = theirs.partition(":")
    if not mark:
        raise Refused("--code needs the field, `:`, their code, `=` and ours")
    return TheirCode(field, code), ours


def _told(review: "ImportReview") -> dict[str, Any]:
    from dataclasses import asdict

    plan = review.plan
    return {
        "transfer": review.transfer.id,
        "state": review.state,
        "student": plan.choices.student,
        "new_student": plan.choices.new_student,
        "rule": review.rule,
        "candidates": [asdict(one) for one in review.students],
        "rows": [
            {
                "section": row.theirs.section,
                "record": row.theirs.key,
                "issuer": row.theirs.issuer,
                "standing": row.standing,
                "verb": row.verb,
                "differences": [asdict(one) for one in row.differences],
                "conversions": [asdict(one) for one in row.conversions],
            }
            for row in plan.rows
        ],
        "codes": [
            {"field": one.theirs.list, "theirs": one.theirs.code, "ours": one.ours, "ground": one.ground}
            for one in plan.codes
        ],
        "set_aside": [{"section": one.section, "fault": one.fault, "fix": one.fix} for one in plan.set_aside],
    }


def _lines(review: "ImportReview") -> Iterator[str]:
    plan = review.plan
    whose = plan.choices.student or ("somebody new" if plan.choices.new_student else "")
    yield f"Whose record: {whose or 'say with --student or --new-student'} ({review.rule})"
    for one in review.students if not whose else ():
        yield f"  may be {one.student}: {one.name}, born {one.birth_date}, {one.school or 'no school'}"
    for section, rows in plan.sections.items():
        yield f"{section}:"
        for row in rows:
            what = "already in your SIS" if row.standing == "already" else row.verb
            yield f"  {row.theirs.key}  {what}  {len(row.differences)} values differ"
            for beside in row.conversions:
                mark = "accepted" if beside in row.accepted else f"--accept {row.theirs.key}#{beside.place}"
                yield f"    {beside.place}: {beside.original} may be {beside.ours} ({beside.reason}); {mark}"
    for code in plan.undecided:
        guess = f", perhaps {code.ours}" if code.ours else ""
        yield f"Code {code.theirs.list}:{code.theirs.code} is not ours{guess}; it stays as it came"
    for bad in plan.set_aside:
        yield f"Set aside: {bad.fault}; {bad.fix}"


def _wrote(changes: int) -> str:
    return f"{changes} entries written" if changes else "Nothing changed: all of it is already in your SIS"


def _undoing(undoing: "Undoing") -> dict[str, Any]:
    return {
        "transfer": undoing.transfer.id,
        "changes": [
            {
                "section": one.change.section,
                "record": one.change.key,
                "restored": one.whole,
                "kept": dict(one.kept),
            }
            for one in undoing.undone
        ],
    }


def _undone_lines(undoing: "Undoing") -> Iterator[str]:
    whole = sum(one.whole for one in undoing.undone)
    yield f"{whole} of {len(undoing.undone)} entries are as they were before the import"
    for one in undoing.kept:
        places = ", ".join(one.kept)
        yield f"{one.change.section} {one.change.key}: edited here since and left alone: {places}"
