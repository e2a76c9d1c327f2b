"""Request a backpack: one student, many, and those whom an enrolment opens."""

from datetime import date

from playwright.async_api import Page, expect

from gateway.domain.ids import LocalStudentId
from gateway.domain.matching import Candidate
from gateway.domain.transfer import Role
from gateway.usecases.drafts import arrivals
from tests.ui.desk import NARROW, WIDE, Desk, sound

LIST = """given_name,family_name,birth_date,state_id
Ana,Ortiz,2014-05-02,TX1
Bo,,2014-05-02,TX2
Cy,Late,2014-02-30,TX3
"""


async def fill_day(page: Page, name: str, month: str, day: str, year: str) -> None:
    for part, value in (("month", month), ("day", day), ("year", year)):
        await page.locator(f"#{name}-{part}").fill(value)


async def test_a_registrar_asks_for_a_record_without_scripts(desk: Desk) -> None:
    page = await desk.page("registrar", "/desk/requests/new", scripts=False)
    await page.get_by_role("button", name="Start").click()
    await page.get_by_role("button", name="Continue").click()

    await expect(page.locator(".govuk-error-summary")).to_contain_text("Enter the family name")
    await page.get_by_label("Given name").fill("José")
    await page.get_by_label("Family name").fill("Ñúñez-O'Hara")
    await fill_day(page, "birth_date", "5", "2", "2014")
    await page.get_by_label("State student id").fill("TX99")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Former district").select_option(label="Cedar Unified School District")
    await page.get_by_role("button", name="Continue").click()
    await fill_day(page, "enrolled_on", "9", "12", "2026")
    await page.get_by_label("Foster care").check()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator("dl")).to_contain_text("Ñúñez-O'Hara")
    assert "José" not in page.url
    await page.get_by_role("button", name="Send the request").click()

    await expect(page.locator("h1")).to_contain_text("José Ñúñez-O'Hara")
    asked = await desk.store.read(lambda tx: tx.transfers.list(role=Role.REQUESTER))
    assert [(one.subject.family_name, one.enrolled_on) for one in asked] == [
        ("Ñúñez-O'Hara", date(2026, 9, 12))
    ]
    assert (await desk.store.read(lambda tx: tx.cases.get(asked[0].id))).lanes == ("foster",)


async def test_who_does_not_know_the_school_is_told_what_helps(desk: Desk) -> None:
    page = await desk.page("registrar", "/desk/requests/new")
    await page.get_by_role("button", name="Start").click()
    await page.get_by_label("Given name").fill("Ana")
    await page.get_by_label("Family name").fill("Ortiz")
    await fill_day(page, "birth_date", "5", "2", "2014")
    await page.get_by_role("button", name="Continue").click()

    await page.get_by_role("button", name="Ask the locator").click()

    await expect(page.get_by_role("status")).to_contain_text("needs the state id")


async def test_every_question_is_sound(desk: Desk) -> None:
    for width, language in ((WIDE, "en"), (NARROW, "es")):
        page = await desk.page("registrar", "/desk/requests/new", width=width, language=language)
        await sound(page)
        await page.locator("main button").first.click()
        await sound(page)
        await page.locator("main button").first.click()
        await sound(page)
        base = page.url.removesuffix("/who")
        for question in ("where", "when", "check"):
            await page.goto(f"{base}/{question}")
            await sound(page)
        for path in ("/desk/requests", "/desk/requests/many"):
            await page.goto(desk.url + path)
            await sound(page)


async def test_of_many_the_good_are_sent_and_the_bad_are_kept(desk: Desk) -> None:
    before = len(await desk.store.read(lambda tx: tx.transfers.list(role=Role.REQUESTER)))
    page = await desk.page("registrar", "/desk/requests/many")
    await page.get_by_label("Former district").select_option(label="Oak Valley School District")
    await page.get_by_label("File with the students").set_input_files(
        {"name": "list.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
    )
    await page.get_by_role("button", name="Check the list").click()

    await expect(page.locator("tbody tr")).to_have_count(2)
    await expect(page.locator("tbody tr").first).to_contain_text("Enter the family name")
    await sound(page)
    await page.get_by_role("button", name="Send 1 request").click()

    await expect(page.get_by_role("status")).to_contain_text("1 request was sent")
    await expect(page.get_by_label("Or paste the lines here")).to_have_value(
        "given_name,family_name,birth_date,state_id,guardian_name,enrolled_on\n"
        "Bo,,2014-05-02,TX2,,\nCy,Late,2014-02-30,TX3,,\n"
    )
    after = await desk.store.read(lambda tx: tx.transfers.list(role=Role.REQUESTER))
    assert len(after) == before + 1


async def test_a_new_enrolment_opens_a_request_that_a_person_sends(desk: Desk) -> None:
    new = Candidate(
        student=LocalStudentId("S1"),
        state_id="TX55",
        given_names=frozenset({"Dee"}),
        family_names=frozenset({"Newcomer"}),
        birth_date=date(2013, 3, 3),
    )
    for _ in range(2):
        await desk.store.write(lambda tx: arrivals(desk.node, tx, [new]))

    page = await desk.page("registrar", "/desk/requests")
    await expect(page.get_by_role("row", name="Newcomer, Dee")).to_have_count(1)
    await page.get_by_role("link", name="Newcomer, Dee").click()

    await expect(page.locator("h1")).to_have_text("Where does the student come from?")


async def test_a_draft_is_its_writers_own(desk: Desk) -> None:
    page = await desk.page("registrar", "/desk/requests/new")
    await page.get_by_role("button", name="Start").click()

    other = await desk.page("records_officer", page.url.removeprefix(desk.url))

    await expect(other.locator("h1")).to_have_text("You may not do this")
