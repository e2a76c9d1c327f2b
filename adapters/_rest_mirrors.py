"""The mirrors of all resources of one server: brought up to date, then read as tables."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from adapters._mirror import Mirror, Record, private_folder
from adapters._nested import Flat
from adapters._rest_pages import PASSES, JsonObject, Pages, Unsupported
from gateway.adapter_api import Batch, Finding, Malformed, Misconfigured, Only, Rule, Table, TryLater, finding

ABSENT: Final = "absent"
"""In a mirror's state: the status by which the server said that it does not give the resource."""
UNSTEADY: Final = "unsteady"
"""In a mirror's state: the list changed each time while it was read."""

_WHOLE_AT: Final = "whole_at"
_UNREADABLE: Final = "!unreadable"
"""The table of records that could not be laid out as rows."""
_MOST_FINDINGS: Final = 1000
_FORBIDDEN: Final = "403"
_BAD_QUESTION: Final = 400

T = TypeVar("T")

Sync = Callable[[str, Mirror, Mapping[str, str]], Awaitable[Mapping[str, str]]]
"""Brings the mirror of a resource up to date, given its state, and returns the new one."""

Layout = Callable[[JsonObject], tuple[str, Sequence[Flat]]]
"""Returns the key and the rows of a record; raises `Malformed` where it cannot be laid out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrors:
    """What is known of a server's resources."""

    folder: Path
    source: Callable[[], str]
    """Says which server this is and what we may see there: another source makes the mirrors void."""
    resources: Sequence[str]
    fresh: timedelta
    """A mirror younger than this is read as it is."""
    now: Callable[[], datetime]
    columns: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """By resource: the columns that each of its tables has, seen or not."""

    def check(self) -> None:
        """Return if mirrors can be kept.

        Raises:
            Misconfigured: the folder cannot be used.
        """
        private_folder(self.folder)

    def stale(self, resources: Iterable[str]) -> list[str]:
        """Return those of the resources whose mirror is not fresh."""
        return [one for one in resources if not self._is_fresh(self._look(one, Mirror.state))]

    async def refresh(self, resource: str, sync: Sync) -> None:
        """Bring a mirror up to date, or leave it as it was. While another run does it, it is left to that.

        Raises:
            TryLater: another run does it, for the first time.
        """
        mirror = await asyncio.to_thread(self._opened, resource)
        try:
            if not await asyncio.to_thread(self._begun, mirror, resource):
                return
            state = await sync(resource, mirror, mirror.state())
            kept = {**state, "source": self._source_mark(), "read_at": self.now().isoformat()}
            await asyncio.to_thread(mirror.commit, kept)
        finally:
            mirror.rollback()
            mirror.close()

    def tables(self) -> list[Table]:
        """Return the tables that have a row, in the order of the resources.

        Raises:
            Misconfigured: the server gives none of the resources.
        """
        found = [table for one in self.resources for table in self._look(one, partial(_tables, one))]
        if not found and all(ABSENT in self._look(one, Mirror.state) for one in self.resources):
            raise Misconfigured("the server gives none of the resources: check its URL and what we may read")
        return found

    def unused(self) -> list[Finding]:
        """Return what is to say of the resources that give no table."""
        return [note for one in self.resources for note in self._look(one, partial(_left_out, one))]

    async def batches(self, table: Table, only: Only | None) -> AsyncIterator[Batch]:
        """Yield the table's rows."""
        mirror = await asyncio.to_thread(self._opened, table.file)
        try:
            batches = mirror.batches(table, only)
            while batch := await asyncio.to_thread(next, batches, None):
                yield batch
        finally:
            mirror.close()

    def _opened(self, resource: str) -> Mirror:
        return Mirror(private_folder(self.folder), resource)

    def _look(self, resource: str, question: Callable[[Mirror], T]) -> T:
        """Return what a mirror says to a question."""
        mirror = self._opened(resource)
        try:
            return question(mirror)
        finally:
            mirror.close()

    def _begun(self, mirror: Mirror, resource: str) -> bool:
        """Begin a reading; return whether it is ours to do."""
        known = mirror.state().get("source") == self._source_mark()
        try:
            mirror.begin()
        except TryLater:
            if known:
                return False
            raise
        if not known:
            mirror.empty()
        mirror.expect(self.columns.get(resource, {}))
        return True

    def _is_fresh(self, state: Mapping[str, str]) -> bool:
        if state.get("source") != self._source_mark():
            return False
        age = self.now() - datetime.fromisoformat(state["read_at"])
        return timedelta(0) <= age < self.fresh

    def _source_mark(self) -> str:
        return hashlib.sha256(self.source().encode()).hexdigest()


