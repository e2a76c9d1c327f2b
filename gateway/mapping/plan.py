"""One checked plan of a mapping and the tables that are there: what both executors carry out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal

from pydantic import BaseModel

from gateway.domain.backpack.document import SECTIONS, model_of
from gateway.domain.errors import Malformed, Misconfigured
from gateway.mapping.compile import Compiler, required_of
from gateway.mapping.faults import Fault, Faults, Path, did_you_mean
from gateway.mapping.findings import Finding
from gateway.mapping.headers import Headers, Resolved, resolve
from gateway.mapping.nodes import LinkPlan, Node, Place, Reference, Test, Tree, Value
from gateway.mapping.rows import Table
from gateway.mapping.scopes import Names, Scope
from gateway.mapping.spec import EntrySpec, MappingFile, Part
from gateway.mapping.spec_fields import Items, Leaf
from gateway.mapping.spec_fields import Node as NodeSpec
from gateway.mapping.spec_fields import Tree as TreeSpec

_Actor = Literal["school", "teacher", "counsellor", "learner", "family", "system", "thirdParty"]

View = tuple[str, str, str | None]
"""Rows of a source, by whose student they are found, and what parts several students there."""


@dataclass(eq=False, slots=True)
class PartPlan:
    """Entries of one section from the rows of one source."""

    number: int
    section: str
    spec: EntrySpec
    part: Part
    source: Resolved
    student: Place
    where: Test
    links: dict[str, LinkPlan]
    tree: Tree
    """Fields that are made of the row itself, or of it and others."""
    groups: tuple[LinkPlan, ...]
    """Links whose rows make fields of their own."""
    key: tuple[str, ...]
    """Columns that name the row, as the source calls them; those that are not there are left out."""
    has_first: bool
    """Whether the first column of the key is there."""
    actor: Node | None
    headers: dict[str, str]
    """By wire name, the header of a field's first cell: for what is said about the field as a whole."""

    @property
    def view(self) -> View:
        """Return which rows it takes."""
        return self.source.name, self.student.name, self.part.split

    @property
    def required(self) -> tuple[str, ...]:
        """Return the fields without which there is no entry."""
        return self.tree.required

    def column(self, wire: str) -> str:
        """Return the header of the column that the field reads, or the field's own name."""
        return self.headers.get(wire, wire)


@dataclass(eq=False, slots=True)
class Plan:
    """What is done with which table. `findings` are about tables and headers."""

    mapping: MappingFile
    sources: dict[str, Resolved]
    unmapped: list[Table]
    sections: list[list[PartPlan]]
    """The parts of each `[[entries]]`, in order."""
    findings: list[Finding]
    faults: list[Fault]
    digest: str = field(default="")
    """Of the mapping file with its crosswalks."""

    def parts(self) -> list[PartPlan]:
        """Return all parts."""
        return [part for parts in self.sections for part in parts]


def make_plan(mapping: MappingFile, tables: Sequence[Table], today: date) -> Plan:
    """Check a mapping against the schema and the tables, and return the plan.

    Raises:
        Misconfigured: the mapping names what is not there; says the first place, `check` says all.
    """
    plan = check(mapping, tables, today)
    errors = [fault for fault in plan.faults if fault.severity == "error"]
    if errors:
        first = errors[0]
        hint = f"; {first.suggestion}" if first.suggestion else ""
        more = f" (and {len(errors) - 1} more: `backpack map check` lists them)" if len(errors) > 1 else ""
        raise Misconfigured(f"mapping {mapping.mapping.name}: {first.place}: {first.message}{hint}{more}")
    return plan


def check(mapping: MappingFile, tables: Sequence[Table], today: date) -> Plan:
    """Return the plan with everything that is wrong with it."""
    headers = resolve(mapping, tables)
    faults = Faults()
    names = Names(mapping, headers.sources, faults)
    planner = _Planner(names, Compiler(names, today))
    sections = [planner.section(spec, ("entries", at)) for at, spec in enumerate(mapping.entries)]
    _ask_for_people(mapping, headers, faults)
    digest = hashlib.sha256(mapping.model_dump_json().encode()).hexdigest()
    return Plan(mapping, headers.sources, headers.unmapped, sections, headers.findings, faults.found, digest)


