"""JSON that two parsers could read differently is refused (security.md, O15)."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto import strict_json
from gateway.domain.errors import Malformed, TooLarge

MIB = 1024 * 1024

_numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_scalars = st.none() | st.booleans() | _numbers | st.text()
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@given(_values)
def test_canonical_json_means_what_the_standard_library_says(value: Any) -> None:
    text = orjson.dumps(value)

    parsed = strict_json.loads(text, max_bytes=MIB, max_depth=100)

    assert parsed == json.loads(text)
    assert strict_json.dumps(parsed) == text


@given(_values)
def test_the_same_value_in_another_layout_means_the_same(value: Any) -> None:
    text = json.dumps(value, indent=3, ensure_ascii=True)

    parsed = strict_json.loads(text, max_bytes=MIB, max_depth=100)

    assert parsed == value


@given(st.text(), _scalars, _scalars, st.booleans(), st.integers(0, 3))
def test_a_repeated_member_is_refused_wherever_it_stands(
    name: str, first: Any, second: Any, escaped: bool, depth: int
) -> None:
    once, again = json.dumps(name, ensure_ascii=escaped), json.dumps(name)
    pair = f"{{{once}:{json.dumps(first)},{again}:{json.dumps(second)}}}"
    text = "[" * depth + pair + "]" * depth

    with pytest.raises(Malformed, match="same member twice"):
        strict_json.loads(text, max_bytes=MIB)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_refusal(content: bytes) -> None:
    try:
        strict_json.loads(content, max_bytes=100)
    except (Malformed, TooLarge):
        return
    json.loads(content)


@pytest.mark.parametrize(
    "text",
    [
        b"NaN",
        b"Infinity",
        b'{"a":-Infinity}',
        b"1e400",
        b"9007199254740992",
        b'{"n":-9007199254740992}',
        b"[1,18446744073709551616]",
        b"[" + b"9" * 5000 + b"]",
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b"{} {}",
        b"{}x",
        b"{}\x00",
        b"[1,]",
        b"{'a':1}",
        b"// a\n1",
        b"01",
        b'"\n"',
        b"",
        b" ",
        b'{"a":1',
    ],
)
def test_what_parsers_disagree_about_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed):
        strict_json.loads(text, max_bytes=MIB)


def test_a_lone_surrogate_in_a_python_string_is_refused() -> None:
    with pytest.raises(Malformed):
        strict_json.loads('"\ud800"', max_bytes=MIB)


@pytest.mark.parametrize("spaced", ["", " "])
def test_values_may_lie_as_deep_as_stated_and_no_deeper(spaced: str) -> None:
    deepest = "[" * 8 + spaced + '"[[[["' + "]" * 8
    too_deep = "[" + deepest + "]"

    strict_json.loads(deepest, max_bytes=MIB, max_depth=8)

    with pytest.raises(Malformed, match="levels"):
        strict_json.loads(too_deep, max_bytes=MIB, max_depth=8)


@pytest.mark.parametrize("depth", [200, 300, 1000, 2000, 100_000])
@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}")])
def test_depth_never_reaches_the_recursion_limit(opens: str, closes: str, depth: int) -> None:
    whole = opens * depth + "1" + closes * depth

    for text in (whole, whole[: len(whole) // 2], whole + " "):
        with pytest.raises(Malformed):
            strict_json.loads(text, max_bytes=MIB)


def test_size_counts_bytes_not_characters() -> None:
    text = '"éé"'

    assert strict_json.loads(text, max_bytes=6) == "éé"
    with pytest.raises(TooLarge):
        strict_json.loads(text, max_bytes=5)


@pytest.mark.parametrize("text", [b"[]", b"1", b"null", b'"{}"'])
def test_only_an_object_is_an_object(text: bytes) -> None:
    with pytest.raises(Malformed, match="not an object"):
        strict_json.load_object(text, max_bytes=MIB)


def test_a_refusal_quotes_nothing_of_the_text() -> None:
    with pytest.raises(Malformed) as refusal:
        strict_json.loads(b'{"name":"Quillon Featherstonehaugh","name":""}', max_bytes=MIB)

    assert "Quillon" not in repr(refusal.value)
    assert refusal.value.__cause__ is None
