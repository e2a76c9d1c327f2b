"""Fields of a mapping file held against the schema: nodes that know where their cells are and what fits."""

from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from gateway.domain.backpack import base
from gateway.mapping.cells import Cell, cell_of, cell_of_many, fixed_json, plain_text, wrapped
from gateway.mapping.faults import Path, did_you_mean
from gateway.mapping.nodes import Field, Fixed, Node, Object, Pieces, Reference, Rows, Several, Tree, Value
from gateway.mapping.scopes import Names, Scope
from gateway.mapping.spec_fields import Items, Leaf, Many
from gateway.mapping.spec_fields import Node as NodeSpec
from gateway.mapping.spec_fields import Tree as TreeSpec
from gateway.mapping.transforms import parser

_SHARED: Final[dict[str, type[BaseModel]]] = {
    "OrgRef": base.OrgRef,
    "CourseRef": base.CourseRef,
    "Term": base.Term,
    "PersonRef": base.PersonRef,
    "StandardRef": base.StandardRef,
}


class Compiler:
    """Compiles fields. What is wrong is noted, and the field left out."""

    def __init__(self, names: Names, today: date) -> None:
        self.names = names
        self._today = today
        self._objects: dict[str, Object | None] = {}
        self._plain = plain_text(names.mapping.conventions.null_tokens)

    def tree(self, model: type[BaseModel], spec: TreeSpec, scope: Scope, path: Path) -> Tree | None:
        """Compile an object. None: it can never have a value."""
        fields = []
        for wire, node in spec.fields.items():
            found = self._field_of(model, wire, (*path, wire))
            if found is None:
                continue
            made = self.node(node, found[1], scope, (*path, wire))
            if made is not None:
                unless = node.unless if isinstance(node, Leaf) else None
                fields.append(Field(wire, made, self._known(model, unless, path)))
        moving = any(not isinstance(field.node, Fixed) for field in fields)
        if not fields or not (moving or all(map(_is_static, spec.fields.values()))):
            return None
        fields.sort(key=lambda field: isinstance(field.node, Fixed))
        test = self.names.test(spec.when, scope, (*path, "when"))
        return Tree(model.__name__, tuple(fields), required_of(model), test)

    def node(self, node: NodeSpec, annotation: Any, scope: Scope, path: Path) -> Node | None:
        """Compile a field of that type. None: it can never have a value."""
        inner = without_none(annotation)
        if isinstance(node, TreeSpec):
            if not is_model(inner) or node.many is not None:
                self.names.faults.error(path, "the schema has no object there, or a list: write [{ ... }]")
                return None
            return self.tree(inner, node, scope, path)
        if isinstance(node, Items):
            return self._items(node, inner, scope, path)
        if get_origin(inner) is tuple:
            self.names.faults.error(path, "the schema has a list there", "write [{ ... }]")
            return None
        if node.many is not None:
            self.names.faults.error(path, "many makes a list", "write it in one: [{ ... }]")
            return None
        return self._leaf(node, annotation, scope, path)

    def _known(self, model: type[BaseModel], wire: str | None, path: Path) -> str | None:
        return wire if wire and self._field_of(model, wire, (*path, "unless")) else None

    def _field_of(self, model: type[BaseModel], wire: str, path: Path) -> tuple[str, Any] | None:
        known = _typed_fields(model)
        if wire in known:
            return known[wire]
        message = f"the schema's {model.__name__} has no field {wire!r}"
        self.names.faults.error(path, message, did_you_mean(wire, known))
        return None

    def _leaf(self, leaf: Leaf, annotation: Any, scope: Scope, path: Path) -> Node | None:
        when = self.names.test(leaf.when, scope, (*path, "when"))
        if not leaf.column:
            fixed = self._fixed(leaf, annotation, path)
            return None if fixed is None else Fixed(fixed, when)
        places = tuple(found for name in leaf.column if (found := self.names.place(name, scope, path)))
        if not places:
            return None
        if leaf.object:
            shared = self._object(leaf.object, path)
            return Reference(places, shared, when) if shared else None
        cell = self._cell(leaf, annotation, path)
        return Value(places, cell, leaf.join, when) if cell else None

    def _cell(self, leaf: Leaf, annotation: Any, path: Path) -> Cell | None:
        """Return what reads one value of the leaf, from a cell or a piece of one."""
        if leaf.wrap:
            model = without_none(annotation)
            found = self._field_of(model, leaf.wrap, (*path, "wrap")) if is_model(model) else None
            if found is None:
                return None
            one = self._cell(leaf.model_copy(update={"wrap": None}), found[1], path)
            return wrapped(one, leaf.wrap) if one else None
        if leaf.lookup and leaf.lookup not in self.names.mapping.codes:
            self.names.unknown_codes(leaf.lookup, path)
            return None
        mapping = self.names.mapping
        parse = parser(leaf, mapping.conventions, mapping.codes, self._today)
        if leaf.reading == "typedIds":
            return cell_of_many(parse, annotation)
        return cell_of(parse, annotation, plain=self._plain if _stands(leaf, annotation) else None)

    def _fixed(self, leaf: Leaf, annotation: Any, path: Path) -> str | None:
        value: Any = leaf.static
        mapping = self.names.mapping
        if leaf.convention:
            value = getattr(mapping.conventions, leaf.convention, None)
            if value is None:
                known = type(mapping.conventions).model_fields
                message = f"there is no convention {leaf.convention!r}"
                self.names.faults.error(path, message, did_you_mean(leaf.convention, known))
                return None
        if leaf.lookup:
            if leaf.lookup not in mapping.codes:
                self.names.unknown_codes(leaf.lookup, path)
                return None
            value = parser(leaf, mapping.conventions, mapping.codes, self._today)(str(value)).value
        try:
            return fixed_json(value, annotation)
        except ValidationError:
            said = repr(leaf.static if leaf.convention is None else leaf.convention)
            self.names.faults.error(path, f"{said}: the schema refuses this value there")
            return None

    def _items(self, items: Items, annotation: Any, scope: Scope, path: Path) -> Node | None:
        if get_origin(annotation) is not tuple:
            self.names.faults.error(path, "a list stands where the schema has none")
            return None
        inner = get_args(annotation)[0]
        nodes = [self._item(node, inner, scope, (*path, at)) for at, node in enumerate(items.nodes)]
        made = tuple(node for node in nodes if node)
        return Several(made) if made else None

    def _item(self, node: NodeSpec, annotation: Any, scope: Scope, path: Path) -> Node | None:
        """Compile an item of a list; one with `split` or `many` gives several."""
        if isinstance(node, Leaf | TreeSpec) and node.many:
            return self._rows(node, node.many, annotation, scope, path)
        if isinstance(node, Leaf) and node.split and node.column:
            place = self.names.place(node.column[0], scope, path)
            of = self._object(node.object, path) if node.object else self._cell(node, annotation, path)
            when = self.names.test(node.when, scope, (*path, "when"))
            return Pieces(place, node.split, of, when) if place and of else None
        return self.node(node, annotation, scope, path)

    def _rows(
        self, node: Leaf | TreeSpec, many: Many, annotation: Any, scope: Scope, path: Path
    ) -> Node | None:
        there = self.names.source(many.source, (*path, "many"))
        if there is None or there.table is None:
            return None
        inner = Scope(there, many.links, path=(*path, "many", "links"))
        if isinstance(node, Leaf):
            one: NodeSpec = node.model_copy(update={"many": None})
        else:
            one = TreeSpec(node.fields, node.when)
        made = self.node(one, annotation, inner, path)
        equals = [self.names.place(name, scope, (*path, "many")) for name in many.equals]
        keys = [self.names.place(name, Scope(there), (*path, "many")) for name in many.column]
        if made is None or not all(equals) or not all(keys):
            return None
        where = self.names.test(many.where, inner, (*path, "many", "where"))
        return Rows(there, many.column, tuple(place for place in equals if place), where, made, inner.links)

    def _object(self, name: str, path: Path) -> Object | None:
        """Return the shared object of that name, compiled once."""
        specs = self.names.mapping.objects
        if name not in specs:
            self.names.faults.error(path, f"there is no object {name!r}", did_you_mean(name, specs))
            return None
        if name not in self._objects:
            self._objects[name] = self._shared_object(name)
        return self._objects[name]

    def _shared_object(self, name: str) -> Object | None:
        spec, path = self.names.mapping.objects[name], ("objects", name)
        source = self.names.source(spec.source, (*path, "source"))
        if source is None:
            return None
        scope = Scope(source, spec.links, path=(*path, "links"))
        if self._field_of(_SHARED[spec.model], spec.orphan, (*path, "orphan")) is None:
            return None
        if len(source.spec.key) != 1:
            self.names.faults.error(path, f"the source {spec.source!r} has not one key column")
            return None
        tree = self.tree(_SHARED[spec.model], TreeSpec(spec.fields), scope, (*path, "fields"))
        there = source.ask(source.spec.key[0]) if source.table is not None else False
        return Object(name, source, source.spec.key[0], spec.orphan, tree if there else None, scope.links)


