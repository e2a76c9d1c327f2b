"""The ports of a node: what its use-cases need from the world."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from gateway.domain.audit import Leaf
from gateway.domain.backpack.compact import Dictionary
from gateway.domain.backpack.whole import Stamp
from gateway.domain.ids import Digest, EntityId, LocalStudentId, TransferId
from gateway.domain.matching import Candidate
from gateway.domain.messages import Message, MessageType
from gateway.domain.policy import Rules
from gateway.domain.transfer import Role, State, Subject, Transfer
from gateway.domain.trust import Grant, Jwks, Listing
from gateway.mapping.findings import Finding

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from gateway.mapping.bulk import BulkRun
    from gateway.mapping.plan import Plan
    from gateway.mapping.single import MappedStudent

T = TypeVar("T")


# --- storage -----------------------------------------------------------------------------------------


class Transfers(Protocol):
    """The transfer rows."""

    def add(self, transfer: Transfer) -> None:
        """Insert a new one."""

    def get(self, id_: TransferId) -> Transfer:
        """Return it, or raise `Unknown`."""

    def get_of(self, id_: TransferId, peer: EntityId) -> Transfer:
        """Return the holder-side transfer if it is that peer's, or raise `Unknown`: the two look alike."""

    def by_remote(self, remote_id: TransferId, peer: EntityId) -> Transfer:
        """Return the requester-side transfer that the peer calls `remote_id`, or raise `Unknown`."""

    def by_request(self, peer: EntityId, jti: str) -> Transfer | None:
        """Return the holder-side transfer that this signed request made, if any."""

    def has_with(self, peer: EntityId) -> bool:
        """Whether there is any transfer with that node."""

    def move(self, before: Transfer, after: Transfer) -> None:
        """Swap the row if it still is as `before` says (state and revision), or raise `Moved`."""

    def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Transfer]:
        """Take due transfers, the longest due first, and put them off by the lease.

        Whoever crashes after this leaves them to be due again when the lease ends.
        """

    def count_since(self, peer: EntityId, since: datetime) -> int:
        """Count the holder-side transfers that the peer opened since then."""

    def list(
        self, *, role: Role | None = None, states: Sequence[State] = (), limit: int = 1000
    ) -> Sequence[Transfer]:
        """Return transfers, newest first."""

    def counts(self) -> Mapping[tuple[Role, State], int]:
        """Count the transfers by role and state."""


class Messages(Protocol):
    """Every signed message, and the outbox among them."""

    def add(self, message: Message) -> None:
        """Store it."""

    def get(self, jti: str) -> Message:
        """Return the message that this node sent, or raise `Unknown`."""

    def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Message]:
        """Take due messages, oldest first, at most one of a transfer, and put them off by the lease."""

    def settle(
        self, message: Message, *, outcome: str, next_try_at: datetime | None = None, tries: int = 0
    ) -> None:
        """Store what became of a try to send it."""

    def drop_pending(self, transfer: TransferId, type_: MessageType) -> None:
        """Forget what did not go out yet: it was replaced."""

    def of(self, transfer: TransferId) -> Sequence[Message]:
        """Return the transfer's messages in the order of time."""

    def outbox(self, limit: int = 1000) -> Sequence[Message]:
        """Return what has not arrived yet, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A sealed record, as served or as fetched."""

    transfer: TransferId
    version: int
    jwe: bytes
    digest: Digest


class Parcels(Protocol):
    """Sealed records on their way; gone after the receipt."""

    def put(self, parcel: Parcel) -> None:
        """Store it, replacing the same version."""

    def get(self, transfer: TransferId, version: int) -> Parcel:
        """Return it, or raise `Unknown`."""

    def drop(self, transfer: TransferId) -> None:
        """Delete all versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What one district asserts about one student: an SD-JWT and the disclosures that this node holds."""

    digest: Digest
    """Of the JWS."""
    issuer: EntityId
    learner: str
    jws: str
    disclosures: Mapping[str, Sequence[str]]
    """By section."""
    fingerprint: Digest | None
    """Own segments: of the content that was signed, so that unchanged content is not signed again."""
    student: LocalStudentId | None
    """Own segments: whose. Received ones are found by state id and birth date."""
    state_id: str | None
    birth_date: date | None
    received_with: TransferId | None
    at: datetime


