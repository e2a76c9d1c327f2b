"""Whom a node believes, and what it publishes of itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.crypto import jws, node_metadata
from gateway.crypto.chains import Anchors, ChainRules
from gateway.crypto.keys import KeyRing, Purpose, parse_jwks
from gateway.crypto.offline import pinned
from gateway.crypto.publishing import AgencyPublisher, DistrictPublisher
from gateway.domain.entity_ids import entity_id
from gateway.domain.errors import GatewayError, Misconfigured, Untrusted
from gateway.domain.ids import EntityId
from gateway.domain.trust import Jwks
from gateway.peers.marks import OwnMarks
from gateway.peers.statement_client import StatementClient
from gateway.settings import Settings
from gateway.wiring.node_secrets import LOG_KEY, log_signer, log_witness

Clock = Callable[[], datetime]

FORMATS: Final = ("application/vnd.backpack+json;v=1",)


def chain_rules(settings: Settings, keys: KeyRing, *, alone: bool = False) -> ChainRules:
    """Return whom the node believes. Which marks it demands are rules of its own, with errors that say so.

    Raises:
        Misconfigured: a district has pinned no agency, or a key file cannot be used.
    """
    return ChainRules(
        anchors={} if alone and not settings.trust.anchor else _anchors(settings, keys),
        allow_loopback_http=settings.trust.allow_loopback_http,
    )


def _anchors(settings: Settings, keys: KeyRing) -> Anchors:
    """An agency believes itself; a district whom its operator pinned."""
    if settings.role == "agency":
        return {EntityId(settings.id): keys.public_jwks(Purpose.FEDERATION)}
    if not settings.trust.anchor:
        raise Misconfigured("no agency is pinned: name one under [[trust.anchor]] with its keys")
    return {EntityId(anchor.id): _pinned(settings.path(anchor.keys)) for anchor in settings.trust.anchor}


def _pinned(file: Path) -> Jwks:
    try:
        return pinned(file.read_text("utf-8"))
    except OSError:
        raise Misconfigured(f"{file}: cannot be read; ask your agency for its key file") from None
    except GatewayError as fault:
        raise Misconfigured(f"{file}: {fault}") from None


def agency_publisher(settings: Settings, id_: EntityId, keys: KeyRing, now: Clock) -> AgencyPublisher:
    """Return what an agency says of itself and of its members."""
    metadata = node_metadata.agency_metadata(
        id_,
        name=settings.name,
        contacts=_contacts(settings),
        keys=keys,
        witness_key=log_witness(settings, id_).verifier,
    )
    return AgencyPublisher(id_, keys=keys, metadata=metadata, mark_types=settings.trust.marks, now=now)


def district_publisher(
    settings: Settings, id_: EntityId, keys: KeyRing, marks: OwnMarks, now: Clock
) -> DistrictPublisher:
    """Return what a district says of itself."""

    async def carried() -> Mapping[str, str]:
        return dict(await marks.own_marks())

    metadata = node_metadata.district_metadata(
        id_,
        name=settings.name,
        contacts=_contacts(settings),
        keys=keys,
        formats=FORMATS,
        log_key=log_signer(settings.path(settings.keys.folder) / LOG_KEY, id_).verifier,
    )
    anchors = [EntityId(anchor.id) for anchor in settings.trust.anchor]
    return DistrictPublisher(id_, keys=keys, metadata=metadata, anchors=anchors, marks=carried, now=now)


def _contacts(settings: Settings) -> list[str]:
    return [settings.contact] if settings.contact else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """What a node says of itself before anybody vouches for it."""

    id: EntityId
    organization_name: str
    contacts: Sequence[str]
    jwks: Jwks
    fingerprint: str
    """Of its federation keys, in groups for reading aloud."""


async def introduce(
    statements: StatementClient, url: str, rules: ChainRules, *, at: datetime
) -> Introduction:
    """Fetch a node's configuration and check that it is signed with the keys that it names.

    Raises:
        Untrusted: it is not, or it is another node's.
        PeerUnavailable: the node does not answer.
    """
    id_ = entity_id(url.rstrip("/"), allow_loopback_http=rules.allow_loopback_http)
    token = await statements.configuration(id_)
    statement = statements.read(token)
    verified = jws.verify(
        token,
        typ=jws.Typ.ENTITY_STATEMENT,
        keys=parse_jwks(statement.jwks),
        max_bytes=rules.limits.statement_bytes,
    )
    jws.check_times(verified.claims, now=at, exp_required=True)
    if statement.sub != id_ or statement.iss != id_:
        raise Untrusted("wrong_subject")
    told = statement.metadata.get("federation_entity", {})
    return Introduction(
        id=id_,
        organization_name=str(told.get("organization_name", "")),
        contacts=[str(contact) for contact in told.get("contacts", ())],
        jwks=statement.jwks,
        fingerprint=fingerprint(statement.jwks),
    )


def fingerprint(jwks: Jwks) -> str:
    """Return the thumbprints of the keys (RFC 7638), in groups of four for reading aloud."""
    kids = sorted(parse_jwks(jwks).members)
    return " / ".join(" ".join(kid[at : at + 4] for at in range(0, len(kid), 4)) for kid in kids)
