"""Hostile and misleading text in every field, on every page: nothing runs, nothing is misread."""

import re
from dataclasses import replace
from typing import Any, Final

import orjson
import pytest_asyncio
from playwright.async_api import Error, Page, expect

from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.policy.people import StaffRole
from gateway.domain.safety.flags import FlagKind
from gateway.domain.safety.holds import HoldKind
from gateway.domain.transfer import Role, State
from gateway.http.staff.app import PARTS
from gateway.http.staff.guard import access_of
from gateway.usecases.casework import comment
from gateway.usecases.flags import FlagWish, set_flag
from gateway.usecases.holds import HoldWish, place_hold
from gateway.usecases.ports import StoredBackpack
from tests.harness.arrived import receive_record
from tests.harness.pair import ANA, backpack
from tests.ui.cases import put_transfer
from tests.ui.desk import Desk

GIVEN: Final = '"><img src=x onerror="window.ran=1"><script>window.ran=1</script>'
FAMILY: Final = "</textarea></title><iframe srcdoc='<script>parent.ran=1</script>'>"
REST: Final = "'-window.ran=1-'\"><svg/onload=window.ran=1> javascript:window.ran=1//{{7*'x7'}}{%raw%}${7*7}"
"""What would set `window.ran` wherever a page did not take it for text."""
HOSTILE: Final = f'=HYPERLINK("https://evil.test","x"){GIVEN}{FAMILY}{REST}'
TURNED: Final = "Ana \u202eziugirdoR"
LOOKALIKE: Final = "\u0410na"
"""The first letter is Cyrillic."""
KEPT: Final = frozenset({"meta", "birthDate", "use", "system", "code"})
"""Parts of a record that a page does not show as they are, or that a record is not valid without."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hostile(desk: Desk) -> dict[str, TransferId]:
    """Transfers in both directions, a case with a comment, a hold and a flag, all full of hostile text."""
    subject = replace(ANA, given_name=GIVEN, family_name=FAMILY)
    await desk.store.write(lambda tx: tx.backpacks.put([poisoned("1001")]))
    names = (GIVEN, FAMILY)
    holder = await put_transfer(desk, 401, student="1001", names=names, sections=("identity", "grades"))
    unsure = await put_transfer(desk, 402, state=State.NO_MATCH, names=names)
    asked = await put_transfer(desk, 403, role=Role.REQUESTER, state=State.RECEIVED, names=names)
    arrived = await receive_record(desk.node, desk.person("registrar"), poisoned("77"), subject)
    for id_ in (holder, asked):
        await comment(desk.node, desk.person("records_officer"), id_, HOSTILE)
    student = LocalStudentId("1001")
    await place_hold(
        desk.node,
        desk.person("records_officer"),
        HoldWish(student=student, kind=HoldKind.LEGAL, reason=HOSTILE),
    )
    flag = FlagWish(student=student, kind=FlagKind.ADDRESS_CONFIDENTIAL, why=HOSTILE)
    await set_flag(desk.node, desk.person("safety_officer"), flag)
    return {"holder": holder, "unsure": unsure, "asked": asked, "arrived": arrived}


def poisoned(student: str) -> StoredBackpack:
    """A stored record whose every text is hostile."""
    made = backpack(student)
    sections = {
        name: [_poison(one) for one in entries] for name, entries in orjson.loads(made.sections).items()
    }
    candidate = replace(
        made.candidate,
        given_names=frozenset({GIVEN}),
        family_names=frozenset({FAMILY}),
        guardian_names=frozenset({HOSTILE}),
    )
    return replace(made, sections=orjson.dumps(sections), candidate=candidate, school=HOSTILE, grade=GIVEN)


def _poison(value: Any) -> Any:
    match value:
        case dict():
            return {key: one if key in KEPT else _poison(one) for key, one in value.items()}
        case list():
            return [_poison(one) for one in value]
        case str():
            return HOSTILE
        case _:
            return value


async def test_no_page_runs_what_stands_in_a_field(desk: Desk, hostile: dict[str, TransferId]) -> None:
    paths = [(path, role) for path, roles in _pages() for role in _some(roles)]
    assert len(paths) > 15
    seen = 0
    for path, role in paths:
        for filled in _filled(path, hostile):
            page = await desk.page(role, "")
            faults = _listen(page)
            try:
                answer = await page.goto(desk.url + filled, wait_until="load")
            except Error:
                await _is_a_plain_file(page, desk.url + filled)
                continue
            assert answer is not None
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert answer.status < 500, filled
                seen += GIVEN in await page.locator("body").inner_text()
                await _is_quiet(page, faults, filled)
            await desk.close_pages()
    assert seen > 8


def _pages() -> list[tuple[str, frozenset[StaffRole]]]:
    found = []
    for part in PARTS:
        for route in part.routes():
            access = access_of(route.handler)
            if route.method == "GET" and access is not None:
                found.append((route.path, access.roles))
    return found


def _some(roles: frozenset[StaffRole]) -> list[str]:
    """One role is enough where several may: what they see differs by what is there, not by how it is written."""
    liked = [role for role in ("records_officer", "safety_officer", "it_admin", "auditor") if role in roles]
    return liked[:1] or [min(roles)]


def _filled(path: str, ids: dict[str, TransferId]) -> list[str]:
    if "{" not in path:
        return [path]
    first = "arrived" if "{id:R" in path else "unsure" if path.endswith("/match") else "holder"
    more = ["arrived"] if re.search(r"\{id:\[?[TR]{2}", path) else []
    return [_with(path, ids[name]) for name in dict.fromkeys([first, *more])]


def _with(path: str, id_: TransferId) -> str:
    return re.sub(
        r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}", lambda part: id_ if part[1] == "id" else "1001", path
    )


def _listen(page: Page) -> list[str]:
    """Return the list that takes what the browser complains of: a script that our policy stopped is a fault too."""
    faults: list[str] = []
    page.on("dialog", lambda dialog: faults.append(f"dialog {dialog.message}"))
    page.on("pageerror", lambda error: faults.append(f"error {error}"))
    page.on("console", lambda said: faults.append(said.text) if "Security Policy" in said.text else None)
    return faults


async def _is_a_plain_file(page: Page, url: str) -> None:
    """What is saved is never opened by the browser, and no spreadsheet takes a cell for a formula."""
    saved = await page.context.request.get(url)
    assert saved.headers["content-disposition"].startswith("attachment")
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r'(^|,)"?[=+@-]', await saved.text(), re.MULTILINE)


async def _is_quiet(page: Page, faults: list[str], path: str) -> None:
    assert faults == [], (path, faults)
    assert await page.evaluate("window.ran") is None, path
    assert await page.locator("iframe, svg[onload], img[onerror], main script").count() == 0, path
    assert page.elsewhere == [], path  # type: ignore[attr-defined]
    assert "x7x7" not in await page.content(), path


async def test_a_name_that_hides_or_looks_like_another_shows_what_it_is(desk: Desk) -> None:
    subject = replace(ANA, given_name=TURNED, family_name=LOOKALIKE, state_id="ST-8")
    await desk.store.write(lambda tx: tx.backpacks.put([backpack("1008", subject)]))
    misleading = await put_transfer(desk, 410, student="1008", names=(TURNED, LOOKALIKE))
    for path in ("match", "release", "release/preview"):
        page = await desk.page("records_officer", f"/desk/transfers/{misleading}/{path}")
        text = await page.locator("main").inner_text()
        assert "\u202e" not in text, path
        assert "Ana [U+202E]ziugirdoR" in text, path
        assert "\u0410[U+0410]na" in text, path


async def test_a_number_beside_a_name_from_right_to_left_keeps_its_place(desk: Desk) -> None:
    id_ = await put_transfer(desk, 411, names=("\u0645\u062d\u0645\u062f", "Ortiz"))
    page = await desk.page("records_officer", f"/desk/transfers/{id_}")

    await expect(page.locator("h1")).to_contain_text("\u2068\u0645\u062d\u0645\u062f")