class Segments(Protocol):
    """Signed segments, own and received. Never changed."""

    def put(self, segment: Segment) -> None:
        """Store it; the same digest twice is one row, to which new disclosures are added."""

    def own(self, student: LocalStudentId, fingerprint: Digest) -> Segment | None:
        """Return the segment that already signs this content."""

    def received(self, *, state_id: str | None, birth_date: date | None) -> Sequence[Segment]:
        """Return what other districts asserted about the student, oldest first; none without both keys."""

    def with_transfer(self, transfer: TransferId) -> Sequence[Segment]:
        """Return the segments that came with a transfer."""

    def recall(self, transfer: TransferId) -> None:
        """Forget what came with a transfer, unless it came with another one too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedRecord:
    """A received record JWS, byte for byte: with the chain in its header it proves itself."""

    transfer: TransferId
    version: int
    issuer: EntityId
    learner: str
    jws: str
    digest: Digest
    at: datetime


class Archive(Protocol):
    """Received records, kept as evidence."""

    def put(self, record: ArchivedRecord) -> None:
        """Store it; the same transfer and version twice is one row."""

    def get(self, transfer: TransferId, version: int | None = None) -> ArchivedRecord:
        """Return that version, or the newest; or raise `Unknown`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBackpack:
    """A student's own part of the backpack as the last mapping run left it."""

    student: LocalStudentId
    learner: str
    candidate: Candidate
    school: str | None
    grade: str | None
    fingerprint: Digest
    """Of the content, without the time of the run."""
    sections: bytes
    """JSON object: section name to list of entries; compact where there is a stamp, else as on the wire."""
    mapped_at: datetime
    stamp: Stamp | None = None
    """What the entries have in common and do not repeat."""


class Backpacks(Protocol):
    """The district's mapped students."""

    def put(self, backpacks: Sequence[StoredBackpack]) -> None:
        """Insert or replace."""

    def keep(self, objects: Mapping[int, str]) -> None:
        """Keep objects that compact documents name; a number stays what it is."""

    def kept(self, numbers: Collection[int] | None = None) -> Mapping[int, str]:
        """Return kept objects: those of the numbers and those that they name, or all."""

    def get(self, student: LocalStudentId) -> StoredBackpack:
        """Return it, or raise `Unknown`."""

    def fingerprints(self) -> Mapping[LocalStudentId, Digest]:
        """Return what is there, to find what changed."""

    def candidates(self, subject: Subject) -> Sequence[Candidate]:
        """Return the students who share the state id or the birth date."""

    def matching_keys(self) -> Sequence[tuple[str, date]]:
        """Return state id and birth date of every student who has both."""

    def remove(self, students: Sequence[LocalStudentId]) -> None:
        """Delete students who are no longer in the source."""

    def find(self, text: str, limit: int = 50) -> Sequence[StoredBackpack]:
        """Return students by local id, state id or the beginning of a name."""

    def count(self) -> int:
        """Count them."""


class Findings(Protocol):
    """What was wrong with the rows of the last mapping run. Raw values are personal data."""

    def replace(
        self,
        findings: Sequence[tuple[LocalStudentId | None, Finding]],
        *,
        of: Collection[LocalStudentId | None],
    ) -> None:
        """Store findings in place of those of these students; of None are those of whole files and strays."""

    def list(
        self, *, student: LocalStudentId | None = None, rule: str | None = None, limit: int = 1000
    ) -> Sequence[tuple[LocalStudentId | None, Finding]]:
        """Return findings in the order of file and line."""

    def counts(self) -> Mapping[str, int]:
        """Count them by rule."""


class AuditLog(Protocol):
    """Append only."""

    def add(self, leaf: Leaf) -> None:
        """Append."""

    def list(self, *, object_: str | None = None, limit: int = 1000) -> Sequence[tuple[int, Leaf]]:
        """Return leaves with their sequence numbers, oldest first."""

    def latest(self, object_: str, action: str) -> Leaf | None:
        """Return the newest leaf that says so of the object."""


class Seen(Protocol):
    """The replay table, shared by all replicas."""

    def first(self, kind: str, issuer: str, jti: str, *, expires_at: datetime) -> bool:
        """Record it; False if it was there already."""

    def prune(self, now: datetime) -> None:
        """Forget what has expired."""


class Grants(Protocol):
    """Access tokens, by the hash of the handle."""

    def add(self, handle_digest: str, grant: Grant) -> None:
        """Store it."""

    def get(self, handle_digest: str, now: datetime) -> Grant | None:
        """Return it if it is there and not expired."""

    def prune(self, now: datetime) -> None:
        """Delete what has expired."""


