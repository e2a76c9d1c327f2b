"""Segments: every entry can be shown or withheld, and the rest still verifies (RFC 9901)."""

import base64
import hashlib
import itertools
import json
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto import jws
from gateway.crypto.disclosures import OpenedSegment, SignedSegment, open_segment, sign_segment
from gateway.crypto.jws import Typ
from gateway.crypto.keys import KeyRing, Keys, Purpose, parse_jwks
from gateway.domain.errors import Malformed, Refused, TooLarge, Untrusted

RING = KeyRing.generate()
KEY = RING.current(Purpose.EVIDENCE)
KEYS: Keys = parse_jwks(RING.public_jwks(Purpose.EVIDENCE))
CLAIMS = {
    "iss": "https://exchange.maple.example",
    "iat": 1_795_400_000,
    "jti": "S-1",
    "schema": "1.0",
    "learner": "urn:uuid:00000000-0000-4000-8000-000000000001",
    "as_of": "2026-11-20",
    "replaces": None,
}
SECTIONS = {
    "enrollments": [{"school": "Maple Elementary", "grade": "4"}, {"school": "Maple Middle", "grade": "6"}],
    "transcript": [{"course": "Algebra", "mark": "B"}],
    "learner_profile": [],
}

_names = st.text(max_size=8).filter(lambda name: name not in {"...", "_sd"})
_scalars = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=12)
_values = st.recursive(_scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(_names, v, max_size=3))
_entries = st.lists(st.dictionaries(_names, _values, max_size=4), max_size=5)
_sections = st.dictionaries(st.text(max_size=8), _entries, max_size=4)


def _salts() -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"salt-{next(numbers):04}"


def _signed(sections: Any = SECTIONS, **more: Any) -> SignedSegment:
    given_: dict[str, Any] = {"claims": CLAIMS, "trust_chain": None, "salt": _salts(), **more}
    return sign_segment(KEY, sections=sections, **given_)