class _Planner:
    """Plans entries."""

    def __init__(self, names: Names, compiler: Compiler) -> None:
        self._names = names
        self._compiler = compiler
        self._count = 0

    def section(self, spec: EntrySpec, path: Path) -> list[PartPlan]:
        """Plan the parts of an `[[entries]]`; one whose table or student column is not there is left out."""
        nodes = self._included(spec, path)
        model = self._model(spec.section, nodes, path)
        if model is None:
            return []
        parts = (self._part(spec, part, nodes, model, path=path, at=at) for at, part in enumerate(spec.parts))
        return [part for part in parts if part]

    def _included(self, spec: EntrySpec, path: Path) -> dict[str, NodeSpec]:
        nodes: dict[str, NodeSpec] = {}
        groups = self._names.mapping.groups
        for group in spec.include:
            if group in groups:
                nodes.update(groups[group])
            else:
                message = f"there is no group {group!r}"
                self._names.faults.error((*path, "include"), message, did_you_mean(group, groups))
        return nodes | dict(spec.fields)

    def _model(self, section: str, nodes: Mapping[str, NodeSpec], path: Path) -> type[BaseModel] | None:
        """Return the model of the section's entries; a static `kind` chooses among several."""
        if section not in SECTIONS:
            message = f"the schema has no section {section!r}"
            self._names.faults.error((*path, "section"), message, did_you_mean(section, SECTIONS))
            return None
        kind = nodes.get("kind")
        said = str(kind.static) if isinstance(kind, Leaf) and kind.static else None
        try:
            return model_of(section, said)
        except Malformed as error:
            self._names.faults.error((*path, "fields", "kind"), f"a static kind is needed: {error}")
            return None

    def _part(
        self,
        spec: EntrySpec,
        part: Part,
        nodes: Mapping[str, NodeSpec],
        model: type[BaseModel],
        *,
        path: Path,
        at: int,
    ) -> PartPlan | None:
        source = self._names.source(part.source, (*path, "from", at, "source"))
        if source is None or source.table is None:
            return None
        elsewhere = self._columns_of(spec)
        scope = Scope(source, spec.links, part.columns, path=(*path, "links"), elsewhere=elsewhere)
        unnamed = replace(scope, renamed={})
        student = self._names.place(part.student, unnamed, (*path, "from", at, "student"), quiet=True)
        if part.each and not source.ask(part.each):
            return None
        own, grouped = self._grouped(nodes, scope, part)
        tree = self._compiler.tree(model, TreeSpec(own), scope, (*path, "fields"))
        tree = tree or Tree(model.__name__, (), required_of(model))
        groups = self._groups(model, grouped, spec, scope, path)
        where = self._names.test(part.where, scope, (*path, "from", at, "where"))
        for name, link in spec.links.items():
            if link.required and (key := self._key_of(name, spec, path)):
                self._names.place(f"{name}.{key}", scope, (*path, "links", name))
        if student is None or self._lacks_required(spec, scope):
            return None
        self._count += 1
        names = [part.columns.get(column, column) for column in spec.key]
        return PartPlan(
            self._count,
            spec.section,
            spec,
            part,
            source,
            student,
            where,
            scope.links,
            tree,
            groups,
            tuple(name for name in names if name and source.ask(name)),
            bool(names[0]) and source.ask(names[0]),
            self._actor(spec, scope, path),
            _headers_of(tree, groups),
        )

    def _columns_of(self, spec: EntrySpec) -> frozenset[str]:
        """Return the columns that the sources of several parts have; empty where there is one part."""
        if len(spec.parts) == 1:
            return frozenset()
        sources = [
            self._names.sources[part.source] for part in spec.parts if part.source in self._names.sources
        ]
        named = {name for part in spec.parts for name in part.columns}
        return frozenset(named.union(*(one.spec.columns or one.columns for one in sources)))

    def _key_of(self, name: str, spec: EntrySpec, path: Path) -> str | None:
        """Return a column that is there if the link's target is."""
        link = spec.links[name]
        source = self._names.source(link.source, (*path, "links", name, "source"))
        key = link.key or (source.spec.key if source else ())
        return key[0] if key else None

    def _lacks_required(self, spec: EntrySpec, scope: Scope) -> bool:
        """Tell whether a link without which there is no entry leads nowhere."""
        return any(link.required and not _reached(scope, name) for name, link in spec.links.items())

    def _grouped(
        self, nodes: Mapping[str, NodeSpec], scope: Scope, part: Part
    ) -> tuple[dict[str, NodeSpec], dict[str, dict[str, NodeSpec]]]:
        """Split the fields into those of the row itself and those of each row that many entries share."""
        own: dict[str, NodeSpec] = {}
        grouped: dict[str, dict[str, NodeSpec]] = {}
        for wire, node in nodes.items():
            anchor = _anchor(node, scope, part)
            (own if anchor is None else grouped.setdefault(anchor, {}))[wire] = node
        return own, grouped

    def _groups(
        self,
        model: type[BaseModel],
        grouped: Mapping[str, Mapping[str, NodeSpec]],
        spec: EntrySpec,
        scope: Scope,
        path: Path,
    ) -> tuple[LinkPlan, ...]:
        made = []
        for name, nodes in grouped.items():
            key = self._key_of(name, spec, path)
            if key is None or self._names.place(f"{name}.{key}", scope, (*path, "links", name)) is None:
                continue
            link = scope.links[name]
            inner = Scope(link.target, spec.links, {}, link.links, (name,), (*path, "links"))
            link.group = self._compiler.tree(model, TreeSpec(nodes), inner, (*path, "fields"))
            if link.group is not None:
                made.append(link)
        return tuple(made)

    def _actor(self, spec: EntrySpec, scope: Scope, path: Path) -> Node | None:
        return self._compiler.node(spec.asserted_by, _Actor, scope, (*path, "asserted_by"))


