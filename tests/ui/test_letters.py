"""A school outside the network is asked by letter and answers from a telephone; hostile files do not get in."""

import io
import re
from pathlib import Path

import pytest_asyncio
from aiohttp import ClientSession, FormData
from playwright.async_api import Page, expect

from gateway.domain.casework import Lane
from gateway.domain.ids import TransferId
from gateway.domain.transfer import State
from gateway.usecases.inbox import SentFile, take_upload
from gateway.usecases.letters import LetterWish, print_letter, request_by_letter
from tests.harness.pair import ANA
from tests.ui.desk import NARROW, WIDE, Desk, printed, sound

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /OpenAction 2 0 R >>\nendobj\ntrailer\n%%EOF\n"
HOSTILE = "<script>alert(1)</script>.pdf"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asked(desk: Desk) -> TransferId:
    return await _asked(desk)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def came(desk: Desk) -> TransferId:
    id_ = await _asked(desk)
    files = [SentFile(HOSTILE, PDF), SentFile("card.csv", b"name,grade\nAna,A\n")]
    await take_upload(desk.node, await _code(desk, id_), sender="Sr. Ann, St. Brigid's", files=files)
    return id_


async def _asked(desk: Desk) -> TransferId:
    wish = LetterWish(
        subject=ANA,
        school_name="St. Brigid's Academy",
        address="1 Hill Road\nElm, KY 40001",
        lanes=(Lane.IEP,),
    )
    return (await request_by_letter(desk.node, desk.person("registrar"), wish)).id


async def _code(desk: Desk, id_: TransferId) -> str:
    return (await print_letter(desk.node, desk.person("registrar"), id_)).code


async def test_every_page_is_sound_in_both_languages_and_widths(
    desk: Desk, asked: TransferId, came: TransferId
) -> None:
    of_staff = (
        f"/desk/transfers/{asked}/letter",
        f"/desk/transfers/{came}/returned",
        f"/desk/transfers/{came}",
    )
    pages = [("registrar", path) for path in of_staff]
    for role, path in (*pages, (None, f"/inbox/{await _code(desk, asked)}"), (None, "/inbox/none")):
        for language, width in (("en", WIDE), ("es", NARROW)):
            page = await desk.page(role, path, language=language, width=width)
            await expect(page.locator("h1").first).to_be_visible()
            await sound(page)
            await desk.close_pages()


async def test_a_registrar_who_does_not_find_the_school_gets_a_letter(desk: Desk) -> None:
    page = await desk.page("registrar", "/desk/requests/new", scripts=False)
    await page.get_by_role("button").last.click()
    await page.get_by_label("Given name").fill("Bo")
    await page.get_by_label("Family name").fill("Early")
    for label, text in (("Month", "5"), ("Day", "2"), ("Year", "2014")):
        await page.get_by_label(label, exact=True).fill(text)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Ask by letter").click()
    await expect(page.locator("main")).to_contain_text("Enter the name of the school")
    await page.get_by_label("Name of the school").fill("Hill School")
    await page.get_by_role("button", name="Ask by letter").click()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator("main")).to_contain_text("Hill School")
    await page.locator("main").get_by_role("button").first.click()

    assert page.url.endswith("/letter")
    await expect(page.locator("article")).to_contain_text("Bo Early")


async def test_the_letter_fits_on_one_sheet_and_shows_no_student_in_its_address(
    desk: Desk, asked: TransferId
) -> None:
    for language in ("en", "es"):
        page = await desk.page("registrar", f"/desk/transfers/{asked}/letter?lang={language}")
        assert len(re.findall(rb"/Type\s*/Page\b", await printed(page))) == 1
        address = await page.locator("article code").inner_text()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/inbox/[0-9a-f]{32}", address)
        assert await page.locator("article img").evaluate("image => image.naturalWidth") > 0


