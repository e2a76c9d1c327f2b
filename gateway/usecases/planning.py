"""What a release holds: worked out in one place for the preview and for the package, so that they agree."""

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from gateway.domain.backpack.base import LEVELS
from gateway.domain.backpack.versions import readable
from gateway.domain.confidentiality import tells_place
from gateway.domain.errors import Malformed, Unknown
from gateway.domain.ids import EntityId, LocalStudentId, b64url_decode
from gateway.domain.packs import Purged, to_purge
from gateway.domain.policy import Release, plan_release
from gateway.domain.policy.release import may_go_sealed
from gateway.domain.sealed import routing_of, sealed_entries
from gateway.domain.transfer import Transfer
from gateway.usecases.ports import Node, Segment, StoredBackpack, Tx
from gateway.usecases.safety import is_protected
from gateway.usecases.wholes import read_whole, sections_of, with_contributions

Entries = Mapping[str, Sequence[Mapping[str, Any]]]
"""Entries as on the wire, by section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One segment of a release: what it holds, and what of that leaves."""

    issuer: EntityId
    entries: Entries
    release: Release
    purged: Sequence[Purged]
    """Entries that the law wants gone before a record is packaged; none of them leaves."""
    routed: Mapping[str, Sequence[int]]
    """By section, the positions of the entries that the pack seals for a role, and that may leave so."""

    def leaving(self) -> Entries:
        """Return the entries that leave."""
        return {
            section: [self.entries[section][position] for position in positions]
            for section, positions in self.release.granted.items()
        }

    def apart(self, section: str) -> Sequence[Mapping[str, Any]]:
        """Return the entries of a section that go apart, sealed, whether or not that is decided."""
        entries = self.entries.get(section, ())
        return [entries[position] for position in self.routed.get(section, ())]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What this district holds of a student."""

    backpack: StoredBackpack
    earlier: Sequence[Segment]
    """What earlier districts signed, oldest first."""
    known: Segment | None
    """The segment that signs the backpack as it is, if there is one already."""
    before: Segment | None
    """What this district signed last, if the backpack as it is was not signed yet."""
    hidden: bool
    """Whether the student's whereabouts are protected."""

    @property
    def learner(self) -> str:
        """Return the learner's pseudonym: that of the first district which asserted anything."""
        return self.earlier[0].learner if self.earlier else self.backpack.learner


def read_held(tx: Tx, student: LocalStudentId) -> Held:
    """Return what is held of the student, or raise `Unknown`."""
    backpack = with_contributions(tx, read_whole(tx, student))
    keys = backpack.candidate
    earlier = tx.segments.received(state_id=keys.state_id, birth_date=keys.birth_date)
    known = tx.segments.own(student, backpack.fingerprint)
    learner = earlier[0].learner if earlier else backpack.learner
    if known is not None and known.learner != learner:
        known = None
    before = None if known else tx.segments.newest_own(student)
    return Held(
        backpack=backpack, earlier=earlier, known=known, before=before, hidden=is_protected(tx, student)
    )


def plan(
    node: Node,
    tx: Tx,
    transfer: Transfer,
    held: Held,
    *,
    by: str,
    at: datetime,
    included: Collection[str] = (),
    seals: bool = True,
) -> Sequence[Planned]:
    """Return what leaves: of each earlier segment, then of the own one, which is last.

    The district's own rules, and what its people decided to keep back, bind what it passes on from others
    too; `included` are sections that they do not keep back any more. A snapshot does not seal: what must be
    known on the first day, such as an allergy, goes openly.
    """
    planned = _planner(node, tx, transfer, by=by, at=at, included=included, seals=seals)
    segments = [
        *((one.issuer, _disclosed(one), _classes_of(one, hidden=held.hidden)) for one in held.earlier),
        (node.id, sections_of(held.backpack), _own_classes(held.backpack)),
    ]
    return [planned(*segment) for segment in segments]


def plan_sent(node: Node, tx: Tx, transfer: Transfer, version: int) -> Sequence[Planned]:
    """Return what left of each segment in a version of the record, as far as it would still leave now.

    A segment that was forgotten since is passed over.
    """
    planned = _planner(node, tx, transfer, by="", at=transfer.changed_at)
    found = []
    for sent in tx.sent.in_version(transfer.id, version):
        with contextlib.suppress(Unknown):
            one = tx.segments.get(sent.segment)
            disclosed, classed = _disclosed(one), _classes_of(one, hidden=False)
            entries = {name: disclosed[name] for name in sent.sections if name in disclosed}
            classes = {name: classed[name] for name in entries}
            found.append(planned(one.issuer, entries, classes))
    return found


