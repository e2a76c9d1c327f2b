"""`ports.Backpacks` in SQL: what the last mapping run left."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, Final

import orjson
from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    bindparam,
    delete,
    func,
    or_,
    select,
)

from gateway.domain.backpack.compact import numbers_in
from gateway.domain.backpack.whole import Stamp
from gateway.domain.errors import Unknown
from gateway.domain.ids import Digest, LocalStudentId
from gateway.domain.matching import Candidate, normalise, normalise_id
from gateway.domain.transfer import Subject
from gateway.storage.db import Db
from gateway.storage.prepared import AnyRow
from gateway.storage.tables import backpack_names, backpacks, kept_objects
from gateway.usecases.ports import StoredBackpack

_c = backpacks.c
_BACKPACK: Final = tuple(field.name for field in fields(StoredBackpack))
_SETS: Final = tuple(field.name for field in fields(Candidate) if field.name.endswith("s"))
_AFTER_ANY_NAME: Final = "\U0010ffff"

BY_STUDENT = select(*(_c[name] for name in _BACKPACK)).order_by(_c.student)
"""All backpacks, for a scan."""
_ONE = BY_STUDENT.where(_c.student == bindparam("student"))
_FINGERPRINTS = select(_c.student, _c.fingerprint)
_KEYS = (
    select(_c.student, _c.state_id, _c.birth_date)
    .where(_c.state_key.is_not(None), _c.birth_date.is_not(None))
    .order_by(_c.student)
)
_BORN = select(_c.candidate).where(_c.birth_date == bindparam("birth_date")).order_by(_c.student)
_BORN_OR_KNOWN = (
    select(_c.candidate)
    .where(or_(_c.birth_date == bindparam("birth_date"), _c.state_key == bindparam("state_key")))
    .order_by(_c.student)
)
_FORGET_NAMES = delete(backpack_names).where(backpack_names.c.student == bindparam("b_student"))
_REMOVE = delete(backpacks).where(_c.student == bindparam("b_student"))
_KEPT = select(kept_objects.c.number, kept_objects.c.json)
_KEPT_ONE = select(kept_objects.c.json).where(kept_objects.c.number == bindparam("number"))
_FORGET_KEPT = delete(kept_objects).where(kept_objects.c.number == bindparam("b_number"))
_NAMED_BY_BACKPACK = (
    select(_c.student)
    .where(or_(*(func.instr(_c.sections, bindparam(f"blob{n}", type_=LargeBinary)) > 0 for n in range(2))))
    .limit(1)
)
_NAMED_BY_KEPT = (
    select(kept_objects.c.number)
    .where(
        kept_objects.c.number != bindparam("number"),
        or_(*(func.instr(kept_objects.c.json, bindparam(f"text{n}")) > 0 for n in range(2))),
    )
    .limit(1)
)
_COUNT = select(func.count().label("n")).select_from(backpacks)


class SqlBackpacks:
    """The district's mapped students, over one connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def put(self, stored: Sequence[StoredBackpack]) -> None:
        """Insert or replace."""
        self._db.put_each(backpacks, [_values(backpack) for backpack in stored])
        self._db.run_each(_FORGET_NAMES, [{"b_student": backpack.student} for backpack in stored])
        self._db.add_each(
            backpack_names,
            [
                {"name": name, "student": backpack.student}
                for backpack in stored
                for name in searchable_names(backpack.candidate)
            ],
        )

    def get(self, student: LocalStudentId) -> StoredBackpack:
        """Return it, or raise `Unknown`."""
        row = self._db.first(_ONE, {"student": student})
        if row is None:
            raise Unknown("there is no such student")
        return stored_backpack(row)

    def keep(self, objects: Mapping[int, str]) -> None:
        """Keep objects that compact documents name; a number stays what it is."""
        self._db.put_each(kept_objects, [{"number": n, "json": json} for n, json in objects.items()])

    def kept(self, numbers: Collection[int] | None = None) -> Mapping[int, str]:
        """Return kept objects: those of the numbers and those that they name, or all."""
        if numbers is None:
            return {row["number"]: row["json"] for row in self._db.all(_KEPT)}
        found: dict[int, str] = {}
        asked = set(numbers)
        while asked:
            new = {number: self._kept_one(number) for number in asked}
            found |= new
            asked = set().union(*(numbers_in(orjson.loads(json)) for json in new.values())) - found.keys()
        return found

    def _kept_one(self, number: int) -> str:
        row = self._db.first(_KEPT_ONE, {"number": number})
        if row is None:
            raise Unknown("an object that a backpack names is not there: map the students again")
        return str(row["json"])

    def forget_unnamed(self, number: int) -> None:
        """Delete a kept object that no backpack and no other kept object names; reads all of them."""
        texts = [f'"$":{number}{end}' for end in ",}"]
        blobs = {f"blob{n}": text.encode() for n, text in enumerate(texts)}
        others = {f"text{n}": text for n, text in enumerate(texts)} | {"number": number}
        if not self._db.all(_NAMED_BY_BACKPACK, blobs) and not self._db.all(_NAMED_BY_KEPT, others):
            self._db.run(_FORGET_KEPT, {"b_number": number})

    def fingerprints(self) -> Mapping[LocalStudentId, Digest]:
        """Return what is there, to find what changed."""
        return {row["student"]: row["fingerprint"] for row in self._db.all(_FINGERPRINTS)}

    def candidates(self, subject: Subject) -> Sequence[Candidate]:
        """Return the students who share the state id, however it is spaced, or the birth date."""
        values: dict[str, Any] = {"birth_date": subject.birth_date}
        if state_key := normalise_id(subject.state_id):
            values["state_key"] = state_key
        rows = self._db.all(_BORN_OR_KNOWN if state_key else _BORN, values)
        return [_candidate(row["candidate"]) for row in rows]

    def matching_keys(self, *, without: Collection[LocalStudentId] = ()) -> Sequence[tuple[str, date]]:
        """Return state id, as mapped, and birth date of every student who has both, but for some."""
        rows = self._db.all(_KEYS)
        return [(row["state_id"], row["birth_date"]) for row in rows if row["student"] not in without]

    def remove(self, students: Sequence[LocalStudentId]) -> None:
        """Delete students who are no longer in the source."""
        self._db.run_each(_REMOVE, [{"b_student": student} for student in students])

    def find(self, text: str, limit: int = 50) -> Sequence[StoredBackpack]:
        """Return students by local id, state id or the beginning of a name; none for an empty text."""
        if not text.strip():
            return []
        found = BY_STUDENT.where(or_(*_matches(text.strip()))).limit(limit)
        return [stored_backpack(row) for row in self._db.query(found)]

    def count(self) -> int:
        """Count them."""
        return int(self._db.all(_COUNT)[0]["n"])


