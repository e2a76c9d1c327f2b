"""What has changed in a record since it was sent, and why it is sent again (34 CFR 99.20 to 99.22). Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.domain.errors import Refused
from gateway.domain.ids import Digest, EntityId, TransferId
from gateway.domain.importing.places import META, Entry, places, record_id, same

Entries = Mapping[str, Sequence[Entry]]
"""Entries as on the wire, by section."""


class ChangeReason(StrEnum):
    """Why a record is sent again: a closed list."""

    CORRECTION = "correction"
    """What was sent was wrong or is out of date."""
    AMENDMENT = "amendment"
    """A family asked for it (34 CFR 99.20), or a hearing decided so (99.21)."""
    STATEMENT = "statement"
    """A family's statement of disagreement was added (34 CFR 99.21(b)(2))."""
    LATE_ADDITION = "late_addition"
    """What was not ready when the record was sent; nothing that was sent has changed."""
    PASSED_ON = "passed_on"
    """Another district corrected what it had asserted, and this one has passed that on."""


CHOSEN: Final = tuple(one for one in ChangeReason if one is not ChangeReason.PASSED_ON)
"""Reasons that a person gives."""


class Kind(StrEnum):
    """What happened to an entry."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChange:
    """One entry that is not as it was sent."""

    issuer: EntityId
    """The district that asserts it."""
    section: str
    before: Entry | None
    """As it was sent; None where it came later."""
    after: Entry | None
    """As it is now; None where it is no more, or no longer leaves."""

    @property
    def kind(self) -> Kind:
        """Say whether it came, went or changed."""
        if self.before is None:
            return Kind.ADDED
        return Kind.CHANGED if self.after is not None else Kind.REMOVED

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the places that differ, sorted; none where the whole entry came or went."""
        if self.before is None or self.after is None:
            return ()
        before, after = _said(self.before), _said(self.after)
        names = sorted({*before, *after})
        return tuple(name for name in names if not same(before.get(name), after.get(name)))

    @property
    def pointers(self) -> tuple[str, ...]:
        """Return section and field as the other side is told; no value and no id."""
        return tuple(f"/{self.section}/{name}" for name in self.fields) or (f"/{self.section}",)


STATEMENTS: Final = "statements"
"""Member of `meta` with what a family stated, and the place by which a change of it is named."""


def _said(entry: Entry) -> dict[str, object]:
    """Return what an entry says, with whether it still holds and what was stated about it."""
    meta = entry[META]
    about = {"status": meta.get("status", "active"), STATEMENTS: meta.get(STATEMENTS) or []}
    return places(entry) | about


def changes_between(issuer: EntityId, before: Entries, after: Entries) -> list[EntryChange]:
    """Return what differs between two states of what one district asserts, by section and entry.

    An entry is the same one by its `recordId`. Where it was read from and when does not matter.
    """
    sections = dict.fromkeys((*before, *after))
    return [
        change
        for name in sections
        for change in _of_section(issuer, name, before.get(name, ()), after.get(name, ()))
    ]


def _of_section(
    issuer: EntityId, section: str, before: Sequence[Entry], after: Sequence[Entry]
) -> Iterator[EntryChange]:
    old, new = ({record_id(one): one for one in entries} for entries in (before, after))
    for key in dict.fromkeys((*old, *new)):
        change = EntryChange(issuer=issuer, section=section, before=old.get(key), after=new.get(key))
        if change.kind is not Kind.CHANGED or change.fields:
            yield change


def pointers_of(changes: Iterable[EntryChange]) -> tuple[str, ...]:
    """Return section and field of all changes, each once, sorted."""
    return tuple(sorted({pointer for change in changes for pointer in change.pointers}))


def check_reason(reason: ChangeReason, changes: Sequence[EntryChange]) -> None:
    """Refuse a reason that is not what happened.

    Raises:
        Refused: nothing changed; an addition changes what was sent; or a correction adds only.
    """
    if not changes:
        raise Refused("nothing has changed since the record was sent")
    adds_only = all(change.kind is Kind.ADDED for change in changes)
    if reason is ChangeReason.LATE_ADDITION and not adds_only:
        raise Refused("this changes what was sent: send it as a correction")
    if reason in {ChangeReason.CORRECTION, ChangeReason.AMENDMENT} and adds_only:
        raise Refused("nothing that was sent has changed: send it as a late addition")
    stated = any(STATEMENTS in change.fields for change in changes)
    if reason is ChangeReason.STATEMENT and not stated:
        raise Refused("no statement was added to what was sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """That a further version of a record is sent, and why. No student data."""

    transfer: TransferId
    after_version: int
    """The version that was the newest when this was approved."""
    replaces: Digest
    """Of the record that the other side has, or may have."""
    reason: ChangeReason
    pointers: tuple[str, ...]
    by: str
    """Who approved it, as a pseudonym; `automatic` for the node."""
    at: datetime
