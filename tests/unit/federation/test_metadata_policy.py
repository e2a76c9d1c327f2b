"""Metadata policy: every operator, every combination, and that merging only ever tightens."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.domain.chain_faults import ChainFault
from gateway.domain.errors import Untrusted
from gateway.domain.metadata_policy import OPERATORS, Rule, apply_policy, merge_policies, parse_policy
from tests.harness.absent import ABSENT as GONE

KIND = "oauth_client"


def resolve(rule: dict[str, Any], stated: object, *, name: str = "p") -> object:
    metadata = {KIND: {} if stated is GONE else {name: stated}}
    return apply_policy(parse_policy({KIND: {name: rule}}), metadata)[KIND].get(name, GONE)


def merge(superior: dict[str, Any], subordinate: dict[str, Any], *, name: str = "p") -> Rule:
    policies = [parse_policy({KIND: {name: rule}}) for rule in (superior, subordinate)]
    return merge_policies(policies)[KIND][name]


@pytest.mark.parametrize(
    ("rule", "stated", "expected"),
    [
        ({"value": "a"}, "b", "a"),
        ({"value": "a"}, GONE, "a"),
        ({"value": False}, True, False),
        ({"value": []}, ["a"], []),
        ({"value": None}, "b", GONE),
        ({"value": None}, GONE, GONE),
        ({"value": None, "essential": False}, "b", GONE),
        ({"add": ["a"]}, ["b"], ["b", "a"]),
        ({"add": ["a"]}, ["a", "b"], ["a", "b"]),
        ({"add": ["a"]}, GONE, ["a"]),
        ({"default": "a"}, GONE, "a"),
        ({"default": "a"}, "b", "b"),
        ({"one_of": ["a", "b"]}, "b", "b"),
        ({"one_of": ["a", "b"]}, GONE, GONE),
        ({"subset_of": ["a", "b"]}, ["b", "c"], ["b"]),
        ({"subset_of": ["a", "b"]}, ["c"], []),
        ({"subset_of": ["a", "b"]}, GONE, GONE),
        ({"superset_of": ["a"]}, ["a", "b"], ["a", "b"]),
        ({"superset_of": ["a"]}, GONE, GONE),
        ({"essential": True}, {"keys": []}, {"keys": []}),
        ({"essential": False}, GONE, GONE),
        ({"essential": True, "subset_of": ["a", "b", "c"]}, ["d", "e"], []),
        ({"essential": True, "subset_of": ["a"], "default": ["a", "b"]}, GONE, ["a"]),
        ({"add": ["a"], "subset_of": ["a", "b"], "superset_of": ["b"]}, ["b", "c"], ["b", "a"]),
        ({"unheard_of": 1}, "b", "b"),
    ],
)
def test_an_operator_does_what_the_specification_says(
    rule: dict[str, Any], stated: object, expected: object
) -> None:
    resolved = resolve(rule, stated)

    assert resolved == expected


@pytest.mark.parametrize(
    ("rule", "stated"),
    [
        ({"one_of": ["a"]}, "b"),
        ({"one_of": ["a"]}, ["a"]),
        ({"superset_of": ["a"]}, ["b"]),
        ({"subset_of": ["a"], "superset_of": ["a"]}, ["b"]),
        ({"essential": True}, GONE),
        ({"add": ["a"]}, "b"),
        ({"subset_of": ["a"]}, "a"),
        ({"subset_of": ["1"]}, [1]),
    ],
)
def test_metadata_that_does_not_meet_the_policy_is_refused(rule: dict[str, Any], stated: object) -> None:
    with pytest.raises(Untrusted) as refusal:
        resolve(rule, stated)

    assert refusal.value.reason == ChainFault.POLICY


@pytest.mark.parametrize(
    ("stated", "expected"),
    [("backpack.fetch openid", "backpack.fetch"), ("openid", ""), ("backpack.fetch", "backpack.fetch")],
)
def test_scope_is_a_set_of_words(stated: str, expected: str) -> None:
    resolved = resolve({"subset_of": ["backpack.fetch", "backpack.request"]}, stated, name="scope")

    assert resolved == expected


def test_a_scope_that_is_no_string_is_refused() -> None:
    with pytest.raises(Untrusted, match="scope"):
        resolve({"essential": True}, 5, name="scope")


@pytest.mark.parametrize(
    ("superior", "subordinate", "expected"),
    [
        ({"value": "a"}, {"value": "a"}, {"value": "a"}),
        ({"value": None}, {"value": None}, {"value": None}),
        ({"add": ["a"]}, {"add": ["b", "a"]}, {"add": ["a", "b"]}),
        ({"default": 5}, {"default": 5}, {"default": 5}),
        ({"one_of": ["a", "b"]}, {"one_of": ["b", "c"]}, {"one_of": ["b"]}),
        ({"subset_of": ["a", "b"]}, {"subset_of": ["b", "c"]}, {"subset_of": ["b"]}),
        ({"subset_of": ["a"]}, {"subset_of": ["b"]}, {"subset_of": []}),
        ({"superset_of": ["a"]}, {"superset_of": ["b"]}, {"superset_of": ["a", "b"]}),
        ({"essential": True}, {"essential": False}, {"essential": True}),
        ({"essential": False}, {"essential": True}, {"essential": True}),
        ({"one_of": ["a", "b"]}, {"value": "a"}, {"one_of": ["a", "b"], "value": "a"}),
        ({"subset_of": ["a"]}, {"unheard_of": ["b"]}, {"subset_of": ["a"]}),
    ],
)
def test_rules_merge_as_the_specification_says(
    superior: dict[str, Any], subordinate: dict[str, Any], expected: dict[str, Any]
) -> None:
    merged = merge(superior, subordinate)

    assert merged == expected


@pytest.mark.parametrize(
    ("superior", "subordinate"),
    [
        ({"value": "a"}, {"value": "b"}),
        ({"value": "a"}, {"value": None}),
        ({"value": None}, {"value": "a"}),
        ({"value": True}, {"value": 1}),
        ({"value": [True]}, {"value": [1]}),
        ({"default": "a"}, {"default": "b"}),
        ({"one_of": ["a"]}, {"one_of": ["b"]}),
        ({"one_of": ["a"]}, {"value": "b"}),
        ({"subset_of": ["a"]}, {"value": ["a", "b"]}),
        ({"subset_of": ["a"]}, {"add": ["b"]}),
        ({"subset_of": ["a"]}, {"superset_of": ["b"]}),
        ({"superset_of": ["a"]}, {"value": ["b"]}),
        ({"superset_of": ["a"]}, {"subset_of": ["b"]}),
        ({"add": ["a"]}, {"value": ["b"]}),
        ({"add": ["a"]}, {"one_of": ["a"]}),
        ({"essential": True}, {"value": None}),
        ({"value": None}, {"default": "a"}),
        ({"subset_of": ["a"]}, {"value": None}),
    ],
)
def test_a_subordinate_that_contradicts_its_superior_is_refused(
    superior: dict[str, Any], subordinate: dict[str, Any]
) -> None:
    """F3: an intermediate cannot loosen what stands above it."""
    with pytest.raises(Untrusted) as refusal:
        merge(superior, subordinate)

    assert refusal.value.reason == ChainFault.POLICY


ALLOWED_PAIRS = {
    frozenset(pair)
    for pair in [
        *(("value", other) for other in OPERATORS[1:]),
        *(("essential", other) for other in OPERATORS[:-1]),
        *(("add", other) for other in ("default", "subset_of", "superset_of")),
        *(("default", other) for other in ("one_of", "subset_of", "superset_of")),
        ("subset_of", "superset_of"),
    ]
}
FITTING = {
    "add": ["a"],
    "default": ["a"],
    "one_of": ["a"],
    "subset_of": ["a"],
    "superset_of": ["a"],
    "essential": True,
}


@pytest.mark.parametrize("pair", list(combinations(OPERATORS, 2)))
def test_exactly_the_listed_pairs_of_operators_go_together(pair: tuple[str, str]) -> None:
    operands = {**FITTING, "value": "a" if "one_of" in pair else ["a"]}
    claim = {KIND: {"p": {operator: operands[operator] for operator in pair}}}

    try:
        parse_policy(claim)
        goes_together = True
    except Untrusted:
        goes_together = False

    assert goes_together is (frozenset(pair) in ALLOWED_PAIRS)


@pytest.mark.parametrize(
    "claim",
    [
        [],
        {KIND: []},
        {KIND: {"p": "a"}},
        {KIND: {"p": {"value": {"a": 1}}}},
        {KIND: {"p": {"default": None}}},
        {KIND: {"p": {"add": "a"}}},
        {KIND: {"p": {"one_of": []}}},
        {KIND: {"p": {"subset_of": [1]}}},
        {KIND: {"p": {"superset_of": [["a"]]}}},
        {KIND: {"p": {"essential": "true"}}},
        {KIND: {"p": {"value": None, "essential": True}}},
        {KIND: {"p": {"one_of": ["a"], "subset_of": ["a"]}}},
    ],
)
def test_a_policy_of_the_wrong_shape_is_refused(claim: object) -> None:
    with pytest.raises(Untrusted) as refusal:
        parse_policy(claim)

    assert refusal.value.reason == ChainFault.POLICY


def test_a_policy_gives_nobody_an_entity_type() -> None:
    policy = parse_policy({"oauth_resource": {"p": {"value": "a"}, "q": {"essential": True}}})

    resolved = apply_policy(policy, {KIND: {"p": "b"}})

    assert resolved == {KIND: {"p": "b"}}


def test_policies_on_different_parameters_stand_side_by_side() -> None:
    superior = parse_policy({KIND: {"p": {"value": "a"}}})
    subordinate = parse_policy({KIND: {"q": {"value": "b"}}, "oauth_resource": {"r": {"value": "c"}}})

    merged = merge_policies([superior, subordinate])

    assert merged == {
        KIND: {"p": {"value": "a"}, "q": {"value": "b"}},
        "oauth_resource": {"r": {"value": "c"}},
    }


words = st.lists(st.sampled_from("abc"), unique=True, max_size=3)
plain = st.one_of(st.sampled_from("abc"), words, st.booleans())
rules = st.fixed_dictionaries(
    {},
    optional={
        "value": st.one_of(plain, st.none()),
        "add": words,
        "default": plain,
        "one_of": words,
        "subset_of": words,
        "superset_of": words,
        "essential": st.booleans(),
    },
)


def outcome(rule: Rule, stated: object) -> object:
    metadata = {KIND: {} if stated is GONE else {"p": stated}}
    return apply_policy({KIND: {"p": rule}}, metadata)[KIND].get("p", GONE)


@given(superior=rules, subordinate=rules, stated=st.one_of(plain, st.just(GONE)))
def test_what_a_merged_policy_lets_through_each_of_the_two_lets_through_unchanged(
    superior: dict[str, Any], subordinate: dict[str, Any], stated: object
) -> None:
    """F3: merging never loosens."""
    try:
        both = [parse_policy({KIND: {"p": rule}})[KIND]["p"] for rule in (superior, subordinate)]
        merged = merge_policies([{KIND: {"p": rule}} for rule in both])[KIND]["p"]
        resolved = outcome(merged, stated)
    except Untrusted:
        assume(False)
        return

    again = [outcome(rule, resolved) for rule in both]

    assert again == [resolved, resolved]


@given(superior=rules, subordinate=rules)
def test_merging_in_either_order_is_refused_alike(
    superior: dict[str, Any], subordinate: dict[str, Any]
) -> None:
    def is_refused(one: dict[str, Any], other: dict[str, Any]) -> bool:
        try:
            merge(one, other)
        except Untrusted:
            return True
        return False

    one_way, other_way = is_refused(superior, subordinate), is_refused(subordinate, superior)

    assert one_way == other_way
