"""Adapters and sinks, found by entry point."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from gateway.adapter_api import Adapter, Misconfigured, Sink

ADAPTERS = "backpack.adapters"
SINKS = "backpack.sinks"


def kinds(group: str) -> list[str]:
    """Return the names that are installed in the group, sorted."""
    return sorted({found.name for found in entry_points(group=group)})


def load_adapter(name: str, options: Mapping[str, Any]) -> Adapter:
    """Return the adapter of that name with these settings.

    Raises:
        Misconfigured: none of that name is installed, or a setting is wrong.
    """
    return cast("Adapter", _load(ADAPTERS, name, options))


def load_sink(name: str, options: Mapping[str, Any]) -> Sink:
    """Return the sink of that name with these settings.

    Raises:
        Misconfigured: none of that name is installed, or a setting is wrong.
    """
    return cast("Sink", _load(SINKS, name, options))


def _load(group: str, name: str, options: Mapping[str, Any]) -> Any:
    maker = _find(group, name).load()
    settings: type[BaseModel] = maker.Config
    try:
        return maker(settings.model_validate(dict(options)))
    except ValidationError as error:
        raise Misconfigured(f"{name}: {_wrong(error)}") from None


def _find(group: str, name: str) -> EntryPoint:
    for found in entry_points(group=group, name=name):
        return found
    known = ", ".join(kinds(group)) or "none"
    setting = "adapter" if group == ADAPTERS else "sink"
    raise Misconfigured(f"{setting} = {name!r} is not installed; installed: {known}")


def _wrong(error: ValidationError) -> str:
    """Name the settings and what is wrong with them, without their values: some are secrets."""
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'settings'}: {one['msg']}"
        for one in error.errors(include_input=False, include_url=False)
    )
