"""The district's identity provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What the provider proved of somebody."""

    issuer: str
    subject: str
    name: str
    signed_in_at: datetime
    strong: bool
    """More than one factor, as the provider says or the district declares."""
    provider_session: str | None
    claims: Mapping[str, Any]
    """All that the token says."""


class IdentityProvider(Protocol):
    """OpenID Connect with one provider, the one that the settings name."""

    origin: str
    """Of its pages."""
    issuer: str

    async def authorization_url(self, *, state: str, nonce: str, verifier: str, again: bool) -> str:
        """Return where to send the browser.

        Raises:
            PeerUnavailable: the provider cannot be reached.
        """

    async def redeem(
        self, *, code: str, issuer: str | None, nonce: str, verifier: str, again: bool
    ) -> Proven:
        """Exchange the code that came back for proof of who it is.

        Raises:
            Untrusted: something in the answer does not hold.
            PeerUnavailable: the provider cannot be reached.
        """

    async def ended_session(self, logout_token: str) -> tuple[str, str]:
        """Return the provider's session that a logout token ends, and the token's id.

        Raises:
            Untrusted: the token does not hold.
        """

    async def logout_url(self) -> str | None:
        """Return where the provider ends its own session, if it has such a place."""
