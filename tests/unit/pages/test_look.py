"""How pages look: the district's colour, style sheets, what is not theirs to show."""

from pathlib import Path
from typing import Final

import pytest

from gateway.domain.colour import contrast, readable_brand
from gateway.http.pages.frame import Components
from gateway.http.pages.static_files import StaticFiles

STATIC: Final = Path(__file__).parents[3] / "gateway/http/pages/static"


@pytest.mark.parametrize(("one", "ratio"), [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54)])
def test_contrast_is_as_the_guidelines_count_it(one: str, ratio: float) -> None:
    assert contrast(one) == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize("colour", ["#777777", "#fd0", "red", "#1d4f9g", ""])
def test_a_colour_that_cannot_be_read_on_is_refused(colour: str) -> None:
    with pytest.raises(ValueError, match=r"contrast|hexadecimal"):
        readable_brand(colour)


def test_a_dark_colour_is_taken() -> None:
    assert readable_brand("#1D4F91") == "#1d4f91"


def test_nothing_of_anothers_brand_is_left() -> None:
    css = (STATIC / "govuk.css").read_text("utf-8")

    assert not any(word in css for word in ("GDS Transport", "@font-face", "crest", "crown", "url("))
    assert css.count("{") == css.count("}") > 1000


def test_a_file_is_named_after_its_content() -> None:
    one, other = StaticFiles({"a.css": "p{}"}), StaticFiles({"a.css": "q{}"})

    assert one.url("a.css") != other.url("a.css")
    assert one.url("govuk.css") == other.url("govuk.css")
    with pytest.raises(KeyError):
        one.url("b.css")


def test_a_component_is_a_macro_and_escapes() -> None:
    button = Components().button({"text": "<b>"})

    assert "govuk-button" in button
    assert "&lt;b&gt;" in button


def test_there_is_no_component_of_another_name() -> None:
    with pytest.raises(Exception, match=r"no_such|no-such"):
        Components().no_such  # noqa: B018
