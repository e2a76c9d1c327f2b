"""Every text of the pages is in every language, and nowhere else."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from typing import Final, get_args

import pytest
from babel.messages.catalog import Catalog
from jinja2 import nodes

from gateway.domain.backpack.base import AssertedBy
from gateway.domain.casework import Lane
from gateway.domain.messages import MessageType
from gateway.domain.policy.cover import Covered
from gateway.domain.policy.people import StaffRole
from gateway.domain.profile import Audience, Form, Voice
from gateway.domain.profile.page import Heading
from gateway.domain.reconciling import FindingKind, Side
from gateway.domain.transfer import STEPS, State
from gateway.http.pages.frame import environment, words
from gateway.http.pages.language import LANGUAGES, catalogue, language, preferred
from gateway.http.staff.audit import KINDS
from gateway.http.staff.disclosures import READINGS
from gateway.http.staff.transfers import KNOWN_STEPS

ROOT: Final = Path(__file__).parents[3]
TEMPLATES: Final = sorted(
    [*ROOT.glob("gateway/http/pages/templates/**/*.html"), *ROOT.glob("gateway/http/*/templates/**/*.html")]
)
SPOKEN_ATTRIBUTES: Final = frozenset({"alt", "title", "aria-label", "placeholder"})
WITHOUT_WORDS: Final = frozenset({"html", "body"})
COMMANDS: Final = frozenset({"code", "pre"})
"""What stands in them is typed as it is in every language."""


def _states(steps: Mapping[State, frozenset[State]]) -> set[State]:
    return set(steps) | {after for following in steps.values() for after in following}


FAMILIES: Final = {
    "role.": {str(role) for role in StaffRole},
    "lane.": {"any", *Lane},
    "people.cover.": set(Covered),
    "message.": {one.name for one in MessageType},
    "state.": {f"{role}.{state}" for role, states in STEPS.items() for state in _states(states)},
    "reading.": {text.removeprefix("reading.") for text in READINGS.values()},
    "voice.": {*Voice, *get_args(AssertedBy.model_fields["actor"].annotation)},
    "audience.": set(Audience),
    "students.form.": set(Form),
    "students.part.": set(Heading),
    "audit.kind.": set(KINDS),
    "checks.kind.": set(FindingKind),
    "checks.lacking.": {Side.HERE, Side.THERE},
    "checks.do.": {f"{FindingKind.MISSING}.{side}" for side in (Side.HERE, Side.THERE)}
    | (set(FindingKind) - {FindingKind.MISSING}),
    "step.": {text.removeprefix("step.") for text in KNOWN_STEPS.values()},
}
"""Messages that are put together of a prefix and a value: each value has one. Add yours."""


@cache
def messages(code: str) -> Catalog:
    return catalogue(code)


def ids(code: str) -> set[str]:
    return {_id(message.id) for message in messages(code) if message.id}


def _id(id_: str | tuple[str, ...] | list[str]) -> str:
    return id_ if isinstance(id_, str) else id_[0]


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def calls_of(file: Path) -> Iterator[nodes.Expr]:
    """Yield what is handed to `t` in a template."""
    tree = environment().parse(file.read_text("utf-8"))
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t":
            yield call.args[0]


def asked() -> set[str]:
    """Messages that templates and modules name; `prefix.*` for those that are put together."""
    found = set()
    for file in TEMPLATES:
        for one in calls_of(file):
            found |= _named(one)
    for source in ROOT.glob("gateway/http/**/*.py"):
        tree = ast.parse(source.read_text("utf-8"))
        found |= {text for text in _texts(tree) if text in ids("en")}
    return found


def _named(one: nodes.Node) -> set[str]:
    if isinstance(one, nodes.Const):
        return {str(one.value)}
    if isinstance(one, nodes.CondExpr):
        return _named(one.expr1) | (_named(one.expr2) if one.expr2 else set())
    if isinstance(one, nodes.Concat) and isinstance(one.nodes[0], nodes.Const):
        return {f"{one.nodes[0].value}*"}
    return set()


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_message_that_a_page_asks_for_has_a_text(code: str) -> None:
    there = ids(code)

    missing = {
        id_
        for id_ in asked()
        if not (any(one.startswith(id_[:-1]) for one in there) if id_.endswith("*") else id_ in there)
    }

    assert missing == set()


@pytest.mark.parametrize("code", LANGUAGES)
def test_all_languages_have_the_same_messages_and_none_is_empty(code: str) -> None:
    assert ids(code) == ids("en")
    assert [message.id for message in messages(code) if message.id and not _filled(message.string)] == []


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("prefix", FAMILIES)
def test_every_value_of_a_family_has_a_text(code: str, prefix: str) -> None:
    assert {prefix + value for value in FAMILIES[prefix]} <= ids(code)


def test_a_text_names_the_same_values_in_every_language() -> None:
    for english in messages("en"):
        spanish = messages("es").get(english.id) if english.id else None
        if spanish is not None:
            assert _fields(english.string) == _fields(spanish.string), english.id


def _filled(text: str | Sequence[str] | None) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


def _fields(text: str | Sequence[str] | None) -> set[str | None]:
    texts = [text] if isinstance(text, str) else text or ()
    return {name for one in texts for _, name, _, _ in Formatter().parse(one) if name}


class Words(HTMLParser):
    """Collects what a template says outside of `{{ }}`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        self.found += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not COMMANDS & set(self._open):
            self.found.append(data)


