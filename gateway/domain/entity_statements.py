"""Entity statements and trust marks, each checked by itself (OpenID Federation 1.0, 3 and 7.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.domain import entity_ids
from gateway.domain.chain_faults import ChainFault, refuse
from gateway.domain.ids import EntityId

CONFIGURATION_ONLY = frozenset(
    {"authority_hints", "trust_anchor_hints", "trust_marks", "trust_mark_issuers", "trust_mark_owners"}
)
"""Claims of an entity's own configuration (3.2)."""

SUBORDINATE_ONLY = frozenset({"constraints", "metadata_policy", "metadata_policy_crit", "source_endpoint"})
"""Claims of a superior's statement about another entity (3.3)."""

NOWHERE = frozenset({"trust_anchor", "aud"})
"""Claims of explicit registration, which the profile does not have (3.4)."""

CRITICAL = frozenset({"crit", "metadata_policy_crit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a chain is looked at, and how far clocks may differ."""

    statements: int = 6
    statement_bytes: int = 32 * 1024
    """As sent, each."""
    hints: int = 8
    marks: int = 16
    longest_life: timedelta = timedelta(days=7)
    """Of a statement: an anchor's configuration lives this long."""
    longest_mark: timedelta = timedelta(days=366)
    skew: timedelta = timedelta(seconds=30)


class _Claims(BaseModel):
    """Claims by the types that the specification gives them; unknown ones are ignored, null is no value."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _has_no_null(cls, claims: object) -> object:
        if isinstance(claims, dict) and None in claims.values():
            raise ValueError("null stands where a value must")
        return claims


def _domain(name: str) -> str:
    if not entity_ids.is_domain_constraint(name.lower()):
        raise ValueError("not a host or .domain")
    return name.lower()


DomainConstraint = Annotated[str, AfterValidator(_domain)]
Seconds = Annotated[int, Field(ge=0, le=253_402_300_799)]
"""Since 1970, up to the year 9999 (RFC 7519, 2)."""


class NamingConstraints(_Claims):
    """Where the hosts of subordinates may be (6.2.2)."""

    permitted: list[DomainConstraint] | None = None
    """Absent: anywhere. Empty: nowhere."""
    excluded: list[DomainConstraint] = []

    def permit(self, host: str) -> bool:
        """Whether the host is inside; an exclusion prevails."""
        if any(entity_ids.is_within(host, name) for name in self.excluded):
            return False
        return self.permitted is None or any(entity_ids.is_within(host, name) for name in self.permitted)


class Constraints(_Claims):
    """What a superior demands of the chains below it (6.2). Unknown constraints are ignored."""

    max_path_length: Annotated[int, Field(ge=0)] | None = None
    """Intermediates between who says this and the chain's subject."""
    naming_constraints: NamingConstraints = NamingConstraints()
    allowed_entity_types: list[str] | None = None


class MarkEntry(_Claims):
    """A trust mark as an entity carries it (3.2)."""

    trust_mark_type: str
    trust_mark: str


class TrustMark(_Claims):
    """What the issuer of a trust mark signed (7.1). The profile requires an end."""

    iss: EntityId
    sub: EntityId
    trust_mark_type: str
    iat: Seconds
    exp: Seconds


class Statement(_Claims):
    """An entity statement: a configuration, if issuer and subject are one, else a superior's word."""

    iss: EntityId
    sub: EntityId
    iat: Seconds
    exp: Seconds
    jwks: dict[str, Any]
    metadata: dict[str, dict[str, Any]] = {}
    metadata_policy: dict[str, Any] = {}
    constraints: Constraints = Constraints()
    source_endpoint: str | None = None
    authority_hints: Annotated[list[str], Field(min_length=1)] | None = None
    trust_anchor_hints: list[str] = []
    trust_marks: list[MarkEntry] = []
    trust_mark_issuers: dict[str, list[str]] = {}
    trust_mark_owners: dict[str, Any] = {}

    @property
    def is_configuration(self) -> bool:
        """Whether the entity speaks of itself."""
        return self.iss == self.sub

    @property
    def issued_at(self) -> datetime:
        """The moment of `iat`."""
        return datetime.fromtimestamp(self.iat, UTC)

    @property
    def expires_at(self) -> datetime:
        """The moment of `exp`."""
        return datetime.fromtimestamp(self.exp, UTC)

    @model_validator(mode="after")
    def _metadata_has_no_null(self) -> Self:
        if any(None in stated.values() for stated in self.metadata.values()):
            raise ValueError("a metadata parameter is null")
        return self


def read_statement(claims: Mapping[str, Any], *, limits: Limits, allow_loopback_http: bool) -> Statement:
    """Check the claims of one statement by themselves.

    Raises:
        Untrusted: `critical_claim`, `claim_misplaced`, `statement_malformed`, `statement_too_large`
            or `foreign_endpoint`.
    """
    if claims.keys() & CRITICAL:
        refuse(ChainFault.CRITICAL_CLAIM)
    elsewhere = SUBORDINATE_ONLY if claims.get("iss") == claims.get("sub") else CONFIGURATION_ONLY
    if claims.keys() & (elsewhere | NOWHERE):
        refuse(ChainFault.MISPLACED_CLAIM)
    statement = _parsed(claims)
    _check_size(statement, limits)
    for entity in (statement.iss, statement.sub):
        entity_ids.entity_id(entity, allow_loopback_http=allow_loopback_http)
    source = statement.source_endpoint
    if source is not None and not entity_ids.shares_origin(source, statement.iss):
        refuse(ChainFault.FOREIGN_ENDPOINT, "source_endpoint")
    return statement


def _parsed(claims: Mapping[str, Any]) -> Statement:
    try:
        return Statement.model_validate(claims)
    except ValidationError as error:
        place = ".".join(str(step)[:48] for step in error.errors(include_input=False)[0]["loc"])
        refuse(ChainFault.MALFORMED, place)


def _check_size(statement: Statement, limits: Limits) -> None:
    hints = max(len(statement.authority_hints or ()), len(statement.trust_anchor_hints))
    if hints > limits.hints or len(statement.trust_marks) > limits.marks:
        refuse(ChainFault.TOO_LARGE, "more hints or trust marks than are taken")
