"""Rows asked of a server for one value, without a mirror."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

from adapters._nested import Flat, batches_of
from adapters._rest_calls import Calls
from adapters._rest_mirrors import Layout
from adapters._rest_pages import JsonObject, Page, Pages
from gateway.adapter_api import Batch, Only, Table

MOST_VALUES = 25
"""For more values than these a mirror is read: each value is one question."""


class NotFiltered(Exception):
    """The server gives rows of other values too: it did not understand the question."""


class Found:
    """The rows of a table that a server gives for some values."""

    def __init__(self, table: Table, only: Only, layout: Layout) -> None:
        self._table = table
        self._only = only
        self._layout = layout
        self._rows: dict[str, list[Flat]] = {}

    async def ask(
        self, fetch: Callable[[Mapping[str, str]], Awaitable[Page]], query: Mapping[str, str], calls: Calls
    ) -> None:
        """Read all that the server gives to one question.

        Raises:
            NotFiltered: among it is what was not asked for.
            Unsupported: the server does not have the list, or takes no such question.
        """
        pages = Pages(
            fetch=lambda paging: fetch({**query, **paging}),
            key=lambda record: self._layout(record)[0],
            take=self._take,
            size=calls.page_size,
            most=calls.max_records,
        )
        await pages.by_offset()

    def batches(self) -> Iterator[Batch]:
        """Yield the rows."""
        return batches_of(self._table, (row for rows in self._rows.values() for row in rows))

    async def _take(self, records: Sequence[JsonObject]) -> int:
        before = len(self._rows)
        for record in records:
            key, rows = self._layout(record)
            wanted = [row for row in rows if self._is_wanted(row)]
            if rows and not wanted and any(row[0] == self._table.name for row in rows):
                raise NotFiltered
            self._rows[key] = wanted
        return len(self._rows) - before

    def _is_wanted(self, row: Flat) -> bool:
        return row[0] == self._table.name and row[2].get(self._only.column) in self._only.values
