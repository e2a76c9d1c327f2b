"""Two nodes joined by a network in memory that may lose, repeat and delay what is sent."""

import base64
import hashlib
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import orjson

from gateway.crypto.cosignatures import CheckpointWitness, LogKeys
from gateway.crypto.vault import KeyVault
from gateway.domain.errors import GatewayError, Malformed, PeerUnavailable, Unknown, Untrusted
from gateway.domain.ids import EntityId, LocalStudentId, TransferId, b64url, digest
from gateway.domain.matching import Candidate
from gateway.domain.messages import Message, MessageType
from gateway.domain.policy import Rules
from gateway.domain.transfer import Subject
from gateway.domain.trust import Grant, Listing, Peer
from gateway.domain.witness import LogFault, Submission, WitnessAnswer, read_submission, write_submission
from gateway.usecases import (
    answer_parts,
    answer_peer,
    answer_reconcile,
    receive_event,
    receive_request,
    witness,
)
from gateway.usecases.confirm_enrollment import receive_confirmation
from gateway.usecases.ports import (
    Import,
    Node,
    OpenedRecord,
    OpenedSegment,
    Pace,
    Status,
    Store,
    StoredBackpack,
)
from tests.harness.staff import ANNUAL, calendar, pack, policy

T = TypeVar("T")

MAPLE = EntityId("https://maple.test")
CEDAR = EntityId("https://cedar.test")
AGENCY = EntityId("https://agency.test")
START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SECTIONS = ("identity", "grades", "goals")
ANA = Subject(given_name="Ana", family_name="Ortiz-Núñez", birth_date=date(2014, 5, 2), state_id="TX0042")


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **amount: float) -> None:
        self.at += timedelta(**amount)


def log_of(id_: EntityId) -> LogKeys:
    """The key of the node's log."""
    return LogKeys(f"{id_.partition('://')[2]}/audit", hashlib.sha256(id_.encode()).digest())


def witness_of(id_: EntityId) -> CheckpointWitness:
    """The key that an agency witnesses with."""
    seed = hashlib.sha256(b"witness " + id_.encode()).digest()
    return CheckpointWitness(f"{id_.partition('://')[2]}/witness", seed)


def listing(id_: EntityId) -> Listing:
    return Listing(
        id=id_,
        anchor=AGENCY,
        organization_name=id_.removeprefix("https://").title(),
        lea_ids={},
        entity_types=frozenset({"oauth_client", "oauth_resource", "oauth_authorization_server"}),
        client_jwks={"keys": []},
        evidence_jwks={"keys": []},
        encryption_jwks={"keys": []},
        token_endpoint=f"{id_}/oauth/token",
        resource=f"{id_}/exchange/v1",
        events_endpoint=f"{id_}/exchange/v1/events",
        trust_marks=frozenset(),
        log_key=log_of(id_).verifier,
        witness_key=witness_of(id_).verifier if id_ == AGENCY else None,
        stated_at=START,
        expires_at=START + timedelta(days=365),
        chain=(),
    )


def peer(id_: EntityId) -> Peer:
    grant = Grant(client=id_, scope="backpack.request", transfer=None, key_thumbprint="k", expires_at=START)
    return Peer(listing=listing(id_), grant=grant)


class PlainSeals:
    """Seals whose signature is the signer's name: everything but the cryptography is as in a node."""

    def __init__(self, id_: EntityId) -> None:
        self._id = id_
        self._keys = count(1)

    def sign(self, type_: MessageType, claims: Mapping[str, Any], chain: Sequence[str] = ()) -> str:
        return json.dumps({"typ": type_, "by": self._id, "claims": claims}, default=str)

    def read(self, type_: MessageType, jws: str, sender: Listing) -> Mapping[str, Any]:
        token = json.loads(jws)
        claims: dict[str, Any] = token["claims"]
        if token["typ"] != type_ or token["by"] != sender.id or claims["iss"] != sender.id:
            raise Untrusted("bad_signature")
        if claims["aud"] != self._id:
            raise Untrusted("wrong_audience")
        return claims

    def unwrap(self, message: str) -> str:
        return message

    def response_key(self) -> str:
        return json.dumps({"kid": f"{self._id}#{next(self._keys)}"})

    def response_encryption(self, private_key: str) -> Mapping[str, Any]:
        return {"jwk": json.loads(private_key)}

    def accept_response_key(self, jwk: Mapping[str, Any]) -> str:
        if "kid" not in jwk:
            raise Malformed("no key")
        return json.dumps(dict(jwk))

    async def sign_segment(
        self,
        claims: Mapping[str, Any],
        sections: Mapping[str, Sequence[Mapping[str, Any]]],
        chain: Sequence[str],
    ) -> tuple[str, Mapping[str, Sequence[str]]]:
        shown = {
            name: [b64url(orjson.dumps([f"salt-{n}", entry])) for n, entry in enumerate(entries)]
            for name, entries in sections.items()
        }
        return json.dumps({"by": self._id, "claims": claims, "places": sorted(shown)}), shown

    async def seal(self, record: str, public_key: str) -> bytes:
        return json.dumps({"to": json.loads(public_key)["kid"], "record": record}).encode()

    async def unseal(self, jwe: bytes, private_key: str) -> str:
        parcel = json.loads(jwe)
        if not private_key or parcel["to"] != json.loads(private_key)["kid"]:
            raise Untrusted("cannot_open")
        return str(parcel["record"])

    async def open_part(self, part: str, issuer: EntityId) -> OpenedRecord:
        return await self.open_record(part, issuer, MessageType.PART)

    async def open_record(
        self, record: str, issuer: EntityId, type_: MessageType = MessageType.RECORD
    ) -> OpenedRecord:
        claims = self.read(type_, record, listing(issuer))
        segments = tuple(_opened(part) for part in claims["record"]["segments"])
        return OpenedRecord(
            issuer=listing(issuer), claims=claims, digest=digest(record.encode()), segments=segments
        )


