"""What a checked mapping consists of: places of cells, and nodes that make JSON of them.

Plain structure. `gateway.mapping.frames` evaluates it on columns, `gateway.mapping.records` on single rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gateway.mapping.cells import Cell
from gateway.mapping.headers import Resolved


@dataclass(frozen=True, slots=True)
class Place:
    """A cell, as seen from a row: the links to follow, and the column there."""

    links: tuple[str, ...]
    source: Resolved
    column: str

    @property
    def name(self) -> str:
        """Return what the column is called beside those of the row itself."""
        return "|".join((*self.links, self.column))

    @property
    def header(self) -> str:
        """Return what the source's own header says."""
        return self.source.header(self.column)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a cell. `student`: whether it is a student's key; `holds` sees the text as it stands."""

    place: Place | None
    """None: the column is not there, and every cell is empty."""
    holds: Callable[[str], bool]
    student: bool | None = None


Test = tuple[Condition, ...]
"""All of them must hold."""


@dataclass(eq=False, slots=True)
class LinkPlan:
    """To the first row of `target` whose `key` equals the cells `on`."""

    name: str
    on: tuple[Place, ...]
    target: Resolved
    key: tuple[str, ...]
    where: Test
    required: bool
    columns: dict[str, None] = field(default_factory=dict)
    """What is read of the target as it stands."""
    links: dict[str, "LinkPlan"] = field(default_factory=dict)
    """Links that start at the target."""
    group: "Tree | None" = None
    """Fields that are made of the target's row alone, once for all rows that link to it."""
    optional: bool = False
    """Whether a key without a row is as it should be."""
    silent: bool = True
    """Whether only conditions follow the link, so that a key without a row is nobody's fault."""


Links = Mapping[str, LinkPlan]


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """A shared object by its key. A key without a row becomes an object with the field `orphan` alone."""

    name: str
    source: Resolved
    key: str
    orphan: str
    tree: "Tree | None"
    links: Links


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """The same value for every row."""

    json: str
    when: Test = ()


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """Of several cells the first that has a value, or with `join` all of them."""

    places: tuple[Place, ...]
    cell: Cell
    join: str | None = None
    when: Test = ()


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The shared object that a cell names."""

    places: tuple[Place, ...]
    object: Object
    when: Test = ()


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Several values, or several shared objects, in one cell."""

    place: Place
    separator: str
    of: Cell | Object
    when: Test = ()


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """One value for each row of another source whose `key` equals the cells `equals`."""

    source: Resolved
    key: tuple[str, ...]
    equals: tuple[Place, ...]
    where: Test
    node: "Node"
    links: Links


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """A list: what is absent is left out, lists in it are joined."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, eq=False)
class Field:
    """One field of an object by its wire name, left out where the field `unless` has a value."""

    name: str
    node: "Node"
    unless: str | None = None

    @cached_property
    def prefix(self) -> str:
        """Return how the field begins in JSON."""
        return f',"{self.name}":'


@dataclass(frozen=True, eq=False)
class Tree:
    """An object. It is there if a field that is not fixed has a value; without the `required` it is not."""

    model: str
    fields: tuple[Field, ...]
    required: tuple[str, ...]
    when: Test = ()

    @cached_property
    def read(self) -> tuple[Field, ...]:
        """Return the fields that rows have a say in."""
        return tuple(one for one in self.fields if not isinstance(one.node, Fixed))

    @cached_property
    def fixed(self) -> tuple[tuple[Field, Fixed], ...]:
        """Return the fields that are the same for every row."""
        return tuple((one, one.node) for one in self.fields if isinstance(one.node, Fixed))

    @cached_property
    def leading(self) -> tuple["Node", ...]:
        """Return what leads to rows of other sources."""
        return tuple(one.node for one in self.fields if leads_on(one.node))


Node = Fixed | Value | Reference | Pieces | Rows | Several | Tree


def leads_on(node: Node) -> bool:
    """Tell whether the value is made of rows of other sources, besides those that links lead to."""
    if isinstance(node, Tree):
        return bool(node.leading)
    if isinstance(node, Several):
        return any(map(leads_on, node.nodes))
    return isinstance(node, Reference | Rows) or (isinstance(node, Pieces) and isinstance(node.of, Object))


def own_conditions(where: Test) -> Test:
    """Return the conditions on cells of the row itself."""
    return tuple(one for one in where if one.place is None or not one.place.links)
