"""A student's profile: read, added to, retired."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.cli.asking import private_text
from gateway.cli.hold import StudentArgument
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import show
from gateway.cli.session import at_node
from gateway.domain.ids import LocalStudentId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.domain.profile import Contribution
    from gateway.domain.profile.page import Told
    from gateway.usecases.read_profile import Profile
    from gateway.wiring import Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

FormName = Literal[
    "about_me", "strength", "interest", "helps", "barrier", "goal", "personal_best", "handover"
]
VoiceName = Literal["learner", "family", "teacher", "specialist"]
AudienceName = Literal["family", "teachers", "travels"]


@app.command("show")
def show_(
    student: StudentArgument = None,
    *,
    actor: ActorName,
    older: Annotated[
        str, typer.Option(metavar="WHY", help="Show what is older too, and say why you need it.")
    ] = "",
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Show a student's profile: own words, strengths, what works, accommodations, goals."""
    whose = LocalStudentId(private_text(student, "LOCAL_ID"))

    async def work(opened: "Opened") -> "Profile":
        from gateway.usecases.read_profile import read_profile

        return await read_profile(opened.node, opened.operator(actor), whose, why_older=older)

    found = at_node(config, work)
    parts = {heading: [_facts(one) for one in told] for heading, told in found.parts.items()}
    facts = {"student": whose, "parts": parts, "accommodations": found.accommodations, "older": found.older}
    show(facts, _lines(found), as_json=as_json)


@app.command()
def add(
    student: StudentArgument = None,
    *,
    form: Annotated[FormName, typer.Option(help="What it is.")],
    text: Annotated[str, typer.Option(help="In words, at most 400 characters. Families can read it.")],
    actor: ActorName,
    voice: Annotated[VoiceName, typer.Option(help="Whose words they are.")] = "teacher",
    context: Annotated[str, typer.Option(help="When and where it holds.")] = "",
    support: Annotated[str, typer.Option(help="What helps; the first step to a goal.")] = "",
    by: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By when a goal is to be reached.")
    ] = None,
    audience: Annotated[
        AudienceName, typer.Option(help="The family, teachers here too, or the next school too.")
    ] = "travels",
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Add an entry to a student's profile."""
    whose = LocalStudentId(private_text(student, "LOCAL_ID"))

    async def work(opened: "Opened") -> "Contribution":
        from gateway.domain.profile import Audience, Form, Voice, Words
        from gateway.usecases.contribute import Wish, contribute

        said = Words(text=text, context=context, support=support, by=by.date() if by else None)
        wish = Wish(
            student=whose, form=Form(form), words=said, voice=Voice(voice), audience=Audience(audience)
        )
        return await contribute(opened.node, opened.operator(actor), wish)

    added = at_node(config, work)
    show({"id": added.id, "section": added.section}, [f"Added as {added.id}."], as_json=as_json)


@app.command()
def retire(
    id_: Annotated[str, typer.Argument(metavar="ENTRY")],
    *,
    actor: ActorName,
    why: Annotated[str, typer.Option(help="Needed for what somebody else wrote.")] = "",
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Retire an entry: the family still sees it, and it leaves no more."""

    async def work(opened: "Opened") -> "Contribution":
        from gateway.usecases.contribute import retire as retire_entry

        return await retire_entry(opened.node, opened.operator(actor), id_, why=why)

    retired = at_node(config, work)
    show({"id": id_, "retired_at": retired.retired_at}, ["The entry is retired."], as_json=as_json)


def _lines(profile: "Profile") -> "Iterator[str]":
    yield f"{profile.name}, {profile.school or 'no school'}, grade {profile.grade or '-'}"
    for heading, told in profile.parts.items():
        yield ""
        yield heading.replace("_", " ").capitalize()
        yield from (f"  - {_line(one)}" for one in told)
    yield ""
    yield "Accommodations"
    yield from (f"  - {one}" for one in profile.accommodations)
    if profile.older and "older" not in profile.parts:
        yield f"\n{profile.older} older: --older WHY shows them."


def _line(one: "Told") -> str:
    where = f" ({one.context})" if one.context else ""
    helps = f" -> {'; '.join(one.helps)}" if one.helps else ""
    return f"{one.text}{where}{helps}  [{one.voice}, {one.said_on}, {one.issuer}]"


def _facts(one: "Told") -> dict[str, Any]:
    names = ("text", "context", "helps", "voice", "said_on", "issuer", "contribution")
    return {name: getattr(one, name) for name in names}