def required_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the wire names of the fields without which there is no object; `meta` is always made."""
    return tuple(
        info.alias or name
        for name, info in model.model_fields.items()
        if info.is_required() and name != "meta"
    )


def _is_static(node: NodeSpec) -> bool:
    return isinstance(node, Leaf) and not node.column


def _stands(leaf: Leaf, annotation: Any) -> bool:
    """Tell whether a clean text is its own value: nothing looks it up, and the field takes any text."""
    if leaf.reading != "text" or leaf.lookup or leaf.gives or leaf.extract:
        return False
    return without_none(annotation) is str and "pattern" not in str(TypeAdapter(annotation).json_schema())


@cache
def _typed_fields(model: type[BaseModel]) -> dict[str, tuple[str, Any]]:
    """Return the name and the type of each field by its wire name."""
    return {info.alias or name: (name, _annotated(info)) for name, info in model.model_fields.items()}


def _annotated(info: FieldInfo) -> Any:
    """Return the field's type with its constraints."""
    return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation


def without_none(annotation: Any) -> Any:
    """Return the type of a value that is there."""
    if get_origin(annotation) is Annotated:
        return without_none(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        inner = [one for one in get_args(annotation) if one is not NoneType]
        return without_none(inner[0]) if len(inner) == 1 else annotation
    return annotation


def is_model(annotation: Any) -> bool:
    """Tell whether the type is an object of the schema."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
