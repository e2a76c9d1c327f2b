"""The day-1 snapshot: which entries of a record go ahead of it. Pure.

What a teacher and a nurse need on the first day: who it is, which classes, what works, whom to call, what
must not go wrong. It is a part of what the release would hold, never more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from gateway.domain.policy import Release, WithheldReason
from gateway.domain.policy.release import Withheld

Entry = Mapping[str, Any]
"""An entry of the present schema, as on the wire."""
Entries = Mapping[str, Sequence[Entry]]

SNAPSHOT: Final = 0
"""The version of a record that is only its snapshot: it comes before the first one."""

MOST: Final = {"contacts": 4, "classes": 10, "learnerProfile": 12, "health": 6, "immunizations": 14}
"""So many of a section's entries fit on the page."""
_HEALTH: Final = frozenset({"alert", "allergy"})
_PROFILE: Final = frozenset({"voice", "strengthOrNeed", "interest", "learningPreference", "udlBarrier"})
_PRIVATE_CONTACT: Final = ("noContact", "noRecords", "courtOrder")


def _always(_entry: Entry, _today: date) -> bool:
    return True


def _is_current(entry: Entry, today: date) -> bool:
    """Whether the stay or class had not ended, or ended in the last year and is the latest known."""
    ended = day_of(entry.get("exitDate") or entry.get("end"))
    return ended is None or (today - ended).days <= _LATELY


def _is_open_contact(entry: Entry, _today: date) -> bool:
    kinds = {one.get("kind") for one in entry.get("restrictions", ())}
    return not kinds & set(_PRIVATE_CONTACT)


def _helps(entry: Entry, today: date) -> bool:
    expires = day_of(entry.get("expiresOn"))
    gap = entry.get("kind") == "strengthOrNeed" and entry.get("polarity") == "gap"
    old = expires is not None and expires < today
    return entry.get("kind") in _PROFILE and not gap and not old and not entry.get("noExport")


_LATELY: Final = 366
_LAST: Final = 1000
_BELONGS: Final[Mapping[str, Callable[[Entry, date], bool]]] = {
    "identity": _always,
    "demographics": lambda entry, _: bool(entry.get("languages")),
    "contacts": _is_open_contact,
    "enrollments": _is_current,
    "classes": _is_current,
    "immunizations": _always,
    "health": lambda entry, _: entry.get("kind") in _HEALTH,
    "programs": _is_current,
    "learnerProfile": _helps,
}
SECTIONS: Final = tuple(_BELONGS)
"""Sections of which entries may be on a snapshot."""


def narrowed(release: Release, entries: Entries, today: date) -> Release:
    """Return of a release what goes ahead; the rest is named as following. Nothing is added to it."""
    granted = {
        section: chosen
        for section, positions in release.granted.items()
        if (chosen := needed_first(section, entries[section], positions, today))
    }
    later = tuple(
        Withheld(section=section, reason=WithheldReason.FOLLOWS)
        for section, positions in release.granted.items()
        if len(granted.get(section, ())) < len(positions)
    )
    return replace(release, granted=granted, withheld=(*release.withheld, *later), rule=_RULE)


_RULE: Final = "what is needed on the first day, ahead of the record"


def needed_first(
    section: str, entries: Sequence[Entry], positions: Sequence[int], today: date
) -> tuple[int, ...]:
    """Return which of these entries belong on the page, in their order; no more than fit on it."""
    belongs = _BELONGS.get(section)
    if belongs is None:
        return ()
    fitting = [n for n in positions if belongs(entries[n], today)]
    return tuple(sorted(sorted(fitting, key=lambda n: _order(section, entries[n]))[: MOST.get(section)]))


def _order(section: str, entry: Entry) -> tuple[Any, ...]:
    """Return what is more needful first."""
    if section == "contacts":
        main = entry.get("primaryContact") or entry.get("legalGuardian")
        return not main, not entry.get("emergencyContact"), entry.get("priority") or _LAST
    if section == "health":
        return (entry.get("kind") != "alert",)
    if section == "classes":
        ended = day_of(entry.get("end"))
        return (-(ended or date.max).toordinal(),)
    return ()


def day_of(value: object) -> date | None:
    """Return a day as it stands in an entry; None for what is none."""
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
