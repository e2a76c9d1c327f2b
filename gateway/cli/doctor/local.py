"""Checks of the local system: source, mapping, import folder, network key."""

from typing import TYPE_CHECKING, Final

from gateway.cli.doctor.checks import Check, fail, ok, warn

if TYPE_CHECKING:
    from gateway.cli.doctor.checks import NodeCheck
    from gateway.wiring import Opened


async def _source(opened: "Opened") -> Check:
    if opened.adapter is None or opened.settings.source is None:
        return warn("source", "none", "name the local system under [source] in the settings")
    await opened.adapter.check()
    return ok("source", f"{opened.settings.source.adapter} can be read")


async def _mapping(opened: "Opened") -> Check:
    from gateway.cli.map import plan_of

    if opened.settings.source is None:
        return ok("mapping", "none: there is no source")
    plan = await plan_of(opened)
    errors = [found for found in plan.findings if found.severity == "error"]
    if errors:
        first = errors[0]
        return fail("mapping", f"{first.file}: {first.message}", "`backpack map check` names them all")
    found = sum(source.table is not None for source in plan.sources.values())
    return ok("mapping", f"{opened.settings.source.mapping} fits {found} files")


async def _sink(opened: "Opened") -> Check:
    if opened.sink is None:
        return warn("import folder", "none", "name one under [import] in the settings, to take records in")
    await opened.sink.check()
    return ok("import folder", "can be written to")


async def _network_key(opened: "Opened") -> Check:
    if opened.node.locator_token is None:
        return warn(
            "network key",
            "none: this district neither finds records nor is found",
            "get the key from a neighbour district (not the agency) and name it under [locator]",
        )
    return ok("network key", "present")


CHECKS: Final[tuple[tuple[str, "NodeCheck", str], ...]] = (
    ("source", _source, "correct [source] in the settings; `backpack map check` says more"),
    ("mapping", _mapping, "correct [source] mapping in the settings"),
    ("import folder", _sink, "make the folder that [import] names and let the node's user write to it"),
    ("network key", _network_key, "correct [locator] network_key in the settings"),
)
