"""Entries of one section from the rows of one source."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from gateway.domain.backpack.base import (
    AssertedBy,
    DataQuality,
    Entry,
    Meta,
    OrgRef,
    Provenance,
    assembler,
    marks,
    sensitivity_of,
)
from gateway.domain.backpack.document import SECTIONS
from gateway.domain.backpack.profile import ProfileEntry
from gateway.mapping.compile import Hop, Scope
from gateway.mapping.denied import holds_ssn
from gateway.mapping.fields import Fields, missing
from gateway.mapping.findings import Finding, Rule, finding
from gateway.mapping.sources import SourceTable, Stored
from gateway.mapping.spec import EntrySpec, Leaf, MappingFile, Node, Part, Tree

_RECORDS: Final = bytes.fromhex("5f0c6a0e3c435a0b9d360d3c3a5e8f22")
_ACTORS: Final = {
    actor: AssertedBy(actor=actor) for actor in get_args(AssertedBy.model_fields["actor"].annotation)
}
_Actor = Literal["school", "teacher", "counsellor", "learner", "family", "system", "thirdParty"]

Values = Callable[[Stored, list[Finding]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Extract:
    """What all entries of a run have in common."""

    mapping: MappingFile
    organisation: OrgRef
    extracted_at: datetime

    def provenance(self, file: str, table: str) -> dict[str, Any]:
        """Return what the provenance of every row of a file says, validated, by Python name."""
        about = self.mapping.mapping
        made = Provenance(
            system=about.source_system,
            table=table,
            file=file,
            org=self.organisation,
            extracted_at=self.extracted_at,
            mapping=f"{about.name} {about.version}",
            asserted_by=_ACTORS["school"],
        )
        return {name: getattr(made, name) for name in made.model_fields_set}


@dataclass(frozen=True, slots=True)
class _Group:
    """Fields that come from one row which many entries name, and what they came to by its key."""

    hop: Hop
    read: Values
    slot: int
    source: SourceTable
    known: dict[str, dict[str, Any]]


class EntryMaker:
    """Makes the entries of one part of one section."""

    def __init__(self, spec: EntrySpec, part: Part, fields: Fields, extract: Extract) -> None:
        self.section = spec.section
        self.spec = spec
        self.part = part
        self.source: SourceTable = fields.names.source(part.source)
        self._fields = fields
        self._scope = Scope(self.source, spec.links, part.columns)
        self._nodes = self._included()
        self.model = self._model()
        self._assemble = assembler(self.model)
        self.works = all(
            self.source.slot(column) is not None for column in (part.student, part.each) if column
        )
        self._rows = self.source.many(part.student, part.split)
        self._each = self.source.slot(part.each) if part.each else None
        self._test = fields.names.test(part.where, self._scope) if part.where else None
        self._guards = [
            hop
            for link in spec.links.values()
            if link.required and (hop := fields.names.hop(link, self._scope))
        ]
        self._own, self._groups = self._compiled()
        self._required = [
            name for name, info in self.model.model_fields.items() if info.is_required() and name != "meta"
        ]
        self._order = [
            (_snake(self.model, first), _snake(self.model, second), second) for first, second in spec.in_order
        ]
        self._prepare_meta(extract)

    def rows(self, student: str) -> Iterator[Stored]:
        """Yield the student's rows that the part takes, once for each value of its `each` column."""
        test = self._test
        for row in self._rows.get(student, ()):
            if self._each is None:
                if test is None or test(row):
                    yield row
                continue
            for value in row[self._each].split(","):
                single = (*row[: self._each], value.strip(), *row[self._each + 1 :])
                if value.strip() and (test is None or test(single)):
                    yield single

    def make(self, row: Stored, student: str, seen: set[str]) -> tuple[Entry | None, list[Finding]]:
        """Return the entry of a row, None where the row makes none, and what is wrong with the row."""
        out = list(self.source.faults.get(row[0], ())) if self.source.faults else []
        for hop in self._guards:
            if hop(row, out) is None:
                return None, out or [self._names_nothing(row)]
        record = self._record_id(row, student)
        if record in seen:
            return None, [*out, self._twice(row)] if self.spec.repeats == "finding" else out
        values = self._values(row, out)
        for name in self._required:
            if name not in values:
                return None, self._without(name, row, out)
        if self._order:
            self._check_order(values, row, out)
        values["meta"] = self._meta(record, values, row, out)
        seen.add(record)
        return self._assemble(values), out

    def _included(self) -> dict[str, Node]:
        """Return the entry's fields with those that it includes."""
        nodes: dict[str, Node] = {}
        for group in self.spec.include:
            if group not in self._fields.names.mapping.groups:
                self._fields.names.fail(f"there is no group {group!r}")
            nodes.update(self._fields.names.mapping.groups[group])
        return nodes | dict(self.spec.fields)

    def _model(self) -> type[Entry]:
        """Return the model of the section's entries; in the learner profile the field `kind` chooses."""
        if self.section not in SECTIONS:
            self._fields.names.fail(f"the schema has no section {self.section!r}")
        model = SECTIONS[self.section]
        if model is not ProfileEntry:
            return model
        kind = self._nodes.get("kind")
        for one in ProfileEntry.__subclasses__():
            if isinstance(kind, Leaf) and kind.static in get_args(one.model_fields["kind"].annotation):
                return one
        return self._fields.names.fail("learnerProfile needs a static kind of the schema")

    def _compiled(self) -> tuple[Values | None, list[_Group]]:
        """Split the fields into those of the row itself and those of each row that many entries share."""
        by_link: dict[str | None, dict[str, Node]] = {}
        for name, node in self._nodes.items():
            by_link.setdefault(self._anchor(node), {})[name] = node
        own = self._fields.parts(self.model, Tree(by_link.pop(None, {})), self._scope)
        groups = [self._group(str(link), Tree(fields)) for link, fields in by_link.items()]
        return own, [group for group in groups if group]

    def _group(self, link: str, tree: Tree) -> _Group | None:
        spec = self.spec.links[link]
        hop = self._fields.names.hop(spec, self._scope)
        read = self._fields.parts(self.model, tree, self._scope, link)
        place = self._fields.names.place(spec.on, self._scope)
        if hop is None or read is None or place is None:
            return None
        return _Group(hop, read, place.slot, self._fields.names.source(spec.source), {})

    def _anchor(self, node: Node) -> str | None:
        """Return the link whose row alone the field reads, where other students' entries read it too."""
        references = self._fields.references(node)
        anchors = {path[0] if path else None for path, _ in map(self._scope.path, references)}
        anchor = anchors.pop() if len(anchors) == 1 else None
        if anchor is None or self.spec.links[anchor].on == self.part.student:
            return None
        return anchor

    def _values(self, row: Stored, out: list[Finding]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for group in self._groups:
            made = group.known.get(row[group.slot])
            if made is None and (there := group.hop(row, out)) is not None:
                made = group.known[row[group.slot]] = self._fields.once(group.source, there, group.read)
            if made is not None:
                values.update(made)
        if self._own is not None:
            values.update(self._own(row, out))
        return values

    def _prepare_meta(self, extract: Extract) -> None:
        self._keys = [self.source.slot(self.part.columns.get(column, column)) for column in self.spec.key]
        actor = self.spec.asserted_by
        self._says = self._fields.reader(actor, _Actor, self._scope)
        self._provenance = extract.provenance(self.source.file, self.source.spec.file)
        prefix = (extract.organisation.id, extract.mapping.mapping.source_system, self.source.spec.file)
        self._hash = hashlib.sha1(
            _RECORDS + "\x1f".join((*prefix, self.section, "")).encode(), usedforsecurity=False
        )
        self._marked = marks(self.model)
        self._plain = sensitivity_of(self.model, ())

    def _record_id(self, row: Stored, student: str) -> str:
        """Return the UUID (version 5) of organisation, system, table, section and key."""
        slots = self._keys
        first = _key_cell(row, slots[0]) if self.spec.alone else ""
        key = first or "|".join((student, *(_key_cell(row, slot) for slot in slots if slot is not None)))
        hashed = self._hash.copy()
        hashed.update(key.encode("utf-8", "surrogatepass"))
        name = hashed.hexdigest()
        return f"{name[:8]}-{name[8:12]}-5{name[13:16]}-{_VARIANT[name[16]]}{name[17:20]}-{name[20:32]}"

    def _meta(self, record: str, values: Mapping[str, Any], row: Stored, out: list[Finding]) -> Meta:
        source = self._provenance | {"row": row[0]}
        if key := _key_cell(row, self._keys[0]):
            source["key"] = key
        if self._says and (actor := self._says(row, out)):
            source["asserted_by"] = _ACTORS[actor]
        meta: dict[str, Any] = {
            "record_id": record,
            "source": _provenance(source),
            "status": "active",
            "sensitivity": sensitivity_of(self.model, values) if self._marked else self._plain,
        }
        if self.spec.verification:
            meta["verification"] = self.spec.verification
        if out:
            meta["dq"] = tuple(map(_quality, out))
        return _meta(meta)

    def _check_order(self, values: Mapping[str, Any], row: Stored, out: list[Finding]) -> None:
        for first, second, wire in self._order:
            begin, end = values.get(first), values.get(second)
            if begin and end and end < begin:
                out.append(
                    finding(
                        Rule.EXIT_BEFORE_ENTRY,
                        f"{wire} is before {first.replace('_', ' ')}",
                        file=self.source.file,
                        line=row[0],
                        column=self.column(wire),
                        raw_value=end.isoformat(),
                        suggestion="correct one of the two dates",
                    )
                )

    def column(self, wire: str) -> str:
        """Return the header of the column that the field reads, or the field's own name."""
        node = self._nodes.get(wire)
        return self.source.header(node.column[0]) if isinstance(node, Leaf) and node.column else wire

    def _without(self, name: str, row: Stored, out: list[Finding]) -> list[Finding]:
        """Return the findings, and one about the missing field unless one of them is about it."""
        wire = self.model.model_fields[name].alias or name
        if any(one.column == self.column(wire) for one in out):
            return out
        return [*out, missing(self.source.file, row, self.model, name)]

    def _twice(self, row: Stored) -> Finding:
        column = self.part.columns.get(self.spec.key[0], self.spec.key[0])
        return self.source.about(
            row, column, Rule.ID_DUPLICATE, "an earlier row of the student has this key; that one was read"
        )

    def _names_nothing(self, row: Stored) -> Finding:
        column = next(link.on for link in self.spec.links.values() if link.required)
        column = self.part.columns.get(column, column)
        return self.source.about(row, column, Rule.REFERENCE_ORPHAN, "the row does not say what it is about")


_provenance: Callable[[dict[str, Any]], Provenance] = assembler(Provenance)
_meta: Callable[[dict[str, Any]], Meta] = assembler(Meta)
_VARIANT: Final = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def _key_cell(row: Stored, slot: int | None) -> str:
    """Return the stripped cell; empty where it holds an SSN, whose hash would be as good as itself."""
    cell = "" if slot is None else str(row[slot]).strip()
    return "" if holds_ssn(cell) else cell


def _quality(one: Finding) -> DataQuality:
    """Return what travels of a finding: never the raw value, which may be anything."""
    return DataQuality(code=one.rule.value, field=one.column, severity=one.severity)


def _snake(model: type[Entry], wire: str) -> str:
    return next((name for name, info in model.model_fields.items() if info.alias == wire), wire)
