"""One reading of a OneRoster server: whole at first, then what was modified since."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from yarl import URL

from adapters import _rest_oneroster as oneroster
from adapters._mirror import Mirror
from adapters._rest import Client
from adapters._rest_calls import Answer, Calls, count, server_time
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
from adapters._rest_pages import JsonObject, Page, Pages, Unsupported, records_of
from gateway.adapter_api import Malformed, Only, Table

_SINCE: Final = "since"
"""In a mirror's state: what was modified before this is in it."""
_OVERLAP: Final = timedelta(minutes=5)
"""Asked for again each time: a server stamps a record before it shows it."""
_OK: Final = 200
_QUOTABLE: Final = re.compile(r"[^'\"\\\x00-\x1f\x7f]{1,255}")
"""What can stand between quotes in a filter: the standard knows no escape."""
_FIELDS: Final[Mapping[tuple[str, str], str]] = {
    ("roles", "userSourcedId"): "sourcedId",
    ("userProfiles", "userSourcedId"): "sourcedId",
    ("enrollments", "userSourcedId"): "user.sourcedId",
    ("results", "studentSourcedId"): "student.sourcedId",
    ("users", "identifier"): "identifier",
}
"""By table and column: the field that a filter names."""


def question(table: Table, only: Only) -> str | None:
    """Return the field by which a server finds the rows; None where it cannot be asked."""
    whole = "sourcedId" if only.column == "sourcedId" and table.name == table.file else None
    name = _FIELDS.get((table.name, only.column), whole)
    if name is None or len(only.values) > MOST_VALUES:
        return None
    return name if all(_QUOTABLE.fullmatch(value) for value in only.values) else None


@dataclass(slots=True)
class _Newest:
    """The latest modification among records, and when the server began to tell of them."""

    modified: datetime | None = None
    began: datetime | None = None

    def see(self, records: Sequence[JsonObject], answer: Answer, now: datetime) -> None:
        self.began = self.began or server_time(answer.headers) or now
        times = [time for record in records if (time := _time(record.get("dateLastModified")))]
        self.modified = max([*times, *([self.modified] if self.modified else [])], default=None)

    def since(self) -> datetime | None:
        """Return the time from which on to ask: what was modified while the list was read comes again."""
        return min(self.modified, self.began) if self.modified and self.began else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Reads resources of one server while its client is open."""

    client: Client
    rostering: URL
    gradebook: URL | None
    calls: Calls
    now: Callable[[], datetime]
    changes: bool
    full_days: int
    _newest: dict[str, _Newest] = field(default_factory=dict)

    async def sync(self, resource: str, mirror: Mirror, state: Mapping[str, str]) -> Mapping[str, str]:
        """Bring a resource's mirror up to date; return its new state."""
        since = state.get(_SINCE)
        try:
            if self.changes and since and not is_full_due(state, self.now(), self.full_days):
                return await self._changes(resource, mirror, state, datetime.fromisoformat(since))
        except Unsupported:
            mirror.begin_pass()
        try:
            return await self._whole(resource, mirror)
        except Unsupported as error:
            return absent(error, resource, mirror)

    async def offered(self, resource: str) -> bool:
        """Tell whether the server gives the resource."""
        answer = await self.client.get(self._url(resource), resource, {"limit": "1"})
        return answer.status == _OK

    async def some(self, table: Table, only: Only) -> Found | None:
        """Return what the server gives for the values; None where it cannot be asked for them."""
        name = question(table, only)
        found = Found(table, only, partial(oneroster.layout, table.file))
        try:
            for value in only.values:
                query = {"filter": f"{name}='{value}'"}
                await found.ask(partial(self._page, table.file), query, self.calls)
        except (NotFiltered, Unsupported, Malformed):
            return None
        return found

    async def _whole(self, resource: str, mirror: Mirror) -> Mapping[str, str]:
        still = await read_whole(self._pages(resource, mirror, {}), mirror)
        if not still:
            return {UNSTEADY: "1"}
        state = taken_whole(self.now())
        if newest := self._newest[resource].since():
            state[_SINCE] = newest.isoformat()
        return state

    async def _changes(
        self, resource: str, mirror: Mirror, state: Mapping[str, str], since: datetime
    ) -> Mapping[str, str]:
        asked = (since - _OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        pages = self._pages(resource, mirror, {"filter": f"dateLastModified>'{asked}'"})
        still = await read_steadily(pages, mirror)
        newest = self._newest[resource].since()
        if not still or newest is None:
            return state
        return {**state, _SINCE: max(newest, since).isoformat()}

    def _pages(self, resource: str, mirror: Mirror, query: Mapping[str, str]) -> Pages:
        self._newest[resource] = _Newest()
        return Pages(
            fetch=lambda paging: self._page(resource, {**query, **paging}),
            key=oneroster.record_key,
            take=lambda records: put(mirror, records, partial(oneroster.layout, resource)),
            size=self.calls.page_size,
            most=self.calls.max_records,
        )

    async def _page(self, resource: str, query: Mapping[str, str]) -> Page:
        answer = await self.client.get(self._url(resource), resource, query)
        records = records_of(answer, resource)
        if resource in self._newest:
            self._newest[resource].see(records, answer, self.now())
        links = answer.headers.getall("Link", [])
        return Page(
            records,
            total=count(answer.headers.get("X-Total-Count")),
            more=any('rel="next"' in link or "rel=next" in link for link in links) if links else None,
        )

    def _url(self, resource: str) -> URL:
        service = self.rostering if resource in oneroster.ROSTERING else self.gradebook
        return (service or self.rostering) / resource


def _time(text: object) -> datetime | None:
    """Return the time that a server wrote; without a zone it is taken for UTC."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
