"""A student's stored backpack with everything in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from gateway.domain.backpack.compact import numbers_in
from gateway.domain.backpack.whole import whole
from gateway.domain.ids import LocalStudentId
from gateway.usecases.ports import StoredBackpack, Tx


def read_whole(tx: Tx, student: LocalStudentId) -> StoredBackpack:
    """Return the student's backpack with its entries as on the wire, or raise `Unknown`."""
    stored = tx.backpacks.get(student)
    if stored.stamp is None:
        return stored
    sections = whole(
        stored.sections, stored.stamp, tx.backpacks.kept(numbers_in(orjson.loads(stored.sections)))
    )
    return replace(stored, sections=orjson.dumps(sections), stamp=None)


def sections_of(stored: StoredBackpack) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the entries of a backpack that was read whole."""
    sections: Mapping[str, Sequence[Mapping[str, Any]]] = orjson.loads(stored.sections)
    return sections
