"""Columns that stand beside those of a source, and what is done with columns of texts.

Absent is the empty text. JSON of an object begins with the comma that parts it from what is before it.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from gateway.mapping.cells import json_text

LINE: Final = "@line"
"""Null where the source has no lines."""
FILE: Final = "@file"
"""Only where the rows of a source are of several files."""
AT: Final = "@at"
"""The row's position among the rows of its source."""
FAULT: Final = "@fault"
"""The number of what was wrong with the row as a row, or null."""
KEY: Final = "@key"
JSON: Final = "@json"
LACKS: Final = "@lacks"
_PART: Final = "\x1f"
PRESENT: Final = 0
SAID: Final = 1
UNSAID: Final = 2
"""What is lacking of a required field: nothing; it, and its own cell was found wrong; it, and no more."""


def named(wire: str) -> str:
    """Return how a field begins."""
    return f',"{wire}":'


def key_of(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Return the key that the columns make together; null where one of them is empty."""
    return frame.select(key_expression(names).alias(KEY)).get_column(KEY)


def key_expression(names: Sequence[str]) -> pl.Expr:
    """Return the key that the columns make together; null where one of them is empty."""
    parts = [pl.col(name).str.strip_chars() for name in names]
    whole = pl.all_horizontal(part != "" for part in parts)
    key = parts[0] if len(parts) == 1 else pl.concat_str(parts, separator=_PART)
    return pl.when(whole).then(key)


def joined(texts: Sequence[pl.Series], height: int) -> pl.Series:
    """Return the texts of each row one after the other."""
    if len(texts) == 1:
        return texts[0].alias(JSON)
    if not texts:
        return pl.Series(JSON, [""], dtype=pl.String).new_from_index(0, height)
    frame = pl.DataFrame([text.alias(str(at)) for at, text in enumerate(texts)])
    return frame.select(pl.concat_str(pl.all()).alias(JSON)).get_column(JSON)


def where(holds: pl.Series, text: str) -> pl.Series:
    """Return the text where the condition holds, and the empty text elsewhere."""
    frame = pl.DataFrame({"holds": holds})
    made = frame.select(pl.when("holds").then(pl.lit(text)).otherwise(pl.lit("")).alias(JSON))
    return made.get_column(JSON)


def together(frame: pl.DataFrame, names: Sequence[str], between: str) -> pl.Series:
    """Return the cells of each row that are not blank, with something between them."""
    cells = [pl.col(name).str.strip_chars() for name in names]
    blanks = [pl.when(cell != "").then(cell) for cell in cells]
    text = pl.concat_str(blanks, separator=between, ignore_nulls=True)
    return frame.select(text.alias(JSON)).get_column(JSON)


def braced(fields: pl.Series, there: pl.Series, prefix: str) -> pl.Series:
    """Return fields as objects behind the prefix; empty where there is none."""
    frame = pl.DataFrame({JSON: fields, "there": there})
    made = pl.concat_str([pl.lit(prefix + "{"), pl.col(JSON).str.slice(1), pl.lit("}")])
    return frame.select(pl.when("there").then(made).otherwise(pl.lit("")).alias(JSON)).get_column(JSON)


def listed(items: pl.Series, prefix: str) -> pl.Series:
    """Return items, each behind a comma, as arrays behind the prefix; empty where there is none."""
    frame = pl.DataFrame({JSON: items})
    whole = pl.concat_str([pl.lit(prefix + "["), pl.col(JSON).str.slice(1), pl.lit("]")])
    made = pl.when(pl.col(JSON) != "").then(whole).otherwise(pl.lit(""))
    return frame.select(made.alias(JSON)).get_column(JSON)


def enclosed(texts: pl.Series, before: str, after: str = "") -> pl.Series:
    """Return each text that is not empty between two others."""
    frame = pl.DataFrame({JSON: texts})
    return frame.select(between(pl.col(JSON), before, after)).get_column(JSON)


def between(text: pl.Expr, before: str, after: str = "") -> pl.Expr:
    """Return each text that is not empty between two others."""
    made = pl.when(text != "").then(pl.concat_str([pl.lit(before), text, pl.lit(after)]))
    return made.otherwise(pl.lit("")).alias(JSON)


def quoted_any(texts: pl.Series) -> pl.Series:
    """Return texts as JSON."""
    odd = texts.str.contains(r'["\\\x00-\x1f\x7f]')
    frame = pl.DataFrame({JSON: texts})
    made = frame.select(pl.concat_str([pl.lit('"'), pl.col(JSON), pl.lit('"')]).alias(JSON)).get_column(JSON)
    at = odd.arg_true()
    return (
        made.scatter(at, pl.Series([json_text(text) for text in texts.gather(at)], dtype=pl.String))
        if len(at)
        else made
    )


def constant(text: str, height: int) -> pl.Series:
    """Return a column of one text."""
    return pl.Series(JSON, [text], dtype=pl.String).new_from_index(0, height)
