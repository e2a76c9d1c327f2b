"""A made-up federation: a state's agency, regions and districts, at one fixed moment.

Statements come from the production code. `resigned` changes claims or headers and signs again with
the true issuer's key, `forged` with anybody's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from joserfc import jws as joserfc_jws

from gateway.crypto import jws, node_metadata, statements
from gateway.crypto.chains import ChainRules, verify_chain
from gateway.crypto.keys import KeyRing, Purpose
from gateway.domain.chain_faults import ChainFault
from gateway.domain.errors import Untrusted
from gateway.domain.ids import EntityId
from gateway.domain.trust import Listing
from tests.harness.absent import ABSENT

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AGREEMENT = "https://trust.st-a.example/tm/data-sharing-agreement/2026"
FORMATS = ("application/vnd.backpack+json;v=1",)


@dataclass(frozen=True)
class Member:
    """An entity with its keys."""

    id: EntityId
    name: str
    keys: KeyRing = field(default_factory=KeyRing.generate)

    @property
    def host(self) -> str:
        return self.id.split("/")[2].split(":")[0]

    @property
    def federation_jwks(self) -> dict[str, Any]:
        return self.keys.public_jwks(Purpose.FEDERATION)


def agency(zone: str = "st-a.example") -> Member:
    return Member(EntityId(f"https://trust.{zone}"), f"Education Agency of {zone}")


def region(name: str = "north", zone: str = "st-a.example") -> Member:
    return Member(EntityId(f"https://{name}.k12.{zone}"), f"{name.title()} Service Agency")


def district(name: str = "maple", zone: str = "st-a.example") -> Member:
    return Member(EntityId(f"https://exchange.{name}.k12.{zone}"), f"{name.title()} Unified")


def anchor_configuration(anchor: Member, *, now: datetime = NOW, marks_by: Sequence[Member] = ()) -> str:
    """An agency's own statement. It and `marks_by` may issue the agreement mark."""
    return statements.anchor_configuration(
        anchor.id,
        keys=anchor.keys,
        metadata=node_metadata.agency_metadata(
            anchor.id, name=anchor.name, contacts=["it@agency.example"], keys=anchor.keys
        ),
        now=now,
        trust_mark_issuers={AGREEMENT: [anchor.id, *(member.id for member in marks_by)]},
    )


def configuration(
    member: Member, *superiors: Member, now: datetime = NOW, marks: Mapping[str, str] | None = None
) -> str:
    """A district's own statement."""
    return statements.entity_configuration(
        member.id,
        keys=member.keys,
        metadata=node_metadata.district_metadata(
            member.id, name=member.name, contacts=["it@district.example"], keys=member.keys, formats=FORMATS
        ),
        now=now,
        superiors=[superior.id for superior in superiors],
        trust_marks=marks,
    )


def about_district(issuer: Member, member: Member, *, now: datetime = NOW) -> str:
    """A superior's statement about a district."""
    return statements.district_statement(
        issuer.id,
        member.id,
        keys=issuer.keys,
        subject_jwks=member.federation_jwks,
        name=f"{member.name} School District",
        lea_ids={"nces": "0612345", "state": "A-0042"},
        host=member.host,
        now=now,
    )


def about_authority(
    issuer: Member, member: Member, *, permitted: Sequence[str], depth: int = 0, now: datetime = NOW
) -> str:
    """A superior's statement about a region or another state: `depth` intermediates may follow it."""
    return statements.subordinate_statement(
        issuer.id,
        member.id,
        keys=issuer.keys,
        subject_jwks=member.federation_jwks,
        constraints=statements.constraints(max_path_length=depth + 1, permitted=[member.host, *permitted]),
        now=now,
    )


def agreement(issuer: Member, member: Member, *, now: datetime = NOW) -> str:
    """The mark that says: it signed the data sharing agreement."""
    return statements.trust_mark(issuer.id, member.id, AGREEMENT, keys=issuer.keys, now=now)


def chain_of(member: Member, anchor: Member, *, now: datetime = NOW) -> list[str]:
    """The usual chain: a district right below its state, carrying the agreement mark."""
    marks = {AGREEMENT: agreement(anchor, member, now=now)}
    return [
        configuration(member, anchor, now=now, marks=marks),
        about_district(anchor, member, now=now),
        anchor_configuration(anchor, now=now),
    ]


def regional_chain(member: Member, middle: Member, anchor: Member) -> list[str]:
    """A district below a regional service agency."""
    return [
        configuration(member, middle),
        about_district(middle, member),
        about_authority(anchor, middle, permitted=[".k12.st-a.example"]),
        anchor_configuration(anchor),
    ]


def rules_of(*anchors: Member, **more: Any) -> ChainRules:
    """Pin the anchors' present keys."""
    return ChainRules(anchors={anchor.id: anchor.federation_jwks for anchor in anchors}, **more)


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unverified."""
    return jws.peek(token, max_bytes=jws.MAX_TOKEN_BYTES).claims


def resigned(token: str, signer: Member, **claims: Any) -> str:
    """The same statement with other claims, signed by `signer`'s federation key."""
    changed = {**claims_of(token), **claims}
    kept = {name: value for name, value in changed.items() if value is not ABSENT}
    return jws.sign(jws.Typ.ENTITY_STATEMENT, kept, signer.keys.current(Purpose.FEDERATION))


def with_header(token: str, signer: Member, **header: Any) -> str:
    """The same claims under a header that the production code would not write."""
    key = signer.keys.current(Purpose.FEDERATION)
    usual = {"alg": "ES256", "typ": "entity-statement+jwt", "kid": key.kid}
    kept = {name: value for name, value in {**usual, **header}.items() if value is not ABSENT}
    registry = joserfc_jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    payload = jws.peek(token, max_bytes=jws.MAX_TOKEN_BYTES).claims
    return joserfc_jws.serialize_compact(kept, orjson.dumps(payload), key, registry=registry)


def listing_of(chain: Sequence[str], rules: ChainRules, **more: Any) -> Listing:
    """What the chain proves at `NOW`."""
    return verify_chain(chain, rules=rules, **{"now": NOW, **more})


def fault_of(chain: Sequence[Any], rules: ChainRules, **more: Any) -> str:
    """Why the chain is refused at `NOW`: always one of the closed list."""
    with pytest.raises(Untrusted) as refusal:
        listing_of(chain, rules, **more)
    assert refusal.value.reason in set(ChainFault)
    return refusal.value.reason


def cross_listing(lister: Member, listed: Member) -> str:
    """One state's statement about st-b: its agency and its districts, no regions."""
    return about_authority(lister, listed, permitted=[".k12.st-b.example"])


def interstate_chain(member: Member, its_state: Member, anchor: Member) -> list[str]:
    """A district of st-b, proven to the anchor that cross-lists st-b."""
    return [
        configuration(member, its_state),
        about_district(its_state, member),
        cross_listing(anchor, its_state),
        anchor_configuration(anchor),
    ]
