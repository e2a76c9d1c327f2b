"""Whether each school has somebody who answers requests, and somebody else when that person is away."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.policy.people import StaffRole

_ENOUGH = 2


class Covered(StrEnum):
    """How many registrars a school has."""

    NONE = "none"
    ONE = "one"
    """Nobody answers while that one is away."""
    COVERED = "covered"
    """A primary and a backup at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Who answers requests for a school."""

    school: str
    """Local id; empty for the whole district."""
    names: Sequence[str]

    @property
    def state(self) -> Covered:
        """Return whether they are enough."""
        if not self.names:
            return Covered.NONE
        return Covered.COVERED if len(self.names) >= _ENOUGH else Covered.ONE


def registrars_of(
    staff: Iterable[tuple[str, Collection[StaffRole], Collection[str]]], schools: Collection[str]
) -> Sequence[Cover]:
    """Return the cover of the whole district, then of each school that is named, in the order of ids.

    Args:
        staff: Name, roles and schools of each who may sign in; no schools: the whole district.
        schools: Local ids of more schools, such as those of the students.
    """
    registrars = [(name, where) for name, roles, where in staff if StaffRole.REGISTRAR in roles]
    anywhere = [name for name, where in registrars if not where]
    by_school: Mapping[str, list[str]] = {
        school: [*anywhere, *(name for name, where in registrars if school in where)]
        for school in sorted({*schools, *(one for _, where in registrars for one in where)})
    }
    whole = [Cover(school="", names=anywhere)] if anywhere or not by_school else []
    return [*whole, *(Cover(school=school, names=names) for school, names in by_school.items())]
