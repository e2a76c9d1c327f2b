"""Turns a template and what it shows into a page."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import Any, Final

from aiohttp import web
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined

from gateway.http.pages import headers
from gateway.http.pages.language import LANGUAGES, Language, language, preferred
from gateway.http.pages.legible import legible
from gateway.http.pages.static_files import StaticFiles

LANGUAGE_COOKIE: Final = "lang"

_spoken: ContextVar[Language] = ContextVar("language")
_zone: ContextVar[tzinfo] = ContextVar("zone", default=UTC)


class Components:
    """The macros of govuk-frontend-jinja by name: `ui.button({...})` is `govukButton`.

    They live in an environment of their own, because they ask for what was not given; our templates may not.
    """

    def __init__(self) -> None:
        loader = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
        self._environment = Environment(
            loader=loader, autoescape=True, undefined=ChainableUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        folder = name.replace("_", "-")
        module = self._environment.get_template(f"govuk_frontend_jinja/components/{folder}/macro.html").module
        macro = getattr(module, "govuk" + "".join(part.title() for part in name.split("_")))
        setattr(self, name, macro)
        return macro


_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@cache
def environment() -> Environment:
    """Return the environment of all our templates: what is shown is escaped, what is missing is a fault."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader("gateway.http.pages"), PackageLoader("gateway.http.staff")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["words"] = words
    made.globals.update(
        ui=Components(),
        t=_text,
        day=_day,
        moment=_moment,
        number=lambda value: _spoken.get().number(value),
        lang=lambda: _spoken.get().code,
        languages=LANGUAGES,
    )
    return made


def words(name: str) -> str:
    """Return a field's name in English words: `gradeType` as `Grade type`, a dot as a colon."""
    return _HUMP.sub(" ", name).replace(".", ": ").capitalize()


def _text(id_: str, /, **values: Any) -> str:
    return _spoken.get().t(id_, **values)


def _day(value: date) -> str:
    return _spoken.get().day(value)


def _moment(value: datetime) -> str:
    return _spoken.get().moment(value, _zone.get())


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all pages of a node have in common."""

    district: str
    """Its name."""
    brand_colour: str
    zone: tzinfo
    secure: bool
    """Whether browsers reach the node by https."""
    forms_to: str = ""
    """The origin of the identity provider, where it is another than this node's."""
    files: StaticFiles = field(init=False)

    def __post_init__(self) -> None:
        brand = f":root{{--govuk-brand-colour:{self.brand_colour};--brand:{self.brand_colour}}}\n"
        object.__setattr__(self, "files", StaticFiles({"brand.css": brand}))

    def page(self, request: web.Request, template: str, *, status: int = 200, **shown: Any) -> web.Response:
        """Return a page in the language of the request."""
        spoken = language_of(request)
        with speaking(spoken, self.zone):
            text = environment().get_template(template).render({**self._common(request), **shown})
        response = web.Response(status=status, text=legible(text), content_type="text/html", charset="utf-8")
        self.protect(response)
        response.headers["Content-Language"] = spoken.code
        return response

    def protect(self, response: web.StreamResponse) -> None:
        """Set the headers that keep a page to itself."""
        headers.protect(response, secure=self.secure, forms_to=self.forms_to)

    def _common(self, request: web.Request) -> Mapping[str, Any]:
        return {
            "district": self.district,
            "static": self.files.url,
            "here": request.path_qs,
            "me": None,
            "csrf": "",
            "sections": (),
        }


FRAME: Final = web.AppKey("frame", Frame)


@contextmanager
def speaking(spoken: Language, zone: tzinfo = UTC) -> Iterator[None]:
    """Let templates speak this language inside the `with`."""
    token, kept = _spoken.set(spoken), _zone.set(zone)
    try:
        yield
    finally:
        _spoken.reset(token)
        _zone.reset(kept)


def language_of(request: web.Request) -> Language:
    """Return the language of this page, or that the person chose, or that the browser asks for."""
    chosen = request.query.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return language(preferred(chosen, request.headers.get("Accept-Language", "")))