def searchable_names(candidate: Candidate) -> frozenset[str]:
    """Return each full name in both orders, so that the beginning of any name is a beginning here."""
    names = {
        normalise(name)
        for given in candidate.given_names or {""}
        for family in candidate.family_names or {""}
        for name in (f"{given} {family}", f"{family} {given}")
    }
    return frozenset(names - {""})


def _matches(text: str) -> list[ColumnElement[bool]]:
    ways = [_c.student == text]
    if state_key := normalise_id(text):
        ways.append(_c.state_key == state_key)
    if start := normalise(text):
        names = backpack_names.c
        named = select(names.student).where(names.name >= start, names.name < start + _AFTER_ANY_NAME)
        ways.append(_c.student.in_(named))
    return ways


def _values(backpack: StoredBackpack) -> dict[str, Any]:
    kept = {name: getattr(backpack, name) for name in _BACKPACK}
    state_id, birth_date = backpack.candidate.state_id, backpack.candidate.birth_date
    state_key = normalise_id(state_id) or None
    return {**kept, "state_id": state_id, "state_key": state_key, "birth_date": birth_date}


def stored_backpack(row: AnyRow) -> StoredBackpack:
    """Return the row's student."""
    stamp = row["stamp"] and Stamp(**row["stamp"])
    return StoredBackpack(**{**row, "candidate": _candidate(row["candidate"]), "stamp": stamp})


def _candidate(stored: Mapping[str, Any]) -> Candidate:
    born = stored["birth_date"]
    sets = {name: frozenset(stored[name]) for name in _SETS}
    return Candidate(**{**stored, **sets, "birth_date": born and date.fromisoformat(born)})
