"""Lists in pages, from servers that count as they like."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from adapters._rest_pages import JsonObject, Page, Pages
from gateway.adapter_api import Malformed, TooLarge

PEOPLE: list[JsonObject] = [{"id": str(number)} for number in range(120)]
Answers = Callable[[int, int], Page]


class Shelf:
    """Takes pages, and remembers what was asked."""

    def __init__(self, answers: Answers, size: int = 50, most: int = 1000) -> None:
        self.offsets: list[int] = []
        self.seen: dict[str, None] = {}
        self._answers = answers
        self.pages = Pages(
            fetch=self._fetch, key=lambda one: str(one["id"]), take=self._take, size=size, most=most
        )

    async def _fetch(self, query: Mapping[str, str]) -> Page:
        if "pageToken" in query:
            return self._answers(int(query["pageToken"]), int(query["pageSize"]))
        self.offsets.append(int(query["offset"]))
        assert len(self.offsets) < 100, "it never ends"
        return self._answers(int(query["offset"]), int(query["limit"]))

    async def _take(self, records: Sequence[JsonObject]) -> int:
        before = len(self.seen)
        self.seen.update(dict.fromkeys(str(one["id"]) for one in records))
        return len(self.seen) - before


def honest(offset: int, limit: int) -> Page:
    return Page(PEOPLE[offset : offset + limit])


async def test_each_page_begins_with_the_last_record_of_the_page_before() -> None:
    shelf = Shelf(honest)

    assert await shelf.pages.by_offset()
    assert shelf.offsets == [0, 49, 98]
    assert len(shelf.seen) == 120


@pytest.mark.parametrize(
    "answers",
    [
        lambda offset, limit: Page(PEOPLE[offset : offset + 30]),
        lambda offset, limit: Page(
            PEOPLE[offset : offset + limit], total=len(PEOPLE[offset : offset + limit])
        ),
        lambda offset, limit: Page(PEOPLE[offset : offset + limit], total=1),
        lambda offset, limit: Page(PEOPLE[offset : offset + limit], more=offset + limit < 120),
        lambda offset, limit: Page(PEOPLE[offset : offset + limit + 3]),
    ],
    ids=["caps its pages", "counts the page", "counts wrong", "links", "gives more than asked"],
)
async def test_all_is_read_from_a_server_that(answers: Answers) -> None:
    shelf = Shelf(answers)

    assert await shelf.pages.by_offset()
    assert len(shelf.seen) == 120


async def test_a_server_that_ignores_the_offset_is_found_out() -> None:
    shelf = Shelf(lambda offset, limit: Page(PEOPLE[:limit]))

    assert not await shelf.pages.by_offset()
    assert shelf.offsets == [0, 49]


async def test_a_server_that_counts_more_than_it_gives_is_found_out() -> None:
    shelf = Shelf(lambda offset, limit: Page(PEOPLE[offset : offset + limit], total=200))

    assert not await shelf.pages.by_offset()
    assert len(shelf.seen) == 120


@pytest.mark.parametrize("change", [1, -1], ids=["added", "removed"])
async def test_a_list_that_moves_is_found_out_without_any_count(change: int) -> None:
    shelf = Shelf(lambda offset, limit: Page(PEOPLE[max(offset - change, 0) if offset else 0 :][:limit]))

    assert not await shelf.pages.by_offset()


async def test_an_empty_list_takes_one_question() -> None:
    shelf = Shelf(lambda offset, limit: Page([]))

    assert await shelf.pages.by_offset()
    assert shelf.offsets == [0]


async def test_a_list_without_end_is_refused() -> None:
    def answers(offset: int, limit: int) -> Page:
        return Page([{"id": str(number)} for number in range(offset, offset + limit)])

    with pytest.raises(TooLarge, match="1000 records"):
        await Shelf(answers).pages.by_offset()


async def test_a_token_that_comes_again_is_refused() -> None:
    def answers(token: int, size: int) -> Page:
        return Page(PEOPLE[:size], token="7")

    with pytest.raises(Malformed, match="again and again"):
        await Shelf(answers).pages.by_cursor(Page(PEOPLE[:5], token="1"), {})


async def test_tokens_are_followed_to_the_page_without_one() -> None:
    def answers(token: int, size: int) -> Page:
        return Page(PEOPLE[token : token + size], token=str(token + size) if token + size < 120 else None)

    shelf = Shelf(answers)
    await shelf.pages.by_cursor(Page(PEOPLE[:25], token="25"), {})

    assert list(shelf.seen) == [str(number) for number in range(120)]
