"""The command line: `backpack`."""

from typing import Annotated

import typer

from gateway.cli import (
    agency,
    correction,
    demo,
    doctor,
    flag,
    hold,
    init,
    keys,
    letter,
    log,
    map,  # noqa: A004  the noun of a command
    pack,
    policy,
    profile,
    reference,
    schema,
    sealed,
    serve,
    staff,
    student,
    student_disclosures,
    student_statements,
    transfer,
    transfer_decide,
    transfer_enrollment,
    transfer_import,
    transfer_release,
    transfer_request,
    transfer_snapshot,
    verify,
)
from gateway.cli.guard import GuardedGroup
from gateway.cli.output import show

__all__ = [
    "app",
    "student_disclosures",
    "student_statements",
    "transfer_decide",
    "transfer_enrollment",
    "transfer_import",
    "transfer_release",
    "transfer_request",
    "transfer_snapshot",
]

app = typer.Typer(
    name="backpack",
    cls=GuardedGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        show(None, [f"backpack {version('backpack-gateway')}"], as_json=False)
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Move a student's data backpack from one school district to another.

    First steps: init, doctor, map run, serve. Each command explains itself with --help.
    """


app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.add_typer(map.app, name="map", help="From the rows of the local system to backpacks.")
app.add_typer(student.app, name="student", help="The students of this district.")
app.add_typer(transfer.app, name="transfer", help="Records on their way, in both directions.")
app.add_typer(correction.app, name="correction", help="Records that have changed since they were sent.")
app.add_typer(sealed.app, name="sealed", help="Sections that go apart, sealed for one role.")
app.add_typer(profile.app, name="profile", help="What is said of a student: words, strengths, goals.")
app.add_typer(letter.app, name="letter", help="Requests by letter to schools outside the network.")
app.add_typer(hold.app, name="hold", help="Holds on students' records.")
app.add_typer(flag.app, name="flag", help="Safety flags of students, and what the officers have to do.")
app.command("break-glass")(flag.break_glass)
app.add_typer(agency.app, name="agency", help="Whom the agency vouches for.")
app.add_typer(policy.app, name="policy", help="Who may do what, and why.")
app.add_typer(pack.app, name="pack", help="What law and custom of a state ask of a transfer.")
app.add_typer(staff.app, name="staff", help="Who works here, and as what.")
app.add_typer(keys.app, name="keys", help="This node's keys.")
app.add_typer(log.app, name="log", help="The audit log, which cannot be changed unseen.")
app.add_typer(schema.app, name="schema", help="The schema of a backpack.")
app.command("verify")(verify.verify)
app.add_typer(reference.app, name="reference")