def _b64(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _all(segment: SignedSegment) -> list[str]:
    return [one for section in segment.disclosures.values() for one in section]


def test_a_segment_opens_with_all_its_entries() -> None:
    segment = _signed(trust_chain=["a", "b"])

    opened = open_segment(segment.jws, segment.disclosures, KEYS)

    assert opened == OpenedSegment(
        header={"alg": "ES256", "typ": "backpack-segment+sd-jwt", "kid": KEY.kid, "trust_chain": ["a", "b"]},
        claims=CLAIMS,
        sections=SECTIONS,
        withheld={"enrollments": 0, "transcript": 0, "learner_profile": 0},
    )


def test_a_withheld_entry_is_counted_and_the_rest_verifies() -> None:
    segment = _signed()
    shown = {"enrollments": segment.disclosures["enrollments"][1:]}

    opened = open_segment(segment.jws, shown, KEYS)

    assert opened.sections == {
        "enrollments": SECTIONS["enrollments"][1:],
        "transcript": [],
        "learner_profile": [],
    }
    assert opened.withheld == {"enrollments": 1, "transcript": 1, "learner_profile": 0}


@settings(max_examples=80, deadline=None)
@given(_sections, st.data())
def test_any_subset_of_disclosures_opens_in_the_order_signed(sections: Any, data: st.DataObject) -> None:
    segment = sign_segment(KEY, claims=CLAIMS, sections=sections, trust_chain=None)
    kept = {
        name: [data.draw(st.booleans()) for _ in disclosures]
        for name, disclosures in segment.disclosures.items()
    }
    shown = [
        d for name, ds in segment.disclosures.items() for d, keep in zip(ds, kept[name], strict=True) if keep
    ]

    opened = open_segment(segment.jws, data.draw(st.permutations(shown)), KEYS)

    assert opened.claims == CLAIMS
    assert opened.sections == {
        name: [entry for entry, keep in zip(entries, kept[name], strict=True) if keep]
        for name, entries in sections.items()
    }
    assert opened.withheld == {name: keeps.count(False) for name, keeps in kept.items()}


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_changed_character_is_refused(data: st.DataObject) -> None:
    segment = _signed()
    parts = [segment.jws, *_all(segment)]
    which = data.draw(st.integers(0, len(parts) - 1))
    at = data.draw(st.integers(0, len(parts[which]) - 1))
    other = data.draw(st.characters().filter(lambda c: c != parts[which][at]))

    parts[which] = parts[which][:at] + other + parts[which][at + 1 :]

    with pytest.raises(Refused):
        open_segment(parts[0], parts[1:], KEYS)


def test_the_signed_part_holds_nothing_of_an_entry() -> None:
    segment = _signed()
    _, payload, _ = segment.jws.split(".")
    text = base64.urlsafe_b64decode(payload + "==").decode()

    assert "Maple Elementary" not in text
    assert "Algebra" not in text
    assert "salt" not in text


def test_another_reader_of_sd_jwt_finds_the_same() -> None:
    """Read as RFC 9901 tells, with PyJWT and hashlib and nothing of ours."""
    segment = _signed()
    shown = {
        base64.urlsafe_b64encode(hashlib.sha256(d.encode()).digest()).rstrip(b"=").decode(): json.loads(
            base64.urlsafe_b64decode(d + "=" * (-len(d) % 4))
        )
        for d in _all(segment)
    }

    payload = pyjwt.decode(segment.jws, KEY.public_key, algorithms=["ES256"], options={"verify_iat": False})
    read = {
        name: [shown[place["..."]][1] for place in places] for name, places in payload["sections"].items()
    }

    assert payload["_sd_alg"] == "sha-256"
    assert read == SECTIONS


def test_a_segment_made_by_others_opens() -> None:
    """White space in a disclosure is the maker's business: the digest is over the bytes as sent."""
    disclosure = _b64(b'[ "s" , { "course" : "Art" } ]')
    digest = base64.urlsafe_b64encode(hashlib.sha256(disclosure.encode()).digest()).rstrip(b"=").decode()
    payload = {**CLAIMS, "_sd_alg": "sha-256", "sections": {"transcript": [{"...": digest}]}}
    assert KEY.private_key is not None
    token = pyjwt.encode(
        payload, KEY.private_key, "ES256", headers={"typ": "backpack-segment+sd-jwt", "kid": KEY.kid}
    )

    assert open_segment(token, [disclosure], KEYS).sections == {"transcript": [{"course": "Art"}]}


def test_decoys_look_like_withheld_entries() -> None:
    segment = _signed(decoys={"transcript": 3, "learner_profile": 2})

    opened = open_segment(segment.jws, segment.disclosures, KEYS)

    assert opened.sections == SECTIONS
    assert opened.withheld == {"enrollments": 0, "transcript": 3, "learner_profile": 2}


def test_decoys_stand_at_any_place() -> None:
    def place() -> int:
        segment = sign_segment(
            KEY, claims=CLAIMS, sections={"a": [{"n": 1}]}, trust_chain=None, decoys={"a": 1}
        )
        digest = base64.urlsafe_b64encode(hashlib.sha256(segment.disclosures["a"][0].encode()).digest())
        places = jws.peek(segment.jws, max_bytes=4096).claims["sections"]["a"]
        return [p["..."] for p in places].index(digest.rstrip(b"=").decode())

    assert {place() for _ in range(64)} == {0, 1}


def test_salts_of_our_own_differ() -> None:
    sections = {"a": [{"n": 1}, {"n": 1}]}
    segment = sign_segment(KEY, claims=CLAIMS, sections=sections, trust_chain=None)

    first, second = segment.disclosures["a"]

    assert first != second
    assert open_segment(segment.jws, [second], KEYS).sections == {"a": [{"n": 1}]}


def test_a_salt_that_repeats_is_refused_before_it_is_signed() -> None:
    with pytest.raises(Malformed):
        _signed({"a": [{"n": 1}, {"n": 1}]}, salt=lambda: "always")


def test_a_disclosure_of_another_segment_is_refused() -> None:
    mine, other = _signed(), _signed({"a": [{"n": 1}]})

    with pytest.raises(Untrusted, match="belongs to no entry"):
        open_segment(mine.jws, [*_all(mine), *_all(other)], KEYS)


def test_a_disclosure_that_comes_twice_is_refused() -> None:
    segment = _signed()

    with pytest.raises(Untrusted, match="came twice"):
        open_segment(segment.jws, [*_all(segment), _all(segment)[0]], KEYS)


def _segment_of(disclosure: str, **changes: Any) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(disclosure.encode()).digest()).rstrip(b"=").decode()
    payload = {**CLAIMS, "_sd_alg": "sha-256", "sections": {"a": [{"...": digest}]}, **changes}
    return jws.sign(Typ.SEGMENT, {k: v for k, v in payload.items() if v is not ...}, KEY)


