"""One reading of an Ed-Fi API: whole at first, then what was changed, deleted and given another key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Literal, NamedTuple

from yarl import URL

from adapters import _rest_edfi as edfi
from adapters._mirror import Mirror
from adapters._rest import Client
from adapters._rest_calls import Calls, count
from adapters._rest_live import MOST_VALUES, Found, NotFiltered
from adapters._rest_mirrors import (
    UNSTEADY,
    absent,
    is_full_due,
    put,
    read_steadily,
    read_whole,
    taken_whole,
)
from adapters._rest_pages import PASSES, JsonObject, Page, Pages, Unsupported, records_of
from gateway.adapter_api import Malformed, Only, Table

_OK: Final = 200
_NOT_FOUND: Final = 404
_VERSION: Final = "version"
"""In a mirror's state: the change version up to which it is complete."""
_NAME: Final = "name"
"""In a mirror's state: what the server calls the resource."""


class Versions(NamedTuple):
    """The change versions that a server still knows."""

    oldest: int
    newest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Reads resources of one API while its client is open."""

    client: Client
    api: edfi.Api
    calls: Calls
    now: Callable[[], datetime]
    full_days: int
    versions: Versions | None = None
    """None where the server has no change queries, or they are not wanted: all is read each time."""

    async def sync(self, resource: str, mirror: Mirror, state: Mapping[str, str]) -> Mapping[str, str]:
        """Bring a resource's mirror up to date; return its new state."""
        try:
            if self.versions and self._can_continue(state, self.versions):
                return await self._changes(resource, mirror, state, self.versions)
        except Unsupported:
            mirror.begin_pass()
        for name in edfi.names_of(resource):
            try:
                return await self._whole(resource, name, mirror)
            except Unsupported as error:
                status = error
        return absent(status, resource, mirror)

    async def offered(self, resource: str) -> bool:
        """Tell whether the server gives the resource."""
        for name in edfi.names_of(resource):
            answer = await self.client.get(self._url(name), resource, {"limit": "1"})
            if answer.status == _OK:
                return True
        return False

    async def some(self, table: Table, only: Only) -> Found | None:
        """Return what the server gives for the values; None where it cannot be asked for them."""
        found = Found(table, only, partial(edfi.layout, table.file))
        for name in edfi.names_of(table.file):
            parameter = edfi.question(only.column, earlier=name != table.file)
            if parameter is None or len(only.values) > MOST_VALUES:
                return None
            try:
                for value in only.values:
                    await found.ask(partial(self._page, table.file, name), {parameter: value}, self.calls)
            except (NotFiltered, Malformed):
                return None
            except Unsupported as error:
                if error.status != _NOT_FOUND:
                    return None
            else:
                return found
        return None

    def _can_continue(self, state: Mapping[str, str], versions: Versions) -> bool:
        known = count(state.get(_VERSION))
        if known is None or is_full_due(state, self.now(), self.full_days):
            return False
        return versions.oldest <= known <= versions.newest

    async def _whole(self, resource: str, name: str, mirror: Mirror) -> Mapping[str, str]:
        pages = self._pages(resource, name, mirror, {})
        still = await self._by_cursor(resource, name, pages, mirror) or await read_whole(pages, mirror)
        if not still:
            return {UNSTEADY: "1"}
        state = {_NAME: name, **taken_whole(self.now())}
        if self.versions:
            state[_VERSION] = str(self.versions.newest)
        return state

    async def _by_cursor(self, resource: str, name: str, pages: Pages, mirror: Mirror) -> bool:
        """Read all by cursor, where the server offers it; tell whether it did.

        A first page is asked for in no way of paging: what it says decides.
        """
        if not self.api.cursors:
            return False
        first = await self._page(resource, name, {})
        if not first.token:
            return False
        await pages.by_cursor(first, {})
        mirror.sweep(last_pass_only=True)
        return True

    async def _changes(
        self, resource: str, mirror: Mirror, state: Mapping[str, str], versions: Versions
    ) -> Mapping[str, str]:
        """Read what was changed since the mirror's version. Its lower end is asked for once more.

        The version is taken for read only if the list of changes kept still.
        """
        name = state.get(_NAME, resource)
        known = int(state[_VERSION])
        if known == versions.newest:
            return state
        window = {"minChangeVersion": str(known), "maxChangeVersion": str(versions.newest)}
        still = await read_steadily(self._pages(resource, name, mirror, window), mirror)
        mirror.delete(await self._ids(resource, name, "deletes", window))
        await self._rename(resource, name, mirror, window)
        return {**state, _VERSION: str(versions.newest if still else known)}

    async def _rename(self, resource: str, name: str, mirror: Mirror, window: Mapping[str, str]) -> None:
        """Read the records again whose key was changed; servers before version 6 do not list them."""
        try:
            ids = await self._ids(resource, name, "keyChanges", window)
        except Unsupported:
            return
        for id_, written in ids.items():
            answer = await self.client.get(self._url(name) / written, resource)
            record = answer.json() if answer.status == _OK else None
            if isinstance(record, dict):
                await put(mirror, [record], partial(edfi.layout, resource))
            else:
                mirror.delete([id_])

    async def _ids(
        self, resource: str, name: str, kind: Literal["deletes", "keyChanges"], window: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the ids that such a list names, and how it writes them."""
        found: dict[str, str] = {}

        async def take(records: Sequence[JsonObject]) -> int:
            before = len(found)
            found.update({edfi.id_of(record): edfi.written_id(record) for record in records})
            return len(found) - before

        pages = Pages(
            fetch=lambda query: self._page(resource, name, {**window, **query}, kind),
            key=edfi.id_of,
            take=take,
            size=self.calls.page_size,
            most=self.calls.max_records,
        )
        for _ in range(PASSES):
            if await pages.by_offset():
                break
        return {id_: written for id_, written in found.items() if id_}

    def _pages(self, resource: str, name: str, mirror: Mirror, window: Mapping[str, str]) -> Pages:
        return Pages(
            fetch=lambda query: self._page(resource, name, {**window, **query}),
            key=edfi.record_key,
            take=lambda records: put(mirror, records, partial(edfi.layout, resource)),
            size=self.calls.page_size,
            most=self.calls.max_records,
        )

    async def _page(self, resource: str, name: str, query: Mapping[str, str], kind: str = "") -> Page:
        first = {"totalCount": "true"} if query.get("offset") == "0" else {}
        url = self._url(name) / kind if kind else self._url(name)
        answer = await self.client.get(url, resource, {**query, **first})
        return Page(
            records_of(answer),
            total=count(answer.headers.get("Total-Count")),
            token=answer.headers.get("Next-Page-Token"),
        )

    def _url(self, name: str) -> URL:
        return self.api.data.joinpath(*edfi.path_of(name).split("/"))


async def change_versions(client: Client, api: edfi.Api) -> Versions | None:
    """Return which changes the server knows; None where it keeps none."""
    answer = await client.get(api.changes / "availableChangeVersions", "availableChangeVersions")
    if answer.status != _OK:
        return None
    said = answer.json()
    found = {name.lower(): value for name, value in said.items()} if isinstance(said, dict) else {}
    newest = count(str(found.get("newestchangeversion")))
    oldest = count(str(found.get("oldestchangeversion")))
    return None if newest is None else Versions(oldest or 0, newest)
