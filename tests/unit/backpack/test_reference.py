"""The page about the schema is what the schema says."""

import re
from pathlib import Path

from typer.testing import CliRunner

from gateway.cli import app
from gateway.domain.backpack.document import SECTIONS, Backpack, Sections, models
from gateway.domain.backpack.reference import reference_page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "schema.md"


def test_the_page_is_current() -> None:
    printed = CliRunner().invoke(app, ["schema", "reference"]).stdout

    assert printed == reference_page()
    assert PAGE.read_text("utf-8") == printed, "run: backpack schema reference > docs/reference/schema.md"


def test_every_section_and_every_model_has_its_place() -> None:
    page = reference_page()

    for section in SECTIONS:
        assert f"\n## `{section}`\n" in page
    shown = {one.__name__ for one in models()} - {Sections.__name__, "HealthEntry", "ProfileEntry"}
    assert {name for name in shown if page.count(f"\n### {name}\n") != 1} == set()
    assert f"### {Backpack.__name__}\n" in page


def test_every_link_leads_to_a_table() -> None:
    page = reference_page()
    headings = {one.lower() for one in re.findall(r"^##+ (\w+)$", page, re.MULTILINE)}

    assert set(re.findall(r"\]\(#(\w+)\)", page)) <= headings
