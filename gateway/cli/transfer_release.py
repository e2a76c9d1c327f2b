"""What leaves with a record, looked at before it leaves; and whom a request means."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, say, show
from gateway.cli.session import at_node
from gateway.cli.transfer import app
from gateway.cli.transfer_decide import decide
from gateway.cli.transfer_request import TransferArgument
from gateway.domain.errors import Refused
from gateway.domain.ids import TransferId

if TYPE_CHECKING:
    from gateway.domain.policy import WithheldReason
    from gateway.usecases.preview_release import Preview
    from gateway.usecases.review_match import MatchReview, Suggested
    from gateway.wiring import Opened


@app.command()
def preview(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Count what the other district would get if the record left now, and say why the rest stays."""

    async def work(opened: "Opened") -> "Preview":
        from gateway.usecases.preview_release import preview_release

        return await preview_release(opened.node, opened.operator(actor), TransferId(id_))

    found = at_node(config, work)
    leaves = [
        {"issuer": one.issuer, "section": name, "entries": len(entries)}
        for one in found.segments
        for name, entries in one.leaving().items()
    ]
    stays = [{"section": name, "reason": str(why)} for name, why in sorted(found.withheld.items())]
    told = {"transfer": id_, "basis": found.basis, "leaves": leaves, "stays": stays}
    lines = [
        *columns(("Leaves", "Entries", "Of"), [_text(one, "section", "entries", "issuer") for one in leaves]),
        *columns(("Stays", "Why"), [_text(one, "section", "reason") for one in stays]),
        f"Basis: {found.basis or found.to_do}",
    ]
    show(told, lines, as_json=as_json)


@app.command("keep-back")
def keep_back(
    id_: TransferArgument,
    actor: ActorName,
    why: Annotated[str, typer.Option(help="A note for this district, kept with the case.")],
    section: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SECTION=REASON",
            help="A section that stays, and what the other district is told: not_sent or follows."
            " May be given again; without any, all that was asked for goes.",
        ),
    ] = None,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Decide which sections stay here while the request is under review."""
    chosen = dict(_kept_back(one) for one in section or ())

    async def work(opened: "Opened") -> "Mapping[str, WithheldReason]":
        from gateway.usecases.decide_release import keep_back

        case = await keep_back(opened.node, TransferId(id_), chosen, person=opened.operator(actor), why=why)
        return case.kept_back

    kept = at_node(config, work)
    show(
        {"transfer": id_, "kept_back": kept},
        [f"{name} stays: {reason}" for name, reason in kept.items()] or ["All that was asked for goes."],
        as_json=as_json,
    )


@app.command()
def undo(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Take an approval back before the record left."""
    from gateway.usecases.decide_release import undo

    decide(config, actor, lambda node, person: undo(node, TransferId(id_), person=person), as_json=as_json)


@app.command()
def candidates(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Compare a request with the students of this district who may be meant. Shows personal data."""

    async def work(opened: "Opened") -> "MatchReview":
        from gateway.usecases.review_match import review_match

        return await review_match(opened.node, opened.operator(actor), TransferId(id_))

    found = at_node(config, work)
    told = [
        {
            "student": one.student,
            "school": one.school,
            "grade": one.grade,
            "chosen": one.chosen,
            "attributes": [
                {"attribute": each.attribute, "asked": each.asked, "held": each.held, "same": each.same}
                for each in one.attributes
            ],
        }
        for one in found.suggested
    ]
    lines = [line for one in found.suggested for line in _side_by_side(one)]
    show(told, lines, as_json=as_json)
    if not found.suggested:
        say("Nobody here fits in two attributes.")


@app.command()
def nobody(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Say that no student here is meant. The other district learns that there is no record."""
    from gateway.usecases.review_match import nobody_is_meant

    decide(
        config, actor, lambda node, person: nobody_is_meant(node, person, TransferId(id_)), as_json=as_json
    )


@app.command()
def ask(
    id_: TransferArgument, actor: ActorName, *, as_json: AsJson = False, config: ConfigFile = NODE_TOML
) -> None:
    """Ask the other district for more attributes of the student."""
    from gateway.usecases.review_match import ask_for_more

    decide(config, actor, lambda node, person: ask_for_more(node, person, TransferId(id_)), as_json=as_json)


def _side_by_side(one: "Suggested") -> "Iterator[str]":
    yield "  ".join(filter(None, (one.student, one.school, one.grade, "(chosen)" if one.chosen else "")))
    yield from columns(
        ("  Attribute", "Asked", "On file", ""),
        [
            (f"  {each.attribute}", each.asked or "-", ", ".join(each.held) or "-", _SAME[each.same])
            for each in one.attributes
        ],
    )


_SAME = {True: "same", False: "DIFFERS", None: ""}


def _text(one: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(str(one[name]) for name in names)


def _kept_back(text: str) -> "tuple[str, WithheldReason]":
    from gateway.domain.policy import WithheldReason

    section, _, reason = text.partition("=")
    try:
        return section, WithheldReason(reason)
    except ValueError:
        raise Refused(f"{section}: say {section}=not_sent or {section}=follows") from None
