"""What was wrong with cells, as frames: a line each."""

from typing import Final

import polars as pl

from gateway.mapping.columns import FILE, LINE
from gateway.mapping.nodes import Place
from gateway.mapping.problems import CODE
from gateway.mapping.rows import LINE_TYPE

FOUND: Final = {
    "row": pl.UInt32,
    "file": pl.String,
    "line": LINE_TYPE,
    "column": pl.String,
    "raw": pl.String,
    "code": CODE,
}
"""What was wrong with cells, a line each; `row` is the number of the frame's row."""


def found_frame(
    rows: pl.Series,
    file: str | pl.Series,
    lines: pl.Series,
    column: str | None,
    *,
    raw: pl.Series | None,
    codes: pl.Series,
) -> pl.DataFrame:
    """Return a frame of `FOUND`."""
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(rows))
    return pl.DataFrame(
        {
            "row": rows.cast(pl.UInt32),
            "file": pl.Series([file]).new_from_index(0, len(rows)) if isinstance(file, str) else file,
            "line": lines,
            "column": nothing if column is None else pl.Series([column]).new_from_index(0, len(rows)),
            "raw": nothing if raw is None else raw,
            "code": codes,
        },
        schema=FOUND,
    )


def files_of(
    frame: pl.DataFrame, file: str, name: str = FILE, rows: pl.Series | None = None
) -> str | pl.Series:
    """Return the file of all rows, or the files of each where the source has several."""
    if name not in frame.columns:
        return file
    files = frame.get_column(name).fill_null(file)
    return files if rows is None else files.gather(rows)


def repeated(code: int, times: int) -> pl.Series:
    """Return a column of one problem."""
    return pl.Series([code], dtype=CODE).new_from_index(0, times)


def cells_found(
    frame: pl.DataFrame, rows: pl.Series, place: Place, file: str, codes: pl.Series
) -> pl.DataFrame:
    """Return a frame of `FOUND` about the cells at a place in those rows."""
    own = place.source.file if place.links else file
    lines = frame.get_column(line_of(place)).gather(rows)
    raw = frame.get_column(place.name).gather(rows)
    named_file = files_of(frame, own, "|".join((*place.links, FILE)), rows)
    return found_frame(rows, named_file, lines, place.header, raw=raw, codes=codes)


def line_of(place: Place) -> str:
    """Return the column that holds the line of the row that the cell is of."""
    return "|".join((*place.links, LINE)) if place.links else LINE
