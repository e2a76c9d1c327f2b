"""Cookies and the sessions behind them: the browser has 256 random bits, the store their hash."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from gateway.domain.clocks import SESSION_LIFE
from gateway.http.pages.frame import FRAME
from gateway.http.site import node_of, now_of
from gateway.usecases.ports import Account, Session, Tx

IDLE: Final = timedelta(minutes=20)
"""A session that is not used for so long is over."""
NOTED_EVERY: Final = timedelta(minutes=1)
"""Use is written down this often at most."""
SIGN_IN_LIFE: Final = timedelta(minutes=10)

SESSION: Final = "sid"
SIGN_IN: Final = "signin"


@dataclass(frozen=True, slots=True)
class Visit:
    """A session that holds, and whose it is."""

    session: Session
    account: Account


def new_secret() -> str:
    """Return 256 random bits."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """Return what the store keeps of a cookie."""
    return hashlib.sha256(secret.encode()).hexdigest()


def cookie(request: web.Request, name: str) -> str:
    """Return the cookie's value, or an empty text."""
    return request.cookies.get(_named(request, name), "")


def set_cookie(
    request: web.Request, response: web.StreamResponse, name: str, value: str, life: timedelta | None = None
) -> None:
    """Give the browser a cookie that scripts and other sites do not get."""
    response.set_cookie(
        _named(request, name),
        value,
        path="/",
        httponly=True,
        secure=request.app[FRAME].secure,
        samesite="Lax",
        max_age=None if life is None else int(life.total_seconds()),
    )


def drop_cookie(request: web.Request, response: web.StreamResponse, name: str) -> None:
    """Take it from the browser."""
    response.del_cookie(
        _named(request, name), path="/", secure=request.app[FRAME].secure, httponly=True, samesite="Lax"
    )


def _named(request: web.Request, name: str) -> str:
    """Only a node reached by https can have the prefix that keeps other hosts from setting the cookie."""
    return f"__Host-{name}" if request.app[FRAME].secure else name


async def find_visit(request: web.Request) -> Visit | None:
    """Return whose session the request belongs to; None if it has none that holds."""
    secret = cookie(request, SESSION)
    if not secret:
        return None
    digest, node, now = digest_of(secret), node_of(request), now_of(request)

    def look(tx: Tx) -> Visit | None:
        session = tx.sessions.get(digest)
        return None if session is None else Visit(session, tx.staff.get(session.person))

    visit = await node.store.read(look)
    if visit is None or not visit.account.active or not _holds(visit.session, now):
        return None
    if now - visit.session.seen_at >= NOTED_EVERY:
        await node.store.write(lambda tx: tx.sessions.touch(digest, now))
    return visit


def _holds(session: Session, now: datetime) -> bool:
    return now - session.seen_at < IDLE and now - session.opened_at < SESSION_LIFE
