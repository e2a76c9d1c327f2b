"""Entity identifiers and the URLs that an entity may state (OpenID Federation 1.0, 1.2)."""

import re

from gateway.domain.chain_faults import ChainFault, refuse
from gateway.domain.ids import EntityId

MAX_LENGTH = 200
"""Characters of an entity identifier."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PORT_AND_PATH = r"(?::(?P<port>[1-9][0-9]{0,4}))?(?P<path>(?:/[A-Za-z0-9._~-]+)*)"
_SECURE = re.compile(rf"https://(?P<host>(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?){_PORT_AND_PATH}")
_LOOPBACK = re.compile(rf"http://(?P<host>127\.0\.0\.1|\[::1\]|(?:{_LABEL}\.)*localhost){_PORT_AND_PATH}")
_ENDPOINT_REST = re.compile(r"(?:/[A-Za-z0-9._~%:@!$&'()*+,;=/-]*)?(?:\?[A-Za-z0-9._~%:@!$&'()*+,;=/?-]*)?")
_DOMAIN = re.compile(rf"\.?{_LABEL}(?:\.{_LABEL})*")


def entity_id(text: object, *, allow_loopback_http: bool = False) -> EntityId:
    """Check an entity identifier and return it unchanged: identifiers are compared byte for byte.

    One entity has one spelling: `https`, a lower-case DNS name, no default port, no user, query,
    fragment, empty or dot segment, no slash at the end.

    Args:
        text: What somebody states as an identifier.
        allow_loopback_http: Also take `http` on loopback hosts, for tests and demonstrations.

    Raises:
        Untrusted: `statement_malformed`.
    """
    if not isinstance(text, str) or _parts(text, allow_loopback_http) is None:
        refuse(ChainFault.MALFORMED, "not an entity identifier")
    return EntityId(text)


def host_of(entity: EntityId) -> str:
    """Return the host of a checked identifier, without the port."""
    return _known(entity)["host"]


def origin_of(entity: EntityId) -> str:
    """Return scheme, host and port of a checked identifier (RFC 6454)."""
    return entity.removesuffix(_known(entity)["path"])


def shares_origin(url: object, entity: EntityId) -> bool:
    """Whether the URL stands at the entity's own scheme, host and port, with no user and no fragment."""
    origin = origin_of(entity)
    if not isinstance(url, str) or not url.startswith(origin):
        return False
    return _ENDPOINT_REST.fullmatch(url.removeprefix(origin)) is not None


def is_domain_constraint(name: str) -> bool:
    """Whether this is a lower-case `host.example` or `.domain.example` (RFC 5280, 4.2.1.10)."""
    return _DOMAIN.fullmatch(name) is not None


def is_within(host: str, constraint: str) -> bool:
    """Whether the host is the one named or, for `.domain.example`, has labels in front of it."""
    return host.endswith(constraint) if constraint.startswith(".") else host == constraint


def _parts(text: str, allow_loopback_http: bool) -> re.Match[str] | None:
    found = _SECURE.fullmatch(text) or (_LOOPBACK.fullmatch(text) if allow_loopback_http else None)
    if found is None or len(text) > MAX_LENGTH:
        return None
    default = "80" if text.startswith("http:") else "443"
    port, segments = found["port"] or "1", found["path"].split("/")
    if port == default or int(port) > 65535 or {".", ".."} & set(segments):  # noqa: PLR2004 - RFC 793
        return None
    return found


def _known(entity: EntityId) -> re.Match[str]:
    found = _parts(entity, allow_loopback_http=True)
    if found is None:
        refuse(ChainFault.MALFORMED, "not an entity identifier")
    return found