def _opened(part: Mapping[str, Any]) -> OpenedSegment:
    token = json.loads(part["jws"])
    return OpenedSegment(
        jws=part["jws"],
        issuer=EntityId(token["by"]),
        learner=token["claims"]["learner"].removeprefix("urn:uuid:"),
        as_of=date.fromisoformat(token["claims"]["as_of"]),
        sections={name: [_entry(text) for text in texts] for name, texts in part["disclosures"].items()},
        disclosures=part["disclosures"],
        undisclosed={},
    )


def _entry(disclosure: str) -> dict[str, Any]:
    entry: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(disclosure + "=="))[1]
    return entry


class PlainDirectory:
    """Knows everybody; a suspended node is no longer vouched for."""

    def __init__(self) -> None:
        self.suspended: set[EntityId] = set()
        self.agency_is_away = False

    async def listing(self, id_: EntityId, *, max_age: timedelta | None = None) -> Listing:
        if max_age is not None and self.agency_is_away:
            raise PeerUnavailable("the agency is away")
        if id_ in self.suspended:
            raise Untrusted("not_vouched_for")
        return listing(id_)

    async def agency(self) -> Listing:
        return listing(AGENCY)

    async def own_chain(self) -> Sequence[str]:
        return ("chain",)

    async def accept(self, id_: EntityId, chain: Sequence[str]) -> Listing:
        return listing(id_)

    async def forget(self, id_: EntityId) -> None:
        self.suspended.add(id_)


@dataclass
class Imports:
    """Counts what was imported."""

    written: dict[tuple[str, int], Import] = field(default_factory=dict)
    writes: int = 0
    recalled: list[str] = field(default_factory=list)
    undone: list[Mapping[str, Any]] = field(default_factory=list)

    async def write(self, record: Import) -> Sequence[str]:
        self.writes += 1
        self.written[record.transfer, record.version] = record
        return ["somewhere"]

    async def undo(self, transfer: TransferId, undone: Mapping[str, Any]) -> None:
        self.undone.append(undone)

    async def recall(self, transfer: TransferId, reason: str) -> None:
        self.recalled.append(transfer)


Fate = Callable[[str], str]
"""Decides what becomes of a call: `ok`, `lost`, `answer lost` or `twice`."""


class Network:
    """Carries calls between nodes as their use-cases; `fate` may be replaced by a test."""

    def __init__(self) -> None:
        self.nodes: dict[EntityId, Node] = {}
        self.fate: Fate = lambda _: "ok"
        self.log: list[str] = []
        self.away: set[EntityId] = set()

    def of(self, caller: EntityId) -> "NetworkPeers":
        return NetworkPeers(self, caller)


