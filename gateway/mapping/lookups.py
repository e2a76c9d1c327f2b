"""A column of texts against what each different text comes to: the readers of `cells`, once a text."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import polars as pl

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.cells import LONGEST_PLAIN, Cell
from gateway.mapping.columns import between
from gateway.mapping.problems import CODE, Problems

_MOST: Final = 20_000
"""Texts that a table remembers; then it begins anew."""
_MOST_TRIED: Final = 5_000
"""Texts up to which many columns are looked up at once."""
_VALUES: Final = {"text": pl.String, "json": pl.String, "problem": CODE}
_ANSWERS: Final = {"text": pl.String, "holds": pl.Boolean}

Learn = Callable[[pl.Series], pl.DataFrame]
"""Returns a line for each text; the second column is never null."""


class _Learned:
    """What texts came to so far. Safe for several threads."""

    def __init__(self, schema: Mapping[str, type[pl.DataType]], learn: Learn) -> None:
        self._learn = learn
        self._marker = list(schema)[1]
        self._table = pl.DataFrame(schema=schema)
        self._lock = threading.Lock()

    def __call__(self, texts: pl.Series) -> pl.DataFrame:
        """Return a line for each of the texts; nulls where the text is null."""
        column = pl.DataFrame({"text": texts})
        found = self._known(column)
        if not found.get_column(self._marker).null_count():
            return found
        with self._lock:
            new = found.filter(pl.col(self._marker).is_null()).get_column("text").drop_nulls().unique()
            if self._table.height + len(new) > _MOST:
                self._table, new = self._table.clear(), texts.drop_nulls().unique()
            self._table = pl.concat([self._table, self._learn(new)]).unique("text")
            return self._known(column)

    def tries(self, column: str) -> list[pl.Expr]:
        """Return the second and the third column of the lines; nulls where a text was not learned.

        None where so much was learned that a join is cheaper.
        """
        table = self._table
        if not 0 < table.height <= _MOST_TRIED:
            return []
        texts, *answers = table.get_columns()
        return [
            pl.col(column)
            .replace_strict(texts, one, default=None, return_dtype=one.dtype)
            .alias(f"{column}|{id(self)}|{one.name}")
            for one in answers
        ]

    def _known(self, column: pl.DataFrame) -> pl.DataFrame:
        return column.join(self._table, on="text", how="left", maintain_order="left")


class Looked(NamedTuple):
    """What a column came to: text of JSON, empty where there is no value, and problems if there are any."""

    json: pl.Series
    problem: pl.Series | None = None


class CellLookup:
    """The values of one cell, each behind a prefix; a text that is plainly its own value is not looked up.

    With `bare`, values are texts, and stand without quotation marks.
    """

    def __init__(
        self, cell: Cell, prefix: str, problems: Problems, dictionary: Dictionary, *, bare: bool = False
    ) -> None:
        self._cell = cell
        self._keep = dictionary.ref if cell.kept else lambda json: json
        self._problems = problems
        self._faulty = False
        self._bare = bare
        self._prefix = prefix
        self._learned = _Learned(_VALUES, self._read)

    def __call__(self, texts: pl.Series) -> Looked:
        """Return what each text comes to."""
        frame = pl.DataFrame({"text": texts})
        return self.settled(texts, frame.select(self.tries("text")).get_columns())

    def tries(self, column: str) -> list[pl.Expr]:
        """Return what `settled` needs to know of a column: many columns are asked at once."""
        if self._cell.plain is None:
            return self._learned.tries(column)
        text = pl.col(column)
        odd = text.str.contains(self._cell.plain) | (text.str.len_bytes() > LONGEST_PLAIN)
        plain = text if self._bare else between(text, f'{self._prefix}"', '"')
        return [plain.alias(f"{column}|{id(self)}"), odd.alias(f"{column}|{id(self)}?")]

    def settled(self, texts: pl.Series, tried: Sequence[pl.Series]) -> Looked:
        """Return what each text comes to, which is mostly what was `tried`."""
        if not tried:
            return self._looked(texts)
        json, more = tried
        if self._cell.plain is not None:
            return Looked(json) if not more.any() else self._mended(texts, json, more.arg_true())
        if json.null_count() > texts.null_count():
            return self._looked(texts)
        json = json.fill_null("") if json.null_count() else json
        return Looked(json, more if more.null_count() < len(more) else None)

    def _mended(self, texts: pl.Series, plain: pl.Series, at: pl.Series) -> Looked:
        """Return plain values, with those of the texts at these places looked up."""
        found = self._looked(texts.gather(at))
        codes = None
        if found.problem is not None:
            codes = pl.Series("problem", [None], CODE).new_from_index(0, len(texts))
            codes = codes.scatter(at, found.problem)
        return Looked(plain.scatter(at, found.json), codes)

    def _looked(self, texts: pl.Series) -> Looked:
        found = self._learned(texts)
        json = found.get_column("json").fill_null("")
        if not self._faulty or not found.get_column("problem").count():
            return Looked(json)
        return Looked(json, found.get_column("problem"))

    def _read(self, texts: pl.Series) -> pl.DataFrame:
        made: list[str] = []
        codes: list[int | None] = []
        for text in texts:
            json, problem = self._cell.read(text)
            made.append("" if json is None else self._value(json))
            codes.append(None if problem is None else self._problems.code(problem))
            self._faulty = self._faulty or problem is not None
        return pl.DataFrame({"text": texts, "json": made, "problem": codes}, schema=_VALUES)

    def _value(self, json: str) -> str:
        return json[1:-1] if self._bare else f"{self._prefix}{self._keep(json)}"


def holds_in(holds: Callable[[str], bool]) -> Callable[[pl.Series], pl.Series]:
    """Return what tests a column, each different text once."""

    def answers(texts: pl.Series) -> pl.DataFrame:
        return pl.DataFrame({"text": texts, "holds": [holds(text) for text in texts]}, schema=_ANSWERS)

    learned = _Learned(_ANSWERS, answers)
    return lambda texts: learned(texts).get_column("holds")
