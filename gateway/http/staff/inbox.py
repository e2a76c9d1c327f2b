"""The inbox that the code on a letter opens: for schools outside the network, without any account."""

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.domain.errors import Forbidden, Malformed, OverBudget, PeerUnavailable, TooLarge, Unknown
from gateway.domain.uploads import MAX_FILE_BYTES, MAX_FILES
from gateway.http.pages.forms import Form, read
from gateway.http.pages.frame import FRAME
from gateway.http.pages.problems import page_of_status
from gateway.http.site import SITE, node_of
from gateway.http.staff.guard import anybody, check_origin
from gateway.usecases.inbox import Inbox, SentFile, open_inbox, take_upload

FORM_BYTES: Final = MAX_FILES * MAX_FILE_BYTES + 64 * 1024
SLOTS: Final = web.AppKey("inbox_slots", asyncio.Semaphore)
AT_ONCE: Final = 2
"""Uploads that are read at the same time: each may fill memory with its files."""
_TOO_MANY_REQUESTS: Final = 429
_FAULT: Final = "upload."


def routes() -> Iterable[web.RouteDef]:
    """Return the one page."""
    return (
        web.get("/inbox/{code}", anybody(show), allow_head=False),
        web.post("/inbox/{code}", anybody(take)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page."""

    inbox: Inbox
    sender: str = ""
    sent: int = 0
    fault: str = ""
    places: int = MAX_FILES


async def show(request: web.Request) -> web.Response:
    """Show the form; whatever the code is, one that opens nothing gets the same answer."""
    try:
        inbox = await open_inbox(node_of(request), request.match_info["code"])
    except Unknown:
        return _closed(request)
    sent = request.query.get("sent", "")
    return _page(request, View(inbox=inbox, sent=int(sent) if sent in _COUNTS else 0))


_COUNTS: Final = frozenset(str(n) for n in range(1, MAX_FILES + 1))


async def take(request: web.Request) -> web.Response:
    """Take files. Nothing is read of a body before the code is known to open an inbox."""
    node, code = node_of(request), request.match_info["code"]
    check_origin(request)
    try:
        inbox = await open_inbox(node, code)
        form = await _form(request)
        files = [
            SentFile(upload.name, upload.content)
            for name, upload in sorted(form.files.items())
            if name.startswith("file") and upload.content
        ]
        await take_upload(node, code, sender=form.one("sender"), files=files)
    except Unknown:
        return _closed(request)
    except OverBudget:
        return _again(request, inbox, "inbox.full", status=_TOO_MANY_REQUESTS)
    except (Malformed, TooLarge) as fault:
        told = str(fault) if str(fault).startswith(_FAULT) else "upload.too_large"
        return _again(request, inbox, told, status=400)
    except TimeoutError:
        return page_of_status(request, 408)
    lang = f"&lang={request.query['lang']}" if request.query.get("lang") in {"en", "es"} else ""
    return web.Response(status=303, headers={"Location": f"/inbox/{code}?sent={len(files)}{lang}"})


async def _form(request: web.Request) -> Form:
    slots = request.app[SLOTS]
    if slots.locked():
        raise PeerUnavailable("others are sending files at this moment; try again in a minute")
    async with slots, asyncio.timeout(request.app[SITE].limits.upload_timeout.total_seconds()):
        form = await read(request, limit=FORM_BYTES)
    if not secrets.compare_digest(form.one("csrf").encode(), _token(request).encode()):
        raise Forbidden("the form is not of this page: load it again")
    return form


def _token(request: web.Request) -> str:
    return node_of(request).pseudonym("inbox form", request.match_info["code"])


def _closed(request: web.Request) -> web.Response:
    return request.app[FRAME].page(request, "inbox/closed.html", status=404)


def _again(request: web.Request, inbox: Inbox, fault: str, *, status: int) -> web.Response:
    return _page(request, View(inbox=inbox, fault=fault), status=status)


def _page(request: web.Request, view: View, *, status: int = 200) -> web.Response:
    return request.app[FRAME].page(
        request, "inbox/inbox.html", status=status, view=view, csrf=_token(request)
    )
