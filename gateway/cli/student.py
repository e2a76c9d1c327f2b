"""The students of this district, as the last mapping run left them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.asking import private_text
from gateway.cli.entries import section_lines
from gateway.cli.map import finding_facts, finding_lines
from gateway.cli.options import NODE_TOML, ActorName, AsJson, ConfigFile
from gateway.cli.output import columns, moment, say, show
from gateway.cli.session import at_node
from gateway.cli.viewing import access_of, ask_leave, leaf_of
from gateway.domain.errors import Misconfigured
from gateway.domain.ids import LocalStudentId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.mapping.findings import Finding
    from gateway.usecases.ports import StoredBackpack, Tx
    from gateway.wiring import Opened

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_HEAD = ("LOCAL ID", "NAME", "BORN", "STATE ID", "SCHOOL", "GRADE", "MAPPED")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    *,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """List students by local id."""

    async def work(opened: "Opened") -> "tuple[list[StoredBackpack], int]":
        await ask_leave(opened, actor, "student.find")
        found = await _first(opened, limit)
        return found, await opened.node.store.read(lambda tx: tx.backpacks.count())

    found, count = at_node(config, work)
    _show_students(found, as_json=as_json)
    if count > len(found):
        say(f"These are {len(found)} of {count}; --limit shows more.")


@app.command()
def find(
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="Local id, state id or the beginning of a name; - reads it."),
    ] = None,
    *,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Find students. Use - to keep a name out of the command line: it is read from standard input."""
    wanted = private_text(text, "TEXT")

    async def work(opened: "Opened") -> "Sequence[StoredBackpack]":
        await ask_leave(opened, actor, "student.find")
        return await opened.node.store.read(lambda tx: tx.backpacks.find(wanted))

    found = at_node(config, work)
    _show_students(found, as_json=as_json)


@app.command("show")
def show_(
    id_: Annotated[
        str | None, typer.Argument(metavar="LOCAL_ID", help="The student's local id; - reads it.")
    ] = None,
    *,
    actor: ActorName,
    as_json: AsJson = False,
    config: ConfigFile = NODE_TOML,
) -> None:
    """Show a student's backpack: every entry with where it came from, and what was wrong with the rows.

    Who looked, and when, is kept in the audit log.
    """
    student = LocalStudentId(private_text(id_, "LOCAL_ID"))

    from gateway.usecases.wholes import read_whole, sections_of

    async def work(opened: "Opened") -> "tuple[StoredBackpack, list[Finding]]":
        stored = await opened.node.store.read(lambda tx: tx.backpacks.get(student))
        await ask_leave(opened, actor, "student.read", school=stored.school, learner=stored.learner)

        def look(tx: "Tx") -> "tuple[StoredBackpack, list[Finding]]":
            stored = read_whole(tx, student)
            tx.audit.add(leaf_of(opened.node, stored.learner, actor=actor))
            read = sections_of(stored)
            tx.accesses.add(
                access_of(opened.node, actor=actor, why="student show", sections=read, student=student)
            )
            return stored, [found for _, found in tx.findings.list(student=student)]

        return await opened.node.store.write(look)

    told = _details(*at_node(config, work))
    show(told, _story(told), as_json=as_json)


@app.command()
def publish(*, as_json: AsJson = False, config: ConfigFile = NODE_TOML) -> None:
    """Tell the agency's locator whose records are here, as keyed tokens that it cannot read."""

    async def work(opened: "Opened") -> int:
        from gateway.usecases.locate_student import tell_locator

        if opened.node.locator_token is None:
            raise Misconfigured("this node has no network key: name one under [locator] in its settings")
        return await tell_locator(opened.node)

    told = at_node(config, work)
    show({"locator": told}, [f"The locator knows of {told} students."], as_json=as_json)


async def _first(opened: "Opened", limit: int) -> "list[StoredBackpack]":
    from contextlib import aclosing

    found: list[StoredBackpack] = []
    async with aclosing(opened.store.students()) as students:
        async for student in students:
            found.append(student)
            if len(found) == limit:
                break
    return found


def _show_students(found: "Sequence[StoredBackpack]", *, as_json: bool) -> None:
    rows = [_facts(one) for one in found]
    cells = (
        (
            *(one["id"], one["name"], str(one["birth_date"] or "-"), one["state_id"] or "-"),
            *(one["school"] or "-", one["grade"] or "-", moment(one["mapped_at"])),
        )
        for one in rows
    )
    show(rows, columns(_HEAD, cells) if rows else (), as_json=as_json)
    if not rows:
        say("No students. `backpack map run` reads them from the local system.")


def _facts(stored: "StoredBackpack") -> dict[str, Any]:
    who = stored.candidate
    return {
        "id": stored.student,
        "name": " ".join("/".join(sorted(names)) for names in (who.given_names, who.family_names)),
        "birth_date": who.birth_date,
        "state_id": who.state_id,
        "school": stored.school,
        "grade": stored.grade,
        "mapped_at": stored.mapped_at,
    }


def _details(stored: "StoredBackpack", findings: "list[Finding]") -> dict[str, Any]:
    import orjson

    return {
        **_facts(stored),
        "learner": stored.learner,
        "sections": orjson.loads(stored.sections),
        "findings": [finding_facts(found, stored.student) for found in findings],
    }


def _story(told: dict[str, Any]) -> "Iterator[str]":
    yield f"{told['name']}, born {told['birth_date'] or 'unknown'}, here {told['id']}"
    yield f"Grade {told['grade'] or 'unknown'} at {told['school'] or 'an unknown school'}"
    yield f"Mapped {moment(told['mapped_at'])}"
    yield from section_lines(told["sections"])
    yield ""
    yield f"Findings: {len(told['findings']) or 'none'}"
    yield from finding_lines(told["findings"])
