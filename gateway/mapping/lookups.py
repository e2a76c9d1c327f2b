"""A column of texts against what each different text comes to: the readers of `cells`, once a text."""

import threading
from collections.abc import Callable
from typing import Final, NamedTuple

import polars as pl

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.cells import LONGEST_PLAIN, Cell
from gateway.mapping.problems import CODE, Problems

_MOST: Final = 400_000
"""Texts that a table remembers; then it begins anew."""
_SCHEMA: Final = {"text": pl.String, "json": pl.String, "problem": CODE}


class Looked(NamedTuple):
    """What a column came to: text of JSON, empty where there is no value, and problems if there are any."""

    json: pl.Series
    problem: pl.Series | None = None


class Lookup:
    """What texts come to, with a prefix before every value."""

    def __init__(self, cell: Cell, prefix: str, problems: Problems, dictionary: Dictionary) -> None:
        self._keep = dictionary.ref if cell.kept else lambda json: json
        self._read = cell
        self._prefix = prefix
        self._problems = problems
        self._table = pl.DataFrame(schema=_SCHEMA)
        self._faulty = False
        self._lock = threading.Lock()

    def __call__(self, texts: pl.Series) -> Looked:
        """Return what each text comes to."""
        column = pl.DataFrame({"text": texts})
        table = self._covering(texts)
        found = column.join(table, on="text", how="left", maintain_order="left")
        json = found.get_column("json").fill_null("")
        if not self._faulty or not found.get_column("problem").count():
            return Looked(json)
        return Looked(json, found.get_column("problem"))

    def _covering(self, texts: pl.Series) -> pl.DataFrame:
        """Return a table that has every one of the texts."""
        with self._lock:
            asked = pl.DataFrame({"text": texts.unique()})
            new = asked.join(self._table, on="text", how="anti").get_column("text").drop_nulls()
            if not len(new):
                return self._table
            if self._table.height + len(new) > _MOST:
                self._table, new = self._table.clear(), asked.get_column("text").drop_nulls()
            self._table = pl.concat([self._table, self._read_all(new)])
            return self._table

    def _read_all(self, texts: pl.Series) -> pl.DataFrame:
        made: list[str | None] = []
        codes: list[int | None] = []
        for text in texts:
            json, problem = self._read(text)
            made.append(None if json is None else f"{self._prefix}{self._keep(json)}")
            codes.append(None if problem is None else self._problems.code(problem))
            self._faulty = self._faulty or problem is not None
        return pl.DataFrame({"text": texts, "json": made, "problem": codes}, schema=_SCHEMA)


class CellLookup:
    """The values of one cell; a text that is plainly its own value is not looked up."""

    def __init__(self, cell: Cell, prefix: str, problems: Problems, dictionary: Dictionary) -> None:
        self._plain = cell.plain
        self._prefix = prefix
        self._lookup = Lookup(cell, prefix, problems, dictionary)

    def __call__(self, texts: pl.Series) -> Looked:
        """Return what each text comes to."""
        if self._plain is None:
            return self._lookup(texts)
        odd = texts.str.contains(self._plain) | (texts.str.len_bytes() > LONGEST_PLAIN)
        plain = quoted(texts, self._prefix)
        if not odd.any():
            return Looked(plain)
        at = odd.arg_true()
        found = self._lookup(texts.gather(at))
        codes = None
        if found.problem is not None:
            codes = pl.Series("problem", [None], CODE).new_from_index(0, len(texts))
            codes = codes.scatter(at, found.problem)
        return Looked(plain.scatter(at, found.json), codes)


def quoted(texts: pl.Series, prefix: str) -> pl.Series:
    """Return clean texts as JSON behind the prefix; empty where the text is."""
    name = texts.name
    made = pl.DataFrame([texts]).select(
        pl.when(pl.col(name) != "")
        .then(pl.concat_str([pl.lit(prefix + '"'), pl.col(name), pl.lit('"')]))
        .otherwise(pl.lit(""))
        .alias("json")
    )
    return made.get_column("json")


def holds_in(holds: Callable[[str], bool]) -> Callable[[pl.Series], pl.Series]:
    """Return what tests a column, each different text once."""
    known: dict[str, bool] = {}
    lock = threading.Lock()

    def test(texts: pl.Series) -> pl.Series:
        different = texts.unique().drop_nulls()
        with lock:
            for text in different:
                if text not in known:
                    known[text] = holds(text)
            answers = pl.DataFrame({"text": different, "holds": [known[text] for text in different]})
        found = pl.DataFrame({"text": texts}).join(answers, on="text", how="left", maintain_order="left")
        return found.get_column("holds")

    return test
