"""The pages of a district's node, and how its staff sign in."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from gateway.crypto.id_tokens import signing_key
from gateway.domain.errors import Misconfigured
from gateway.domain.ids import EntityId
from gateway.http.demo_login import CLIENT, DemoLogin, demo_issuer
from gateway.http.desk import Desk, Districts, Login
from gateway.http.pages.frame import Frame
from gateway.peers.addresses import is_loopback_host
from gateway.peers.calls import Caller
from gateway.peers.identity_provider import OidcProvider, Registration
from gateway.settings import Settings

_LIST_KEPT: Final = timedelta(minutes=15)
CALLBACK: Final = "/desk/login/callback"


def make_desk(
    settings: Settings, caller: Caller, now: Callable[[], datetime], districts: Districts
) -> Desk | None:
    """Return the desk, or None at a node that has none: an agency, or no way to sign in.

    Raises:
        Misconfigured: a file cannot be read; or made-up people may sign in at a node that others reach.
    """
    if settings.role == "agency" or not (settings.login.issuer or settings.login.demo):
        return None
    demo = _demo(settings) if settings.login.demo else None
    registration = _registration(settings, demo)
    provider = OidcProvider(caller, registration, now)
    login = Login(
        provider=provider,
        roles_claim=None if demo else settings.login.roles_claim,
        roles_of=settings.login.roles,
        factors_by_district=settings.login.multi_factor == "at_provider",
    )
    frame = Frame(
        district=settings.name,
        brand_colour=settings.pages.brand_colour,
        zone=ZoneInfo(settings.pages.time_zone),
        secure=settings.id.startswith("https://"),
        forms_to="" if provider.origin == settings.id else provider.origin,
    )
    return Desk(frame=frame, login=login, districts=kept(districts, now), more=demo.routes() if demo else ())


def kept(districts: Districts, now: Callable[[], datetime]) -> Districts:
    """Return the list of districts, asked of the agency at most four times an hour."""
    last: tuple[datetime, Sequence[tuple[EntityId, str]]] | None = None

    async def read() -> Sequence[tuple[EntityId, str]]:
        nonlocal last
        if last is None or now() - last[0] >= _LIST_KEPT:
            last = now(), await districts()
        return last[1]

    return read


def issuer_of(settings: Settings) -> str | None:
    """Return how tokens name the identity provider; None if there is none."""
    return demo_issuer(settings.id) if settings.login.demo else settings.login.issuer


def _demo(settings: Settings) -> DemoLogin:
    parts = urlsplit(settings.id)
    if parts.scheme != "http" or not is_loopback_host(parts.hostname or ""):
        raise Misconfigured("login.demo lets anybody in: it is for a node at http://127.0.0.1 and no other")
    if settings.login.issuer:
        raise Misconfigured("login.demo and login.issuer exclude each other")
    return DemoLogin(settings.id)


def _registration(settings: Settings, demo: DemoLogin | None) -> Registration:
    login = settings.login
    return Registration(
        issuer=demo.issuer if demo else login.issuer or "",
        client_id=CLIENT if demo else login.client_id,
        redirect_uri=f"{settings.id}{CALLBACK}",
        secret=_text(settings.path(login.client_secret)).strip() if login.client_secret else None,
        key=signing_key(_text(settings.path(login.private_key))) if login.private_key else None,
        algorithms=login.algorithms,
        strong_acr=frozenset(login.strong_acr),
        strong_amr=frozenset(login.strong_amr),
        requested_acr=login.requested_acr,
    )


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"{file}: cannot be read") from None
