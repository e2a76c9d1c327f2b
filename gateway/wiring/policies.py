"""Reads rule files into the policy of a district."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from gateway import resources
from gateway.domain.errors import Misconfigured
from gateway.domain.policy import Action, Effect, Place, Policy, Rule, RuleFile, make_policy
from gateway.mapping.toml_places import line_of, places_of
from gateway.settings import Settings

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


def _read(text: str, file: str) -> tuple[RuleFile, dict[tuple[str | int, ...], int], list[Rule]]:
    try:
        places = places_of(text)
        parsed = RuleFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{file}: is not TOML: {error}") from None
    except ValidationError as error:
        faults = [
            f"{file}:{line_of(places, fault['loc'])}: {'.'.join(map(str, fault['loc'][2:]))}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise Misconfigured("\n".join(faults)) from None
    rules = [
        Rule(text=rule, place=Place(file=file, line=line_of(places, ("rule", number))))
        for number, rule in enumerate(parsed.rule)
    ]
    return parsed, places, rules
