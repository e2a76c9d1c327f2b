"""What another node refused with, as the class that it raised (RFC 9457; RFC 6749, 5.2; RFC 8935, 2.4)."""

from collections.abc import Mapping
from typing import Final

from gateway.domain.errors import (
    Conflict,
    Forbidden,
    GatewayError,
    Gone,
    Malformed,
    OverBudget,
    PeerUnavailable,
    Refused,
    TooLarge,
    Unknown,
    Untrusted,
)
from gateway.domain.ids import EntityId
from gateway.peers.calls import Answer

NOT_ACCEPTED: Final = "not_accepted_by_peer"
"""Reason of an `Untrusted` that came from the other side: it could not prove this node."""

_TOO_MANY_REQUESTS = 429
_REFUSALS = range(400, 500)

_OF_CODE: Final[Mapping[str, type[GatewayError]]] = {
    error.code: error
    for error in (Refused, Malformed, TooLarge, Forbidden, Unknown, Conflict, Gone, OverBudget)
}
"""`Untrusted` takes a reason of its own; what else the other side may say is its own affair: try later."""

_OF_STATUS: Final[Mapping[int, type[GatewayError]]] = {
    403: Forbidden,
    404: Unknown,
    409: Conflict,
    410: Gone,
    413: TooLarge,
}
"""For an answer that was cut short by a proxy, or is no problem document."""

_OF_OAUTH_ERROR: Final[Mapping[str, type[GatewayError]]] = {
    "access_denied": Forbidden,
    "unauthorized_client": Forbidden,
    "temporarily_unavailable": PeerUnavailable,
    "server_error": PeerUnavailable,
    "use_dpop_nonce": PeerUnavailable,
}


_OAUTH_ERRORS: Final = frozenset(
    {
        *_OF_OAUTH_ERROR,
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "invalid_target",
        "invalid_dpop_proof",
        "invalid_authorization_details",
        "unsupported_grant_type",
    }
)
"""Those that may be repeated in a message: the list is closed (RFC 6749, 8707, 9396, 9449)."""


def of_answer(answer: Answer, peer: EntityId) -> GatewayError:
    """Return the error that this answer of an API stands for. Its text is ours: nothing is quoted."""
    code = _member(answer, "code")
    if code == Untrusted.code or (answer.status == 401 and code not in _OF_CODE):  # noqa: PLR2004
        return Untrusted(NOT_ACCEPTED, peer)
    kind = _OF_CODE.get(code)
    if kind is None and _may_be_final(answer):
        kind = _OF_STATUS.get(answer.status, Refused)
    return _made(kind or PeerUnavailable, answer, peer)


def of_token_endpoint(answer: Answer, peer: EntityId) -> GatewayError:
    """Return the error that this answer of a token endpoint stands for."""
    error = _member(answer, "error")
    if error == "invalid_client" and _may_be_final(answer):
        return Untrusted(NOT_ACCEPTED, peer)
    kind = _OF_OAUTH_ERROR.get(error, Refused) if _may_be_final(answer) else PeerUnavailable
    return _made(kind, answer, peer, error if error in _OAUTH_ERRORS else "")


def _may_be_final(answer: Answer) -> bool:
    return answer.status in _REFUSALS and answer.status != _TOO_MANY_REQUESTS


def _member(answer: Answer, name: str) -> str:
    value = answer.json().get(name)
    return value if isinstance(value, str) else ""


def _made(kind: type[GatewayError], answer: Answer, peer: EntityId, error: str = "") -> GatewayError:
    return kind(f"{peer} answered {answer.status}" + (f" ({error})" if error else ""))
