"""One entity has one spelling, and speaks of its own origin only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.chain_faults import ChainFault
from gateway.domain.entity_ids import (
    entity_id,
    host_of,
    is_domain_constraint,
    is_within,
    origin_of,
    shares_origin,
)
from gateway.domain.errors import Untrusted
from gateway.domain.ids import EntityId

MAPLE = EntityId("https://exchange.maple.k12.st-a.example")


@pytest.mark.parametrize(
    ("text", "host", "origin"),
    [
        ("https://a.example", "a.example", "https://a.example"),
        ("https://a-b.example:8443", "a-b.example", "https://a-b.example:8443"),
        ("https://a.example/districts/maple", "a.example", "https://a.example"),
        ("https://xn--mple-xka.example", "xn--mple-xka.example", "https://xn--mple-xka.example"),
    ],
)
def test_an_identifier_is_taken_as_it_stands(text: str, host: str, origin: str) -> None:
    taken = entity_id(text)

    assert (taken, host_of(taken), origin_of(taken)) == (text, host, origin)


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        5,
        "a.example",
        "http://a.example",
        "HTTPS://a.example",
        "https://A.example",
        "https://a.example/",
        "https://a.example//b",
        "https://a.example/../b",
        "https://a.example/./b",
        "https://a.example/%2e",
        "https://a.example?x",
        "https://a.example#x",
        "https://user@a.example",
        "https://a.example:443",
        "https://a.example:0",
        "https://a.example:65536",
        "https://a.example:08",
        "https://a.example.",
        "https://-a.example",
        "https://a..example",
        "https://localhost",
        "https://192.0.2.1",
        "https://[2001:db8::1]",
        "https://a.example\n",
        " https://a.example",
        "https://a_b.example",
        "https://mäple.example",
        "https://a.example\\b",
        "http://127.0.0.1:8800",
        "https://" + "a." * 120 + "example",
    ],
)
def test_another_spelling_is_refused(text: object) -> None:
    with pytest.raises(Untrusted) as refusal:
        entity_id(text)

    assert refusal.value.reason == ChainFault.MALFORMED


@pytest.mark.parametrize(
    "text",
    ["http://127.0.0.1:8800", "http://localhost:1", "http://maple.localhost:8801", "http://[::1]:8800"],
)
def test_http_on_loopback_is_taken_when_allowed(text: str) -> None:
    taken = entity_id(text, allow_loopback_http=True)

    assert taken == text


@pytest.mark.parametrize(
    "text", ["http://a.example", "http://127.0.0.2", "http://127.0.0.1:80", "http://localhost.evil.example"]
)
def test_http_elsewhere_is_refused_even_then(text: str) -> None:
    with pytest.raises(Untrusted):
        entity_id(text, allow_loopback_http=True)


@pytest.mark.parametrize(
    ("url", "shares"),
    [
        (f"{MAPLE}/oauth/token", True),
        (f"{MAPLE}", True),
        (f"{MAPLE}?x=1", True),
        (f"{MAPLE}:443/oauth/token", False),
        (f"{MAPLE}.evil.example/token", False),
        (f"{MAPLE}@evil.example/token", False),
        (f"{MAPLE}\\@evil.example/token", False),
        (f"{MAPLE}/token#x", False),
        (f"{MAPLE}/to ken", False),
        (f"{MAPLE}/token\n", False),
        ("https://exchange.maple.k12.st-a.exampl", False),
        (None, False),
    ],
)
def test_a_url_shares_the_origin_or_does_not(url: object, shares: bool) -> None:
    """F5."""
    found = shares_origin(url, MAPLE)

    assert found is shares


@pytest.mark.parametrize(
    ("host", "constraint", "inside"),
    [
        ("a.example", "a.example", True),
        ("b.a.example", "a.example", False),
        ("b.a.example", ".a.example", True),
        ("c.b.a.example", ".a.example", True),
        ("a.example", ".a.example", False),
        ("evila.example", ".a.example", False),
        ("a.example.evil", ".a.example", False),
    ],
)
def test_a_host_is_within_a_name_as_rfc_5280_has_it(host: str, constraint: str, inside: bool) -> None:
    """F10."""
    found = is_within(host, constraint)

    assert found is inside


@pytest.mark.parametrize("name", ["", ".", "..a", "a.", "*.a.example", "https://a.example", "a.example:1"])
def test_what_is_no_domain_is_no_constraint(name: str) -> None:
    is_one = is_domain_constraint(name)

    assert is_one is False


@given(st.text(max_size=40))
def test_no_text_after_the_origin_makes_a_url_of_another_host(rest: str) -> None:
    """F5: whatever is taken continues with a path or a query."""
    taken = shares_origin(f"{MAPLE}{rest}", MAPLE)

    assert not taken or rest == "" or rest[0] in "/?"
