"""The authorization server: Authlib's grant and errors over what was prepared, without any IO.

Authlib is synchronous. What must be waited for (the client's listing) is there before it runs, and
what must be stored (the grant) is stored after.
"""

# mypy: disable-error-code="import-untyped, misc"
# Authlib has no types: its classes are Any, here and nowhere else.

from datetime import datetime
from typing import Any, Final, NoReturn

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientCredentialsGrant, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from gateway.crypto.keys import parse_jwks
from gateway.crypto.tokens import Assertion, verify_client_assertion
from gateway.domain.errors import GatewayError, Malformed, Untrusted
from gateway.domain.trust import Listing
from gateway.http.details import Detail, granted, read_details

__all__ = (
    "TOKEN_LIFE_SECONDS",
    "AccessDenied",
    "InvalidClientError",
    "InvalidDpopProof",
    "InvalidRequestError",
    "OAuth2Error",
    "TokenRequest",
    "TokenServer",
    "UnauthorizedClientError",
    "UseDpopNonce",
    "reason_of",
)

TOKEN_LIFE_SECONDS: Final = 300
GRANT_TYPE: Final = "client_credentials"
AUTH_METHOD: Final = "private_key_jwt"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class InvalidDpopProof(OAuth2Error):
    """RFC 9449, 5: there is no proof, or it does not hold."""

    error = "invalid_dpop_proof"


class UseDpopNonce(OAuth2Error):
    """RFC 9449, 8: the proof lacks the nonce that comes with this answer."""

    error = "use_dpop_nonce"


class InvalidTarget(OAuth2Error):
    """RFC 8707, 2: the token is wanted for something that is not here."""

    error = "invalid_target"


class InvalidDetails(OAuth2Error):
    """RFC 9396, 5."""

    error = "invalid_authorization_details"


class AccessDenied(OAuth2Error):
    """The client may not have this, or there is no such thing: the two look alike."""

    error = "access_denied"


class Client(ClientMixin):
    """A node as Authlib wants to see a client."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether the node may use the grant: one that its chain lists as a client."""
        return grant_type == GRANT_TYPE and "oauth_client" in self.listing.entity_types

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Tell whether the client may authenticate so."""
        return method == AUTH_METHOD and endpoint == "token"


class TokenRequest(OAuth2Request):
    """A token request with all that was found out about it before."""

    def __init__(self, uri: str, form: dict[str, str], *, listing: Listing | None, now: datetime) -> None:
        super().__init__("POST", uri)
        self.payload = BasicOAuth2Payload(form)
        self.fields = form
        self.listing = listing
        self.now = now
        self.assertion: Assertion | None = None
        self.detail: Detail | None = None

    @property
    def proven(self) -> tuple[Listing, Assertion]:
        """Return the client and its assertion, once they were checked."""
        if self.listing is None or self.assertion is None:
            raise InvalidClientError(description="the client did not authenticate")
        return self.listing, self.assertion


class ClientCredentials(ClientCredentialsGrant):
    """The one grant, with a resource (RFC 8707) and authorization details (RFC 9396)."""

    TOKEN_ENDPOINT_AUTH_METHODS = (AUTH_METHOD,)

    request: TokenRequest
    server: "TokenServer"

    def validate_token_request(self) -> None:
        """Check the request in the order: client, scope, resource, details."""
        super().validate_token_request()
        fields, resource = self.request.fields, self.server.resource
        if fields.get("resource") != resource:
            raise InvalidTarget("exactly one resource must be named, this server's own")
        if text := fields.get("authorization_details"):
            self.request.detail = _read(text, fields["scope"], resource)
        elif fields["scope"] == "backpack.fetch":
            raise InvalidDetails("the transfer to be fetched must be identified")

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Return the response without the token: it is made later, and reaches no log of the library."""
        body = {"token_type": "DPoP", "expires_in": TOKEN_LIFE_SECONDS, "scope": self.request.fields["scope"]}
        if self.request.detail:
            body["authorization_details"] = granted(self.request.detail)
        return 200, body, self.TOKEN_RESPONSE_HEADER


class TokenServer(AuthorizationServer):
    """Checks token requests for one issuer; holds no state between them."""

    def __init__(self, *, issuer: str, resource: str, scopes: frozenset[str]) -> None:
        super().__init__(scopes_supported=sorted(scopes))
        self.issuer = issuer
        self.resource = resource
        self.register_grant(ClientCredentials)
        self.register_client_auth_method(AUTH_METHOD, self._authenticate)

    def check(self, request: TokenRequest) -> dict[str, Any]:
        """Return the members of the response but the token; `request.proven` and `.detail` say the rest.

        Raises:
            OAuth2Error: what is wrong with the request.
        """
        members: dict[str, Any] = self.create_token_response(request)
        return members

    def query_client(self, client_id: str) -> NoReturn:
        """Never asked: the client came with the request."""
        del client_id
        raise InvalidClientError(description="a client comes with its request")

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: TokenRequest) -> TokenRequest:
        """Return the request, which was built before."""
        return request

    def validate_requested_scope(self, scope: str | None) -> None:
        """Take exactly one scope of this server's; a token is good for one thing."""
        if scope not in self.scopes_supported:
            raise InvalidScopeError

    def handle_response(self, _status: int, body: dict[str, Any], _headers: object) -> dict[str, Any]:
        """Return the members; headers are the edge's business."""
        return body

    def handle_error_response(self, _request: TokenRequest, error: OAuth2Error) -> NoReturn:
        """Let the error out."""
        raise error

    def _authenticate(self, _query_client: object, request: TokenRequest) -> Client | None:
        fields = request.fields
        assertion = fields.get("client_assertion")
        if request.listing is None or not assertion:
            return None
        if fields.get("client_assertion_type") != ASSERTION_TYPE:
            return None
        if fields.get("client_id", request.listing.id) != request.listing.id:
            raise InvalidClientError(description="client_id is not the client that the assertion names")
        try:
            request.assertion = verify_client_assertion(
                assertion,
                keys=parse_jwks(request.listing.client_jwks),
                client_id=request.listing.id,
                audience=self.issuer,
                now=request.now,
            )
        except GatewayError as error:
            raise InvalidClientError(description=reason_of(error)) from None
        return Client(request.listing)


def reason_of(error: GatewayError) -> str:
    """Return what a client may know: a word from a closed list."""
    return error.reason if isinstance(error, Untrusted) else error.code


def _read(text: str, scope: str, resource: str) -> Detail:
    try:
        return read_details(text, scope=scope, resource=resource)
    except Malformed as error:
        raise InvalidDetails(str(error)) from None