def spoken(source: str) -> list[str]:
    """Words of a template that no catalogue has: in its text, in attributes, in what macros are given."""
    parser = Words()
    parser.feed(re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", " ", source, flags=re.DOTALL))
    given = [
        pair.value.value
        for pair in environment().parse(source).find_all(nodes.Pair)
        if isinstance(pair.key, nodes.Const)
        and pair.key.value in {"text", "html", "titleText"}
        and isinstance(pair.value, nodes.Const)
    ]
    return [text.strip() for text in [*parser.found, *map(str, given)] if re.search(r"[^\W\d_]{2}", text)]


@pytest.mark.parametrize("file", TEMPLATES, ids=name_of)
def test_a_template_says_nothing_but_what_catalogues_say(file: Path) -> None:
    assert spoken(file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", TEMPLATES, ids=name_of)
def test_a_template_trusts_no_text_as_html(file: Path) -> None:
    source = file.read_text("utf-8")

    assert not re.search(r"\|\s*safe\b|autoescape\s+false|<script|\sstyle=|\son[a-z]+=", source)


@pytest.mark.parametrize("file", TEMPLATES, ids=name_of)
def test_a_form_of_a_session_carries_its_token(file: Path) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', file.read_text("utf-8"), re.DOTALL):
        free = re.search(r'action="(/desk/language|/desk/login|/demo-login/authorize)"', form)
        assert free or 'name="csrf"' in form or "csrf_field(csrf)" in form


def test_words_outside_the_catalogues_are_noticed() -> None:
    assert spoken('<p>Hello</p><img alt="a dog">{{ ui.button({"text": "Go on"}) }}') == [
        "Hello",
        "a dog",
        "Go on",
    ]
    assert spoken('<p>{{ t("x") }} 1</p><code>backpack serve</code>') == []


def test_a_missing_text_is_a_fault_and_no_silence() -> None:
    with pytest.raises(LookupError):
        language("es").t("no.such.message")


@pytest.mark.parametrize(
    ("chosen", "accepted", "spoken_"),
    [
        (None, "", "en"),
        (None, "es-MX,es;q=0.9,en;q=0.8", "es"),
        (None, "fr, en;q=0.4, es;q=0.5", "es"),
        ("en", "es", "en"),
        ("xx", "es", "es"),
        (None, "es;q=0", "en"),
        (None, "es;q=nonsense", "en"),
    ],
)
def test_the_language_is_the_one_chosen_or_the_first_accepted(
    chosen: str | None, accepted: str, spoken_: str
) -> None:
    assert preferred(chosen, accepted) == spoken_


@pytest.mark.parametrize(
    ("name", "shown"),
    [("gradeType", "Grade type"), ("grade.letter", "Grade: letter"), ("birthDate", "Birth date")],
)
def test_a_field_is_named_in_words(name: str, shown: str) -> None:
    assert words(name) == shown
