"""Who a request is about: from a file, from standard input, or asked for. Never from the command line."""

import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.asking import has_terminal
from gateway.domain.errors import Malformed
from gateway.domain.transfer import Subject

if TYPE_CHECKING:
    from pydantic import BaseModel

SubjectFile = Annotated[
    str | None,
    typer.Option(
        "--subject",
        metavar="FILE",
        help="JSON with given_name, family_name, birth_date (YYYY-MM-DD) and, if known, state_id,"
        " middle_name, birth_city, guardian_name, previous_school; - reads it from"
        " standard input. Asked for if left out.",
    ),
]

_REQUIRED = ("given_name", "family_name", "birth_date")


def read_subject(place: str | None) -> Subject:
    """Return the student that a person or a file names.

    Raises:
        Malformed: a field is missing, unknown or wrong; the field is named, not its value.
    """
    given = _asked_for() if place is None else _written(place)
    return _subject(given)


def _written(place: str) -> Mapping[str, Any]:
    import json

    text = sys.stdin.read() if place == "-" else Path(place).read_text("utf-8")
    try:
        given = json.loads(text)
    except ValueError:
        raise Malformed("the subject is not JSON") from None
    if not isinstance(given, dict):
        raise Malformed("the subject is not a JSON object")
    return given


def _asked_for() -> Mapping[str, Any]:
    if not has_terminal():
        raise typer.BadParameter("give a file, or - for standard input", param_hint="--subject")
    given = {}
    for field in fields(Subject):
        optional = field.name not in _REQUIRED
        label = field.name.replace("_", " ") + (" (may stay empty)" if optional else "")
        given[field.name] = typer.prompt(
            label, default="" if optional else None, show_default=False, err=True
        )
    return {name: value for name, value in given.items() if value}


def _subject(given: Mapping[str, Any]) -> Subject:
    from pydantic import ValidationError

    from gateway.domain.exchange import SubjectMatch

    try:
        match: BaseModel = SubjectMatch.model_validate(dict(given))
    except ValidationError as error:
        raise Malformed("the subject: " + "; ".join(sorted(map(_fault, error.errors())))) from None
    return Subject(**match.model_dump())


def _fault(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return "a field that is not known"
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
