"""Rows found by their key through sorted hashes: a look costs by what is asked, not by what there is."""

from typing import Final

import polars as pl

_SEED: Final = 2


def key_hashes(keys: pl.Series) -> pl.Series:
    """Return what keys are known by: 64 bits of each; null stays null."""
    frame = pl.DataFrame({"key": keys})
    return frame.select(pl.when(pl.col("key").is_not_null()).then(pl.col("key").hash(_SEED))).to_series()


class KeyIndex:
    """Where the rows of each key stand: twelve bytes a row."""

    def __init__(self, hashes: pl.Series) -> None:
        places = pl.DataFrame({"hash": hashes}).with_row_index("at").drop_nulls().sort("hash", "at")
        self._hashes, self._at = places.get_column("hash"), places.get_column("at")

    def find(self, keys: pl.Series) -> pl.Series:
        """Return where rows stand that have, or seem to have, one of the keys; in order, each once."""
        asked = key_hashes(keys).drop_nulls().unique().sort()
        first = self._hashes.search_sorted(asked, side="left")
        last = self._hashes.search_sorted(asked, side="right")
        runs = pl.DataFrame({"first": first, "last": last}).filter(pl.col("first") < pl.col("last"))
        places = runs.select(pl.int_ranges("first", "last").explode()).to_series()
        return self._at.gather(places).sort()

    def alike(self) -> pl.Series:
        """Return where rows stand that seem to have the key of another; in order."""
        return self._at.filter(self._hashes.is_duplicated()).sort()


class Keyed:
    """A frame in memory of which `key` names the rows."""

    def __init__(self, frame: pl.DataFrame, key: str) -> None:
        self.frame = frame
        self._key = key
        self._index = KeyIndex(key_hashes(frame.get_column(key)))

    def only(self, keys: pl.Series) -> pl.DataFrame:
        """Return the rows that have one of the keys."""
        found = self.frame[self._index.find(keys)]
        return found.filter(pl.col(self._key).is_in(keys.implode()))

    def has(self, keys: pl.Series) -> pl.Series:
        """Tell of each key whether a row has it."""
        return keys.is_in(self.only(keys).get_column(self._key).implode())
