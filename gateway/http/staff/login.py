"""Signing in at the district's identity provider, and signing out (OpenID Connect Core 1.0, 3.1)."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from aiohttp import web

from gateway.domain.audit import Leaf
from gateway.domain.errors import Forbidden, Untrusted
from gateway.domain.policy.people import Person, StaffRole
from gateway.http.desk import Login
from gateway.http.pages import forms
from gateway.http.pages.frame import FRAME, LANGUAGE_COOKIE
from gateway.http.pages.language import LANGUAGES
from gateway.http.site import node_of, now_of
from gateway.http.staff import sessions
from gateway.http.staff.guard import EVERYBODY, VISIT, anybody, check_origin, person, place
from gateway.usecases.ports import Account, Proven, Session, SignIn, Tx
from gateway.usecases.staff import NewMember, member_who_signed_in

_YEAR: Final = timedelta(days=365)
_LOGOUT_KEPT: Final = timedelta(days=1)


LOGIN: Final = web.AppKey("login", Login)


def routes() -> Iterable[web.RouteDef]:
    """Return the pages of signing in and out."""
    return (
        web.get("/desk/login", anybody(show), allow_head=False),
        web.post("/desk/login", anybody(begin)),
        web.get("/desk/login/callback", anybody(come_back), allow_head=False),
        web.post("/desk/login/ended", anybody(ended_elsewhere)),
        web.post("/desk/logout", person(EVERYBODY, sign_out)),
        web.post("/desk/language", anybody(choose_language)),
    )


async def show(request: web.Request) -> web.Response:
    """Show the one button that leads to the provider."""
    wanted = place(request.query.get("next", ""))
    again = request.query.get("again") == "1"
    return request.app[FRAME].page(request, "login/sign_in.html", next=wanted, again=again)


async def begin(request: web.Request) -> web.Response:
    """Lead the browser to the provider, bound to it by a cookie of its own."""
    check_origin(request)
    form = await forms.read(request)
    secret = sessions.new_secret()
    sign_in = SignIn(
        digest=sessions.digest_of(secret),
        state=sessions.new_secret(),
        nonce=sessions.new_secret(),
        verifier=secrets.token_urlsafe(48),
        return_to=place(form.one("next")),
        again=form.one("again") == "1",
        expires_at=now_of(request) + sessions.SIGN_IN_LIFE,
    )
    url = await request.app[LOGIN].provider.authorization_url(
        state=sign_in.state, nonce=sign_in.nonce, verifier=sign_in.verifier, again=sign_in.again
    )
    await node_of(request).store.write(lambda tx: tx.sessions.begin(sign_in))
    response = web.Response(status=303, headers={"Location": url})
    sessions.set_cookie(request, response, sessions.SIGN_IN, secret, sessions.SIGN_IN_LIFE)
    return response


async def come_back(request: web.Request) -> web.Response:
    """Open a session for whom the provider proved, under a new id, and end the one before."""
    sign_in = await _sign_in_of(request)
    proven = await request.app[LOGIN].provider.redeem(
        code=request.query.get("code", ""),
        issuer=request.query.get("iss"),
        nonce=sign_in.nonce,
        verifier=sign_in.verifier,
        again=sign_in.again,
    )
    if not (proven.strong or request.app[LOGIN].factors_by_district):
        raise Forbidden("the identity provider did not ask for a second factor")
    account = await _account_of(request, proven)
    if account is None:
        return request.app[FRAME].page(
            request, "login/not_listed.html", status=403, subject=proven.subject, name=proven.name
        )
    response = web.Response(status=303, headers={"Location": sign_in.return_to})
    await _open(request, response, proven, account)
    sessions.drop_cookie(request, response, sessions.SIGN_IN)
    return response


async def sign_out(request: web.Request, somebody: Person) -> web.Response:
    """End the session here, and at the provider if it has a place for that."""
    digest = request[VISIT].session.digest
    node = node_of(request)
    actor = node.pseudonym("actor", somebody.id)

    def end(tx: Tx) -> None:
        tx.sessions.remove(digest)
        tx.audit.add(Leaf(at=node.now(), actor=actor, action="session.ended", object=actor))

    await node.store.write(end)
    onwards = await request.app[LOGIN].provider.logout_url()
    response = web.Response(status=303, headers={"Location": onwards or "/desk/login"})
    sessions.drop_cookie(request, response, sessions.SESSION)
    return response


async def ended_elsewhere(request: web.Request) -> web.Response:
    """End what the provider says is over (OpenID Connect Back-Channel Logout 1.0, 2.5)."""
    form = await forms.read(request)
    token = form.one("logout_token")
    provider = request.app[LOGIN].provider
    ended, jti = await provider.ended_session(token)
    until = now_of(request) + _LOGOUT_KEPT

    def end(tx: Tx) -> None:
        if tx.seen.first("logout", provider.issuer, jti, expires_at=until):
            tx.sessions.remove_at_provider(ended)

    await node_of(request).store.write(end)
    return web.Response(status=200)


async def choose_language(request: web.Request) -> web.Response:
    """Remember the language in a cookie."""
    check_origin(request)
    form = await forms.read(request)
    response = web.Response(status=303, headers={"Location": place(form.one("next"))})
    if form.one("lang") in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            form.one("lang"),
            max_age=int(_YEAR.total_seconds()),
            path="/",
            httponly=True,
            secure=request.app[FRAME].secure,
            samesite="Lax",
        )
    return response


async def _sign_in_of(request: web.Request) -> SignIn:
    digest = sessions.digest_of(sessions.cookie(request, sessions.SIGN_IN))
    now = now_of(request)
    sign_in = await node_of(request).store.write(lambda tx: tx.sessions.take(digest, now))
    state = request.query.get("state", "")
    if sign_in is None or not secrets.compare_digest(sign_in.state.encode(), state.encode()):
        raise Forbidden("this sign-in was not begun in this browser, or too long ago: begin again")
    if "error" in request.query or not request.query.get("code"):
        raise Untrusted("not_signed_in", "the identity provider did not let you in")
    return sign_in


async def _account_of(request: web.Request, proven: Proven) -> Account | None:
    login = request.app[LOGIN]
    member = NewMember(
        issuer=proven.issuer,
        subject=proven.subject,
        name=proven.name,
        roles=_claimed(login, proven),
    )
    by_claims = login.roles_claim is not None
    return await member_who_signed_in(node_of(request), member, by_claims=by_claims)


def _claimed(login: Login, proven: Proven) -> frozenset[StaffRole]:
    if login.roles_claim is None:
        return frozenset()
    said = proven.claims.get(login.roles_claim, ())
    values = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    return frozenset(role for value in values for role in login.roles_of.get(str(value), ()))


async def _open(request: web.Request, response: web.StreamResponse, proven: Proven, account: Account) -> None:
    """Store a new session; the one that this browser had is over, whoever's it was."""
    node, now, secret = node_of(request), now_of(request), sessions.new_secret()
    session = Session(
        digest=sessions.digest_of(secret),
        person=account.id,
        csrf=sessions.new_secret(),
        signed_in_at=min(proven.signed_in_at, now),
        strong=True,
        opened_at=now,
        seen_at=now,
        provider_session=proven.provider_session,
    )
    former = sessions.cookie(request, sessions.SESSION)

    def store(tx: Tx) -> None:
        if former:
            tx.sessions.remove(sessions.digest_of(former))
        tx.sessions.add(session)
        tx.audit.add(Leaf(at=now, actor=account.pseudonym, action="session.opened", object=account.pseudonym))

    await node.store.write(store)
    sessions.set_cookie(request, response, sessions.SESSION, secret)
