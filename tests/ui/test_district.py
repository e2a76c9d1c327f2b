"""What district IT looks at: the source's age, what is wrong with its rows, people and roles; in a browser."""

import re
from dataclasses import replace

import pytest_asyncio
from playwright.async_api import expect

from gateway.domain.audit import Leaf
from gateway.domain.ids import LocalStudentId
from gateway.mapping.findings import Finding, Rule, finding
from gateway.usecases.ports import Tx
from tests.harness.pair import backpack
from tests.ui.desk import NARROW, WIDE, Desk, sound

ANA = LocalStudentId("1001")
HOSTILE = '=HYPERLINK("http://x.test")<img src=x onerror=alert(1)>'


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def a_run(desk: Desk) -> None:
    """Two dates of one school are wrong; a column has a hostile name."""

    def wrong(line: int, column: str) -> tuple[LocalStudentId, Finding]:
        return ANA, finding(
            Rule.DATE_INVALID,
            "not a date",
            file="demographics.csv",
            line=line,
            column=column,
            raw_value="31 of Febtober",
            suggestion="write the day as 2014-05-02",
        )

    def store(tx: Tx) -> None:
        tx.backpacks.put([replace(backpack(), school="LAKESIDE")])
        tx.findings.replace([wrong(7, "birthDate"), wrong(9, HOSTILE)], of=[ANA])
        now = desk.node.now()
        tx.audit.add(Leaf(at=now, actor="node", action="students.mapped", object=desk.node.id))

    await desk.store.write(store)


async def test_findings_lead_from_a_school_to_the_rows_and_never_show_a_value(desk: Desk) -> None:
    page = await desk.page("it_admin", "/desk/findings", scripts=False)
    await page.get_by_role("link", name=re.compile(r"date\.invalid.*LAKESIDE")).click()

    main = page.locator("main")
    await expect(main).to_contain_text("To mend at school LAKESIDE")
    await expect(main).to_contain_text("line 7")
    await expect(main).to_contain_text(HOSTILE)
    await expect(main).to_contain_text("write the day as 2014-05-02")
    assert "Febtober" not in await page.content()


async def test_the_list_is_downloaded_without_a_formula_or_a_value(desk: Desk) -> None:
    page = await desk.page("it_admin", "/desk/findings/list?school=LAKESIDE")
    answer = await page.request.get(f"{desk.url}/desk/findings/list.csv?school=LAKESIDE")

    text = await answer.text()
    assert answer.headers["content-type"].startswith("text/csv")
    assert "date.invalid,LAKESIDE,1001,demographics.csv,7,birthDate" in text
    assert "\"'=HYPERLINK" in text
    assert "Febtober" not in text


async def test_a_rule_that_does_not_exist_is_an_error_that_says_so(desk: Desk) -> None:
    page = await desk.page("it_admin", "/desk/findings/list?rule=nonsense")

    await expect(page.locator("main")).to_contain_text("no such rule")


async def test_the_source_says_when_it_was_read_and_people_who_stands_in(desk: Desk) -> None:
    page = await desk.page("observer", "/desk/source", scripts=False)
    await expect(page.locator("main")).to_contain_text("Students here")
    await expect(page.locator("main")).not_to_contain_text("more than two days")

    people = await desk.page("it_admin", "/desk/people", scripts=False)
    await expect(people.get_by_role("row", name="Whole district").first).to_contain_text("Covered")


async def test_the_pages_are_sound_in_both_languages_and_widths(desk: Desk) -> None:
    for role, path in (
        ("it_admin", "/desk/source"),
        ("it_admin", "/desk/findings"),
        ("registrar", "/desk/findings/list"),
        ("it_admin", "/desk/people"),
    ):
        for language, width in (("en", WIDE), ("es", NARROW)):
            page = await desk.page(role, path, language=language, width=width)
            await sound(page)
            await desk.close_pages()
