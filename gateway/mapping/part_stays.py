"""Stays of one part on columns: what overlaps are found by, and what is wrong with those that do."""

import polars as pl

from gateway.mapping import compose
from gateway.mapping.columns import FILE, LINE, constant
from gateway.mapping.found import found_frame, repeated
from gateway.mapping.held import STUDENT, WHO
from gateway.mapping.made import FieldsMade
from gateway.mapping.overlaps import Stay, overlaps
from gateway.mapping.plan import PartPlan
from gateway.mapping.problems import Problems


class PartStays:
    """Finds overlaps, where the section says what must not overlap."""

    def __init__(self, plan: PartPlan, problems: Problems) -> None:
        self._plan = plan
        self._problems = problems

    def columns(self, own: FieldsMade, height: int) -> list[pl.Series]:
        """Return what overlaps are found by."""
        spec = self._plan.spec.overlap
        if spec is None:
            return []
        by = own.by_name.get(spec.by, constant("", height))
        begin, end = date_of(own, spec.begin, height), date_of(own, spec.end, height)
        return [by.alias("by"), begin.alias("begin"), end.alias("end")]

    def overlapping(self, made: pl.DataFrame) -> list[pl.DataFrame]:
        """Return what is wrong with entries that are about the same thing at the same time."""
        spec = self._plan.spec.overlap
        if spec is None or "by" not in made.columns:
            return []
        doubtful = made.filter(pl.struct(STUDENT, "by").is_duplicated())
        found = []
        for (_, who, _by), group in doubtful.group_by(STUDENT, WHO, "by", maintain_order=True):
            files = [FILE] if FILE in group.columns else []
            rows = [Stay(*row) for row in group.select(LINE, "begin", "end", *files).iter_rows()]
            again = overlaps(rows)
            if again:
                found.append((who, again))
        return [self._overlap(who, stay) for who, again in found for stay in again]

    def _overlap(self, who: object, stay: Stay) -> pl.DataFrame:
        spec = self._plan.spec.overlap
        by, begin = (spec.by, spec.begin) if spec else ("", "")
        code = self._problems.code(compose.overlap_problem(by))
        return found_frame(
            pl.Series([0]),
            stay.file or self._plan.source.file,
            pl.Series([stay.line]),
            self._plan.column(begin),
            raw=pl.Series([stay.begin or ""]),
            codes=repeated(code, 1),
        ).with_columns(pl.lit(who).alias(WHO))


def date_of(own: FieldsMade, wire: str, height: int) -> pl.Series:
    """Return the dates of a field as text; null where it has none."""
    texts = own.by_name.get(wire, constant("", height))
    return texts.str.extract(r'^,"[^"]*":"(\d{4}-\d{2}-\d{2})"$')
