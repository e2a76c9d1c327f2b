"""The mappings of products turned round, each on a small source with the product's own habits."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.mapping.inverse_proof import GONE, mapped_again, proved_rows, values_of
from gateway.mapping.plan import make_plan
from tests.harness.mapped import map_all
from tests.harness.sis.products import PRODUCTS, mapping_of, source_of
from tests.unit.mapping_reverse.going_back import MAPLE, wire

NOW = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)
STUDENTS = 3
FOLLOWS = {"gibbon": {"assessments"}, "synergy": {"assessments"}}
"""Sections in which a joined title takes the whole assessment with it."""


@pytest.mark.parametrize("product", sorted(PRODUCTS))
async def test_every_value_of_a_product_comes_back_or_is_told(product: str, tmp_path: Path) -> None:
    """The figures of the losses are those of a second mapping of the rows."""
    source, mapping = source_of(product, tmp_path), mapping_of(product)
    plan = make_plan(mapping, await source.tables(), NOW.date())
    run = await map_all(source, mapping, NOW)

    for key in [*list(run.students)[:STUDENTS], *list(run.students)[-1:]]:
        before = wire(run.students[key])
        rows = await proved_rows(plan, before, NOW.date(), organization=MAPLE, student=key)

        after = await mapped_again(plan, rows, NOW.date())
        gone = values_of(before) - values_of(after)
        new = values_of(after) - values_of(before)
        told = [loss.values for loss in rows.losses if not loss.path.startswith("meta")]
        assert gone.total() + new.total() == sum(told)
        assert {loss.section for loss in rows.losses if loss.reason == GONE} <= FOLLOWS.get(product, set())
