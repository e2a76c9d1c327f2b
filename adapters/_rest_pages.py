"""Lists that come in pages, from servers that change while they are read and that count as they like."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters._rest_calls import Answer
from gateway.adapter_api import Malformed, TooLarge

JsonObject = Mapping[str, Any]

_LEAST_CAP: Final = 20
"""No server caps its pages below this: a first page that is shorter is the only one."""

PASSES: Final = 3
"""How often a list is read from its start until it keeps still."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of a list, and what the server says about the others."""

    records: Sequence[JsonObject]
    total: int | None = None
    """How many there are in all. Some servers say how many there are in the page."""
    more: bool | None = None
    """Whether a next page is linked; None where the server links none at all."""
    token: str | None = None
    """Where the next page begins, by cursor paging."""


class Unsupported(Exception):
    """The server cannot do what was asked, and says so by its status."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(str(status))


@dataclass(frozen=True, slots=True)
class Pages:
    """How a list is read: `fetch` asks for a page, `key` names a record, `take` stores those of a page.

    `take` returns how many records it had not yet seen since the list was begun.
    """

    fetch: Callable[[Mapping[str, str]], Awaitable[Page]]
    key: Callable[[JsonObject], str]
    take: Callable[[Sequence[JsonObject]], Awaitable[int]]
    size: int
    most: int

    async def by_offset(self) -> bool:
        """Read the list once by `limit` and `offset`; return whether it kept still meanwhile.

        Each page begins with the last record of the page before. If another record stands there, records
        were added or removed in front of it, and some may not have been seen.
        A page that is shorter than asked for is no end: a server may cap pages. Only a page without a new
        record is, or a short one that the server's count or links confirm.

        Raises:
            Unsupported: the server does not have the list.
            TooLarge: it has more records than the limit.
        """
        offset, seen, first_size, last, still = 0, 0, 0, "", True
        total: int | None = None
        while True:
            page = await self.fetch({"limit": str(self.size), "offset": str(offset)})
            if offset and not (page.records and self.key(page.records[0]) == last):
                still = False
            total = total if page.total is None else page.total
            fresh = await self.take(page.records) if page.records else 0
            seen += fresh
            self._check(seen)
            first_size = first_size or len(page.records)
            end = offset + len(page.records)
            full = first_size if offset else min(_LEAST_CAP, self.size)
            if not fresh or page.more is False or _looks_last(page, end, full, total):
                return still and seen >= (total or 0)
            last = self.key(page.records[-1])
            offset = end - 1

    async def by_cursor(self, first: Page, query: Mapping[str, str]) -> None:
        """Read the list on from its first page, by the token that each page gives for the next.

        Raises:
            Malformed: the server gives the same token again.
            TooLarge: the list has more records than the limit.
        """
        page, tokens = first, set[str]()
        seen = await self.take(page.records)
        while page.token and page.records:
            if page.token in tokens:
                raise Malformed("the server gives the same page again and again")
            tokens.add(page.token)
            page = await self.fetch({**query, "pageToken": page.token, "pageSize": str(self.size)})
            seen += await self.take(page.records)
            self._check(seen)

    def _check(self, seen: int) -> None:
        if seen > self.most:
            raise TooLarge(f"the server has more than {self.most} records")


def _looks_last(page: Page, end: int, full: int, total: int | None) -> bool:
    """Tell whether a page is shorter than a full one, and neither a link nor the count speaks against it."""
    return len(page.records) < full and not page.more and end >= (total or 0)


def records_of(answer: Answer, name: str = "") -> list[JsonObject]:
    """Return the records of a page: a JSON array, or the array under `name`, or the only array there is.

    Raises:
        Unsupported: the status is not 200.
        Malformed: there is no array of objects.
    """
    if answer.status != 200:  # noqa: PLR2004 - RFC 9110
        raise Unsupported(answer.status)
    found = answer.json()
    if isinstance(found, dict):
        arrays = [value for value in found.values() if isinstance(value, list)]
        found = found.get(name, arrays[0] if len(arrays) == 1 else None)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Malformed(f"{answer.resource}: the answer holds no list of records")
    return found
