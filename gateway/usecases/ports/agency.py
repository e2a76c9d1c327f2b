"""What only an agency keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.ids import EntityId
from gateway.domain.trust import Jwks


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
