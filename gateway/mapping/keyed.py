"""Rows found by their key through sorted hashes: a look costs by what is asked, not by what there is."""

from typing import Final

import polars as pl

_SEED: Final = 2


def key_hashes(keys: pl.Series) -> pl.Series:
    """Return what keys are known by: 64 bits of each; null stays null."""
    return pl.DataFrame({"key": keys}).select(_hashed("key")).to_series()


def _hashed(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash(_SEED)).alias(name)


class KeyIndex:
    """Where the rows of each key stand: twelve bytes a row."""

    def __init__(self, hashes: pl.Series) -> None:
        places = pl.DataFrame({"hash": hashes}).with_row_index("at").drop_nulls().sort("hash", "at")
        self._hashes, self._at = places.get_column("hash"), places.get_column("at")

    def find(self, keys: pl.Series) -> pl.Series:
        """Return where rows stand that have, or seem to have, one of the keys; in order, each once."""
        names = pl.DataFrame({"key": keys.unique()})
        asked = names.select(_hashed("key").unique().drop_nulls().sort()).to_series()
        first = self._hashes.search_sorted(asked, side="left")
        last = self._hashes.search_sorted(asked, side="right")
        runs = pl.DataFrame({"first": first, "last": last})
        places = runs.select(pl.int_ranges("first", "last").explode().drop_nulls()).to_series()
        return self._at.gather(places).sort()

    def first(self, keys: pl.Series) -> pl.Series:
        """Return for each key where a row may stand that has it: there, or nowhere."""
        places = self._hashes.search_sorted(key_hashes(keys).fill_null(0))
        return self._at.gather(places.clip(upper_bound=len(self._at) - 1))

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

    def of(self, keys: pl.Series) -> pl.DataFrame:
        """Return the row of each key, nulls where there is none. Each row has another key."""
        if not self.frame.height:
            return self.frame.clear(len(keys))
        at = self._index.first(keys)
        lost = self.frame.get_column(self._key).gather(at).ne_missing(keys).arg_true()
        if len(lost):
            at = at.scatter(lost, self._exactly(keys.gather(lost)))
        return self.frame.select(pl.all().gather(at))

    def _exactly(self, keys: pl.Series) -> pl.Series:
        """Return where the row of each key stands, null where there is none."""
        places = self._index.find(keys)
        table = pl.DataFrame({"key": self.frame.get_column(self._key).gather(places), "at": places})
        found = pl.DataFrame({"key": keys}).join(table, on="key", how="left", maintain_order="left")
        return found.get_column("at")

    def has(self, keys: pl.Series) -> pl.Series:
        """Tell of each key whether a row has it."""
        return keys.is_in(self.only(keys).get_column(self._key).implode())
