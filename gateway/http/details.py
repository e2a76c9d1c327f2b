"""What a token request asks for in detail (RFC 9396), and what of it this node grants."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from gateway.crypto import strict_json
from gateway.domain.errors import GatewayError, Malformed
from gateway.domain.ids import TransferId
from gateway.domain.policy import PURPOSES

MAX_BYTES: Final = 8 * 1024

TRANSFER_ID: Final = r"[A-Za-z0-9._~-]{1,128}"
"""A transfer's id in a URL or a detail."""

Url = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Identifier = Annotated[str, StringConstraints(pattern=f"^{TRANSFER_ID}$")]


class Detail(BaseModel):
    """One authorization detail of our type. A member that is not named here is refused (RFC 9396, 5)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["urn:backpack:rar:transfer:1"]
    actions: Annotated[tuple[Literal["locate", "create", "fetch"], ...], Field(min_length=1, max_length=1)]
    locations: Annotated[tuple[Url, ...], Field(min_length=1, max_length=1)] | None = None
    purpose: Url | None = None
    identifier: Identifier | None = None
    """The transfer that is to be fetched."""
    datatypes: Annotated[tuple[Name, ...], Field(min_length=1, max_length=64)] | None = None


_DETAILS: Final = TypeAdapter(Annotated[tuple[Detail, ...], Field(min_length=1, max_length=1)])

ACTION_OF: Final = {
    "backpack.locate": "locate",
    "backpack.request": "create",
    "backpack.fetch": "fetch",
    "backpack.log": "compare",
}
"""The one action that a token of each scope is for."""


def read_details(text: str, *, scope: str, resource: str) -> Detail:
    """Return the one detail asked for, if it fits the scope and this node.

    Raises:
        Malformed: the JSON, the type, a member or a value is not one that this node grants.
    """
    try:
        (detail,) = _DETAILS.validate_python(strict_json.loads(text, max_bytes=MAX_BYTES, max_depth=4))
    except (GatewayError, ValidationError):
        raise Malformed("authorization_details are not of the type that this server takes") from None
    names_transfer = detail.identifier is not None
    if detail.actions != (ACTION_OF[scope],) or names_transfer != (scope == "backpack.fetch"):
        raise Malformed("authorization_details do not fit the scope")
    if detail.locations not in {None, (resource,)}:
        raise Malformed("authorization_details name another resource")
    if detail.purpose is not None and detail.purpose not in PURPOSES:
        raise Malformed("authorization_details name a purpose that records are not exchanged for")
    return detail


def transfer_of(detail: Detail | None) -> TransferId | None:
    """Return the transfer that the detail is about."""
    return TransferId(detail.identifier) if detail and detail.identifier else None


def granted(detail: Detail | None) -> Sequence[dict[str, Any]]:
    """Return the detail as the token response states it."""
    return [detail.model_dump(mode="json", exclude_unset=True)] if detail else []
