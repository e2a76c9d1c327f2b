"""The auditor's pages, in a browser: the log, its proofs, and where logs differ."""

import json
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
from playwright.async_api import expect

from gateway.crypto.log_proofs import verify_proof
from gateway.domain.audit import Leaf
from gateway.domain.disclosures import Access
from gateway.domain.ids import EntityId, LocalStudentId, TransferId, digest
from gateway.domain.log_positions import KeptPosition
from gateway.domain.reconciling import FindingKind, LogFinding, Side
from gateway.usecases.ports import Tx
from tests.ui.cases import put_transfer
from tests.ui.desk import NARROW, WIDE, Desk, sound

HOSTILE = "<img src=x onerror=alert(1)>"
PARTNER = EntityId("https://cedar.example")


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def logged(desk: Desk) -> TransferId:
    id_ = await put_transfer(desk, 801, student="1001")
    now = desk.node.now()
    actor = desk.who("registrar").pseudonym

    def store(tx: Tx) -> None:
        for n in range(70):
            tx.audit.add(Leaf(at=now, actor="node", action="log.compared", object=f"page-{n}", peer=PARTNER))
        tx.audit.add(
            Leaf(at=now, actor=actor, action="release.approved", object=id_, rule=HOSTILE, peer=PARTNER)
        )
        tx.audit.add(Leaf(at=now, actor="node", action="release.held", object=id_, peer=PARTNER))
        tx.accesses.add(
            Access(
                id="read-801",
                at=now,
                person="Rita",
                role="registrar",
                why="release.preview",
                sections=("grades",),
                student=LocalStudentId("secret-student"),
                transfer=id_,
            )
        )
        tx.log_findings.add([_finding(kind, id_) for kind in FindingKind])
        tx.log_positions.add(
            KeptPosition(
                message=digest(b"a receipt"),
                transfer=id_,
                peer=PARTNER,
                at=now,
                size=0,
                root=b"",
                position=None,
                fault="not_in_log",
            )
        )

    def _finding(kind: FindingKind, transfer: TransferId) -> LogFinding:
        return LogFinding(
            peer=PARTNER,
            kind=kind,
            transfer=transfer,
            named=HOSTILE,
            what="backpack-receipt+jwt" if kind is FindingKind.MISSING else HOSTILE,
            version=0,
            digest=digest(b"one"),
            lacking=Side.THERE if kind is FindingKind.MISSING else Side.NEITHER,
            found_at=now - timedelta(hours=1),
        )

    await desk.store.write(store)
    return id_


async def test_the_log_names_nobody_and_is_filtered_by_the_address(desk: Desk, logged: TransferId) -> None:
    page = await desk.page("auditor", "/desk/log", scripts=False)
    await page.get_by_label("Transfer or handle").fill(logged)
    await page.get_by_label("Role of who acted").select_option("registrar")
    await page.get_by_role("button", name="Show").click()

    row = page.get_by_role("row").filter(has_text=HOSTILE)
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text(desk.who("registrar").pseudonym)
    main = await page.locator("main").inner_text()
    assert desk.who("registrar").name not in main
    assert "Ana" not in main
    assert f"--handle {logged}" in await page.content()


async def test_a_step_that_tells_of_a_silent_hold_is_not_shown(desk: Desk, logged: TransferId) -> None:
    page = await desk.page("auditor", f"/desk/log?handle={logged}", scripts=False)

    assert "release.held" not in await page.content()
    await expect(page.locator("main")).not_to_contain_text("Held")


async def test_older_lines_are_a_page_further(desk: Desk) -> None:
    page = await desk.page("privacy_officer", "/desk/log?kind=log", scripts=False)
    assert await page.locator("tbody tr").count() == 50
    first = await page.locator("tbody tr th").first.inner_text()

    await page.get_by_role("link", name="Older lines").click()

    assert int(await page.locator("tbody tr th").first.inner_text()) < int(first) - 49


async def test_the_proof_of_a_line_is_a_file_that_proves_it(
    desk: Desk, logged: TransferId, tmp_path: Path
) -> None:
    page = await desk.page("auditor", f"/desk/log?handle={logged}", scripts=False)
    async with page.expect_download() as begun:
        await page.get_by_role("link", name="Download").first.click()
    download = await begun.value
    await download.save_as(tmp_path / "proof.json")

    proven = verify_proof((tmp_path / "proof.json").read_bytes(), desk.node.log.verifier)

    assert json.loads(proven.leaves[0])["object"] == logged


async def test_accesses_are_shown_without_the_student(desk: Desk) -> None:
    page = await desk.page("auditor", "/desk/log/accesses", scripts=False)

    await expect(page.locator("main")).to_contain_text("release.preview")
    assert "secret-student" not in await page.content()


async def test_what_differs_says_which_side_lacks_it_and_what_to_do(desk: Desk, logged: TransferId) -> None:
    page = await desk.page("records_officer", "/desk/checks", scripts=False)

    row = page.get_by_role("row").filter(has_text="not at the partner")
    await expect(row).to_contain_text("Receipt")
    await expect(row).to_contain_text(logged)
    await expect(row).to_contain_text("Tell the partner's records office")


async def test_comparing_now_says_when_a_partner_is_away(desk: Desk) -> None:
    page = await desk.page("auditor", "/desk/checks", scripts=False)
    await page.get_by_role("button", name="Compare with all now").click()

    assert page.url.endswith("/desk/checks")
    await expect(page.get_by_role("table").last).to_contain_text("never")


async def test_the_timeline_says_what_the_other_log_proves(desk: Desk, logged: TransferId) -> None:
    page = await desk.page("registrar", f"/desk/transfers/{logged}", scripts=False)

    await expect(page.locator("main")).to_contain_text("Proves nothing: not_in_log")


async def test_a_registrar_sees_neither_log_nor_checks(desk: Desk) -> None:
    page = await desk.page("registrar", "/desk/log", scripts=False)
    await expect(page.get_by_role("link", name="Audit log")).to_have_count(0)
    assert "release.approved" not in await page.content()


async def test_the_pages_are_sound_in_both_languages_and_widths(desk: Desk) -> None:
    for path in ("/desk/log", "/desk/log/accesses", "/desk/checks"):
        for language, width in (("en", WIDE), ("es", NARROW)):
            page = await desk.page("auditor", path, language=language, width=width)
            await sound(page)
            await desk.close_pages()
