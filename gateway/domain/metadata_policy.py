"""Metadata policy: what superiors demand of an entity's metadata (OpenID Federation 1.0, 6.1).

The seven standard operators. Others are ignored, as the specification says; `metadata_policy_crit`
is refused where statements are read. Sets are sets of strings.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.domain.chain_faults import ChainFault, refuse

Rule = Mapping[str, Any]
"""The operators on one metadata parameter."""

Policy = Mapping[str, Mapping[str, Rule]]
"""Entity type, parameter, rule: checked, without unknown operators."""

Metadata = Mapping[str, Mapping[str, Any]]
"""Entity type, parameter, value. No value is null."""

OPERATORS = ("value", "add", "default", "one_of", "subset_of", "superset_of", "essential")
"""In the order in which they apply."""

SCOPE = "scope"
"""The parameter that is a string outside and a list of words for every operator (6.1.3.1.8)."""

_SET_OPERATORS = frozenset({"add", "one_of", "subset_of", "superset_of"})
_NOT_WITH_ONE_OF = frozenset({"add", "subset_of", "superset_of"})
_NOT_WITH_NULL = frozenset(OPERATORS) - {"value", "essential"}


def parse_policy(claim: object) -> Policy:
    """Check a `metadata_policy` claim.

    Raises:
        Untrusted: `metadata_policy`: wrong shape, an operand of the wrong type, operators that must
            not be combined or contradict each other.
    """
    return {
        kind: {name: _rule(name, rule) for name, rule in _object(rules).items()}
        for kind, rules in _object(claim).items()
    }


def merge_policies(top_down: Iterable[Policy]) -> Policy:
    """Return the policy of a chain, from each superior's, the anchor's first (6.1.4.1).

    What the result allows, each of them allows.

    Raises:
        Untrusted: `metadata_policy`: a subordinate contradicts its superior.
    """
    merged: dict[str, dict[str, Rule]] = {}
    for policy in top_down:
        for kind, rules in policy.items():
            _merge_rules(merged.setdefault(kind, {}), rules)
    return merged


def apply_policy(policy: Policy, metadata: Metadata) -> dict[str, dict[str, Any]]:
    """Return the metadata as the policy leaves it. Entity types that are not there stay away.

    Raises:
        Untrusted: `metadata_policy`: the metadata does not meet the policy.
    """
    return {kind: _resolved(policy.get(kind, {}), stated) for kind, stated in metadata.items()}


def _merge_rules(merged: dict[str, Rule], rules: Mapping[str, Rule]) -> None:
    for name, rule in rules.items():
        merged[name] = _merged_rule(name, merged[name], rule) if name in merged else rule


def _merged_rule(name: str, superior: Rule, subordinate: Rule) -> Rule:
    rule = {**superior, **subordinate}
    for operator in superior.keys() & subordinate.keys():
        rule[operator] = _merged(operator, superior[operator], subordinate[operator])
    _check_combination(name, rule)
    return rule


def _merged(operator: str, superior: Any, subordinate: Any) -> Any:
    if operator in {"add", "superset_of"}:
        return _union(superior, subordinate)
    if operator in {"one_of", "subset_of"}:
        return _intersection(superior, subordinate)
    if operator == "essential":
        return superior or subordinate
    if not _same(superior, subordinate):
        refuse(ChainFault.POLICY, f"two superiors state different {operator}s")
    return superior


def _rule(name: str, stated: object) -> Rule:
    operators = _object(stated)
    rule = {op: _operand(name, op, operators[op]) for op in OPERATORS if op in operators}
    _check_combination(name, rule)
    return rule


def _operand(name: str, operator: str, operand: Any) -> Any:
    if operator == "essential":
        fits = isinstance(operand, bool)
    elif operator in _SET_OPERATORS:
        fits = _is_words(operand)
    else:
        operand = _as_words(name, operand)
        fits = _is_plain(operand) or (operator == "value" and operand is None)
    if not fits:
        refuse(ChainFault.POLICY, f"the operand of {operator} has the wrong type")
    return operand


def _check_combination(name: str, rule: Rule) -> None:
    """Refuse what 6.1.3.1 does not allow in one rule, alone or after merging."""
    if not (_sets_fit(rule) and _value_fits(rule)):
        refuse(ChainFault.POLICY, f"operators on {_shown(name)} contradict each other")


def _sets_fit(rule: Rule) -> bool:
    if "one_of" in rule:
        return bool(rule["one_of"]) and not rule.keys() & _NOT_WITH_ONE_OF
    if "subset_of" not in rule:
        return True
    most = set(rule["subset_of"])
    return most.issuperset(rule.get("add", ())) and most.issuperset(rule.get("superset_of", ()))


def _value_fits(rule: Rule) -> bool:
    if "value" not in rule:
        return True
    value = rule["value"]
    if value is None:
        return not rule.keys() & _NOT_WITH_NULL and not rule.get("essential")
    if "one_of" in rule:
        return value in rule["one_of"]
    if not rule.keys() & _SET_OPERATORS:
        return True
    return isinstance(value, list) and _is_between(value, rule)


def _is_between(value: list[Any], rule: Rule) -> bool:
    least = {*rule.get("add", ()), *rule.get("superset_of", ())}
    return least.issubset(value) and set(value).issubset(rule.get("subset_of", value))


def _resolved(rules: Mapping[str, Rule], stated: Mapping[str, Any]) -> dict[str, Any]:
    resolved = dict(stated)
    for name, rule in rules.items():
        value = _applied(name, rule, _as_words(name, stated.get(name)))
        if value is None:
            resolved.pop(name, None)
        else:
            resolved[name] = " ".join(_words(name, value)) if name == SCOPE else value
    return resolved


def _applied(name: str, rule: Rule, value: Any) -> Any:
    """Return the parameter's value, `None` where it is absent."""
    value = rule.get("value", value)
    if "add" in rule:
        value = _union(_words(name, [] if value is None else value), rule["add"])
    if value is None:
        value = rule.get("default")
    if value is None:
        return _absent(name, rule)
    return _checked(name, rule, value)


def _absent(name: str, rule: Rule) -> None:
    if rule.get("essential"):
        refuse(ChainFault.POLICY, f"{_shown(name)} is essential")


def _checked(name: str, rule: Rule, value: Any) -> Any:
    if "one_of" in rule and value not in rule["one_of"]:
        refuse(ChainFault.POLICY, f"{_shown(name)} is not one of the allowed values")
    if "subset_of" in rule:
        value = _intersection(_words(name, value), rule["subset_of"])
    if "superset_of" in rule and not set(_words(name, value)).issuperset(rule["superset_of"]):
        refuse(ChainFault.POLICY, f"{_shown(name)} lacks a required value")
    return value


def _as_words(name: str, value: Any) -> Any:
    return value.split() if name == SCOPE and isinstance(value, str) else value


def _words(name: str, value: Any) -> list[str]:
    if not _is_words(value):
        refuse(ChainFault.POLICY, f"{_shown(name)} is not a list of strings")
    words: list[str] = value
    return words


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(member, str | int | float) for member in value)
    return isinstance(value, str | int | float)


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON does: `true` is not 1."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)


def _union(one: list[str], other: list[str]) -> list[str]:
    return list(dict.fromkeys([*one, *other]))


def _intersection(one: list[str], other: list[str]) -> list[str]:
    return [word for word in one if word in other]


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        refuse(ChainFault.POLICY, "not an object of objects of objects")
    return value


def _shown(name: str) -> str:
    """Return a parameter's name, short enough for a message."""
    return repr(name[:48])
