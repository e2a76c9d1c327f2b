"""Every page of the desk, asked by whom it is not for."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientResponse

from gateway.domain.policy.people import StaffRole
from gateway.http.app import make_app
from gateway.http.site import Site
from gateway.http.staff.app import PARTS
from gateway.http.staff.guard import access_of, is_open, place
from tests.unit.staff.desks import Desk, serving

MAKERS: Final = {"gateway/http/staff/guard.py"}
ROOT: Final = Path(__file__).parents[3]
SAFE: Final = {"GET"}


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with serving() as served:
        yield served


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    handler: Any


def routes(site: Site) -> list[Route]:
    found = []
    for route in make_app(site).router.routes():
        assert route.resource is not None
        path = route.resource.canonical
        if path.startswith("/desk"):
            pattern = route.resource.get_info().get("pattern")
            found.append(Route(route.method, filled(path, pattern), route.handler))
    return found


IDS = ("T-case000000000000000001", "R-case000000000000000001", "D-aaaaaaaaaaaa")


def filled(path: str, pattern: re.Pattern[str] | None) -> str:
    """A path whose parts in braces stand for something that might be there."""
    some = [_with(path, id_) for id_ in IDS]
    return next((one for one in some if pattern and pattern.fullmatch(one)), some[0])


def _with(path: str, id_: str) -> str:
    parts = {"id": id_, "file": "U-aaaaaaaaaaaa", "section": "health"}
    return re.sub(r"\{(\w+)[^}]*\}", lambda part: parts.get(part[1], "1"), path)


def test_every_page_is_guarded_or_open_on_purpose(desk_site: Site) -> None:
    bare = [
        one.path for one in routes(desk_site) if access_of(one.handler) is None and not is_open(one.handler)
    ]

    assert bare == []
    assert sum(access_of(one.handler) is not None for one in routes(desk_site)) > 15


def test_what_is_open_to_everybody_is_the_sign_in_and_the_language(desk_site: Site) -> None:
    assert {one.path for one in routes(desk_site) if is_open(one.handler)} == {
        "/desk",
        "/desk/login",
        "/desk/login/callback",
        "/desk/login/ended",
        "/desk/language",
    }


def test_a_person_is_made_by_the_guard_alone() -> None:
    made = {
        file.relative_to(ROOT).as_posix()
        for file in ROOT.glob("gateway/http/**/*.py")
        if re.search(r"\bPerson\(", file.read_text("utf-8"))
    }

    assert made == MAKERS


async def test_without_a_session_every_page_leads_to_the_sign_in(desk: Desk) -> None:
    for one in routes(desk.site):
        if access_of(one.handler) is None:
            continue
        answer = await desk.send(one.method, one.path, session=None)
        if one.method in SAFE:
            assert answer.status == 303, one
            assert answer.headers["Location"].startswith("/desk/login?next="), one
        else:
            assert answer.status == 401, one
        check_headers(answer)


async def test_with_the_wrong_role_every_page_is_refused(desk: Desk) -> None:
    for one in routes(desk.site):
        access = access_of(one.handler)
        if access is None:
            continue
        for role in sorted(set(StaffRole) - access.roles):
            answer = await desk.send(one.method, one.path, session=role)
            assert answer.status == 403, (one, role)
            check_headers(answer)


async def test_what_the_navigation_shows_a_role_opens_for_it(desk: Desk) -> None:
    sections = [one for part in PARTS for one in getattr(part, "SECTIONS_OF_PART", ())]
    assert len(sections) > 4
    for section in sections:
        for role in sorted(section.roles):
            answer = await desk.send("GET", section.path, session=role)
            assert answer.status == 200, (section, role)


@pytest.mark.parametrize(
    "change",
    [
        {"csrf": ""},
        {"csrf": "another"},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
        {"headers": {}},
        {"headers": {"Origin": "https://evil.test"}},
    ],
    ids=str,
)
async def test_a_form_that_no_page_of_the_session_sent_changes_nothing(desk: Desk, change: Any) -> None:
    for one in routes(desk.site):
        access = access_of(one.handler)
        if access is None or one.method in SAFE:
            continue
        answer = await desk.send(one.method, one.path, session=min(access.roles), **change)
        assert answer.status == 403, one


@pytest.mark.parametrize(
    ("idle", "age", "holds"),
    [
        (timedelta(minutes=19), timedelta(hours=7), True),
        (timedelta(minutes=21), timedelta(hours=1), False),
        (timedelta(0), timedelta(hours=8, seconds=1), False),
    ],
    ids=str,
)
async def test_a_session_ends_when_it_is_idle_or_old(
    desk: Desk, idle: timedelta, age: timedelta, holds: bool
) -> None:
    desk.open(StaffRole.REGISTRAR, seen_ago=idle, opened_ago=age)

    answer = await desk.send("GET", "/desk/", session=StaffRole.REGISTRAR, keep=True)

    assert (answer.status == 200) is holds


async def test_a_page_that_needs_a_fresh_sign_in_asks_for_it(desk: Desk) -> None:
    desk.open(StaffRole.REGISTRAR, signed_in_ago=timedelta(minutes=6))

    answer = await desk.send("GET", "/desk/fresh", session=StaffRole.REGISTRAR, keep=True)

    assert answer.headers["Location"] == "/desk/login?next=%2Fdesk%2Ffresh&again=1"


async def test_an_unknown_page_and_a_wrong_method_are_told_in_words(desk: Desk) -> None:
    for method, path in (("GET", "/desk/nowhere"), ("PUT", "/desk/queue"), ("GET", "/desk/transfers/x")):
        answer = await desk.send(method, path, session=StaffRole.REGISTRAR)
        assert answer.status in {404, 405}
        assert answer.content_type == "text/html"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/",
        "//evil.test",
        "/desk//evil.test",
        "/\\evil.test",
        "/exchange/v1",
        "/desk/\r\nX: y",
        "",
    ],
)
def test_nobody_is_led_off_the_desk(elsewhere: str) -> None:
    assert place(elsewhere) == "/desk/"


def test_a_page_of_the_desk_is_led_back_to() -> None:
    assert place("/desk/queue?show=todo&late=1") == "/desk/queue?show=todo&late=1"


def check_headers(answer: ClientResponse) -> None:
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.fixture
async def desk_site(desk: Desk) -> Site:
    return desk.site


def test_every_entry_of_the_navigation_has_an_access_key_of_its_own() -> None:
    keys = [one.key for part in PARTS for one in getattr(part, "SECTIONS_OF_PART", ()) if one.key]

    assert len(keys) == len(set(keys)), keys
