"""Conditions on columns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce

import polars as pl

from gateway.mapping.keyed import Keyed
from gateway.mapping.lookups import holds_in
from gateway.mapping.nodes import Condition, Test


@dataclass
class Conditions:
    """Tells which rows hold. What texts came to is kept for the next frame; safe for several threads."""

    students: Keyed
    _tests: dict[int, Callable[[pl.Series], pl.Series]] = field(default_factory=dict)

    def holds(self, test: Test, frame: pl.DataFrame) -> pl.Series | None:
        """Return where all conditions hold, None where there are none."""
        answers = [self._holds(condition, frame) for condition in test]
        return reduce(lambda one, other: one & other, answers) if answers else None

    def _holds(self, condition: Condition, frame: pl.DataFrame) -> pl.Series:
        if condition.place is None:
            answer = condition.holds("") and condition.student is not True
            return pl.Series([answer], dtype=pl.Boolean).new_from_index(0, frame.height)
        texts = frame.get_column(condition.place.name)
        if condition.student is not None:
            known = self.students.has(texts.str.strip_chars())
            return known if condition.student else ~known
        test = self._tests.get(id(condition))
        if test is None:
            test = self._tests[id(condition)] = holds_in(condition.holds)
        return test(texts).cast(pl.Boolean)
