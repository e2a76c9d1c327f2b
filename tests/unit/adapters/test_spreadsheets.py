"""Spreadsheets become the text that they show."""

import io
import zipfile
from typing import Any

import pytest

from adapters._records import NoTable
from adapters._sheets import Sheet
from gateway.adapter_api import Finding, Limits
from tests.unit.adapters.workbooks import lines, old_workbook, workbook

HEADER = ("id", "name", "grade")


def read(
    content: bytes, limits: Limits | None = None, **options: object
) -> tuple[tuple[str, ...], list[tuple[int, tuple[str | None, ...]]], list[Finding]]:
    sheet = Sheet(io.BytesIO(content), "p.xlsx", limits or Limits(), **options)  # type: ignore[arg-type] # the test's own options
    found: list[tuple[int, tuple[str | None, ...]]] = []
    findings = [*sheet.findings]
    for batch in sheet:
        found += zip(batch.lines.to_list(), batch.cells.rows(), strict=True)
        findings += batch.findings
    sheet.close()
    return sheet.columns, found, findings


def test_rows_have_the_number_that_the_sheet_shows() -> None:
    content = workbook(S=lines((), (), HEADER, ("0012", "Ann", "7"), (), HEADER, ("0013", "Bo")))

    columns, found, findings = read(content)

    assert columns == HEADER
    assert found == [(4, ("0012", "Ann", "7")), (7, ("0013", "Bo", ""))]
    assert [(one.line, one.rule) for one in findings] == [(6, "row.repeatedHeader")]


def test_values_are_the_text_that_the_sheet_shows() -> None:
    def fill(sheet: Any, book: Any) -> None:
        sheet.write_row(0, 0, [f"c{number}" for number in range(10)])
        sheet.write_row(1, 0, [12, 1.5, 0.1 + 0.2, 123456789012345680, -0.0, True])
        for column, number, shown in (
            (6, 45536, "m/d/yyyy"),
            (7, 45536 + 8.5 / 24, "m/d/yy h:mm"),
            (8, 8.5 / 24, "h:mm"),
        ):
            sheet.write_number(1, column, number, book.add_format({"num_format": shown}))
        sheet.write_formula(1, 9, "=A2*2", None, 24)

    _, found, _ = read(workbook(S=fill))

    assert found[0][1] == (
        *("12", "1.5", "0.3", "123456789012346000", "0", "TRUE"),
        *("2024-09-01", "2024-09-01T08:30:00", "08:30:00", "24"),
    )


def test_the_first_sheet_is_read_and_the_others_are_told() -> None:
    _, found, findings = read(workbook(A=lines(("id",), ("1",)), B=lines(("id",), ("2",))))

    assert found == [(2, ("1",))]
    assert [(one.rule, one.raw_value) for one in findings] == [("file.unused", "B")]


def test_a_sheet_is_found_by_its_name() -> None:
    _, found, findings = read(workbook(A=lines(("id",)), B=lines(("id",), ("2",))), sheet="B")

    assert (found, findings) == ([(2, ("2",))], [])


def test_a_sheet_without_a_header_has_the_names_it_is_given() -> None:
    columns, found, _ = read(workbook(A=lines(("Report",), ("1", "Ann"))), columns=("id", "name"), skip=1)

    assert (columns, found) == (("id", "name"), [(2, ("1", "Ann"))])


def test_more_cells_than_the_header_has_are_ragged() -> None:
    _, found, findings = read(workbook(A=lines(("id",), ("1", "surplus"))))

    assert found == [(2, ("1",))]
    assert [(one.line, one.rule) for one in findings] == [(2, "row.ragged")]


def test_a_sheet_that_is_not_there_is_told() -> None:
    with pytest.raises(NoTable, match="no sheet"):
        read(workbook(A=lines(("id",))), sheet="B")


def test_an_empty_sheet_is_no_table() -> None:
    with pytest.raises(NoTable, match="empty"):
        read(workbook(A=lines()))


@pytest.mark.parametrize(
    "content", [b"", b"id,name\n", b"PK\x03\x04" + b"\0" * 100, b"\xd0\xcf\x11\xe0" + b"\0" * 600]
)
def test_what_is_no_workbook_is_no_table(content: bytes) -> None:
    with pytest.raises(NoTable, match="damaged"):
        read(content)


def test_two_cells_that_claim_a_whole_sheet_end_the_reading_process_only() -> None:
    """One at each corner: the reader would take memory for seventeen thousand million cells."""

    def fill(sheet: Any, _: Any) -> None:
        sheet.write(0, 0, "id")
        sheet.write(1_048_575, 16_383, "x")

    with pytest.raises(NoTable, match="too large"):
        read(workbook(S=fill))


def test_a_workbook_that_expands_without_end_ends_the_reading_process_only() -> None:
    whole = workbook(S=lines(("id",), ("1",)))
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as source,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for name in source.namelist():
            if not name.endswith("sheet1.xml"):
                bomb.writestr(name, source.read(name))
        with bomb.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(
                b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            )
            row = b'<row><c t="inlineStr"><is><t>' + b"x" * 30_000 + b"</t></is></c></row>"
            for _ in range(100):
                part.write(row * 100)

    with pytest.raises(NoTable, match="damaged, or too large"):
        read(content.getvalue(), Limits(max_sheet_memory=128 * 1024 * 1024))


def test_workbooks_of_the_old_format_are_read() -> None:
    columns, found, findings = read(old_workbook(("id", "name", "grade"), ("0012", "Zo\xeb", 7.0)))

    assert columns == HEADER
    assert (found, findings) == ([(2, ("0012", "Zo\xeb", "7"))], [])