def _headers_of(tree: Tree, groups: Sequence[LinkPlan]) -> dict[str, str]:
    trees = [tree, *(link.group for link in groups if link.group)]
    fields = [one for tree in trees for one in tree.fields]
    return {one.name: one.node.places[0].header for one in fields if isinstance(one.node, Reference | Value)}


def _anchor(node: NodeSpec, scope: Scope, part: Part) -> str | None:
    """Return the link whose row alone the field reads, where rows of other students read it too."""
    chains = [scope.chain(reference)[0] for reference in references(node)]
    first = {chain[0] if chain else None for chain in chains}
    anchor = first.pop() if len(first) == 1 else None
    if anchor is None or part.student in scope.specs[anchor].on:
        return None
    return anchor


def references(node: NodeSpec) -> set[str]:
    """Return every column that the field reads from its own scope."""
    if isinstance(node, TreeSpec) and node.many:
        return set(node.many.equals)
    if isinstance(node, TreeSpec):
        inner = set().union(*map(references, node.fields.values()))
        return inner | set(node.when)
    if isinstance(node, Items):
        return set().union(*map(references, node.nodes))
    return (set(node.many.equals) if node.many else set(node.column)) | set(node.when)


def _reached(scope: Scope, name: str) -> bool:
    at = scope.links
    for step in scope.way(name):
        if step not in at:
            return False
        at = at[step].links
    return True


def _ask_for_people(mapping: MappingFile, headers: Headers, faults: Faults) -> None:
    """Ask for the columns that say who is a student, and for those that every source needs."""
    people = headers.sources.get(mapping.student.source)
    if people is None:
        faults.error(("student", "source"), f"there is no source {mapping.student.source!r}")
        return
    people.ask(mapping.student.key)
    people.ask(mapping.student.state_id)
    for at, decider in enumerate(mapping.student.decided_by):
        source = headers.sources.get(decider.source)
        if source is None:
            faults.error(("student", "decided_by", at), f"there is no source {decider.source!r}")
            continue
        source.ask(decider.column)
        if decider.role:
            source.ask(decider.role)
    for source in headers.sources.values():
        for column in (*source.spec.key, source.spec.status, *source.spec.expect):
            source.ask(column)
    if manifest := headers.sources.get(mapping.manifest.source if mapping.manifest else ""):
        manifest.ask(mapping.manifest.property if mapping.manifest else "")
        manifest.ask(mapping.manifest.value if mapping.manifest else "")


ENGINE: Final = "2"
"""Changes when the same mapping and rows may give other documents."""
