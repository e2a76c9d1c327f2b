"""A student's stored backpack with everything in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from gateway.domain.backpack.compact import numbers_in
from gateway.domain.backpack.whole import whole
from gateway.domain.ids import Digest, LocalStudentId, digest
from gateway.domain.profile import Audience
from gateway.domain.statements import Statement, with_statements
from gateway.usecases.ports import StoredBackpack, Tx
from gateway.usecases.protection import Sections, concealed, protecting


def read_whole(tx: Tx, student: LocalStudentId) -> StoredBackpack:
    """Return the student's backpack with its entries as on the wire, or raise `Unknown`.

    What a family stated about an entry is in it.

    Of a student whose whereabouts are protected, nothing that tells them is read.
    """
    stored, stated = tx.backpacks.get(student), tx.statements.of(student)
    hidden = bool(protecting(tx, student))
    if stored.stamp is None and not hidden and not stated:
        return stored
    sections: Sections = orjson.loads(stored.sections)
    if stored.stamp is not None:
        sections = whole(stored.sections, stored.stamp, tx.backpacks.kept(numbers_in(sections)))
    sections = concealed(tx, student, with_statements(sections, stated))
    return replace(
        stored, sections=orjson.dumps(sections), stamp=None, fingerprint=_of_both(stored.fingerprint, stated)
    )


def _of_both(content: Digest, stated: Sequence[Statement]) -> Digest:
    """Return the fingerprint of the content and what was stated about it."""
    if not stated:
        return content
    return digest(" ".join([content, *(one.id for one in stated)]).encode())


def with_contributions(tx: Tx, stored: StoredBackpack) -> StoredBackpack:
    """Return a backpack that was read whole with what people here added to it and let travel."""
    added = [one for one in tx.contributions.of(stored.student) if one.is_seen_by(Audience.TRAVELS)]
    if not added:
        return stored
    sections = {name: list(entries) for name, entries in sections_of(stored).items()}
    for one in added:
        sections.setdefault(one.section, []).append(one.entry)
    ids = " ".join([stored.fingerprint, *(one.id for one in added)])
    return replace(stored, sections=orjson.dumps(sections), fingerprint=digest(ids.encode()))


def sections_of(stored: StoredBackpack) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the entries of a backpack that was read whole."""
    sections: Mapping[str, Sequence[Mapping[str, Any]]] = orjson.loads(stored.sections)
    return sections
