"""A draft as the text of a mapping file, with what is to be decided marked by `# decide:`."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from gateway.mapping.checking import DECIDE
from gateway.mapping.coding import coded
from gateway.mapping.crosswalk import Crosswalk
from gateway.mapping.draft_parts import Draft, DraftEntry
from gateway.mapping.draft_words import Path
from gateway.mapping.profiling import Profile

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_MOST_CODES: Final = 40
_LONGEST: Final = 40


class DraftText(NamedTuple):
    """The mapping file, and crosswalks to lie in `codes` beside it."""

    mapping: str
    codes: Mapping[str, str]
    """By name."""


def draft_text(draft: Draft, name: str, shared: Mapping[str, str]) -> DraftText:
    """Return a draft as files.

    Args:
        draft: What was found.
        name: Of the mapping: lower case letters, digits and underscores.
        shared: Texts of the crosswalks that come with the package, by name.
    """
    codes, renamed = _crosswalks(draft, name, shared)
    lines = [*_head(draft, name), *_student(draft), *_sources(draft), *_objects(draft, renamed)]
    for entry in draft.entries:
        lines += _entry(entry, renamed)
    lines += _left(draft)
    return DraftText("\n".join(lines) + "\n", codes)


def _head(draft: Draft, name: str) -> Iterator[str]:
    yield "#:schema ./mapping-file.schema.json"
    yield "# A draft by `backpack map new`, from names of columns and the look of values. Check every line:"
    yield "# what is marked `decide` only you know. `backpack map check` says what is left to do."
    yield ""
    yield "[mapping]"
    yield f"name = {_text(name)}"
    yield 'version = "0.1.0"'
    yield f"title = {_text(name)}"
    yield 'schema = "2.0"'
    yield f"source_system = {_text(name)}"
    yield ""
    yield "[conventions]"
    order = _date_order(draft.tables.values())
    for key, value, question in _CONVENTIONS:
        said = _text(order) if key == "date_order" and order else value
        asked = f"a date of this source is plainly {order}" if key == "date_order" and order else question
        yield f"{key} = {said}".ljust(38) + f" {DECIDE} {asked}"
    yield ""


_CONVENTIONS: Final = (
    ("school_year", '"endYear"', "which year does 2026 name? endYear: 2025-26, startYear: 2026-27"),
    ("exit_date", '"unknown"', "lastDayAttended or firstDayNotEnrolled?"),
    ("date_order", '"none"', "how is 03/04/2015 read? mdy or dmy"),
    ("identifier", '"State"', "is the state id column the state's, or District, or Local?"),
    ("identifier_pattern", "'.+'", "what does a state id look like? such as '[0-9]{10}'"),
    ("null_tokens", "[]", 'which words mean an empty cell? such as "NULL", "N/A"'),
    ("sentinel_dates", "[]", "which dates mean no date? such as 1900-01-01"),
    ("deleted", "[]", "which values of a status column mean that the row is gone?"),
    ("time_zone", '"UTC"', "of dates with a time, such as America/Chicago"),
    ("attendance", '"exceptionsOnly"', "is a day without a row a day of presence? else all"),
    ("attendance_unit", '"day"', "day, halfDay or period?"),
    ("gpa_scale", '"unknown"', "the best average there is, such as 4.0"),
    ("credit_unit", '"unknown"', "carnegie, semesterHour or quarterHour?"),
    ("primary_enrollment", '"only"', "of several stays at a time: column, latest or longest?"),
    ("no_show", '"none"', "how are stays marked that never began? exclude or column"),
    ("name_order", '"separate"', "or lastFirst, as `Reyes, Ana`"),
    ("code_state", '"none"', "whose state codes are these? two letters"),
    ("code_year", '"none"', "of which school year are the code lists?"),
)


def _date_order(tables: Iterable[Profile]) -> str | None:
    orders = {column.order for profile in tables for column in profile.columns.values()} - {None}
    return orders.pop() if len(orders) == 1 else None


def _student(draft: Draft) -> Iterator[str]:
    yield "[student]"
    yield f"source = {_text(draft.people.name)}"
    yield f"key = {_text(draft.key)}"
    guess = "" if draft.state_id != draft.key else f"   {DECIDE} which column is the state id?"
    yield f"state_id = {_text(draft.state_id)}{guess}"
    yield ""
    for one in draft.deciders:
        asked = "" if one.role else f"   {DECIDE} is everybody in the table a student?"
        yield f"[[student.decided_by]]{asked}"
        yield f"source = {_text(one.source)}"
        yield f"column = {_text(one.column)}"
        if one.role:
            yield f"role = {_text(one.role)}"
            yield f"students = {_list(one.students)}"
            yield f"others = {_list(one.others)}"
        yield ""


def _sources(draft: Draft) -> Iterator[str]:
    for name in draft.used:
        yield f"[sources.{_key(name)}]"
        yield f"file = {_text(name)}"
        if name in draft.keys:
            yield f"key = {_text(draft.keys[name])}"
        if name == draft.people.name:
            yield "required = true"
        yield ""


def _objects(draft: Draft, renamed: Mapping[str, str]) -> Iterator[str]:
    for name, one in draft.objects.items():
        yield f"[objects.{name}]"
        yield f"model = {_text(one.words.model)}"
        yield f"source = {_text(one.source)}"
        yield f"orphan = {_text(one.words.key)}"
        yield f"[objects.{name}.fields]"
        yield from _fields(one.fields, renamed)
        yield ""


def _entry(entry: DraftEntry, renamed: Mapping[str, str]) -> Iterator[str]:
    yield "[[entries]]"
    yield f"section = {_text(entry.section)}"
    where = ", ".join(f"{_key(column)} = {_list(values)}" for column, values in entry.where.items())
    condition = f", where = {{ {where} }}" if where else ""
    yield f"from = [{{ source = {_text(entry.source)}, student = {_text(entry.student)}{condition} }}]"
    yield f"key = {_list(entry.key)}"
    if len(entry.key) > 1:
        yield "alone = false"
    for name, link in entry.links.items():
        yield (
            f"links.{_key(name)} = {{ source = {_text(link.source)}, on = {_text(link.on)},"
            f" key = {_text(link.key)} }}"
        )
    yield "[entries.fields]"
    yield from _fields(entry.fields, renamed)
    yield ""


def _fields(fields: Mapping[Path, str], renamed: Mapping[str, str]) -> Iterator[str]:
    for name, value in _nested(fields).items():
        text = _rendered(value)
        for old, new in renamed.items():
            text = text.replace(f'lookup = "{old}"', f'lookup = "{new}"')
        yield f"{name} = {text}"


def _nested(fields: Mapping[Path, str]) -> dict[str, Any]:
    """Return paths as tables in tables; lists as tables by number."""
    whole: dict[Any, Any] = {}
    for path, text in fields.items():
        at = whole
        for part in path[:-1]:
            at = at.setdefault(part, {})
        at[path[-1]] = text
    return whole


def _rendered(value: Any) -> str:
    if isinstance(value, str):
        return value
    if all(isinstance(name, int) for name in value):
        return f"[{', '.join(_item(value[name]) for name in sorted(value))}]"
    return f"{{ {', '.join(f'{name} = {_rendered(one)}' for name, one in value.items())} }}"


def _item(value: Any) -> str:
    """Return an item of a list; a bare column would be one of several columns."""
    text = _rendered(value)
    return f"{{ column = {text} }}" if text.startswith('"') else text


def _crosswalks(draft: Draft, name: str, shared: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return a crosswalk of one's own for each in which codes are lacking, and what each stands in for."""
    unknown: dict[str, dict[str, int]] = {}
    for entry in draft.entries:
        for lookup, column in entry.codes:
            if lookup in shared:
                found = unknown.setdefault(lookup, {})
                found.update(_unknown(Crosswalk.model_validate(tomllib.loads(shared[lookup])), column.codes))
    made, renamed = {}, {}
    for lookup, codes in unknown.items():
        if codes:
            renamed[lookup] = f"{name}_{lookup}"
            made[renamed[lookup]] = _asking(shared[lookup], codes)
    return made, renamed


def _unknown(walk: Crosswalk, codes: Mapping[str, int]) -> dict[str, int]:
    read = coded(walk.model_copy(update={"unmapped": "finding"}))
    return {code: number for code, number in codes.items() if read(code).problem is not None}


def _asking(text: str, codes: Mapping[str, int]) -> str:
    """Return the text of a crosswalk behind the codes that it lacks."""
    asked = [f"{DECIDE} these occur and mean nothing yet; add each to the `local` of the line that it means."]
    for code, number in sorted(codes.items(), key=lambda one: -one[1])[:_MOST_CODES]:
        shown = " ".join(code.split()) if len(code) <= _LONGEST else f"({len(code)} characters)"
        asked.append(f"#   {shown} ({number} times)")
    return "\n".join(asked) + "\n" + text


def _left(draft: Draft) -> Iterator[str]:
    if not draft.left:
        return
    yield "# Not drafted:"
    for profile in draft.left:
        yield f"#   {profile.table.file}: {', '.join(profile.columns)}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]" if len(values) != 1 else f"[{_text(values[0])}]"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)
