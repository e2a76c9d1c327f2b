"""What the pages of a node need besides the node: how they look, and how people sign in."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from gateway.domain.ids import EntityId
from gateway.domain.policy.people import StaffRole
from gateway.http.pages.frame import Frame
from gateway.usecases.ports import IdentityProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How members of staff are known."""

    provider: IdentityProvider
    roles_claim: str | None = None
    """The claim that says what somebody is; None where the table of staff says it."""
    roles_of: Mapping[str, Sequence[StaffRole]] = field(default_factory=dict)
    """By a value of that claim, the roles."""
    factors_by_district: bool = False
    """The district declares that its provider lets nobody in here with one factor only."""


Districts = Callable[[], Awaitable[Sequence[tuple[EntityId, str]]]]
"""Whom this district can ask for a record: addresses and names, as the agency signed them, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The pages for members of staff."""

    frame: Frame
    login: Login
    districts: Districts
    more: Iterable[web.RouteDef] = ()
    """The identity provider of the made-up districts, in a demonstration."""
