"""Which network addresses a node may call: the guard against being made to call its own neighbours."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

_Address = IPv4Address | IPv6Address

_PRIVATE = tuple(
    ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_CLOUD = tuple(ip_network(network) for network in ("168.63.129.16/32", "192.0.0.192/32"))
"""Where hosts of clouds ask for their own secrets, at addresses that look public."""
_V4_MAPPED = ip_network("::ffff:0:0/96")
_NAT64 = ip_network("64:ff9b::/96")
_GLOBAL_V6 = ip_network("2000::/3")
_6TO4 = ip_network("2002::/16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """What outgoing calls may do. The defaults are for production."""

    allow_loopback: bool = False
    """Demonstrations and tests: this machine may be called, and plain `http` is taken for it."""
    allow_private: bool = False
    """All nodes are in one private network (RFC 1918, RFC 4193, RFC 6598)."""
    ca_file: Path | None = None
    """PEM file of certificate authorities, in place of the system's."""
    connect_seconds: float = 5
    answer_seconds: float = 15
    """From the first byte of a small request to the last byte of its answer."""
    download_seconds: float = 50
    """The same for a sealed record."""


def may_call(address: str, rules: Outbound) -> bool:
    """Tell whether this numeric address may be connected to.

    An IPv4 address inside an IPv6 one (mapped, RFC 4291; NAT64, RFC 6052) is judged as itself.
    Link-local, multicast, unspecified, reserved, 6to4 and cloud metadata addresses never are.
    """
    actual = _actual(ip_address(address))
    if actual.is_loopback:
        return rules.allow_loopback
    if any(actual in network for network in _PRIVATE):
        return rules.allow_private
    return _is_public(actual)


def is_loopback_host(host: str) -> bool:
    """Tell whether the host of a URL can be nothing but this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _actual(address: _Address) -> _Address:
    if address in _V4_MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_public(address: _Address) -> bool:
    if address.is_multicast or not address.is_global or any(address in network for network in _CLOUD):
        return False
    return address.version == 4 or (address in _GLOBAL_V6 and address not in _6TO4)  # noqa: PLR2004