async def test_a_school_answers_from_a_telephone_without_scripts_and_a_registrar_takes_it_in(
    desk: Desk, tmp_path: Path
) -> None:
    id_ = await _asked(desk)
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(PDF)
    page = await desk.page(None, f"/inbox/{await _code(desk, id_)}", width=NARROW, scripts=False)
    await expect(page.locator("main")).not_to_contain_text("Ana")
    await page.get_by_label("Your name and school").fill("Sr. Ann, St. Brigid's")
    await page.get_by_label("File 1").set_input_files(scan)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("main")).to_contain_text("1 file has arrived")

    page = await desk.page("registrar", "/desk/queue?show=todo&direction=requester", scripts=False)
    await expect(page.locator("main")).to_contain_text("Came back")
    await page.goto(f"{desk.url}/desk/transfers/{id_}")
    await page.get_by_role("button", name="Look at what came back").click()
    await expect(page.locator("main")).to_contain_text("does something when it is opened")
    async with page.expect_download() as begun:
        await page.get_by_role("link", name="Save the file").click()
    saved = await begun.value
    assert saved.suggested_filename.endswith(".pdf")
    await saved.save_as(tmp_path / "saved.pdf")
    assert (tmp_path / "saved.pdf").stat().st_size == len(PDF)
    await page.get_by_role("button", name="Attach").click()
    await page.get_by_role("button", name="The request is answered").click()
    assert (await desk.store.read(lambda tx: tx.transfers.get(id_))).state is State.CLOSED


async def test_what_a_file_or_its_sender_is_called_runs_nowhere(desk: Desk, came: TransferId) -> None:
    page: Page = await desk.page("registrar", f"/desk/transfers/{came}/returned")
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    await page.reload()

    await expect(page.locator("main")).to_contain_text("script>.pdf")
    assert said == []


async def test_a_file_is_only_ever_saved(desk: Desk, came: TransferId) -> None:
    (file, *_) = await desk.store.read(lambda tx: tx.uploads.of(came))
    page = await desk.page("registrar", "/desk/")
    answer = await page.request.get(f"{desk.url}/desk/transfers/{came}/returned/{file.id}")

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_hostile_uploads_are_refused_and_kept_nowhere(desk: Desk) -> None:
    id_ = await _asked(desk)
    url = f"{desk.url}/inbox/{await _code(desk, id_)}"
    async with ClientSession() as session:
        token = re.search(r'name="csrf" value="([^"]+)"', await (await session.get(url)).text())
        assert token

        async def send(content: bytes, *, csrf: str = token[1], site: str = "same-origin") -> int:
            form = FormData({"csrf": csrf, "sender": "Sr. Ann"})
            form.add_field(
                "file1", io.BytesIO(content), filename="../../x.pdf", content_type="application/pdf"
            )
            headers = {"Sec-Fetch-Site": site}
            answer = await session.post(url, data=form, headers=headers, allow_redirects=False)
            return answer.status

        assert await send(b"PK\x03\x04" + bytes(100)) == 400
        assert await send(PDF + b"PK\x05\x06" + bytes(18)) == 400
        assert await send(b"<html><script>1</script>") == 400
        assert await send(PDF + bytes(11 * 1024 * 1024)) == 400
        assert await send(PDF, csrf="guessed") == 403
        assert await send(PDF, site="cross-site") == 403
        assert await desk.store.read(lambda tx: tx.uploads.of(id_)) == []
        assert await send(PDF) == 303


async def test_codes_that_open_nothing_get_the_same_bytes(desk: Desk, came: TransferId) -> None:
    async with ClientSession() as session:
        pages = [
            await (await session.get(f"{desk.url}/inbox/{code}")).read()
            for code in ("0" * 32, "x", "R-case", "..%2f..%2fetc", "a" * 400)
        ]
        posted = await session.post(
            f"{desk.url}/inbox/{'0' * 32}", data=b"x" * 1000, headers={"Sec-Fetch-Site": "same-origin"}
        )

    assert len(set(pages)) == 1
    assert posted.status == 404
    assert b"opens no inbox" in pages[0]