class Chains(Protocol):
    """Chains of peers as last seen, so that the node works while the agency is away."""

    def put(self, id_: EntityId, chain: Sequence[str], *, stated_at: datetime) -> None:
        """Keep the chain if its statement is not older than the one kept."""

    def get(self, id_: EntityId) -> Sequence[str] | None:
        """Return it."""

    def newest(self, id_: EntityId) -> datetime | None:
        """When the newest statement about the node that was ever seen was issued; older ones are refused."""

    def drop(self, id_: EntityId) -> None:
        """Forget the chain, not the time of its statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A node that the agency admitted."""

    id: EntityId
    organization_name: str
    lea_ids: Mapping[str, str]
    jwks: Jwks
    """Its federation keys."""
    marks: frozenset[str]
    status: str
    """`active` or `suspended`."""
    admitted_at: datetime
    changed_at: datetime


class Members(Protocol):
    """Agency: who was admitted."""

    def put(self, member: Member) -> None:
        """Insert or replace."""

    def get(self, id_: EntityId) -> Member:
        """Return it, or raise `Unknown`."""

    def list(self) -> Sequence[Member]:
        """Return all, by name."""


class Locator(Protocol):
    """Agency: which node holds the record behind a token. No names, no birth dates."""

    def of(self, node: EntityId) -> frozenset[bytes]:
        """Return the node's tokens."""

    def add(self, node: EntityId, tokens: Sequence[bytes]) -> None:
        """Store further tokens of the node."""

    def remove(self, node: EntityId, tokens: Sequence[bytes]) -> None:
        """Delete tokens of the node."""

    def holders(self, tokens: Sequence[bytes]) -> Sequence[EntityId]:
        """Return the nodes that uploaded one of the tokens."""


class Tx(Protocol):
    """One transaction: plain synchronous calls, all or nothing."""

    @property
    def transfers(self) -> Transfers: ...  # noqa: D102
    @property
    def messages(self) -> Messages: ...  # noqa: D102
    @property
    def parcels(self) -> Parcels: ...  # noqa: D102
    @property
    def segments(self) -> Segments: ...  # noqa: D102
    @property
    def archive(self) -> Archive: ...  # noqa: D102
    @property
    def backpacks(self) -> Backpacks: ...  # noqa: D102
    @property
    def findings(self) -> Findings: ...  # noqa: D102
    @property
    def audit(self) -> AuditLog: ...  # noqa: D102
    @property
    def seen(self) -> Seen: ...  # noqa: D102
    @property
    def grants(self) -> Grants: ...  # noqa: D102
    @property
    def chains(self) -> Chains: ...  # noqa: D102
    @property
    def members(self) -> Members: ...  # noqa: D102
    @property
    def locator(self) -> Locator: ...  # noqa: D102


class Store(Protocol):
    """Runs transactions. A transaction is a function, so that many share one commit."""

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run the work and return its result once it is durable; an exception undoes this work only."""

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run work that changes nothing."""


# --- other nodes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a holder says of a transfer."""

    transfer: TransferId
    state: str
    """See `domain.transfer.public_state`."""
    version: int = 0
    needs: tuple[str, ...] = ()
    reason: str | None = None
    expires_at: datetime | None = None


class Peers(Protocol):
    """Calls to other nodes. Errors arrive as the classes that the other side raised."""

    async def deliver(self, to: Listing, message: Message, remote_id: TransferId | None) -> Status | None:
        """Send a signed message to where its type belongs; a request is answered with a status."""

    async def status(self, to: Listing, remote_id: TransferId) -> Status:
        """Ask how the transfer stands."""

    async def fetch(self, to: Listing, remote_id: TransferId, version: int) -> bytes:
        """Download the sealed record, its digest checked."""

    async def locate(self, agency: Listing, question: str) -> EntityId | None:
        """Ask the agency's locator, with a signed question, who may hold the record."""

    async def upload_tokens(self, agency: Listing, tokens: Sequence[bytes]) -> None:
        """Tell the locator whose records this node holds, as keyed tokens."""


class Directory(Protocol):
    """Who is who, by trust chains."""

    async def listing(self, id_: EntityId, *, max_age: timedelta | None = None) -> Listing:
        """Return what a valid chain says of the node, its statement not older than `max_age`.

        Raises:
            Untrusted: there is no valid chain, or the agency no longer vouches for it.
            PeerUnavailable: whoever must be asked is away and nothing that is kept is good enough.
        """

    async def agency(self) -> Listing:
        """Return the listing of the agency that this node belongs to."""

    async def own_chain(self) -> Sequence[str]:
        """Return this node's own chain, to be sent along."""

    async def accept(self, id_: EntityId, chain: Sequence[str]) -> Listing:
        """Check a chain that the node itself sent, without asking the network.

        Raises:
            Untrusted: it does not hold.
        """

    async def forget(self, id_: EntityId) -> None:
        """Drop what is kept of the node: the agency says that something changed."""


