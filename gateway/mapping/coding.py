"""From a local code to a coded value of a shared list."""

import re
from collections.abc import Callable
from typing import Final

from gateway.domain.backpack.base import CodedValue
from gateway.mapping.crosswalk import CodeValue, Crosswalk
from gateway.mapping.dates import NOTHING, Parse, Parsed, Problem
from gateway.mapping.denied import SSN, denied_column, holds_ssn
from gateway.mapping.readings import LONGEST
from gateway.mapping.rules import Rule

_TYPED_ID: Final = re.compile(r"\{([^{}:]+):([^{}]+)\}")
_ORDINAL: Final = re.compile(r"(\d{1,2})(ST|ND|RD|TH)?(\.0+)?(\s+GRADE)?")
_UNTYPED: Final = Problem(Rule.ID_INVALID, "identifiers are written {type:id}", "write {type:id},{type:id}")
_ROLLED_UP: Final = Problem(
    Rule.CODE_ROLLED_UP,
    "a category that stands for several; which ones is lost",
    "export the separate values",
)


def coded(walk: Crosswalk, *, plain: bool = False) -> Parse:
    """Return what turns a local code into a coded value, or into the bare code."""
    known: dict[str, CodeValue] = {}
    for value in walk.values:
        for local in (value.code, *value.local):
            known.setdefault(_key(local), value)
    normalise = _grade_key if walk.normalise == "gradeLevel" else _key

    def read(text: str) -> Parsed:
        local, namespace = code_of(text)
        value = known.get(_key(local)) or known.get(normalise(local))
        if value is None:
            return _unmapped(walk, text, plain=plain)
        if value.drop:
            return NOTHING
        if plain:
            return Parsed(value.code)
        return Parsed(
            CodedValue(
                code=value.code,
                system=walk.system,
                display=value.display,
                local_code=local,
                local_system=namespace,
                mapping="exact",
            ),
            _ROLLED_UP if value.rolled_up else None,
        )

    return read


def _unmapped(walk: Crosswalk, text: str, *, plain: bool) -> Parsed:
    if walk.unmapped == "drop":
        return NOTHING
    problem = Problem(Rule.CODE_UNMAPPED, "no crosswalk knows this code", "add it to the crosswalk")
    if plain:
        return Parsed(None, problem)
    if len(text) > LONGEST:
        return Parsed(None, Problem(Rule.TEXT_TOO_LONG, "this is too long for a code"))
    code, namespace = code_of(text)
    system = namespace or "urn:backpack:codes:local"
    local = CodedValue(code=code, system=system, local_code=code, local_system=namespace, mapping="none")
    return Parsed(local, problem if walk.unmapped == "finding" else None)


def typed_ids(systems: Crosswalk) -> Parse:
    """Return what reads OneRoster's `{type:id},{type:id}` as identifiers."""
    system_of = coded(systems)

    def read(text: str) -> Parsed:
        found = _TYPED_ID.findall(text)
        clean = [(kind.strip(), value.strip()) for kind, value in found if not _is_denied(kind, value)]
        values = [{"system": system_of(kind).value, "value": value} for kind, value in clean if value]
        if len(clean) < len(found) or (not found and holds_ssn(text)):
            return Parsed(values or None, SSN)
        return Parsed(values or None, None if found else _UNTYPED)

    return read


def _is_denied(kind: str, value: str) -> bool:
    return denied_column(kind) is not None or holds_ssn(f"{kind}:{value}")


def knows(walk: Crosswalk) -> Callable[[str], bool]:
    """Return what tells whether the crosswalk has the code."""
    known = {_key(local) for value in walk.values for local in (value.code, *value.local)}
    return lambda text: _key(text) in known


def code_of(text: str) -> tuple[str, str | None]:
    """Split an Ed-Fi descriptor, `uri://namespace#code`, into code and namespace; other text is a code."""
    namespace, mark, code = text.rpartition("#")
    return (code, namespace) if mark and code and namespace.startswith("uri://") else (text, None)


def _key(text: str) -> str:
    return " ".join(code_of(text)[0].casefold().split())


def _grade_key(text: str) -> str:
    """Return a grade level without what surrounds the number: `Grade 9`, `9th`, `09`, `9.0` are all `09`."""
    bare = text.upper().strip().removeprefix("GRADE").strip()
    found = _ORDINAL.fullmatch(bare)
    return f"{int(found[1]):02d}" if found else _key(bare)
