"""Objects that many entries share, such as schools and courses: made once, and named by a number."""

import threading
from typing import TYPE_CHECKING

import polars as pl

from gateway.mapping.cells import json_text
from gateway.mapping.columns import AT, JSON, KEY, between
from gateway.mapping.compose import orphan_problem
from gateway.mapping.dates import Problem
from gateway.mapping.denied import SSN, holds_ssn
from gateway.mapping.found import cells_found, repeated
from gateway.mapping.made import Made
from gateway.mapping.nodes import Object, Place

if TYPE_CHECKING:
    from gateway.mapping.frames import Frames


class SharedObjects:
    """Makes shared objects. Safe for several threads."""

    def __init__(self, frames: "Frames") -> None:
        self._frames = frames
        self._made: dict[int, pl.DataFrame] = {}
        self._lock = threading.RLock()

    def refer(self, shared: Object, frame: pl.DataFrame, place: Place, file: str, prefix: str) -> Made:
        """Return the shared objects that cells name."""
        keys = frame.get_column(place.name).str.strip_chars()
        objects = self._known(shared, keys)
        found = pl.DataFrame({KEY: keys}).join(objects, on=KEY, how="left", maintain_order="left")
        unknown = pl.col(JSON).is_null() & (pl.col(KEY) != "")
        made = found.select(between(pl.col(JSON).fill_null(""), prefix), unknown.alias("lost"))
        json, lost = made.get_column(JSON), made.get_column("lost").arg_true()
        if not len(lost):
            return Made(json)
        return self._unknown(shared, frame, place, lost, file=file, prefix=prefix, json=json)

    def _unknown(
        self,
        shared: Object,
        frame: pl.DataFrame,
        place: Place,
        lost: pl.Series,
        *,
        file: str,
        prefix: str,
        json: pl.Series,
    ) -> Made:
        """Make objects of keys alone; one that is written like a social security number is none."""
        keys = frame.get_column(place.name).str.strip_chars().gather(lost)
        secret = pl.Series([holds_ssn(key) for key in keys], dtype=pl.Boolean)
        texts = pl.Series(
            [f'{prefix}{{"{shared.orphan}":{json_text(key)}}}' for key in keys], dtype=pl.String
        )
        json = json.scatter(lost.filter(~secret), texts.filter(~secret))
        found = [self._found(frame, lost.filter(secret), place, file, SSN)]
        if shared.source.table is not None:
            gone = keys.is_in(self._frames.targets.gone(shared.source.name).implode())
            for marked in (False, True):
                problem = orphan_problem(shared.source.file, marked=marked)
                found.append(
                    self._found(frame, lost.filter(~secret & (gone == marked)), place, file, problem)
                )
        return Made(json, [one for one in found if one.height])

    def _known(self, shared: Object, keys: pl.Series) -> pl.DataFrame:
        """Return the JSON of shared objects by key."""
        if shared.tree is None or shared.source.table is None:
            return pl.DataFrame(schema={KEY: pl.String, JSON: pl.String})
        with self._lock:
            return self._objects_of(shared, keys)

    def _objects_of(self, shared: Object, keys: pl.Series) -> pl.DataFrame:
        if shared.tree is None:
            raise TypeError(shared.name)
        known = self._made.get(id(shared))
        asked = keys.unique()
        asked = asked.filter(asked != "")
        if known is not None:
            asked = asked.filter(~asked.is_in(known.get_column(KEY).implode()))
        if known is None or len(asked):
            rows = self._frames.targets.rows(shared.source.name, (shared.key,), asked)
            rows = rows.unique(KEY, keep="first", maintain_order=True)
            rows, orphans = self._frames.links.attach(rows, shared.links, shared.source.file)
            made = self._frames.tree(shared.tree, rows, shared.source.file, "")
            self._frames.shared += [*orphans, *made.found]
            self._frames.targets.use(shared.source.name, rows.get_column(AT))
            kept = [self._frames.dictionary.ref(json) if json else None for json in made.json]
            new = pl.DataFrame({KEY: rows.get_column(KEY), JSON: pl.Series(kept, dtype=pl.String)})
            known = new if known is None else pl.concat([known, new])
            self._made[id(shared)] = known
        return known

    def _found(
        self, frame: pl.DataFrame, rows: pl.Series, place: Place, file: str, problem: Problem
    ) -> pl.DataFrame:
        codes = repeated(self._frames.problems.code(problem), len(rows))
        return cells_found(frame, rows, place, file, codes)