def _planner(
    node: Node,
    tx: Tx,
    transfer: Transfer,
    *,
    by: str,
    at: datetime,
    included: Collection[str] = (),
    seals: bool = True,
) -> Callable[[EntityId, Entries, Mapping[str, Sequence[str]]], Planned]:
    """Return what plans one segment: its issuer, its entries, and their classes of sensitivity."""
    decided = tx.cases.get(transfer.id).kept_back
    kept_back = {name: why for name, why in decided.items() if name not in included}
    let_go = {one.section for one in tx.sealed_approvals.of(transfer.id) if one.student == transfer.student}

    def planned(issuer: EntityId, entries: Entries, classes: Mapping[str, Sequence[str]]) -> Planned:
        purged = _to_purge(node, entries)
        classes = _without(classes, purged)
        routed = may_go_sealed(sealed_entries(node.pack, entries), classes) if seals else {}
        release = plan_release(
            asked=transfer.sections,
            classes=classes,
            rules=node.rules,
            kept_back=kept_back,
            routed=routed,
            let_go=let_go,
            approved_by=by,
            approved_at=at,
        )
        return Planned(issuer=issuer, entries=entries, release=release, purged=purged, routed=routed)

    return planned


def undecided(node: Node, tx: Tx, transfer: Transfer) -> Sequence[str]:
    """Return the sealed sections that were asked for and about which nobody decided, in the order asked."""
    seals = any(routing_of(node.pack, section) for section in transfer.sections)
    if not seals or transfer.student is None:
        return ()
    held = read_held(tx, transfer.student)
    planned = plan(node, tx, transfer, held, by="", at=node.now())
    open_ = {section for one in planned for section in one.release.undecided}
    return [section for section in transfer.sections if section in open_]


_PURGED: Final = "purged"
"""A class that no rule knows: such entries stay."""


def _to_purge(node: Node, sections: Entries) -> list[Purged]:
    """Return the entries that the law wants gone before a record is packaged."""
    today = node.calendar.day_of(node.now())
    return [one for name, entries in sections.items() for one in to_purge(node.pack, name, entries, today)]


def _without(classes: Mapping[str, Sequence[str]], purged: Sequence[Purged]) -> Mapping[str, Sequence[str]]:
    gone = {(one.section, one.position) for one in purged}
    return {
        name: [_PURGED if (name, n) in gone else held for n, held in enumerate(entries)]
        for name, entries in classes.items()
    }


def _disclosed(segment: Segment) -> Entries:
    """Return the entries that another district disclosed: of `[salt, entry]` (RFC 9901, 4.2.2) the second."""
    return {
        name: [orjson.loads(b64url_decode(text))[1] for text in texts]
        for name, texts in segment.disclosures.items()
    }


def _own_classes(backpack: StoredBackpack) -> dict[str, list[str]]:
    """Return the sensitivity class of each own entry, in the order of its disclosures."""
    sections = sections_of(backpack)
    return {
        name: [str(entry["meta"]["sensitivity"]["class"]) for entry in entries]
        for name, entries in sections.items()
    }


def _classes_of(segment: Segment, *, hidden: bool) -> dict[str, list[str]]:
    """Return the classes of what another district disclosed; its word and the entry's fields count.

    Where a student's whereabouts are hidden, what tells them has a class that nobody knows: it stays.
    """
    return {
        name: [_class(name, text, hidden=hidden) for text in texts]
        for name, texts in segment.disclosures.items()
    }


def _class(section: str, disclosure: str, *, hidden: bool) -> str:
    """Return the class of a disclosed entry, `[salt, entry]` (RFC 9901, 4.2.2).

    What does not fit the schema is restricted.
    """
    _, entry = orjson.loads(b64url_decode(disclosure))
    try:
        read, present = readable(section, entry)
    except Malformed:
        return LEVELS[-1]
    return "hidden" if hidden and tells_place(section, present) else read.sensitivity().level
