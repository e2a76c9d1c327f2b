"""Everything that can be said of a mapping file before it runs, each with its line."""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from gateway.mapping.clashes import clashes
from gateway.mapping.crosswalk import Crosswalk
from gateway.mapping.faults import Fault, Path, did_you_mean
from gateway.mapping.findings import Severity
from gateway.mapping.inverse_faults import faults_of_inversion
from gateway.mapping.leaves import fields_of, place_in_file
from gateway.mapping.mapping_schema import docs_of, known_keys
from gateway.mapping.nodes import Several, Tree
from gateway.mapping.plan import PartPlan, Plan, check
from gateway.mapping.rows import Table
from gateway.mapping.spec import MappingFile
from gateway.mapping.toml_places import line_of, places_of

DECIDE: Final = "# decide:"
"""Marks what a drafted file leaves to people."""
_AT: Final = re.compile(r" \(at line (\d+), column \d+\)$")
_NESTED: Final = re.compile(r"Value error, ((?:\.[^.\[:\s]+|\[\d+\])*): (?:([\w.]+): )?(.*)", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


class Told(NamedTuple):
    """Something that a check has to say: an error keeps the mapping from running."""

    path: Path
    message: str
    suggestion: str | None = None
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say of a mapping file, or of a crosswalk beside it, on a line of it from 1."""

    severity: Severity
    file: str | None
    """The crosswalk; None: the mapping file."""
    line: int
    place: str
    message: str
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check. Without a mapping or a plan, the remarks say why."""

    mapping: MappingFile | None = None
    plan: Plan | None = None
    remarks: Sequence[Remark] = ()
    unused: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By table, the headers that nothing reads; those that are never read are not among them."""

    @property
    def holds(self) -> bool:
        """Whether the mapping can run."""
        errors = any(one.severity == "error" for one in self.remarks)
        return self.plan is not None and not errors


@dataclass(frozen=True, slots=True)
class Texts:
    """A mapping file and the crosswalks that it may use, as they are written."""

    mapping: str
    codes: Mapping[str, str]
    """By name."""
    own: Collection[str] = ()
    """Names of the crosswalks that were made for this mapping alone: each should be used."""


def check_texts(texts: Texts, tables: Sequence[Table] | None, today: date) -> Checked:
    """Check a mapping against the schema and, where they are given, the tables that are there."""
    mapping, remarks = read(texts)
    if mapping is None:
        return Checked(remarks=remarks)
    plan = check(mapping, tables or (), today)
    looked = _Looked(mapping, plan, tomllib.loads(texts.mapping), texts.own, today)
    told = [fault for one in (_CHECKS if tables is not None else _WITHOUT_TABLES) for fault in one(looked)]
    places = places_of(texts.mapping)
    remarks += _to_decide(texts)
    for one in told:
        remarks.append(_remark(one, line_of(places, place_in_file(mapping, one.path)), None))
    distinct = {(one.file or "", one.line, one.message): one for one in reversed(remarks)}
    return Checked(mapping, plan, [distinct[key] for key in sorted(distinct)], unused_columns(plan))


def read(texts: Texts) -> tuple[MappingFile | None, list[Remark]]:
    """Read the texts; unlike `load_mapping`, say everything that is wrong with them."""
    remarks: list[Remark] = []
    mapping = _model(MappingFile, texts.mapping, None, remarks)
    walks = {}
    for name, text in texts.codes.items():
        walk = _model(Crosswalk, text, f"codes/{name}.toml", remarks)
        if mapping is not None and walk is not None:
            conventions = mapping.conventions
            year = None if conventions.code_year == "none" else conventions.code_year
            walks[name] = walk.of(conventions.code_state, year)
    if mapping is not None:
        mapping = mapping.model_copy(update={"codes": walks})
    return mapping, remarks


def unused_columns(plan: Plan) -> dict[str, list[str]]:
    """Return, by table, the headers that nothing reads; those that are never read are not among them."""
    unread = {}
    for source in plan.sources.values():
        if source.table is not None:
            read = {source.columns[name] for name in source.asked}
            unread[source.file] = [
                header
                for header in source.table.columns
                if header not in read and header not in source.denied
            ]
    return {file: headers for file, headers in unread.items() if headers}


def _to_decide(texts: Texts) -> Iterator[Remark]:
    """Yield what a drafted file leaves to people."""
    own = {f"codes/{name}.toml": texts.codes[name] for name in texts.own if name in texts.codes}
    for file, text in ((None, texts.mapping), *own.items()):
        for line, written in enumerate(text.splitlines(), 1):
            _, mark, question = written.partition(DECIDE)
            if mark and question.strip():
                yield Remark("warning", file, line, "", f"to be decided: {question.strip()}")


# --- the file itself ------------------------------------------------------------------------------------


def _model(model: Any, text: str, file: str | None, remarks: list[Remark]) -> Any:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        message = f"this is no TOML: {_AT.sub('', str(error))}"
        remarks.append(Remark("error", file, int(found[1]) if found else 1, "", message))
        return None
    try:
        return model.model_validate(document)
    except ValidationError as error:
        places = places_of(text)
        for one in error.errors(include_url=False, include_input=False):
            told = _of_pydantic(one["type"], _in_file(one["loc"], document), one["msg"])
            remarks.append(_remark(told, line_of(places, told.path), file))
        return None


def _in_file(loc: Sequence[str | int], document: Any) -> Path:
    """Return the part of a place that the file has, and the key that it lacks."""
    path: Path = ()
    for at, part in enumerate(loc):
        inside = isinstance(document, list) and isinstance(part, int) and part < len(document)
        if inside or (isinstance(document, dict) and part in document):
            document = document[part]
            path = (*path, part)
        elif at == len(loc) - 1 and isinstance(document, dict):
            path = (*path, part)
    return path


def _of_pydantic(kind: str, path: Path, message: str) -> Told:
    if nested := _NESTED.fullmatch(message):
        steps = [(name or int(number)) for name, number in _STEP.findall(nested[1])]
        key = tuple(nested[2].split(".")) if nested[2] else ()
        extra = nested[3].startswith("Extra inputs")
        return _of_pydantic("extra_forbidden" if extra else "", (*path, *steps, *key), nested[3])
    last = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        known = known_keys(path[:-1])
        hint = did_you_mean(last, known) or (f"known keys: {', '.join(known)}" if known else None)
        return Told(path, f"there is no key {last!r} here", hint)
    if kind == "missing":
        about = docs_of("Conventions")[1].get(last) if path[:1] == ("conventions",) else None
        return Told(path, f"the key {last!r} is missing", about.partition("\n")[0] if about else None)
    return Told(path, message.removeprefix("Value error, "))


def _remark(told: Told, line: int, file: str | None) -> Remark:
    place = Fault(told.path, "").place
    return Remark(told.severity, file, line, place, told.message, told.suggestion)


# --- the mapping beside the schema and the tables -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Looked:
    """What checks look at."""

    mapping: MappingFile
    plan: Plan
    document: Mapping[str, Any]
    own: Collection[str]
    today: date


def _faults(looked: _Looked) -> Iterator[Told]:
    for one in looked.plan.faults:
        yield Told(one.path, one.message, one.suggestion, one.severity)


def _not_there(looked: _Looked) -> Iterator[Told]:
    """Yield the tables without which there are no students, where the source lacks them."""
    for name, source in looked.plan.sources.items():
        if source.spec.required and source.table is None:
            message = f"the source has no table {source.spec.file!r}; without it there are no students"
            known = [table.name for table in looked.plan.unmapped]
            yield Told(("sources", name, "file"), message, did_you_mean(source.spec.file, known))


def _clashing(looked: _Looked) -> Iterator[Told]:
    for one in clashes(looked.mapping, looked.today):
        yield Told(one.path, one.message, one.suggestion, one.severity)


def _irreversible(looked: _Looked) -> Iterator[Told]:
    """Yield what is lost when a received backpack is written back; to know, not to mend."""
    for one in faults_of_inversion(looked.plan):
        yield Told(one.path, one.message, one.suggestion, "info")


def _lacking(looked: _Looked) -> Iterator[Told]:
    """Yield what the schema requires and no column gives."""
    for at, parts in enumerate(looked.plan.sections):
        for part in parts:
            path: Path = ("entries", at, "fields")
            given = {one.name for tree in _trees(part) for one in tree.fields}
            for name in part.required:
                if name not in given:
                    yield _lack(looked, part, name, path)
            for tree in _trees(part):
                yield from _lacking_within(tree, path)


def _lack(looked: _Looked, part: PartPlan, name: str, path: Path) -> Told:
    if name in fields_of(looked.mapping, part.spec):
        message = f"no column of {part.source.file} gives {name}, and without it there is no entry from it"
        return Told((*path, name), message, severity="warning")
    return Told(path, f"the schema requires {name!r} of each {part.tree.model}, and no field gives it")


def _lacking_within(tree: Tree, path: Path) -> Iterator[Told]:
    for one in tree.fields:
        nodes = one.node.nodes if isinstance(one.node, Several) else (one.node,)
        for node in nodes:
            if not isinstance(node, Tree):
                continue
            given = {inner.name for inner in node.fields}
            for name in node.required:
                if name not in given:
                    message = f"the schema requires {name!r} of each {node.model}, and no column gives it"
                    yield Told((*path, one.name), message, severity="warning")
            yield from _lacking_within(node, (*path, one.name))


def _trees(part: PartPlan) -> list[Tree]:
    return [part.tree, *(link.group for link in part.groups if link.group)]


def _unused_names(looked: _Looked) -> Iterator[Told]:
    """Yield what the file defines and never uses."""
    said = looked.document
    for word, defined, key in (
        ("crosswalk", dict.fromkeys(sorted(looked.own), ("mapping",)), "lookup"),
        ("object", {name: ("objects", name) for name in looked.mapping.objects}, "object"),
        ("group of fields", {name: ("groups", name) for name in looked.mapping.groups}, "include"),
        ("source", {name: ("sources", name) for name in looked.mapping.sources}, "source"),
    ):
        used = set(_said_of(said, key))
        for name, path in defined.items():
            if name not in used:
                yield Told(path, f"the {word} {name!r} is never used", severity="warning")
    for at, entry in enumerate(looked.mapping.entries):
        texts = list(_texts(said["entries"][at])) + list(_texts(said.get("groups", {})))
        for name, link in entry.links.items():
            if not link.required and not any(text.startswith(f"{name}.") for text in texts):
                message = f"the link {name!r} is never followed"
                yield Told(("entries", at, "links", name), message, severity="warning")


def _unread(looked: _Looked) -> Iterator[Told]:
    """Yield the columns of each table that nothing reads."""
    unused = unused_columns(looked.plan)
    for name, source in looked.plan.sources.items():
        headers = unused.get(source.file, ())
        if headers and source.spec.others == "report":
            path: Path = ("sources", name)
            yield Told(path, f"nothing reads these columns: {', '.join(headers)}", severity="info")


def _said_of(value: Any, key: str) -> Iterator[str]:
    """Yield every text that stands under the key, anywhere, alone or in a list."""
    for name, one in value.items() if isinstance(value, dict) else enumerate(value):
        if name == key:
            yield from _texts(one)
        if isinstance(one, dict | list):
            yield from _said_of(one, key)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text and every key in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


_Check = Callable[[_Looked], Iterator[Told]]
_WITHOUT_TABLES: Final[tuple[_Check, ...]] = (_faults, _clashing, _unused_names)
_CHECKS: Final[tuple[_Check, ...]] = (*_WITHOUT_TABLES, _not_there, _lacking, _unread, _irreversible)
