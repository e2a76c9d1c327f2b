"""Reads rule files into the policy of a district."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gateway import resources
from gateway.domain.errors import Misconfigured
from gateway.domain.policy import Action, Effect, Place, Policy, Rule, RuleFile, make_policy
from gateway.domain.policy.expectations import Expectations
from gateway.mapping.toml_places import line_of
from gateway.settings import Settings
from gateway.wiring.checked_toml import Lines, parse

SHIPPED: Final = resources.RULES_FILE


def district_policy(settings: Settings) -> Policy:
    """Return the rules that come with the gateway and the district's own, which may only tighten them.

    Raises:
        Misconfigured: the district's file is missing or wrong, or would loosen something; says on which line.
    """
    if settings.policy.file is None:
        return read_policy(resources.rules_text())
    file = settings.path(settings.policy.file)
    try:
        return read_policy(resources.rules_text(), file.read_text("utf-8"), file)
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"{file}: cannot be read; correct [policy] file in the settings") from None


def read_policy(shipped: str, own: str = "", own_file: Path = Path("policy.toml")) -> Policy:
    """Return the policy of two texts.

    Raises:
        Misconfigured: as `district_policy`.
    """
    text, places, rules = _read(shipped, SHIPPED)
    missing = sorted(set(Action) - set(text.action))
    if missing:
        raise Misconfigured(f"{SHIPPED}: does not say what {missing[0]} is")
    actions = {
        action: (told, Place(file=SHIPPED, line=line_of(places, ("action", action))))
        for action, told in text.action.items()
    }
    if own:
        rules = [*rules, *_tightening(own, str(own_file), {rule.id for rule in rules})]
    return make_policy(rules, actions)


def idle_rules(policy: Policy, rules: Sequence[Rule]) -> list[Rule]:
    """Return those rules that change nothing: nobody whom they speak of is allowed any of their actions."""
    return [rule for rule in rules if not any(_allowed(policy, rule, action) for action in rule.text.actions)]


def _allowed(policy: Policy, rule: Rule, action: Action) -> bool:
    allowing = (one for one in policy.by_action[action] if one.text.effect is Effect.ALLOW)
    return any(not rule.text.roles or rule.text.roles & one.text.roles for one in allowing)


def read_expectations(file: Path) -> tuple[Expectations, Sequence[int]]:
    """Return a district's cases, and the line of each.

    Raises:
        Misconfigured: the file is missing or wrong; says on which line.
    """
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"{file}: cannot be read") from None
    parsed, places = parse(text, str(file), Expectations)
    return parsed, [line_of(places, ("case", number)) for number in range(len(parsed.case))]


def _tightening(text: str, file: str, taken: set[str]) -> Sequence[Rule]:
    parsed, places, rules = _read(text, file)
    if parsed.action:
        line = line_of(places, ("action",))
        raise Misconfigured(f"{file}:{line}: what actions are is said by the gateway; leave this out")
    for rule in rules:
        if rule.text.effect is Effect.ALLOW:
            raise Misconfigured(
                f"{rule.place}: {rule.id} allows; a district's own rules may only deny or require"
            )
        if rule.id in taken:
            raise Misconfigured(f"{rule.place}: {rule.id} is a rule of the gateway; choose another name")
    return rules


def _read(text: str, file: str) -> tuple[RuleFile, Lines, list[Rule]]:
    parsed, lines = parse(text, file, RuleFile)
    rules = [
        Rule(text=rule, place=Place(file=file, line=line_of(lines, ("rule", number))))
        for number, rule in enumerate(parsed.rule)
    ]
    return parsed, lines, rules
