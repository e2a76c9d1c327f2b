"""The credentials inside a learner record, byte for byte."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.credential_inner import MAX_INNER, inner_of
from gateway.crypto.credentials import Verifier, inner_payloads
from gateway.domain.credential_terms import Format, VerifyStatus
from gateway.domain.errors import TooLarge
from tests.unit.credentials.making import ISSUER, MAPLE, OB, V2, badge, proven_jcs, token

METHOD = f"{ISSUER}#{MAPLE.multikey}"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=8,
)


def record(inside: list[Any]) -> dict[str, Any]:
    subject = {"type": ["ClrSubject"], "verifiableCredential": inside}
    return badge(
        contexts=(V2, OB), type=["VerifiableCredential", "ClrCredential"], name="R", credentialSubject=subject
    )


def test_each_stands_as_it_stood(maple: Verifier) -> None:
    inner = json.dumps(proven_jcs(badge(contexts=(V2, OB)), MAPLE, METHOD), indent=5)
    outer = json.dumps(record(["PLACE"])).replace('"PLACE"', inner).encode()

    (found,) = inner_payloads(outer)

    assert found == inner.encode()
    assert maple.check(found).verdict.status is VerifyStatus.VERIFIED


def test_tokens_are_found_plain_and_in_envelopes_and_in_a_token(maple: Verifier) -> None:
    one = token(badge(contexts=(V2, OB)), MAPLE.private, "EdDSA")
    envelope = {"type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt," + one.decode()}
    whole = record([one.decode(), envelope])

    for claims in (whole, {"vc": whole}):
        outer = token(claims, MAPLE.private, "EdDSA")
        assert maple.check(outer).index.format is Format.CLR2_JWT
        assert list(inner_payloads(outer)) == [one, one]


def test_a_record_may_hold_one_or_none() -> None:
    assert list(inner_payloads(json.dumps(record([])).encode())) == []
    assert list(inner_payloads(json.dumps(badge(contexts=(V2, OB))).encode())) == []
    alone = record([])
    alone["credentialSubject"]["verifiableCredential"] = {"a": 1}
    assert list(inner_payloads(json.dumps(alone).encode())) == [b'{"a": 1}']


def test_more_than_any_record_has_are_refused() -> None:
    with pytest.raises(TooLarge):
        list(inner_payloads(json.dumps(record([{}] * (MAX_INNER + 1))).encode()))


@given(
    before=JSON,
    items=st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=4),
    indent=st.integers(0, 3),
)
def test_whatever_stands_around_them_the_same_objects_are_found(
    before: Any, items: list[dict[str, Any]], indent: int
) -> None:
    text = json.dumps({"x": before, "a": {"y": before, "b": items}, "z": before}, indent=indent or None)

    found = list(inner_of(text, ("a", "b")))

    envelopes = [item for item in items if isinstance(item.get("id"), str)]
    assert envelopes or [json.loads(one) for one in found] == items
    assert all(one.decode() in text for one in found)
