"""What an import changed, entry by entry, with before and after: enough to undo it exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.importing.places import Entry, equal, places, record_id, same, with_place
from gateway.domain.importing.sameness import counterpart


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What was accepted for a value of an entry, and stands beside it: the original is never changed."""

    place: str
    """Such as `courses[0].finalGrade`."""
    kind: str
    """`course`, `credit` or `mark`."""
    original: str
    ours: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the local system, before and after."""

    section: str
    key: str
    """`recordId` of the entry that was changed; of the sender's, where it is new here."""
    theirs: str
    """`recordId` of the sender's entry."""
    before: Entry | None
    """None where the entry was made."""
    after: Entry
    beside: tuple[Beside, ...] = ()
    apart: bool = False
    """Made although something like it was here: a person said that they are two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What becomes of one change when its import is undone."""

    change: Change
    result: Entry | None
    """The entry afterwards; None where it goes."""
    kept: Mapping[str, Any]
    """By place, what was edited here since: it stays."""

    @property
    def whole(self) -> bool:
        """Whether the entry is again as it was before the import."""
        return not self.kept


def undo(change: Change, now: Entry | None) -> Undone:
    """Return how the change is undone in the entry as it is now.

    A place that still is as the import left it goes back; one that was edited since stays. An entry that the
    import made and that was edited since stays whole, for taking it away would lose the edit; one that was
    taken away since stays away.
    """
    if now is None and change.before is not None:
        return Undone(change=change, result=None, kept=dict.fromkeys(places(change.after)))
    if now is None or equal(now, change.after):
        return Undone(change=change, result=change.before, kept={})
    if change.before is not None and equal(now, change.before):
        return Undone(change=change, result=now, kept={})
    before = {} if change.before is None else places(change.before)
    after, present = places(change.after), places(now)
    kept = {
        place: present.get(place)
        for place in sorted({*after, *present})
        if not same(present.get(place), after.get(place)) and not same(present.get(place), before.get(place))
    }
    if change.before is None:
        return Undone(change=change, result=now, kept=kept)
    result = dict(now)
    for place in {*after, *before}:
        if place not in kept and same(present.get(place), after.get(place)):
            result = with_place(result, place, before.get(place))
    return Undone(change=change, result=result, kept=kept)


def undo_all(changes: Sequence[Change], present: Mapping[str, Sequence[Entry]]) -> tuple[Undone, ...]:
    """Return how all changes are undone, the last first, given what is here by section."""
    now = {name: {record_id(one): one for one in entries} for name, entries in present.items()}
    keys = Keys()
    placed = [(change, keys.of(change, now.setdefault(change.section, {}))) for change in changes]
    found: list[Undone] = []
    for change, key in reversed(placed):
        section = now[change.section]
        undone = undo(change, section.get(key))
        found.append(undone)
        if undone.result is not None:
            section[key] = undone.result
        else:
            section.pop(key, None)
    return tuple(found)


class Keys:
    """Under which `recordId` changed entries are here; asked in the order of the changes.

    What an import made has the sender's id until the local system has it, under an id of its own.
    """

    def __init__(self) -> None:
        self._own: dict[tuple[str, str], str] = {}

    def of(self, change: Change, here: Mapping[str, Entry]) -> str:
        """Return the id, given the section's entries."""
        if change.before is None and not change.apart and change.key not in here:
            found = counterpart(change.section, change.after, list(here.values()))
            if found is not None:
                self._own[change.section, change.key] = record_id(found)
        return self._own.get((change.section, change.key), change.key)
