"""Signing in, by the whole way: the browser, the desk, the identity provider, and back."""

from datetime import UTC, datetime

from playwright.async_api import expect

from gateway.usecases.staff import set_roles
from tests.ui.desk import NARROW, Desk, sound


async def test_somebody_signs_in_and_out_without_scripts(desk: Desk) -> None:
    page = await desk.page(None, "/desk/", scripts=False)

    await page.get_by_role("button", name="Sign in with your district account").click()
    await page.get_by_role("button", name="Sign in as Owen Park").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Owen Park")
    (cookie,) = [one for one in await page.context.cookies() if one["name"] == "sid"]
    await page.get_by_role("button", name="Sign out").click()
    await page.goto(f"{desk.url}/desk/")

    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert page.url.startswith(f"{desk.url}/desk/login")


async def test_a_copied_cookie_is_of_no_use_after_the_sign_out(desk: Desk) -> None:
    page = await desk.page("registrar")
    copied = await page.context.cookies()
    await page.get_by_role("button", name="Sign out").click()
    await page.context.add_cookies([{k: v for k, v in one.items() if v != -1} for one in copied])  # type: ignore[misc]

    await page.goto(f"{desk.url}/desk/")

    assert "/desk/login" in page.url


async def test_the_pages_of_signing_in_are_open_to_everybody(desk: Desk) -> None:
    for width, language in ((1280, "en"), (NARROW, "es")):
        page = await desk.page(None, "/desk/login", width=width, language=language)
        await sound(page)
        await page.locator("main button").click()
        await sound(page)


async def test_the_language_is_chosen_and_remembered(desk: Desk) -> None:
    page = await desk.page("registrar", "/desk/")

    await page.get_by_role("button", name="Español").click()

    await expect(page.locator("h1")).to_contain_text("Hola")
    assert await page.locator("html").get_attribute("lang") == "es"


async def test_a_change_of_roles_ends_the_session(desk: Desk) -> None:
    page = await desk.page("teacher", "/desk/")
    teacher = desk.who("teacher")

    for role, why in (("it_admin", "a new year"), ("privacy_officer", "")):
        await set_roles(desk.node, teacher.id, teacher.roles, person=desk.person(role), why=why)
    await page.reload()

    assert "/desk/login" in page.url


async def test_a_session_that_was_not_used_for_twenty_minutes_is_over(desk: Desk) -> None:
    page = await desk.page("registrar", "/desk/")
    secret = next(one["value"] for one in await page.context.cookies() if one["name"] == "sid")
    from gateway.http.staff.sessions import digest_of

    await desk.store.write(lambda tx: tx.sessions.touch(digest_of(secret), datetime(2026, 1, 1, tzinfo=UTC)))
    await page.reload()

    assert "/desk/login" in page.url
