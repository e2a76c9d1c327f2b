"""The fast way from bytes to columns, for stretches of a file in which nothing is wrong.

polars cannot be trusted with text that is not plainly clean: it fails as a whole, or guesses. So the bytes
are looked at first, at the speed of the machine, and whatever is in doubt is left to `Records`.
"""

import re
from typing import Final, NamedTuple, cast

import polars as pl

from adapters._delimited_layout import Layout, plain_name

LONGEST: Final = 131_072
"""Bytes of a line; the careful reader takes no longer cell."""

_SPACES: Final = "".join(filter(str.isspace, map(chr, range(0x3001))))
_LINE_END: Final = r"\r\n"
BOM: Final = b"\xef\xbb\xbf"
_SAMPLE: Final = 65_536
"""Bytes by which it is judged whether most lines have quotation marks."""
LONE_RETURN: Final = re.compile(rb"\r(?!\n)")
LOST: Final = b"\xef\xbf\xbd"


def plain_text(chunk: bytes, longest: int) -> bytes | None:
    """Return whole lines, or None where a character, a line end or the length of a line is in doubt."""
    if not chunk or b"\0" in chunk or chunk.startswith(BOM) or has_longer_line(chunk, min(longest, LONGEST)):
        return None
    if LONE_RETURN.search(chunk):
        return None
    if not chunk.isascii() and (LOST in chunk or not _is_utf8(chunk)):
        return None
    return chunk if chunk.endswith(b"\n") else chunk + b"\n"


def has_longer_line(chunk: bytes, longest: int) -> bool:
    """Tell whether a line, with its end, has more bytes than that. Looks at few of them."""
    start = 0
    while start + longest < len(chunk):
        end = chunk.rfind(b"\n", start, start + longest) + 1
        if not end:
            return True
        start = end
    return False


class Plain(NamedTuple):
    """The records of a stretch, and the line of each, from 0."""

    cells: pl.DataFrame
    lines: pl.Series
    height: int
    """Lines of the stretch."""


def plain_cells(text: bytes, layout: Layout, most_lines: int) -> Plain | None:
    """Return the records of the text, or None where one is in doubt.

    In doubt are a record with another number of cells or of more than `most_lines`, a blank line, a
    quotation mark that is not written as RFC 4180 says, and the header.
    """
    count = text.count(b"\n")
    cells = _parsed(text, layout) if _is_plain(text, count, layout) else None
    if cells is None or _has_header(cells, layout):
        return None
    if cells.height == count:
        return Plain(cells, pl.int_range(count, dtype=pl.UInt32, eager=True), count)
    heights = cells.select(1 + pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True))).to_series()
    if heights.sum() != count or cast("int", heights.max()) > most_lines:
        return None
    return Plain(cells, (heights.cum_sum() - heights).cast(pl.UInt32), count)


def whole_records(chunk: bytes, quote: str | None, most_lines: int) -> bytes:
    """Return the chunk without the lines at its end that begin a record and do not end it."""
    if quote is None or chunk.count(quote.encode()) % 2 == 0:
        return chunk
    end = len(chunk)
    for _ in range(most_lines):
        start = chunk.rfind(b"\n", 0, max(end - 1, 0)) + 1
        if chunk.count(quote.encode(), start, end) % 2:
            return chunk[:start] or chunk
        end = start
    return chunk


def without_blank(plain: Plain) -> Plain:
    """Return the records that have a value."""
    first = plain.cells.to_series(0)
    doubtful = first.str.contains(r"^[\s\x1c-\x1f]") | (first == "")
    if not doubtful.any():
        return plain
    blank = pl.all_horizontal(pl.all().str.strip_chars(_SPACES) == "")
    kept = ~(doubtful & plain.cells.select(blank).to_series())
    return Plain(plain.cells.filter(kept), plain.lines.filter(kept), plain.height)


def _is_utf8(chunk: bytes) -> bool:
    try:
        chunk.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parsed(text: bytes, layout: Layout) -> pl.DataFrame | None:
    try:
        return pl.read_csv(
            text,
            has_header=False,
            schema=dict.fromkeys(layout.columns, pl.String),
            infer_schema=False,
            separator=layout.delimiter,
            quote_char=layout.quote,
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:
        return None


def lines_of(text: bytes) -> pl.Series:
    """Return each line as text, without its end. The text holds no NUL."""
    frame = pl.read_csv(
        text,
        has_header=False,
        schema={"line": pl.String},
        infer_schema=False,
        separator="\0",
        quote_char=None,
        empty_string_is_null=False,
    )
    return frame.to_series()


def record_pattern(layout: Layout) -> str:
    """Return the pattern of a line that is a record by RFC 4180, with as many cells as there are columns."""
    return f"^{_record(layout, '')}$"


def _record(layout: Layout, line_end: str) -> str:
    """Return the pattern of a record whose values have no `line_end`, unless quoted."""
    delimiter = f"\\x{ord(layout.delimiter):02x}"
    cell = f"[^{delimiter}]*"
    if layout.quote:
        quote = f"\\x{ord(layout.quote):02x}"
        cell = f"(?:[^{quote}{delimiter}{line_end}]*|{quote}(?:[^{quote}]|{quote}{quote})*{quote})"
    return f"{cell}(?:{delimiter}{cell}){{{len(layout.columns) - 1}}}"


def _is_plain(text: bytes, lines: int, layout: Layout) -> bool:
    """Tell whether no row lacks a cell: polars would fill it up. Rows with too many it refuses itself."""
    quote = layout.quote.encode() if layout.quote else b""
    if not quote or quote not in text:
        return text.count(layout.delimiter.encode()) >= lines * (len(layout.columns) - 1)
    try:
        return _has_a_record_a_line(text, lines, layout, quote) or _has_records(text, layout)
    except pl.exceptions.PolarsError:
        return False


def _has_a_record_a_line(text: bytes, lines: int, layout: Layout, quote: bytes) -> bool:
    """Tell whether each line is a record. Only those with quotation marks are looked at one by one."""
    quoted = _quoted_lines(text, quote)
    if not quoted.str.contains(record_pattern(layout)).all():
        return False
    inside = quoted.str.count_matches(layout.delimiter, literal=True).sum()
    unquoted = lines - len(quoted)
    return text.count(layout.delimiter.encode()) - inside >= unquoted * (len(layout.columns) - 1)


def _quoted_lines(text: bytes, quote: bytes) -> pl.Series:
    """Return the lines that have a quotation mark; where most have none, without looking at each."""
    if text.count(quote, 0, _SAMPLE) > text.count(b"\n", 0, _SAMPLE):
        lines = lines_of(text)
        return lines.filter(lines.str.contains(quote.decode(), literal=True))
    found: list[str] = []
    end = -1
    while (at := text.find(quote, end + 1)) >= 0:
        start = text.rfind(b"\n", end + 1, at) + 1 or end + 1
        end = text.find(b"\n", at)
        found.append(text[start:end].decode())
    return pl.Series(found, dtype=pl.String)


def _has_records(text: bytes, layout: Layout) -> bool:
    """Tell whether the text is records of which values may have line breaks. Slower than line by line."""
    if text.count((layout.quote or "").encode()) % 2:
        return False
    records = f"\\A(?:{_record(layout, line_end=_LINE_END)}\\r?\\n)*\\z"
    return bool(pl.Series([text.decode()]).str.contains(records).all())


def _has_header(cells: pl.DataFrame, layout: Layout) -> bool:
    first = cells.to_series(0)
    if not plain_name(layout.header[0]) and bool((first == "").any()):
        return True
    return bool((first == layout.header[0]).any())