# --- seals -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSegment:
    """A verified segment: what it says, and how many of its digests stand for nothing that was shown."""

    jws: str
    issuer: EntityId
    learner: str
    as_of: date
    sections: Mapping[str, Sequence[Mapping[str, Any]]]
    disclosures: Mapping[str, Sequence[str]]
    undisclosed: Mapping[str, int]
    """By section: entries that were kept back, or padding; nobody can tell which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRecord:
    """A verified record: claims of the holder, and the segments in it, each verified."""

    issuer: Listing
    """As the chain in the record says, at the moment of signing."""
    claims: Mapping[str, Any]
    digest: Digest
    segments: Sequence[OpenedSegment]


class Seals(Protocol):
    """Signs as this node, verifies others, seals and opens records."""

    def sign(self, type_: MessageType, claims: Mapping[str, Any], chain: Sequence[str] = ()) -> str:
        """Return the compact JWS, signed with the evidence key."""

    def read(self, type_: MessageType, jws: str, sender: Listing) -> Mapping[str, Any]:
        """Return the claims if the sender signed them for this node, or raise `Untrusted` or `Malformed`.

        Checks `typ`, signature, `iss`, `aud`, `iat`; not `exp`, not replay: those are the use-case's.
        """

    def unwrap(self, message: str) -> str:
        """Return a signed message that came encrypted to this node's published key, or as it came.

        Raises:
            Untrusted: it is encrypted to another key, or damaged.
        """

    def response_key(self) -> str:
        """Return a new one-time private key for an answer, as JSON."""

    def response_encryption(self, private_key: str) -> Mapping[str, Any]:
        """Return the public half of a one-time key as a request names it."""

    def accept_response_key(self, jwk: Mapping[str, Any]) -> str:
        """Return a peer's one-time public key as JSON, or raise `Malformed` if it is none."""

    async def sign_segment(
        self,
        claims: Mapping[str, Any],
        sections: Mapping[str, Sequence[Mapping[str, Any]]],
        chain: Sequence[str],
    ) -> tuple[str, Mapping[str, Sequence[str]]]:
        """Return a segment's JWS and its disclosures by section, in the order of the entries."""

    async def seal(self, record: str, public_key: str) -> bytes:
        """Look at the signed record once more, then return it as a JWE to the one-time key."""

    async def unseal(self, jwe: bytes, private_key: str) -> str:
        """Return the record JWS, or raise `Untrusted`."""

    async def open_record(self, record: str, issuer: EntityId) -> OpenedRecord:
        """Verify the record and each segment in it, every one under its own chain at its own time."""


# --- the local system --------------------------------------------------------------------------------


class Source(Protocol):
    """The local student information system, read through its mapping."""

    blackout: Sequence[tuple[date, date]]
    """Days, both included, on which the local system is being rebuilt and is not read."""
    max_removed: float
    """A run that would remove a greater share of the students removes none: a file is probably missing."""

    def run(self, now: datetime, dictionary: Dictionary) -> "AbstractAsyncContextManager[BulkRun]":
        """Read all rows."""

    async def student(
        self, key: LocalStudentId, now: datetime, dictionary: Dictionary
    ) -> "MappedStudent | None":
        """Map one student from the rows as they are now; None if the source knows no such student."""

    def stamp(self, plan: "Plan", now: datetime) -> Stamp:
        """Return what all entries of a run at that time have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A verified record on its way into the local system."""

    transfer: TransferId
    version: int
    issuer: EntityId
    learner: str
    document: Mapping[str, Any]
    """The entries as on the wire, by segment; see `usecases.received.document_of`."""
    summary: Sequence[str]
    """Plain words, one statement a line."""
    jws: str
    """The record, byte for byte."""


class Imports(Protocol):
    """Where received backpacks go. Writing the same transfer and version again changes nothing."""

    async def write(self, record: Import) -> Sequence[str]:
        """Write it and return the places, for people."""

    async def recall(self, transfer: TransferId, reason: str) -> None:
        """Mark what was written as recalled by its sender."""


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
    source: Source | None
    imports: Imports | None
    rules: Rules
    pace: Pace
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    """128 random bits, base64url."""
    pseudonym: Callable[[str, str], str]
    """Keyed hash of (kind, value) as a UUID: the same value gives the same pseudonym at this node only."""
    locator_token: Callable[[str], bytes] | None
    """Keyed token of a matching key under the network's key; None where the node has no such key."""
    wake: Callable[[], None]
    """Tell the loop that something is due."""
