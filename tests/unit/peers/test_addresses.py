from pathlib import Path

import pytest

from gateway.peers.addresses import Outbound, is_loopback_host, may_call

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
LOOPBACK = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
PRIVATE = ["10.0.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1"]
NEVER = [
    "0.0.0.0",  # noqa: S104 - an address that must be refused
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::7f00:1",
    "fe80::1%2",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "::ffff:169.254.169.254",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert may_call(address, Outbound())


@pytest.mark.parametrize("address", [*LOOPBACK, *PRIVATE, *NEVER])
def test_in_production_no_inner_address_may_be_called(address: str) -> None:
    assert not may_call(address, Outbound())


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback_is_its_own_permission(address: str) -> None:
    assert may_call(address, Outbound(allow_loopback=True))
    assert not may_call(address, Outbound(allow_private=True))


@pytest.mark.parametrize("address", PRIVATE)
def test_private_networks_are_their_own_permission(address: str) -> None:
    assert may_call(address, Outbound(allow_private=True))
    assert not may_call(address, Outbound(allow_loopback=True))


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_called(address: str) -> None:
    assert not may_call(address, Outbound(allow_private=True, allow_loopback=True, ca_file=Path("ca.pem")))


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("a.localhost", True), ("mylocalhost", False)],
)
def test_a_loopback_host_is_known_without_asking_a_name_server(host: str, expected: bool) -> None:
    assert is_loopback_host(host) is expected
