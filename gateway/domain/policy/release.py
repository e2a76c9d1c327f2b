"""What a district releases, on which ground, and what it keeps back and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway.domain.backpack.base import LEVELS
from gateway.domain.errors import Forbidden
from gateway.domain.safety.pace import LEAST_SHARE, Limits

PURPOSE_TRANSFER: Final = "urn:backpack:purpose:enrollment-transfer"
PURPOSES: Final = frozenset({PURPOSE_TRANSFER})
LEGAL_BASES: Final = frozenset({"34CFR99.31(a)(2)", "34CFR99.30"})
"""Disclosure to a school where the student enrols; written consent."""
RAR_TYPE: Final = "urn:backpack:rar:transfer:1"


class WithheldReason(StrEnum):
    """Why a section or entry does not travel: a closed list."""

    NOT_HELD = "not_held"
    NOT_ASKED = "not_asked"
    RESTRICTED = "restricted"
    """Of a class that never travels by default (a separate statute or safety)."""
    NOT_SENT = "not_sent"
    """A person at the holder decided to keep it back, and said why at home."""
    FOLLOWS = "follows"
    """It is not ready yet, and will be sent later."""
    SEALED = "sealed"
    """It goes apart, in a sealed part for one role."""


NOT_DECIDED: Final = frozenset({WithheldReason.NOT_HELD, WithheldReason.NOT_ASKED})
"""Reasons that nobody decided on."""
NOT_KEPT: Final = NOT_DECIDED | {WithheldReason.SEALED}
"""Reasons that keep nothing back which the other side may have."""
KEPT_BACK: Final = (WithheldReason.NOT_SENT, WithheldReason.FOLLOWS)
"""What a person may give as the reason why a section stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A district's choices, from its configuration."""

    automatic_approval: bool = False
    """Approve certain matches without a person."""
    batch: timedelta | None = None
    """Records leave together, at fixed times so far apart; None: at once, for demonstrations."""
    manual_share: float = LEAST_SHARE
    """Share of what could leave by itself that a person decides about, drawn by lot."""
    limits: Limits = field(default_factory=Limits)
    """Beyond these nothing leaves by itself."""
    automatic_import: bool = False
    undo: timedelta = timedelta(0)
    """How long a person may take an approval back before the record leaves."""
    notice: timedelta = timedelta(0)
    """How long a family has to object before an approved record leaves."""
    withheld_classes: frozenset[str] = frozenset({"R"})
    required_marks: frozenset[str] = frozenset()
    requests_per_peer_per_day: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """One section, or some entries of it, that stay behind."""

    section: str
    reason: WithheldReason
    entries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What leaves, decided by `plan_release` and nowhere else."""

    granted: Mapping[str, tuple[int, ...]]
    """By section, the positions of the entries that travel."""
    withheld: tuple[Withheld, ...]
    approved_by: str
    approved_at: datetime
    rule: str
    sealed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The same of what travels apart, sealed, and two people let go."""
    undecided: tuple[str, ...] = ()
    """Sections of which something would travel sealed, and nobody decided about it."""


def plan_release(
    *,
    asked: Collection[str],
    classes: Mapping[str, Sequence[str]],
    rules: Rules,
    approved_by: str,
    approved_at: datetime,
    kept_back: Mapping[str, WithheldReason] = MappingProxyType({}),
    routed: Mapping[str, Collection[int]] = MappingProxyType({}),
    let_go: Collection[str] = (),
) -> Release:
    """Return what of a backpack goes to a school that asks.

    `routed` gives by section the positions of the entries that go apart, sealed for a role, restricted ones
    too: two people let them go, and `let_go` names the sections of which they did. Others follow later.

    `kept_back` names the sections that a person keeps back, each with the reason that the other side is told.

    `classes` gives each section's entries by their sensitivity class. What was not asked for and what is
    of a withheld class stays (a class that nobody knows counts as withheld); a section that was asked
    for and is not there is named as not held. How much is restricted is not told.
    """
    granted: dict[str, tuple[int, ...]] = {}
    sealed: dict[str, tuple[int, ...]] = {}
    withheld = [
        Withheld(section=section, reason=WithheldReason.NOT_HELD)
        for section in sorted(asked)
        if not classes.get(section)
    ]
    for section, entries in classes.items():
        if section not in asked:
            withheld.append(_kept(section, WithheldReason.NOT_ASKED, len(entries)))
            continue
        if section in kept_back and entries:
            withheld.append(_kept(section, kept_back[section], 0))
            continue
        apart = tuple(sorted(routed.get(section, ())))
        travels = _travelling(entries, rules, frozenset(apart))
        if travels:
            granted[section] = travels
        if apart:
            sealed[section] = apart
            goes = section in let_go
            withheld.append(_kept(section, WithheldReason.SEALED if goes else WithheldReason.FOLLOWS, 0))
        if len(travels) + len(apart) < len(entries):
            withheld.append(_kept(section, WithheldReason.RESTRICTED, 0))
    return Release(
        granted=granted,
        sealed={section: apart for section, apart in sealed.items() if section in let_go},
        undecided=tuple(section for section in sealed if section not in let_go),
        withheld=tuple(withheld),
        approved_by=approved_by,
        approved_at=approved_at,
        rule="asked sections, unrestricted entries",
    )


def may_go_sealed(
    routed: Mapping[str, Collection[int]], classes: Mapping[str, Sequence[str]]
) -> dict[str, tuple[int, ...]]:
    """Return the routed positions whose class is known: what must not leave at all stays here too."""
    found = {
        section: tuple(n for n in sorted(positions) if classes[section][n] in LEVELS)
        for section, positions in routed.items()
    }
    return {section: positions for section, positions in found.items() if positions}


def _travelling(entries: Sequence[str], rules: Rules, apart: frozenset[int]) -> tuple[int, ...]:
    return tuple(n for n, held in enumerate(entries) if n not in apart and _may_travel(held, rules))


def _may_travel(held: str, rules: Rules) -> bool:
    return held in LEVELS and held not in rules.withheld_classes


def check_marks(rules: Rules, carried: frozenset[str]) -> None:
    """Raise `Forbidden` unless a node carries every trust mark that this district demands of its peers."""
    if missing := sorted(rules.required_marks - carried):
        raise Forbidden(f"the trust mark {missing[0]} is missing or has expired")


def _kept(section: str, reason: WithheldReason, entries: int) -> Withheld:
    return Withheld(section=section, reason=reason, entries=entries)
