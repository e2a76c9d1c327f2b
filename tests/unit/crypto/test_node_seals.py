"""What a node's seals accept: with real keys and chains."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.crypto.chains import ChainCache
from gateway.crypto.node_seals import NodeSeals
from gateway.domain.errors import Untrusted
from gateway.domain.ids import EntityId
from gateway.domain.messages import MessageType
from gateway.domain.trust import Listing
from tests.harness import federation
from tests.harness.federation import Member

AT = federation.NOW
RECEIVER = EntityId("https://exchange.cedar.k12.st-a.example")
LEARNER = "urn:uuid:3f1b0f6e-0e0a-8c36-9d0f-1f0c5a5e8f11"


class Clock:
    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


class Nodes:
    """Maple signs, a receiver reads."""

    def __init__(self) -> None:
        self.agency = federation.agency()
        self.maple = federation.district()
        self.chain = federation.chain_of(self.maple, self.agency, now=AT)
        self.clock = Clock()
        self.signer = self._seals(self.maple.id, self.maple)
        self.reader = self._seals(RECEIVER, federation.district())
        self.listing: Listing = self.chains().verify(self.chain, now=AT)

    def chains(self) -> ChainCache:
        return ChainCache(federation.rules_of(self.agency))

    def _seals(self, id_: EntityId, member: Member) -> NodeSeals:
        return NodeSeals(id_, member.keys, self.chains(), self.clock)

    def claims(self, **more: Any) -> Mapping[str, Any]:
        when = {"iat": int(AT.timestamp()), "jti": "message-0000000001"}
        return {"iss": self.maple.id, "aud": RECEIVER, **when, **more}

    async def record(self, entries: list[dict[str, Any]]) -> str:
        when = {"iss": self.maple.id, "iat": int(AT.timestamp()), "jti": "segment-0000000001"}
        segment, shown = await self.signer.sign_segment(
            {**when, "learner": LEARNER, "as_of": AT.date().isoformat()}, {"goals": entries}, self.chain
        )
        body = {"schema": "1.0.0", "segments": [{"jws": segment, "disclosures": dict(shown)}]}
        return self.signer.sign(MessageType.RECORD, self.claims(record=body), self.chain)


@pytest.fixture(scope="module")
def nodes() -> Nodes:
    return Nodes()


def entry(text: str, level: str = "E") -> dict[str, Any]:
    return {"statement": text, "meta": {"sensitivity": {"class": level}}}


def test_a_request_that_comes_again_after_its_end_is_read(nodes: Nodes) -> None:
    """Its use-case knows it by its id; only then it matters whether it is too old to be new."""
    over = int((AT - timedelta(minutes=5)).timestamp())
    again = nodes.signer.sign(MessageType.REQUEST, nodes.claims(exp=over), nodes.chain)

    assert nodes.reader.read(MessageType.REQUEST, again, nodes.listing)["exp"] == over


def test_a_message_for_another_node_is_refused(nodes: Nodes) -> None:
    other = nodes.signer.sign(MessageType.RECEIPT, nodes.claims(aud="https://other.example"))

    with pytest.raises(Untrusted, match="wrong_audience"):
        nodes.reader.read(MessageType.RECEIPT, other, nodes.listing)


def test_a_message_of_one_type_is_not_read_as_another(nodes: Nodes) -> None:
    receipt = nodes.signer.sign(MessageType.RECEIPT, nodes.claims())

    with pytest.raises(Untrusted, match="wrong_type"):
        nodes.reader.read(MessageType.WITHDRAWAL, receipt, nodes.listing)


async def test_a_record_is_opened_under_the_chain_of_its_day(nodes: Nodes) -> None:
    """Months later that chain has ended; what it proved of that day still holds."""
    record = await nodes.record([entry("read")])
    nodes.clock.at = AT + timedelta(days=400)
    try:
        opened = await nodes.reader.open_record(record, nodes.maple.id)
    finally:
        nodes.clock.at = AT

    assert opened.issuer.id == nodes.maple.id
    assert opened.segments[0].sections["goals"][0]["statement"] == "read"


async def test_a_record_of_another_issuer_is_refused(nodes: Nodes) -> None:
    record = await nodes.record([entry("read")])

    with pytest.raises(Untrusted, match="wrong_issuer"):
        await nodes.reader.open_record(record, RECEIVER)


async def test_digests_of_special_entries_do_not_tell_their_number(nodes: Nodes) -> None:
    one = await nodes.record([entry("read", "R")])
    three = await nodes.record([entry(word, "R") for word in ("read", "swim", "draw")])

    counts = []
    for record in (one, three):
        (segment,) = (await nodes.reader.open_record(record, nodes.maple.id)).segments
        counts.append(len(segment.sections["goals"]) + segment.undisclosed["goals"])
    assert counts == [8, 8]


async def test_a_message_is_wrapped_for_its_receiver_alone(nodes: Nodes) -> None:
    token = nodes.signer.sign(MessageType.REQUEST, nodes.claims(), nodes.chain)

    wrapped = nodes.reader.wrap(token, nodes.listing)

    assert token not in wrapped
    assert nodes.signer.unwrap(wrapped) == token
    assert nodes.signer.unwrap(token) == token
    with pytest.raises(Untrusted, match="cannot_open"):
        nodes.reader.unwrap(wrapped)