async def read_whole(pages: Pages, mirror: Mirror) -> bool:
    """Read a list from its start until it keeps still, and remove what is no longer in it.

    Returns:
        Whether it kept still in the end. If not, what none of the readings has shown is removed.
    """
    still = await read_steadily(pages, mirror)
    await asyncio.to_thread(lambda: mirror.sweep(last_pass_only=still))
    return still


async def read_steadily(pages: Pages, mirror: Mirror) -> bool:
    """Read a list from its start until it keeps still, three times at most; return whether it did."""
    for attempt in range(PASSES):
        if attempt:
            mirror.begin_pass()
        if await pages.by_offset():
            return True
    return False


async def put(mirror: Mirror, records: Sequence[JsonObject], layout: Layout) -> int:
    """Lay records out and write them; return how many were not yet seen in this pass."""
    return await asyncio.to_thread(lambda: mirror.put([_laid_out(one, layout) for one in records]))


def key_of(record: JsonObject, name: str) -> str:
    """Return the record's key; one without a key is known by all that it says."""
    found = record.get(name)
    if isinstance(found, str) and found:
        return found
    return f"#{hashlib.sha256(repr(sorted(record.items(), key=str)).encode()).hexdigest()}"


def taken_whole(now: datetime) -> dict[str, str]:
    """Return, for a mirror's state, when all of it was read."""
    return {_WHOLE_AT: now.isoformat()}


def is_full_due(state: Mapping[str, str], now: datetime, days: int) -> bool:
    """Tell whether a mirror is to be read as a whole, since it never was or not for that long."""
    at = state.get(_WHOLE_AT)
    return at is None or now - datetime.fromisoformat(at) >= timedelta(days=days)


def absent(error: Unsupported, resource: str, mirror: Mirror) -> dict[str, str]:
    """Return the state of a resource that the server does not give; what was there before is removed.

    Raises:
        Misconfigured: the server has it and does not take the question.
    """
    if error.status == _BAD_QUESTION:
        raise Misconfigured(f"{resource}: the server does not take the question: lower calls.page_size")
    mirror.begin_pass()
    mirror.sweep(last_pass_only=True)
    return {ABSENT: str(error.status)}


def _laid_out(record: JsonObject, layout: Layout) -> Record:
    try:
        return layout(record)
    except Malformed as error:
        key = key_of(record, "")
        return key, [(_UNREADABLE, 0, {"reason": str(error)})]


def _tables(resource: str, mirror: Mirror) -> list[Table]:
    """Return the tables that have rows, the resource's own first: it has what is wrong with them all."""
    columns = mirror.columns()
    own = resource.rpartition("/")[2]
    names = sorted(columns.keys() - {_UNREADABLE}, key=lambda name: (name != own, name))
    present = [name for name in names if columns[name] and mirror.has_rows(name)]
    notes = tuple(_notes(resource, mirror, mirror.state()))
    return [
        Table(name, columns[name], resource, () if place else notes, lined=False)
        for place, name in enumerate(present)
    ]


def _notes(resource: str, mirror: Mirror, state: Mapping[str, str]) -> list[Finding]:
    found = []
    if UNSTEADY in state:
        found.append(
            finding(
                Rule.FILE_DAMAGED,
                "the list changed each time while it was read; rows may be missing",
                file=resource,
                suggestion="read it at a quieter hour",
                severity="warning",
            )
        )
    reasons = mirror.texts(_UNREADABLE, _MOST_FINDINGS)
    return found + [finding(Rule.ROW_UNREADABLE, reason, file=resource) for reason in reasons]


def _left_out(resource: str, mirror: Mirror) -> list[Finding]:
    """Return why the resource gives no table; nothing where it gives one."""
    state = mirror.state()
    if _tables(resource, mirror):
        return []
    status = state.get(ABSENT)
    if status == _FORBIDDEN:
        return [
            finding(
                Rule.FILE_MISSING,
                "the server does not let us read this resource",
                file=resource,
                suggestion="ask for the right to read it, or leave it out of `resources`",
            )
        ]
    if status:
        return [finding(Rule.FILE_MISSING, "the server has no such resource", file=resource, severity="info")]
    return _notes(resource, mirror, state) or [
        finding(Rule.FILE_EMPTY, "the resource has no record", file=resource)
    ]
