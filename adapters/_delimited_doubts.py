"""Where, in a stretch of a delimited file, a careful look is needed."""

import codecs
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import pairwise
from typing import Final

import polars as pl

from adapters._delimited_layout import Layout, plain_name
from adapters._delimited_plain import BOM, LONE_RETURN, LONGEST, LOST, record_pattern

Span = tuple[int, int]
"""Bytes from the beginning of a line to the end of one, which is not included."""

_NUL: Final = b"\0"


def doubtful_characters(chunk: bytes, longest: int, near: int) -> list[Span]:
    """Return the lines that are too long, not UTF-8, or hold a NUL, a lone return or a lost character.

    A span has `near` bytes at least, as one long span is read sooner than many short ones.
    """
    found = merge(
        [0] if chunk.startswith(BOM) else [],
        _places(chunk, _NUL, near),
        _places(chunk, LOST, near),
        (match.start() for match in LONE_RETURN.finditer(chunk)),
        _broken_utf8(chunk, near),
        _long_lines(chunk, min(longest, LONGEST)),
    )
    return _spans(chunk, found, near)


def doubtful_lines(chunk: bytes, layout: Layout, near: int) -> list[Span]:
    """Return the lines that are no record of their own with as many cells as there are columns.

    The chunk has no doubtful character. All of it is returned where no line can be named.
    """
    lines = pl.Series([chunk.decode()]).str.split("\n", inclusive=True).explode()
    text = lines.str.strip_chars_end("\r\n")
    doubtful = _like_header(text, layout) | ~text.str.contains(record_pattern(layout))
    starts = (lines.str.len_bytes().cum_sum() - lines.str.len_bytes()).filter(doubtful)
    return _spans(chunk, starts, near) or [(0, len(chunk))]


def _like_header(text: pl.Series, layout: Layout) -> pl.Series:
    first = layout.header[0] if plain_name(layout.header[0]) else ""
    quote = layout.quote or ""
    return (
        text.str.starts_with(first + layout.delimiter)
        | text.str.starts_with(f"{quote}{first.replace(quote, quote * 2) if quote else first}{quote}")
        | (text == first)
    )


def _spans(chunk: bytes, places: Iterable[int], near: int) -> list[Span]:
    """Return the lines around the places, those near each other in one."""
    found: list[Span] = []
    for place in places:
        if found and place < found[-1][1]:
            continue
        start = chunk.rfind(b"\n", 0, place) + 1
        end = chunk.find(b"\n", max(place, min(start + near, len(chunk) - 1))) + 1
        found.append((start, end or len(chunk)))
    return _without_touching(found)


def _without_touching(spans: list[Span]) -> list[Span]:
    """Join spans of which one begins where the other ends."""
    breaks = [right for left, right in pairwise(spans) if left[1] < right[0]]
    starts = [*spans[:1], *breaks]
    ends = (
        [left[1] for left, right in pairwise(spans) if left[1] < right[0]] + [spans[-1][1]] if spans else []
    )
    return [(start, end) for (start, _), end in zip(starts, ends, strict=True)]


def _places(chunk: bytes, what: bytes, near: int) -> Iterator[int]:
    place = chunk.find(what)
    while place >= 0:
        yield place
        place = chunk.find(what, place + near)


def _broken_utf8(chunk: bytes, near: int) -> Iterator[int]:
    view, start = memoryview(chunk), 0
    while start < len(chunk):
        try:
            codecs.utf_8_decode(view[start:], "strict", True)
        except UnicodeDecodeError as error:
            yield start + error.start
            start = (chunk.find(b"\n", start + error.start + near) + 1) or len(chunk)
        else:
            return


def _long_lines(chunk: bytes, longest: int) -> Iterator[int]:
    start = 0
    while start + longest < len(chunk):
        end = chunk.rfind(b"\n", start, start + longest) + 1
        if not end:
            yield start
            end = (chunk.find(b"\n", start) + 1) or len(chunk)
        start = end
