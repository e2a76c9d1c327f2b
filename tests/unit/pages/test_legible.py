"""What a page shows cannot be misread."""

import pytest

from gateway.http.pages.legible import legible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ana \u202egpj.exe", "Ana [U+202E]gpj.exe"),
        ("An\u200ba", "An[U+200B]a"),
        ("An\x00a", "An[U+0000]a"),
        ("An\U000e0041a", "An[U+E0041]a"),
        ("\u0410na", "\u0410[U+0410]na"),
        ("Ort\u0456z", "Ort\u0456[U+0456]z"),
        ("p\u03bfrt", "p\u03bf[U+03BF]rt"),
        ("\u0410\u043d\u043d\u0430 Ortiz", "\u0410\u043d\u043d\u0430 Ortiz"),
        ("Ortiz-Núñez, Zoë O\u2019Brien", "Ortiz-Núñez, Zoë O\u2019Brien"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u2068\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\u2069",
        ),
        ("line\none\ttab", "line\none\ttab"),
    ],
    ids=ascii,
)
def test_what_nobody_sees_is_shown_and_the_rest_stays(text: str, shown: str) -> None:
    assert legible(f"<p>{text}</p>") == f"<p>{shown}</p>"


def test_what_a_form_sends_back_stays_as_it_was() -> None:
    box = '<input value="\u0410na\u202e"><textarea rows="3">\u0410na\u202e\u0645</textarea>'

    assert legible(box) == box


def test_text_after_a_box_is_shown() -> None:
    assert legible("<textarea>\u202e</textarea><p>\u202e</p>") == "<textarea>\u202e</textarea><p>[U+202E]</p>"
