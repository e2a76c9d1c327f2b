"""Which sources are read as a whole, because rows of others lead to them."""

from collections.abc import Iterator, Mapping

from gateway.mapping.nodes import LinkPlan, Node, Object, Pieces, Reference, Rows, Several, Tree
from gateway.mapping.plan import Plan


def kept_sources(plan: Plan) -> set[str]:
    """Return the sources that links, lists and shared objects lead to, or that are read as a whole."""
    kept: set[str] = set()
    for part in plan.parts():
        kept |= {link.target.name for link in all_links(part.links)}
        for tree in (part.tree, *(link.group for link in part.groups)):
            kept |= _of_node(tree) if tree else set()
        kept |= _of_node(part.actor) if part.actor else set()
    if plan.mapping.manifest:
        kept.add(plan.mapping.manifest.source)
    return {name for name in kept if name in plan.sources and plan.sources[name].table is not None}


def all_links(links: Mapping[str, LinkPlan]) -> Iterator[LinkPlan]:
    """Yield the links, and those that start where they lead."""
    for link in links.values():
        yield link
        yield from all_links(link.links)


def _of_node(node: Node) -> set[str]:
    if isinstance(node, Tree):
        return set().union(*(_of_node(one.node) for one in node.fields))
    if isinstance(node, Several):
        return set().union(*map(_of_node, node.nodes))
    if isinstance(node, Rows):
        deeper = {link.target.name for link in all_links(node.links)}
        return {node.source.name} | _of_node(node.node) | deeper
    if isinstance(node, Reference):
        return _of_object(node.object)
    if isinstance(node, Pieces) and isinstance(node.of, Object):
        return _of_object(node.of)
    return set()


def _of_object(shared: Object) -> set[str]:
    links = {link.target.name for link in all_links(shared.links)}
    return {shared.source.name} | links | (_of_node(shared.tree) if shared.tree else set())
