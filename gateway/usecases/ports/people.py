"""Members of staff, and what keeps them signed in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.policy.people import PersonId, StaffRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A member of staff as this district lists them. Known by issuer and subject, never by an address."""

    id: PersonId
    issuer: str
    """The identity provider, as its tokens name it."""
    subject: str
    """The provider's key of the person, never given to another (OpenID Connect Core 1.0, 2)."""
    name: str
    roles: frozenset[StaffRole]
    schools: frozenset[str]
    """Local ids; empty for the whole district."""
    active: bool
    pseudonym: str
    """The person in logs and messages; this node alone knows whose it is."""
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who signed in. The browser has a random id; here is only its hash."""

    digest: str
    person: PersonId
    csrf: str
    """What a form of this session must carry."""
    signed_in_at: datetime
    """When the provider last saw proof of who it is."""
    strong: bool
    """Whether that proof had more than one factor."""
    opened_at: datetime
    seen_at: datetime
    provider_session: str | None = None
    """The provider's own name of the session, for its logout calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in under way, bound to the browser that began it."""

    digest: str
    state: str
    nonce: str
    verifier: str
    """Of PKCE (RFC 7636)."""
    return_to: str
    again: bool
    """Somebody who is signed in proves again who it is."""
    expires_at: datetime


class Staff(Protocol):
    """The members of staff."""

    def put(self, account: Account) -> None:
        """Insert or replace."""

    def get(self, id_: PersonId) -> Account:
        """Return it, or raise `Unknown`."""

    def by_subject(self, issuer: str, subject: str) -> Account | None:
        """Return whom the provider calls so, if anybody."""

    def list(self) -> Sequence[Account]:
        """Return all, by name."""

    def names(self, pseudonyms: Collection[str]) -> Mapping[str, str]:
        """Return the names behind pseudonyms; what is nobody's is absent."""


class Sessions(Protocol):
    """Who is signed in, and who is about to be."""

    def begin(self, sign_in: SignIn) -> None:
        """Store a sign-in under way."""

    def take(self, digest: str, now: datetime) -> SignIn | None:
        """Return the sign-in and forget it: it serves once. None if there is none or its time is over."""

    def add(self, session: Session) -> None:
        """Store a session."""

    def get(self, digest: str) -> Session | None:
        """Return it, if it is there."""

    def touch(self, digest: str, at: datetime) -> None:
        """Note that it was used."""

    def remove(self, digest: str) -> None:
        """End one."""

    def remove_of(self, person: PersonId) -> None:
        """End all of one person."""

    def remove_at_provider(self, provider_session: str) -> None:
        """End what the provider ended."""

    def prune(self, *, unseen_since: datetime, opened_before: datetime, now: datetime) -> None:
        """Forget what is over."""
