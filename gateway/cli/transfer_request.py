"""What a registrar does at the district that asks for a record."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.next_steps import has_arrived
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile, Wait
from gateway.cli.output import say
from gateway.cli.session import at_node
from gateway.cli.subjects import SubjectFile, read_subject
from gateway.cli.transfer import app
from gateway.cli.waiting import report, waited
from gateway.domain.errors import Refused, Unknown
from gateway.domain.ids import EntityId, TransferId

if TYPE_CHECKING:
    from gateway.domain.policy import Person
    from gateway.domain.transfer import Subject, Transfer
    from gateway.usecases.ports import Node
    from gateway.wiring import Opened

TransferArgument = Annotated[str, typer.Argument(metavar="ID", help="The transfer.")]


@app.command()
def request(
    *,
    actor: ActorName,
    subject: SubjectFile = None,
    holder: Annotated[str | None, typer.Option(metavar="URL", help="The former district's node.")] = None,
    section: Annotated[list[str] | None, typer.Option(help="What to ask for; all if left out.")] = None,
    enrolled_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day here.")
    ] = None,
    legal_basis: Annotated[str, typer.Option(help="34CFR99.31(a)(2), or 34CFR99.30 for consent.")] = (
        "34CFR99.31(a)(2)"
    ),
    wait: Wait = 0,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Ask a former district for a student's record.

    `backpack transfer holders` lists whom to ask. Without a holder the agency's locator is asked first, by
    state id and birth date.
    """
    student = read_subject(subject)
    sections = _sections(section)
    day = enrolled_on.date() if enrolled_on else None

    async def work(opened: "Opened") -> "Transfer":
        from gateway.usecases.request_backpack import Wish, request_backpack

        person = opened.operator(actor)
        wish = Wish(
            holder=EntityId(holder)
            if holder
            else await _located(opened.node, student, opened.operator(actor)),
            subject=student,
            sections=sections,
            person=person,
            enrolled_on=day,
            legal_basis=legal_basis,
        )
        return await waited(opened, await request_backpack(opened.node, wish), wait, goal=has_arrived)

    report(at_node(config, work), waited_for=wait, as_json=as_json, goal=has_arrived)


@app.command()
def inform(
    id_: TransferArgument,
    actor: ActorName,
    subject: SubjectFile = None,
    *,
    wait: Wait = 0,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Send more about the student, as the other district asked. What was said before stays."""
    more = read_subject(subject)

    async def work(opened: "Opened") -> "Transfer":
        from gateway.usecases.follow_transfer import provide_information

        informed = await provide_information(
            opened.node, TransferId(id_), more, person=opened.operator(actor)
        )
        return await waited(opened, informed, wait)

    report(at_node(config, work), waited_for=wait, as_json=as_json)


@app.command()
def withdraw(
    id_: TransferArgument,
    actor: ActorName,
    *,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """End a request that is no longer needed, before its record was fetched."""

    async def work(opened: "Opened") -> "Transfer":
        from gateway.usecases.follow_transfer import withdraw

        return await withdraw(opened.node, TransferId(id_), person=opened.operator(actor))

    report(at_node(config, work), waited_for=0, as_json=as_json)


async def _located(node: "Node", student: "Subject", person: "Person") -> EntityId:
    from gateway.usecases.locate_student import locate_student

    if not student.state_id:
        raise Refused(
            "without a state id the record cannot be located; name the former district with --holder"
        )
    born: date = student.birth_date
    found = await locate_student(node, state_id=student.state_id, birth_date=born, person=person)
    if found is None:
        raise Unknown("no district is known to hold this record; name the former district with --holder")
    say(f"The record may be at {found}.")
    return found


def _sections(asked: list[str] | None) -> tuple[str, ...]:
    from gateway.domain.backpack.document import SECTIONS

    unknown = sorted(set(asked or ()) - SECTIONS.keys())
    if unknown:
        known = ", ".join(SECTIONS)
        raise typer.BadParameter(
            f"{', '.join(unknown)}: no such section; there are {known}", param_hint="--section"
        )
    return tuple(asked or SECTIONS)
