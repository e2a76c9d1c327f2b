"""Files in which every value stands at its place."""

import io

import pytest

from adapters._fixed_width import FixedWidth, places_of
from adapters._records import NoTable
from gateway.adapter_api import Finding, Limits

NAMES = ("id", "name", "grade")
PLACES = places_of([4, 6, 2])


def opened(content: bytes, **options: object) -> FixedWidth:
    names = options.pop("names", NAMES)
    return FixedWidth(io.BytesIO(content), "p.txt", Limits(), PLACES, names=names, **options)  # type: ignore[arg-type] # the test's own options


def rows(table: FixedWidth) -> tuple[list[tuple[int, tuple[str | None, ...]]], list[Finding]]:
    found: list[tuple[int, tuple[str | None, ...]]] = []
    findings: list[Finding] = []
    for batch in table:
        found += zip(batch.lines.to_list(), batch.cells.rows(), strict=True)
        findings += batch.findings
    return found, findings


def test_places_follow_from_widths() -> None:
    assert PLACES == [(0, 4), (4, 10), (10, 12)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_values_stand_at_their_places_without_the_blanks_around(end: str) -> None:
    text = f"0001Ann    7{end}{end}0002Zoë   12{end}"

    found, findings = rows(opened(text.encode()))

    assert found == [(1, ("0001", "Ann", "7")), (3, ("0002", "Zoë", "12"))]
    assert findings == []


def test_the_header_may_name_the_columns_and_stand_there_again() -> None:
    header = b"id  name  gr\n"

    table = opened(header + b"0001Ann    7\n" + header, names=())

    assert table.columns == ("id", "name", "gr")
    found, findings = rows(table)
    assert found == [(2, ("0001", "Ann", "7"))]
    assert [(one.line, one.rule) for one in findings] == [(3, "row.repeatedHeader")]


def test_a_line_that_was_cut_off_is_a_finding_where_others_are_whole() -> None:
    found, findings = rows(opened(b"0001Ann    7\n0002Bo\n"))

    assert found[1] == (2, ("0002", "Bo", None))
    assert [(one.line, one.rule) for one in findings] == [(2, "row.ragged")]


def test_blanks_left_out_at_the_end_are_no_finding_where_the_first_line_has_none() -> None:
    found, findings = rows(opened(b"0001Ann\n0002Bo     8\n"))

    assert found == [(1, ("0001", "Ann", None)), (2, ("0002", "Bo", "8"))]
    assert findings == []


def test_characters_after_the_last_column_are_a_finding() -> None:
    _, findings = rows(opened(b"0001Ann    7\n0002Bo     8more\n"))

    assert [(one.line, one.rule) for one in findings] == [(2, "row.ragged")]


def test_windows_1252_keeps_the_places() -> None:
    found, findings = rows(opened(b"0001Zo\xeb    7\n0002Bo     8\n"))

    assert found == [(1, ("0001", "Zoë", "7")), (2, ("0002", "Bo", "8"))]
    assert [(one.line, one.rule) for one in findings] == [(1, "text.encoding")]


@pytest.mark.parametrize("stretch", [20, 50, 10_000])
def test_the_stretch_changes_nothing(stretch: int) -> None:
    content = (
        b"".join(b"%04dAnn    7\n" % number for number in range(50)) + b"00\xe9\0Bo     8\r0099Cy     9\n"
    )

    assert rows(opened(content, stretch=stretch)) == rows(opened(content))


def test_leading_lines_are_left_out_and_counted() -> None:
    found, _ = rows(opened(b"REPORT\n0001Ann    7\n", skip=1))

    assert found == [(2, ("0001", "Ann", "7"))]


def test_an_empty_file_is_no_table() -> None:
    with pytest.raises(NoTable):
        opened(b"\n", names=())