@pytest.mark.parametrize(
    "content",
    [
        ["salt"],
        ["salt", {"n": 1}, 3],
        ["salt", "name", {"n": 1}],
        ["salt", "text"],
        ["salt", [{"n": 1}]],
        [7, {"n": 1}],
        {"salt": "x"},
        "x",
        ["salt", {"_sd": ["x"]}],
        ["salt", {"deep": [{"in": {"...": "x"}}]}],
        b'["salt",{"\\u005fsd":[]}]',
        b'["salt",{"n":1,"n":2}]',
        b'["salt",{"n":NaN}]',
        b'["salt",{"n":1}] ]',
        b"",
        b"\xff",
        b'["salt",' + b'{"a":' * 60 + b"1" + b"}" * 61,
    ],
)
def test_a_disclosure_of_another_shape_is_refused_though_it_is_signed(content: Any) -> None:
    disclosure = _b64(content)

    with pytest.raises(Untrusted, match="bad_disclosure"):
        open_segment(_segment_of(disclosure), [disclosure], KEYS)


@pytest.mark.parametrize("spoil", [lambda d: d + "=", lambda d: d + "\n", lambda d: d + "\u00e9"])
def test_a_disclosure_has_one_spelling(spoil: Callable[[str], str]) -> None:
    disclosure = spoil(_b64(["salt", {"n": 1}]))
    signed = _segment_of(disclosure) if disclosure.isascii() else _segment_of("x")

    with pytest.raises(Untrusted, match="bad_disclosure"):
        open_segment(signed, [disclosure], KEYS)


def test_text_that_only_looks_like_a_digest_is_an_entry() -> None:
    entry = {"note": '... and "_sd": or \u00e9 "...":', "more": ["_sd", "..."]}
    segment = _signed({"a": [entry]})

    assert open_segment(segment.jws, segment.disclosures, KEYS).sections == {"a": [entry]}


@pytest.mark.parametrize(
    "changes",
    [
        {"_sd_alg": ...},
        {"_sd_alg": "md5"},
        {"_sd_alg": "sha-512"},
        {"sections": ...},
        {"sections": []},
        {"sections": {"a": {}}},
        {"sections": {"a": ["x"]}},
        {"sections": {"a": [{"...": 1}]}},
        {"sections": {"a": [{"...": "x", "n": 1}]}},
        {"sections": {"a": [{"n": 1}]}},
        {"sections": {"a": [{"...": "x"}, {"...": "x"}]}},
        {"sections": {"a": [{"...": "x"}], "b": [{"...": "x"}]}},
    ],
)
def test_a_segment_of_another_shape_is_refused_though_it_is_signed(changes: dict[str, Any]) -> None:
    with pytest.raises(Untrusted, match="bad_segment"):
        open_segment(_segment_of("x", **changes), [], KEYS)


def test_a_record_is_no_segment() -> None:
    token = jws.sign(Typ.RECORD, {**CLAIMS, "_sd_alg": "sha-256", "sections": {}}, KEY)

    with pytest.raises(Untrusted, match="wrong_type"):
        open_segment(token, [], KEYS)


_DEEP: dict[str, Any] = json.loads('{"a":' * 32 + "1" + "}" * 32)


@pytest.mark.parametrize("entry", [{"...": 1}, {"_sd": []}, {"a": [{"b": {"_sd": 1}}]}, {"n": 2**53}, _DEEP])
def test_an_entry_that_could_not_be_read_is_not_signed(entry: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="may not have a member"):
        _signed({"a": [entry]})


@pytest.mark.parametrize("name", ["sections", "_sd_alg", "_sd"])
def test_claims_cannot_name_what_the_segment_sets(name: str) -> None:
    with pytest.raises(Malformed):
        _signed(claims={**CLAIMS, name: 1})


def test_an_entry_is_signed_and_read_up_to_one_limit() -> None:
    room = 1024 * 1024 * 3 // 4 - len(json.dumps(["salt-0000", {"t": ""}], separators=(",", ":")))
    segment = _signed({"a": [{"t": "x" * room}]})

    opened = open_segment(segment.jws, segment.disclosures, KEYS)

    assert len(opened.sections["a"][0]["t"]) == room
    with pytest.raises(TooLarge):
        _signed({"a": [{"t": "x" * (room + 1)}]})
    bigger = _b64(["salt-0000", {"t": "x" * (room + 100)}])
    with pytest.raises(Refused):
        open_segment(_segment_of(bigger), [bigger], KEYS)


def test_more_disclosures_than_allowed_are_not_read() -> None:
    segment = _signed()

    with pytest.raises(TooLarge):
        open_segment(segment.jws, (str(n) for n in range(20_001)), KEYS)
