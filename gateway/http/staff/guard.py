"""The guard of every page that only a member of staff may see. It alone makes a `Person`."""

import re
import secrets
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import wraps
from typing import Final
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

from aiohttp import web
from structlog.contextvars import bind_contextvars

from gateway.domain.errors import Forbidden, GatewayError
from gateway.domain.policy.people import Person, StaffRole
from gateway.http.middleware import Handler
from gateway.http.pages.forms import FORM_BYTES, Form, read
from gateway.http.pages.frame import FRAME
from gateway.http.pages.problems import page_of_error, page_of_status
from gateway.http.site import SITE, now_of
from gateway.http.staff.sessions import Visit, find_visit

PersonHandler = Callable[[web.Request, Person], Awaitable[web.StreamResponse]]
OpenHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

EVERYBODY: Final = frozenset(StaffRole)
SAFE: Final = frozenset({"GET", "HEAD"})
_PLACE: Final = re.compile(r"/desk(?:/[A-Za-z0-9._~/-]*)?(?:\?[A-Za-z0-9._~=&%+,:-]*)?", re.ASCII)
"""Where a form or a sign-in may lead back to: a page of the desk, never another site."""

VISIT: Final = web.RequestKey("visit", Visit)
FORM: Final = web.RequestKey("form", Form)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come to a page."""

    roles: frozenset[StaffRole]
    fresh: bool
    """Only who proved lately, with more than one factor, who it is."""


_ACCESS: Final[WeakKeyDictionary[Handler, Access]] = WeakKeyDictionary()
_OPEN: Final[WeakKeyDictionary[Handler, bool]] = WeakKeyDictionary()


def person(
    roles: Collection[StaffRole],
    handler: PersonHandler,
    *,
    fresh: bool = False,
    form_bytes: int = FORM_BYTES,
) -> Handler:
    """Return the handler behind its guard: it runs for somebody who is signed in and has one of the roles.

    Args:
        roles: Who may come here. What may be done here, the use-cases ask the policy.
        handler: The page.
        fresh: Ask for the sign-in again if it is older than `STEP_UP_LIFE`, or had one factor only.
        form_bytes: The most that a form of this page may have, its files included.
    """
    access = Access(frozenset(roles), fresh)

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            visit = await find_visit(request)
            if visit is None:
                return _to_sign_in(request)
            request[VISIT] = visit
            somebody = _person(visit)
            bind_contextvars(person=visit.account.pseudonym)
            await _check_form(request, form_bytes, visit.session.csrf)
            if not somebody.roles & access.roles:
                raise Forbidden("none of your roles opens this page")
            if access.fresh and not somebody.is_fresh(now_of(request)):
                return _to_sign_in(request, again=True)
            response = await handler(request, somebody)
        except GatewayError as error:
            response = page_of_error(request, error)
        request.app[FRAME].protect(response)
        return response

    _ACCESS[guarded] = access
    return guarded


def anybody(handler: OpenHandler) -> Handler:
    """Return a handler of the desk for those who are not signed in, with errors as pages."""

    @wraps(handler)
    async def opened(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request)
        except GatewayError as error:
            response = page_of_error(request, error)
        request.app[FRAME].protect(response)
        return response

    _OPEN[opened] = True
    return opened


def access_of(handler: Handler) -> Access | None:
    """Return whom a guarded handler lets in, None for one that has no guard."""
    return _ACCESS.get(handler)


def is_open(handler: Handler) -> bool:
    """Tell whether a handler of the desk is open to everybody on purpose."""
    return handler in _OPEN


def form_of(request: web.Request) -> Form:
    """Return what was sent. The guard has read it and found that it came from a page of this session."""
    return request[FORM]


def check_origin(request: web.Request) -> None:
    """Raise `Forbidden` unless a page of this node sent the request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise Forbidden("the form came from another site")
        return
    if request.headers.get("Origin") != _origin(request.app[SITE].base_url):
        raise Forbidden("the form came from another site")


def place(wanted: str) -> str:
    """Return a page of the desk to lead to: the wanted one, or the first if it is none of the desk."""
    return wanted if _PLACE.fullmatch(wanted) and "//" not in wanted else "/desk/"


def _person(visit: Visit) -> Person:
    account = visit.account
    return Person(
        id=account.id,
        name=account.name,
        roles=account.roles,
        schools=account.schools,
        signed_in_at=visit.session.signed_in_at,
        strong=visit.session.strong,
    )


async def _check_form(request: web.Request, limit: int, csrf: str) -> None:
    if request.method in SAFE:
        return
    check_origin(request)
    form = await read(request, limit=limit)
    if not secrets.compare_digest(form.one("csrf").encode(), csrf.encode()):
        raise Forbidden("the form is not of this session: load its page again")
    request[FORM] = form


def _to_sign_in(request: web.Request, *, again: bool = False) -> web.Response:
    if request.method not in SAFE and not again:
        return page_of_status(request, 401)
    here = place(request.path_qs if request.method in SAFE else request.path)
    more = "&again=1" if again else ""
    response = web.Response(
        status=303, headers={"Location": f"/desk/login?next={quote(here, safe='')}{more}"}
    )
    request.app[FRAME].protect(response)
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
