"""From a record and what is here to the plan of its import. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.domain.ids import EntityId
from gateway.domain.importing.codes import AS_IT_CAME, CodeReader, TheirCode, translated
from gateway.domain.importing.equivalence import proposals
from gateway.domain.importing.journal import Beside, Change, Keys
from gateway.domain.importing.places import Entry, equal, places, record_id, same, with_place
from gateway.domain.importing.plan import (
    Choices,
    Corrected,
    ImportPlan,
    Ours,
    Row,
    SetAside,
    Standing,
    Terms,
    Theirs,
    Verb,
)
from gateway.domain.importing.sameness import counterpart


def plan_import(
    theirs: Sequence[Theirs],
    ours: Ours,
    choices: Choices,
    terms: Terms,
    *,
    partner: EntityId,
    remembered: Mapping[TheirCode, str],
    set_aside: Sequence[SetAside] = (),
    correction: Corrected | None = None,
) -> ImportPlan:
    """Return the plan. Pure: the same record, local state and choices give the same plan.

    An entry that came before, by its `recordId`, is compared with what became of it; any other with the one
    entry of ours that is about the same, if there is one. Filling blanks is proposed where both say
    something, making an entry where only theirs does.
    """
    reader = CodeReader(terms.lists)
    for one in theirs:
        reader.look(one.section, one.entry)
    codes = reader.proposals({**remembered, **choices.codes})
    ruled = {one.theirs: one.ours or AS_IT_CAME for one in codes if one.settled}
    here = _Here(ours)
    rows = [
        _row(
            one,
            _translated(one, ruled, terms),
            here,
            choices=choices,
            terms=terms,
            partner=partner,
        )
        for one in theirs
    ]
    return ImportPlan(
        choices=choices,
        rows=tuple(rows),
        codes=codes,
        set_aside=tuple(set_aside),
        correction=correction,
    )


def _translated(one: Theirs, ruled: Mapping[TheirCode, str], terms: Terms) -> tuple[Entry, Entry | None]:
    """Return an entry, and what it said before, in our codes."""
    before = one.before and translated(one.section, one.before, ruled, terms.lists)
    return translated(one.section, one.entry, ruled, terms.lists), before


def present(ours: Ours) -> Mapping[str, Sequence[Entry]]:
    """Return what is here by section: the local system, and what it has not taken over yet from imports."""
    return _Here(ours).sections


class _Here:
    """The entries of ours as earlier imports and the rows of this one leave them."""

    def __init__(self, ours: Ours) -> None:
        self._sections = {
            name: {record_id(one): one for one in entries} for name, entries in ours.sections.items()
        }
        self._keys = Keys()
        self._became: dict[tuple[str, str], str] = {}
        self.beside: dict[tuple[str, str], tuple[Beside, ...]] = {}
        for change in ours.changes:
            self.take(change)

    def take(self, change: Change) -> None:
        """Go on from what the change leaves; an edit made here since counts more."""
        section = self._sections.setdefault(change.section, {})
        key = self._keys.of(change, section)
        if _waits(change, section.get(key)):
            section[key] = change.after
        self._became[change.section, change.theirs] = key
        self.beside[change.section, change.theirs] = change.beside

    @property
    def sections(self) -> Mapping[str, Sequence[Entry]]:
        """All that is here."""
        return {name: tuple(entries.values()) for name, entries in self._sections.items()}

    def of(self, one: Theirs) -> Entry | None:
        """Return what is here about the same."""
        section = self._sections.get(one.section, {})
        became = self._became.get((one.section, one.key))
        return section.get(became) if became else counterpart(one.section, one.entry, list(section.values()))


def _waits(change: Change, is_here: Entry | None) -> bool:
    """Whether the local system has not carried the change out: all is as it was before."""
    if change.before is None or is_here is None:
        return change.before is None and is_here is None
    return equal(is_here, change.before)


def _row(
    theirs: Theirs,
    said: tuple[Entry, Entry | None],
    here: _Here,
    *,
    choices: Choices,
    terms: Terms,
    partner: EntityId,
) -> Row:
    ours = here.of(theirs)
    offered, before = said
    conversions = proposals(theirs.section, theirs.entry, terms.equivalents, partner)
    accepted = tuple(one for one in conversions if f"{theirs.key}#{one.place}" in choices.accepted)
    standing = _standing(ours, offered, before)
    if standing is Standing.ALREADY and set(accepted) - set(
        here.beside.get((theirs.section, theirs.key), ())
    ):
        standing = Standing.DIFFERS
    verb = _verb(theirs, standing, choices)
    row = Row(
        theirs=theirs,
        offered=offered,
        before=before,
        ours=ours,
        standing=standing,
        verb=verb,
        result=merged(ours, offered, verb, before),
        conversions=conversions,
        accepted=accepted,
    )
    if change := row.change:
        here.take(change)
    return row


def _verb(theirs: Theirs, standing: Standing, choices: Choices) -> Verb:
    differs = Verb.FILL if theirs.before is None else Verb.CORRECT
    proposed = {Standing.NEW: Verb.CREATE, Standing.DIFFERS: differs, Standing.ALREADY: Verb.SKIP}[standing]
    chosen = choices.entries.get(theirs.key) or choices.sections.get(theirs.section)
    if standing is Standing.ALREADY or chosen is None:
        return proposed
    if standing is Standing.NEW:
        return chosen if chosen is Verb.SKIP else Verb.CREATE
    return chosen


def merged(ours: Entry | None, theirs: Entry, verb: Verb, before: Entry | None = None) -> Entry | None:
    """Return what is here after the verb.

    A list is one value: it is filled where ours is empty, and replaced whole. Identifiers are never lost:
    those of systems that only ours knows stay. `before` is what theirs said before a correction.
    """
    if verb is Verb.SKIP:
        return ours
    if verb is Verb.CREATE or ours is None:
        return theirs
    if verb is Verb.CORRECT and before is not None:
        return _corrected(ours, theirs, before)
    result, present = dict(ours), places(ours)
    for place, value in places(theirs).items():
        blank = present.get(place) in (None, "", [])
        if place == "identifiers" and not blank:
            result[place] = _united(present[place], value)
        elif blank or (verb is Verb.REPLACE and not same(present[place], value)):
            result = with_place(result, place, value)
    return result


def _corrected(ours: Entry, theirs: Entry, before: Entry) -> Entry:
    """Return ours with what the correction changed, where ours says what came before or nothing."""
    result, present = dict(ours), places(ours)
    old, new = places(before), places(theirs)
    for place in dict.fromkeys((*old, *new)):
        here = present.get(place)
        untouched = here in (None, "", []) or same(here, old.get(place))
        if untouched and not same(old.get(place), new.get(place)):
            result = with_place(result, place, new.get(place))
    return result


def _united(
    ours: Iterable[Mapping[str, Any]], theirs: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    kept = list(ours)
    known = {one["system"]["code"] for one in kept}
    return [*kept, *(one for one in theirs if one["system"]["code"] not in known)]


def _standing(ours: Entry | None, offered: Entry, before: Entry | None) -> Standing:
    if ours is None:
        return Standing.NEW
    present, new = places(ours), places(offered)
    said = all(same(present.get(place), value) for place, value in new.items())
    taken_out = places(before or {}).keys() - new.keys()
    said = said and not any(place in present for place in taken_out)
    return Standing.ALREADY if said else Standing.DIFFERS
