"""Links followed on columns: from the keys in a frame to what is read of the rows that they lead to."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from gateway.mapping.columns import AT, FILE, JSON, KEY, LACKS, LINE, key_of
from gateway.mapping.compose import orphan_problem
from gateway.mapping.found import cells_found, repeated
from gateway.mapping.nodes import LinkPlan

if TYPE_CHECKING:
    from gateway.mapping.frames import Frames


class Linking:
    """Follows links."""

    def __init__(self, frames: "Frames") -> None:
        self._frames = frames

    def attach(
        self, frame: pl.DataFrame, links: Mapping[str, LinkPlan], file: str, *, bare: bool = False
    ) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
        """Join what the links lead to; return `FOUND` of keys that lead nowhere.

        With `bare` only cells as they stand, for conditions: no fields are made, and nothing is said.
        """
        found: list[pl.DataFrame] = []
        for link in links.values():
            keys = key_of(frame, [place.name for place in link.on])
            target = self._target(link, keys, bare=bare)
            joined = _joined(keys, target)
            at = joined.get_column(AT)
            if not bare:
                self._frames.targets.use(link.target.name, target.get_column(AT))
            if not bare and not link.optional and (not link.silent or link.required):
                found += self._orphans(frame, link, keys, at, file)
            frame = frame.hstack([one.alias(f"{link.name}|{one.name}") for one in joined.get_columns()])
        return frame, found

    def _orphans(
        self, frame: pl.DataFrame, link: LinkPlan, keys: pl.Series, at: pl.Series, file: str
    ) -> list[pl.DataFrame]:
        if at.null_count() == keys.null_count():
            return []
        lost = (keys.is_not_null() & at.is_null()).arg_true()
        gone = keys.gather(lost).is_in(self._frames.targets.gone(link.target.name).implode())
        place = link.on[0]
        made = []
        for marked in (False, True):
            rows = lost.filter(gone == marked)
            problem = orphan_problem(link.target.file, marked=marked)
            codes = repeated(self._frames.problems.code(problem), len(rows))
            made.append(cells_found(frame, rows, place, file, codes))
        return [one for one in made if one.height]

    def _target(self, link: LinkPlan, keys: pl.Series, *, bare: bool) -> pl.DataFrame:
        """Return what a link reads of its target, by key: each key once."""
        rows = self._frames.targets.rows(link.target.name, link.key, keys)
        if (holds := self._frames.conditions.holds(link.where, rows)) is not None:
            rows = rows.filter(holds)
        rows = rows.unique(KEY, keep="first", maintain_order=True)
        rows, found = self.attach(rows, link.links, link.target.file, bare=bare)
        deeper = [name for name in rows.columns if "|" in name and not name.endswith(("@json", "@lacks"))]
        wanted = [KEY, AT, LINE, *([FILE] if FILE in rows.columns else []), *link.columns, *deeper]
        if link.group is None or bare:
            self._frames.shared += found
            return rows.select(*dict.fromkeys(wanted))
        made = self._frames.fields(link.group, rows, link.target.file)
        self._frames.shared += [*found, *made.found]
        names = [one.name for one in link.group.fields if one.name in link.group.required]
        lacks = {name: self._frames.lacking(link.group, made.lacks, name, rows.height) for name in names}
        columns = [column.alias(f"{LACKS}{name}") for name, column in lacks.items() if column is not None]
        return rows.select(*dict.fromkeys(wanted)).with_columns(made.json.alias(JSON), *columns)


def _joined(keys: pl.Series, target: pl.DataFrame) -> pl.DataFrame:
    """Return the row of each key, of which texts are empty and all else is null where there is none."""
    kinds = target.drop(KEY).schema.items()
    cells = [pl.col(name).fill_null("") if kind == pl.String else pl.col(name) for name, kind in kinds]
    rows = pl.DataFrame({KEY: keys}).join(target, on=KEY, how="left", maintain_order="left")
    return rows.select(cells)
