"""Which cells of a mapping lead to rows of other sources."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import polars as pl

from gateway.mapping.columns import key_of
from gateway.mapping.keyed import key_hashes
from gateway.mapping.nodes import LinkPlan, Node, Object, Pieces, Place, Reference, Rows, Several, Tree
from gateway.mapping.plan import Plan

ROLL: Final = "@roll"
"""Who is a student, as if it were a source: conditions may ask it."""


class Edge(NamedTuple):
    """Cells of one source that name rows of another."""

    source: str
    columns: tuple[str, ...]
    target: str
    key: tuple[str, ...]
    separator: str | None = None
    """What parts several keys in one cell."""

    def names(self, rows: pl.DataFrame, changed: pl.Series) -> pl.Series:
        """Return which of the rows name one of the keys."""
        if self.separator is None:
            return key_hashes(key_of(rows, self.columns)).is_in(changed.implode())
        cells = rows.select(pl.col(self.columns[0]).unique())
        pieces = cells.with_columns(pl.col(self.columns[0]).str.split(self.separator).alias("piece"))
        exploded = pieces.explode("piece").with_columns(pl.col("piece").str.strip_chars())
        named = key_hashes(exploded.get_column("piece")).is_in(changed.implode())
        naming = exploded.filter(named).get_column(self.columns[0])
        return rows.get_column(self.columns[0]).is_in(naming.unique().implode())


def edges_of(plan: Plan) -> Iterator[Edge]:
    """Yield every way from cells of one source to rows of another."""
    for part in plan.parts():
        for one in part.where:
            if one.student is not None and one.place:
                yield from _edge((one.place,), ROLL, ("key",))
        yield from _of_links(part.links)
        nodes: list[Node] = [one.node for one in part.tree.fields]
        for node in [*nodes, *([part.actor] if part.actor else [])]:
            yield from _of_node(node)


def _of_links(links: Mapping[str, LinkPlan]) -> Iterator[Edge]:
    for link in links.values():
        yield from _edge(link.on, link.target.name, link.key)
        yield from _of_links(link.links)
        for one in link.group.fields if link.group else ():
            yield from _of_node(one.node)


def _of_node(node: Node) -> Iterator[Edge]:
    if isinstance(node, Tree):
        for one in node.fields:
            yield from _of_node(one.node)
    elif isinstance(node, Several):
        for item in node.nodes:
            yield from _of_node(item)
    elif isinstance(node, Rows):
        yield from _edge(node.equals, node.source.name, node.key)
        yield from _of_links(node.links)
        yield from _of_node(node.node)
    elif isinstance(node, Reference):
        for place in node.places:
            yield from _of_object(place, node.object)
    elif isinstance(node, Pieces) and isinstance(node.of, Object):
        yield from _of_object(node.place, node.of, node.separator)


def _of_object(place: Place, shared: Object, separator: str | None = None) -> Iterator[Edge]:
    if shared.tree is not None:
        yield Edge(place.source.name, (place.column,), shared.source.name, (shared.key,), separator)
        yield from _of_links(shared.links)
        for one in shared.tree.fields:
            yield from _of_node(one.node)


def _edge(places: Sequence[Place], target: str, key: tuple[str, ...]) -> Iterator[Edge]:
    sources = {place.source.name for place in places}
    if len(sources) == 1:
        yield Edge(sources.pop(), tuple(place.column for place in places), target, key)
