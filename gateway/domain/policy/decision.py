"""What `decide` is asked and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gateway.domain.backpack.field import LEVELS, Level
from gateway.domain.policy.people import Person, PersonId, StaffRole
from gateway.domain.transfer import Reason, Role, State

if TYPE_CHECKING:
    from gateway.domain.policy.rules import Rule


class Kind(StrEnum):
    """What sort of thing is acted on."""

    NODE = "node"
    """The node as a whole: its queue, source, keys, log, people."""
    TRANSFER = "transfer"
    STUDENT = "student"
    SECTION = "section"
    """One section of a student's backpack."""
    ENTRY = "entry"
    """One entry, such as a note or a goal."""
    PROPOSAL = "proposal"
    GROUP = "group"
    """A class, a grade, a school: counts and lists, never one student."""


class Relation(StrEnum):
    """How a person stands to the thing; several may hold at once."""

    SCHOOL = "school"
    """It belongs to a school of the person's, or the person works for the whole district."""
    UNPLACED = "unplaced"
    """It belongs to no school yet, such as a request whose student is not found."""
    ASSIGNED = "assigned"
    """The student is on the person's roster or caseload."""
    OWNER = "owner"
    """The person took the case."""
    AUTHOR = "author"
    """The person wrote, proposed or edited it."""
    SEALED_FOR = "sealed_for"
    """It is sealed for the role in which the person acts."""


class Flag(StrEnum):
    """What is known of a student, or of a case, that changes who may do what."""

    ADDRESS_CONFIDENTIAL = "address_confidential"
    MISSING = "missing"
    """A missing-child notice; known to the safety role only."""
    HOLD = "hold"
    COURT_ORDER = "court_order"
    RELAY = "relay"
    """The destination is not to be known here."""


class Obligation(StrEnum):
    """What goes with a permission. The first four must be met before the act, the others with it."""

    REASON = "reason"
    """Say why, in words."""
    STEP_UP = "step_up"
    """Sign in again, strongly."""
    SECOND_PERSON = "second_person"
    """Another person agrees first."""
    NOTICE = "notice"
    """A legal basis and a notice basis are there."""
    LOG_ACCESS = "log_access"
    """The reading is written down, and the family can see it."""
    MASK_DESTINATION = "mask_destination"
    """Where the record goes is not shown."""
    EXISTENCE_ONLY = "existence_only"
    """That it exists may be seen, not what is in it."""
    TELL_PRIVACY_OFFICER = "tell_privacy_officer"
    ONE_DAY = "one_day"
    """The permission ends after 24 hours."""


BEFORE: Final = (Obligation.REASON, Obligation.STEP_UP, Obligation.SECOND_PERSON, Obligation.NOTICE)
"""What must be met before the act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """What is acted on, as far as a rule may ask. Nothing here names a student."""

    kind: Kind
    id: str = ""
    """An opaque handle, for the log."""
    schools: frozenset[str] = frozenset()
    """The schools that it belongs to; empty where it belongs to none yet."""
    side: Role | None = None
    """Which end of the transfer this district is."""
    state: State | None = None
    reason: Reason | None = None
    """Why the transfer stands where it stands."""
    section: str | None = None
    level: Level = LEVELS[0]
    """Sensitivity class: D, E, S or R."""
    sealed_for: StaffRole | None = None
    """The only role that may open it."""
    flags: frozenset[Flag] = frozenset()
    owner: PersonId | None = None
    assigned: frozenset[PersonId] = frozenset()
    authors: frozenset[PersonId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What holds at the moment of the act."""

    now: datetime
    reason: str = ""
    """What the person says why; never logged."""
    approvals: frozenset[PersonId] = frozenset()
    """Who agreed to exactly this act."""
    has_basis: bool = False
    """Whether legal basis and notice basis are both there (`basis_of_release`)."""
    students: int = 1
    """How many students the act touches."""
    budget_left: int | None = None
    """How many more students this person may act on today; None: not counted."""
    working_hours: bool = True
    emergency: bool = False
    """The person broke the glass for this student within 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether the person may, under which obligations, and which line of which file says so."""

    allow: bool
    obligations: tuple[Obligation, ...] = ()
    rule: "Rule"
    unmet: tuple[Obligation, ...] = ()
    """Obligations that the context does not meet yet; the act must wait for them."""
    role: StaffRole | None = None
    """In which of the person's roles."""
    added_by: tuple["Rule", ...] = ()
    """Rules that added obligations to the one that allows."""

    @property
    def granted(self) -> bool:
        """Whether the act may happen now."""
        return self.allow and not self.unmet


def relations(person: Person, role: StaffRole, object_: Object) -> frozenset[Relation]:
    """Return how a person, acting in a role, stands to a thing."""
    found: list[Relation] = []
    if not object_.schools:
        found.append(Relation.UNPLACED)
    elif not person.schools or person.schools & object_.schools:
        found.append(Relation.SCHOOL)
    if person.id in object_.assigned:
        found.append(Relation.ASSIGNED)
    if person.id == object_.owner:
        found.append(Relation.OWNER)
    if person.id in object_.authors:
        found.append(Relation.AUTHOR)
    if role == object_.sealed_for:
        found.append(Relation.SEALED_FOR)
    return frozenset(found)


def unmet(obligation: Obligation, person: Person, context: Context) -> bool:
    """Whether an obligation that comes before the act is still open."""
    match obligation:
        case Obligation.REASON:
            return not context.reason.strip()
        case Obligation.STEP_UP:
            return not person.is_fresh(context.now)
        case Obligation.SECOND_PERSON:
            return not (context.approvals - {person.id})
        case Obligation.NOTICE:
            return not context.has_basis
        case _:
            return False
