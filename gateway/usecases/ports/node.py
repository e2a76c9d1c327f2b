"""A node and its ports."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.calendars import Calendar
from gateway.domain.ids import EntityId
from gateway.domain.importing.plan import Terms
from gateway.domain.packs import Pack
from gateway.domain.policy import Policy, Rules
from gateway.domain.policy.basis import AnnualNotice
from gateway.usecases.ports.local_system import Imports, Source
from gateway.usecases.ports.peers import Directory, Peers
from gateway.usecases.ports.proof import LogSigner, Witness
from gateway.usecases.ports.seals import Seals, Vault
from gateway.usecases.ports.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the loop goes."""

    lease: timedelta = timedelta(seconds=60)
    first_retry: timedelta = timedelta(minutes=1)
    poll_interval: timedelta = timedelta(minutes=15)
    tick: timedelta = timedelta(seconds=1)
    """How often the loop looks without having been woken: another process may have written."""
    batch: int = 32
    """How many things are worked on at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node and its ports."""

    id: EntityId
    store: Store
    peers: Peers
    directory: Directory
    seals: Seals
    vault: Vault
    source: Source | None
    imports: Imports | None
    rules: Rules
    policy: Policy
    """Who may do what here."""
    pack: Pack
    """What law and custom of the place ask of a transfer."""
    calendar: Calendar
    notice: AnnualNotice | None
    """What all families were told of releases, the last time."""
    pace: Pace
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    """128 random bits, base64url."""
    pseudonym: Callable[[str, str], str]
    """Keyed hash of (kind, value) as a UUID: the same value gives the same pseudonym at this node only."""
    locator_token: Callable[[str], bytes] | None
    """Keyed token of a matching key under the network's key; None where the node has no such key."""
    log: LogSigner
    wake: Callable[[], None]
    """Tell the loop that something is due."""
    terms: Callable[[], Terms] = Terms
    """In what terms this district keeps its records: its code lists, scale, credit, courses."""
    witness: Witness | None = None
    """What an agency witnesses the logs of its members with; a district has none."""
