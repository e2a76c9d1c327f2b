"""Which columns hold keys of other rows, so that the keys of another district can be replaced by new ones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.mapping.inverse_drafts import Line, new_key
from gateway.mapping.leaves import fields_of
from gateway.mapping.plan import Plan
from gateway.mapping.scopes import Scope
from gateway.mapping.spec import EntrySpec, ObjectSpec
from gateway.mapping.spec_fields import Items, Leaf, Node, Tree


class Domain(NamedTuple):
    """Whose keys a column holds."""

    source: str
    separator: str | None = None
    """Between several keys in one cell."""


@dataclass(slots=True)
class Keys:
    """The columns that hold keys, as far as one column is the whole key."""

    plan: Plan
    domains: dict[tuple[str, str], Domain] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> "Keys":
        """Find them: keys of tables, what links and shared objects start from, the student's own."""
        keys = cls(plan)
        mapping = plan.mapping
        for name, source in mapping.sources.items():
            if len(source.key) == 1:
                keys.domains[name, source.key[0]] = Domain(name)
        for spec in mapping.objects.values():
            keys._object(spec)
        for entry in mapping.entries:
            keys._entry(entry)
        return keys

    def renewed(self, line: Line, organization: str, kept: str) -> dict[str, str]:
        """Return the row's cells with the keys of that organisation replaced, but not `kept`.

        The same key gives the same new one in every row and every import.
        """
        return {
            column: self._renewed(line, column, text, organization, kept)
            for column, text in line.cells.items()
        }

    def _renewed(self, line: Line, column: str, text: str, organization: str, kept: str) -> str:
        domain = self.domains.get((line.source.name, column))
        if domain is None or column in line.made:
            return text
        pieces = text.split(domain.separator) if domain.separator else [text]
        made = [piece if piece == kept else new_key(organization, domain.source, piece) for piece in pieces]
        return (domain.separator or "").join(made)

    def _entry(self, entry: EntrySpec) -> None:
        for part in entry.parts:
            scope = Scope(self.plan.sources[part.source], entry.links, part.columns)
            student = self.plan.mapping.student.source
            self._add(part.student, Scope(scope.source, entry.links), Domain(student, part.split))
            self._scope(scope, fields_of(self.plan.mapping, entry))

    def _object(self, spec: ObjectSpec) -> None:
        scope = Scope(self.plan.sources[spec.source], spec.links)
        self._scope(scope, spec.fields)
        parent = spec.fields.get("parent")
        if spec.model == "OrgRef" and isinstance(parent, Leaf):
            for reference in parent.column:
                self._add(reference, scope, Domain(spec.source))

    def _scope(self, scope: Scope, nodes: Mapping[str, Node]) -> None:
        for link in scope.specs.values():
            key = link.key or self.plan.mapping.sources[link.source].key
            domain = self.domains.get((link.source, key[0])) if len(key) == 1 else None
            if domain:
                self._add(link.on[0], scope, domain)
        for node in nodes.values():
            for leaf, inner in self._leaves(node, scope):
                self._leaf(leaf, inner)

    def _leaf(self, leaf: Leaf, scope: Scope) -> None:
        if leaf.object:
            domain = Domain(self.plan.mapping.objects[leaf.object].source, leaf.split)
            for reference in leaf.column:
                self._add(reference, scope, domain)

    def _leaves(self, node: Node, scope: Scope) -> Iterator[tuple[Leaf, Scope]]:
        if isinstance(node, Items):
            for one in node.nodes:
                yield from self._leaves(one, scope)
            return
        inner = self._inner(node, scope)
        if isinstance(node, Leaf):
            yield node, inner
            return
        for one in node.fields.values():
            yield from self._leaves(one, inner)

    def _inner(self, node: Leaf | Tree, scope: Scope) -> Scope:
        """Return where the fields of a node are read from; note what its rows name."""
        if node.many is None:
            return scope
        inner = Scope(self.plan.sources[node.many.source], node.many.links)
        for reference, column in zip(node.many.equals, node.many.column, strict=True):
            if domain := self.domains.get(self._cell(reference, scope)):
                self.domains.setdefault((node.many.source, column), domain)
        return inner

    def _add(self, reference: str, scope: Scope, domain: Domain) -> None:
        if reference:
            self.domains.setdefault(self._cell(reference, scope), domain)

    def _cell(self, reference: str, scope: Scope) -> tuple[str, str]:
        chain, column = scope.chain(reference)
        return (scope.specs[chain[-1]].source if chain else scope.source.name), column
