"""What nodes come to on columns: JSON, and what was wrong."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from gateway.mapping.columns import JSON, SAID, UNSAID


class Made(NamedTuple):
    """A column of JSON, and frames of `FOUND`."""

    json: pl.Series
    found: Sequence[pl.DataFrame] = ()


class FieldsMade(NamedTuple):
    """The fields of an object without its braces; what is lacking, and each field, by wire name."""

    json: pl.Series
    found: Sequence[pl.DataFrame]
    lacks: Mapping[str, pl.Series]
    by_name: Mapping[str, pl.Series]


def masked(made: Made, keep: pl.Series) -> Made:
    """Return what was made of the rows to keep."""
    frame = pl.DataFrame({"keep": keep, JSON: made.json})
    json = frame.select(pl.when("keep").then(JSON).otherwise(pl.lit("")).alias(JSON)).get_column(JSON)
    found = [one.filter(keep.gather(one.get_column("row"))) for one in made.found]
    return Made(json, [one for one in found if one.height])


def lacking_of(made: Made) -> pl.Series:
    """Return what is lacking of each row's value."""
    absent = made.json == ""
    lacking = absent.cast(pl.UInt8) * UNSAID
    for found in made.found:
        rows = found.get_column("row").unique()
        said = rows.filter(absent.gather(rows))
        lacking = lacking.scatter(said, SAID) if len(said) else lacking
    return lacking


def gathered(made: Made, rows: pl.Series, height: int) -> Made:
    """Return what was made of pieces for the rows that they are of."""
    lists = (
        pl.DataFrame({"row": rows, JSON: made.json})
        .group_by("row", maintain_order=True)
        .agg(pl.col(JSON).str.join(""))
    )
    json = pl.Series(JSON, [""], dtype=pl.String).new_from_index(0, height)
    json = json.scatter(lists.get_column("row"), lists.get_column(JSON))
    found = [one.with_columns(rows.gather(one.get_column("row")).alias("row")) for one in made.found]
    return Made(json, found)