class NetworkPeers:
    """`ports.Peers` over the network in memory."""

    def __init__(self, network: Network, caller: EntityId) -> None:
        self._network = network
        self._caller = caller

    async def deliver(self, to: Listing, message: Message, remote_id: TransferId | None) -> Status | None:
        if message.type is MessageType.EVENT:
            await self._call(
                "event", lambda node: receive_event.receive_event(node, message.body, self._caller), to
            )
            return None
        if message.type is MessageType.REQUEST:
            return await self._call(
                "request",
                lambda node: receive_request.receive_request(node, peer(self._caller), message.body),
                to,
            )
        if remote_id is None:
            raise Unknown("no transfer")
        receivers = {
            MessageType.RECEIPT: answer_peer.receive_receipt,
            MessageType.ENROLLMENT: receive_confirmation,
            MessageType.INFORMATION: answer_peer.receive_information,
            MessageType.WITHDRAWAL: answer_peer.receive_withdrawal,
            MessageType.REKEY: answer_peer.receive_rekey,
        }
        receive = receivers[message.type]
        return await self._call(
            message.type, lambda node: receive(node, peer(self._caller), remote_id, message.body), to
        )

    async def status(self, to: Listing, remote_id: TransferId) -> Status:
        return await self._call(
            "status", lambda node: answer_peer.report_status(node, peer(self._caller), remote_id), to
        )

    async def fetch(self, to: Listing, remote_id: TransferId, version: int, part: int = 0) -> bytes:
        caller = peer(self._caller)
        if part:
            parcel = await self._call(
                "fetch part",
                lambda node: answer_parts.hand_over_part(node, caller, remote_id, version, part),
                to,
            )
            return bytes(parcel.jwe)
        hand = answer_peer.hand_over if version else answer_peer.hand_over_snapshot
        parcel = await self._call("fetch", lambda node: hand(node, caller, remote_id, version), to)
        return bytes(parcel.jwe)

    async def locate(self, agency: Listing, question: str) -> EntityId | None:
        raise PeerUnavailable("no agency here")

    async def upload_tokens(self, agency: Listing, tokens: Sequence[bytes]) -> None:
        raise PeerUnavailable("no agency here")

    async def witness(self, agency: Listing, submission: Submission) -> WitnessAnswer:
        shown = read_submission(write_submission(submission))
        try:
            return await self._call(
                "witness", lambda node: witness.witness(node, peer(self._caller), shown), agency
            )
        except Untrusted as fault:
            raise Untrusted("witness_refused" if fault.reason in set(LogFault) else fault.reason) from None

    async def reconcile(self, to: Listing, question: str) -> str:
        return await self._call(
            "reconcile",
            lambda node: answer_reconcile.answer_reconcile(node, peer(self._caller), question),
            to,
        )

    async def _call(self, kind: str, call: Callable[[Node], Awaitable[T]], to: Listing) -> T:
        fate = self._network.fate(kind)
        self._network.log.append(f"{kind}: {fate}")
        node = self._network.nodes.get(to.id)
        if fate == "lost" or node is None or to.id in self._network.away:
            raise PeerUnavailable("lost on the way")
        if fate == "twice":
            await _quietly(call(node))
        answer = await call(node)
        if fate == "answer lost":
            raise PeerUnavailable("the answer was lost")
        return answer


async def _quietly(work: Any) -> None:
    try:
        await work
    except GatewayError:
        return


def make_node(
    id_: EntityId,
    *,
    store: Store,
    network: Network,
    clock: Clock,
    directory: PlainDirectory | None = None,
    rules: Rules | None = None,
    seals: Any = None,
) -> Node:
    ids = count(1)
    node = Node(
        id=id_,
        store=store,
        peers=network.of(id_),
        directory=directory or PlainDirectory(),
        seals=seals or PlainSeals(id_),
        vault=KeyVault(hashlib.sha256(id_.encode()).digest()),
        source=None,
        imports=Imports(),
        rules=rules or Rules(),
        policy=policy(),
        pack=pack(),
        calendar=calendar(),
        notice=ANNUAL,
        pace=Pace(lease=timedelta(seconds=30), first_retry=timedelta(seconds=1)),
        now=clock,
        new_id=lambda: f"{uuid.uuid5(uuid.NAMESPACE_URL, id_).hex[:8]}-{next(ids):015d}",
        pseudonym=lambda kind, value: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{id_}|{kind}|{value}")),
        locator_token=None,
        log=log_of(id_),
        witness=witness_of(id_) if id_ == AGENCY else None,
        wake=lambda: None,
    )
    network.nodes[id_] = node
    return node


def _meta(key: str, level: str = "E") -> dict[str, Any]:
    return {
        "recordId": str(uuid.uuid5(uuid.NAMESPACE_URL, key)),
        "source": {
            "system": "made-up",
            "org": {"id": "1"},
            "extractedAt": START.isoformat(),
            "mapping": "test 1",
            "assertedBy": {"actor": "school"},
        },
        "sensitivity": {"class": level},
    }


def _code(code: str) -> dict[str, str]:
    return {"code": code, "system": "urn:test"}


def backpack(student: str = "1001", subject: Subject = ANA) -> StoredBackpack:
    name = {"use": "legal", "given": subject.given_name, "family": subject.family_name}
    identifier = {"system": _code("State"), "value": subject.state_id or "none"}
    grade = {"gradeType": _code("Final"), "grade": {"letter": "B"}}
    sections = {
        "identity": [
            {
                "meta": _meta(student),
                "names": [name],
                "birthDate": subject.birth_date.isoformat(),
                "identifiers": [identifier],
            }
        ],
        "grades": [{"meta": _meta("g1"), **grade}, {"meta": _meta("g2", "R"), **grade}],
        "contacts": [{"meta": _meta("c"), "contact": "c1", "name": {"given": "Rosa"}}],
    }
    content = orjson.dumps(sections)
    return StoredBackpack(
        student=LocalStudentId(student),
        learner=str(uuid.uuid5(uuid.NAMESPACE_URL, f"learner {student}")),
        candidate=Candidate(
            student=LocalStudentId(student),
            state_id=subject.state_id,
            given_names=frozenset({subject.given_name}),
            family_names=frozenset({subject.family_name}),
            birth_date=subject.birth_date,
            guardian_names=frozenset({"Rosa Ortiz"}),
        ),
        school="Maple High",
        grade="07",
        fingerprint=digest(content),
        sections=content,
        mapped_at=START,
    )
