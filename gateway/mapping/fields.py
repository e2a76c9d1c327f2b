"""Closures that read the fields of a model from rows, each value validated for its field.

What a text comes to is remembered, so that validation is paid once for each different text. A mapping
file that names a field which the schema does not have is refused before any row is read.
"""

from collections.abc import Callable, Mapping
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from gateway.domain.backpack import base
from gateway.domain.backpack.base import Part, assembler
from gateway.mapping.compile import Names, Place, Scope, orphan
from gateway.mapping.dates import Parsed, Problem
from gateway.mapping.denied import holds_ssn
from gateway.mapping.findings import Finding, Rule, finding
from gateway.mapping.readers import Cell, Reader, cell_at, dict_of, first_of, pieces, remembering
from gateway.mapping.sources import SourceTable, Stored
from gateway.mapping.spec import Items, Leaf, Many, Node, Tree
from gateway.mapping.transforms import SSN, Parse, parser

_SHARED: Final[Mapping[str, type[Part]]] = {
    "OrgRef": base.OrgRef,
    "CourseRef": base.CourseRef,
    "Term": base.Term,
    "PersonRef": base.PersonRef,
    "StandardRef": base.StandardRef,
}


class Fields:
    """Compiles fields. `shared` collects findings about rows that many students share, each once."""

    def __init__(self, names: Names, today: date) -> None:
        self.names = names
        self._today = today
        self._objects: dict[str, Callable[[str], Part | None]] = {}
        self.shared: dict[Finding, None] = {}

    def model(self, model: type[Part], tree: Tree, scope: Scope, anchor: str | None = None) -> Reader | None:
        """Compile an object. Its value is None where no column gives it a value."""
        parts = self.parts(model, tree, scope, anchor)
        if parts is None:
            return None
        required = [name for name, info in model.model_fields.items() if info.is_required()]
        file = scope.source.file
        assemble: Callable[[dict[str, Any]], Part] = assembler(model)

        def read(row: Stored, out: list[Finding]) -> Part | None:
            values = parts(row, out)
            if not values:
                return None
            for name in required:
                if name not in values:
                    out.append(missing(file, row, model, name))
                    return None
            return assemble(values)

        return read

    def parts(
        self, model: type[Part], tree: Tree, scope: Scope, anchor: str | None = None
    ) -> Callable[[Stored, list[Finding]], dict[str, Any]] | None:
        """Compile fields of a model to a dict by Python name, empty where no column gives a value."""
        fixed: dict[str, Any] = {}
        moving: list[tuple[str, Reader]] = []
        unless: dict[str, str] = {}
        for wire, node in tree.fields.items():
            name, annotation = self._field(model, wire)
            read = self.reader(node, annotation, scope, anchor)
            if isinstance(node, Leaf) and not node.column:
                fixed[name] = read((), []) if read else None
            elif read:
                moving.append((name, read))
            if isinstance(node, Leaf) and node.unless:
                unless[name] = self._field(model, node.unless)[0]
        return dict_of(moving, fixed, unless) if moving else None

    def reader(self, node: Node, annotation: Any, scope: Scope, anchor: str | None = None) -> Reader | None:
        """Compile a field of that type. None: it can never have a value."""
        inner = _without_none(annotation)
        if isinstance(node, Tree):
            if not _is_part(inner):
                self.names.fail(f"{', '.join(node.fields)}: the schema has no object there")
            return self.model(inner, node, scope, anchor)
        if isinstance(node, Items):
            return self._items(node, inner, scope, anchor)
        if get_origin(inner) is tuple:
            self.names.fail(f"{node.column or node.static}: the schema has a list there; write [{{ ... }}]")
        if not node.column:
            return self._fixed(node, annotation)
        if node.many is not None:
            self.names.fail("many: makes a list; write it in one")
        return self._first(node, annotation, scope, anchor)

    def references(self, node: Node) -> set[str]:
        """Return every column that the field reads from its own scope."""
        if isinstance(node, Tree):
            return set().union(*map(self.references, node.fields.values()))
        if isinstance(node, Items):
            return set().union(*map(self.references, node.nodes))
        return {node.many.equals} if node.many else set(node.column)

    def _field(self, model: type[Part], wire: str) -> tuple[str, Any]:
        for name, info in model.model_fields.items():
            if wire == (info.alias or name):
                return name, _annotated(info)
        return self.names.fail(f"the schema's {model.__name__} has no field {wire!r}")

    def _first(self, leaf: Leaf, annotation: Any, scope: Scope, anchor: str | None) -> Reader | None:
        places = [found for name in leaf.column if (found := self.names.place(name, scope, anchor))]
        readers = [cell_at(place, self._cell(leaf, annotation, place)) for place in places]
        return first_of(readers) if len(readers) > 1 else (readers[0] if readers else None)

    def _cell(self, leaf: Leaf, annotation: Any, place: Place) -> Cell:
        """Return what reads one value of the leaf, from a cell or a piece of one."""
        if leaf.wrap:
            model = _without_none(annotation)
            name, inner = self._field(model, leaf.wrap)
            assemble = assembler(model)
            one = self._cell(leaf.model_copy(update={"wrap": None}), inner, place)
            return lambda cell, row, out: (
                None if (value := one(cell, row, out)) is None else assemble({name: value})
            )
        if leaf.object:
            return self._object_of(leaf.object, place.source, place.column)
        return remembering(self._validated(leaf, annotation), place.source, place.column)

    def _validated(self, leaf: Leaf, annotation: Any) -> Parse:
        """Return a parser whose values fit the field; one that does not is a problem of the cell."""
        parse, adapter = self._parser(leaf), TypeAdapter[Any](annotation)

        def read(text: str) -> Parsed:
            value, problem = parse(text)
            if value is None:
                return Parsed(None, problem)
            try:
                if isinstance(value, list):
                    return Parsed([adapter.validate_python(one) for one in value], problem)
                return Parsed(adapter.validate_python(value), problem)
            except ValidationError as error:
                message = error.errors(include_input=False, include_url=False)[0]["msg"]
                return Parsed(None, Problem(Rule.ENTRY_INVALID, f"the schema refuses the value: {message}"))

        return read

    def _parser(self, leaf: Leaf) -> Parse:
        if leaf.lookup:
            self.names.codes(leaf.lookup)
        if leaf.reading == "typedIds":
            self.names.codes("identifier_system")
        mapping = self.names.mapping
        return parser(leaf, mapping.conventions, mapping.codes, self._today)

    def _fixed(self, leaf: Leaf, annotation: Any) -> Reader:
        value: Any = leaf.static
        if leaf.convention:
            value = getattr(self.names.mapping.conventions, leaf.convention, None)
        if leaf.lookup:
            value = self._parser(leaf)(str(value)).value
        try:
            made = TypeAdapter[Any](annotation).validate_python(value)
        except ValidationError:
            self.names.fail(f"{leaf.static or leaf.convention!r}: the schema refuses this value there")
        return lambda _row, _out: made

    def _items(self, items: Items, annotation: Any, scope: Scope, anchor: str | None) -> Reader | None:
        if get_origin(annotation) is not tuple:
            self.names.fail("a list stands where the schema has none")
        inner = get_args(annotation)[0]
        readers = [read for node in items.nodes if (read := self._item(node, inner, scope, anchor))]
        if not readers:
            return None

        def make(row: Stored, out: list[Finding]) -> tuple[Any, ...] | None:
            made: list[Any] = []
            for read in readers:
                value = read(row, out)
                if isinstance(value, list):
                    made += value
                elif value is not None:
                    made.append(value)
            return tuple(made) or None

        return make

    def _item(self, node: Node, annotation: Any, scope: Scope, anchor: str | None) -> Reader | None:
        """Compile an item of a list; one with `split` or `many` gives a list of them."""
        if isinstance(node, Leaf) and node.many:
            return self._many(node, node.many, annotation, scope, anchor)
        if isinstance(node, Leaf) and node.split and node.column:
            place = self.names.place(node.column[0], scope, anchor)
            return pieces(place, self._cell(node, annotation, place), node.split) if place else None
        return self.reader(node, annotation, scope, anchor)

    def _many(
        self, leaf: Leaf, many: Many, annotation: Any, scope: Scope, anchor: str | None
    ) -> Reader | None:
        there = self.names.source(many.source)
        inner = Scope(there)
        one = self.reader(leaf.model_copy(update={"many": None}), annotation, inner)
        place = self.names.place(many.equals, scope, anchor)
        if there.slot(many.column) is None or one is None or place is None:
            return None
        rows, test = there.many(many.column), self.names.test(many.where, inner)

        def read(row: Stored, out: list[Finding]) -> list[Any]:
            made = []
            at = place.row(row, out)
            for child in rows.get(at[place.slot].strip(), ()) if at else ():
                if test(child) and (value := one(child, out)) is not None:
                    there.use(child)
                    made.append(value)
            return made

        return read

    def _object_of(self, name: str, source: SourceTable, column: str) -> Cell:
        make = self._object(name)
        spec = self.names.mapping.objects[name]
        there, model = self.names.source(spec.source), _SHARED[spec.model]

        def read(cell: str, row: Stored, out: list[Finding]) -> Part | None:
            key = cell.strip()
            if not key:
                return None
            if (made := make(key)) is not None:
                return made
            if holds_ssn(key):
                out.append(source.about(row, column, SSN.rule, SSN.message, SSN.suggestion))
                return None
            if there.table is not None:
                out.append(orphan(source, row, column, there))
            return model.model_validate({spec.orphan: key})

        return read

    def _object(self, name: str) -> Callable[[str], Part | None]:
        """Return what makes the shared object of a key, once; None where no row has the key."""
        if name not in self._objects:
            if name not in self.names.mapping.objects:
                self.names.fail(f"there is no object {name!r}")
            self._objects[name] = self._shared_object(name)
        return self._objects[name]

    def _shared_object(self, name: str) -> Callable[[str], Part | None]:
        spec = self.names.mapping.objects[name]
        source = self.names.source(spec.source)
        read = self.model(_SHARED[spec.model], Tree(spec.fields), Scope(source, spec.links))
        rows = source.one(source.spec.key or "")
        made: dict[str, Part | None] = {}

        def make(key: str) -> Part | None:
            if key not in made:
                row = rows.get(key)
                made[key] = self.once(source, row, read) if row is not None and read else None
            return made[key]

        return make

    def once(self, source: SourceTable, row: Stored, read: Reader) -> Any:
        """Read a row that many students share, and report what is wrong with it once."""
        source.use(row)
        out = list(source.faults.get(row[0], ()))
        value = read(row, out)
        self.shared.update(dict.fromkeys(out))
        return value


def missing(file: str, row: Stored, model: type[Part], name: str) -> Finding:
    """Return the finding about a field that the schema requires and that has no value."""
    wire = model.model_fields[name].alias or name
    return finding(
        Rule.FIELD_MISSING,
        f"without {wire} there is no {model.__name__}",
        file=file,
        line=row[0],
        column=wire,
        suggestion="fill it in",
    )


def _annotated(info: FieldInfo) -> Any:
    """Return the field's type with its constraints."""
    if not info.metadata:
        return info.annotation
    return Annotated[(info.annotation, *info.metadata)]


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _without_none(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        inner = [one for one in get_args(annotation) if one is not NoneType]
        return _without_none(inner[0]) if len(inner) == 1 else annotation
    return annotation


def _is_part(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Part)
