"""Delimited files as people really export them."""

import io

import pytest

from adapters._delimited import Delimited, NoTable
from adapters._records import Dialect
from gateway.adapter_api import Finding, Limits

HEADER = b"sourcedId,givenName,grade\n"


def opened(
    content: bytes, dialect: Dialect | None = None, encoding: str | None = None, **limits: int
) -> Delimited:
    return Delimited(io.BytesIO(content), "users.csv", Limits(**limits), dialect=dialect, encoding=encoding)


def rows(table: Delimited) -> tuple[list[tuple[int, tuple[str | None, ...]]], list[Finding]]:
    found: list[tuple[int, tuple[str | None, ...]]] = []
    findings: list[Finding] = []
    for batch in table:
        found += zip(batch.lines.to_list(), batch.cells.rows(), strict=True)
        findings += batch.findings
    return found, findings


def rules(findings: list[Finding]) -> list[tuple[int | None, str]]:
    return [(found.line, found.rule) for found in findings]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_end_a_line(end: str) -> None:
    text = end.join(["sourcedId,givenName,grade", "U1,Ann,7", "U2,Bo,8", ""])

    found, findings = rows(opened(text.encode()))

    assert found == [(2, ("U1", "Ann", "7")), (3, ("U2", "Bo", "8"))]
    assert findings == []


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(mark: bytes) -> None:
    table = opened(mark + HEADER + "U1,Zoë,7\n".encode())

    assert table.columns == ("sourcedId", "givenName", "grade")
    assert rows(table) == ([(2, ("U1", "Zoë", "7"))], [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_and_reported_once(encoding: str) -> None:
    table = opened("sourcedId,givenName\nU1,Čeněk\n".encode(encoding))

    assert rows(table) == ([(2, ("U1", "Čeněk"))], [])
    assert rules(table.findings) == [(None, "text.encoding")]


def test_a_line_of_windows_1252_is_read_and_reported_by_itself() -> None:
    found, findings = rows(opened(HEADER + "U1,Zoë,7\n".encode() + b"U2,Zo\xeb,8\nU3,Bo,9\n"))

    assert [row[1] for _, row in found] == ["Zoë", "Zoë", "Bo"]
    assert [(one.line, one.rule, one.raw_value) for one in findings] == [(3, "text.encoding", "ë")]


def test_a_declared_encoding_is_used_without_findings() -> None:
    table = opened(HEADER + "U1,Žofie,7\n".encode("cp1250"), encoding="cp1250")

    assert rows(table) == ([(2, ("U1", "Žofie", "7"))], [])
    assert table.findings == []


def test_what_a_declared_encoding_cannot_mean_is_a_finding() -> None:
    found, findings = rows(opened(HEADER + b"U1,Zo\xff\xfe,7\n", encoding="utf-8"))

    assert found[0][1][1] is not None
    assert rules(findings) == [(2, "text.encoding")]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_found_and_told(delimiter: str) -> None:
    table = opened(f"sourcedId{delimiter}name\nU1{delimiter}Smith, Ann\n".encode())

    assert rows(table) == ([(2, ("U1", "Smith, Ann"))], [])
    assert rules(table.findings) == [(1, "file.delimiter")]


def test_a_header_in_mid_file_is_no_row() -> None:
    found, findings = rows(opened(HEADER + b"U1,Ann,7\n" + HEADER + b"U2,Bo,8\n"))

    assert [line for line, _ in found] == [2, 4]
    assert rules(findings) == [(3, "row.repeatedHeader")]


def test_ragged_rows_are_read_and_reported() -> None:
    found, findings = rows(opened(HEADER + b"U1,Ann\nU2,Bo,8\nU3,Cy,9,surplus\nU4,Di,9,\n"))

    assert found == [
        (2, ("U1", "Ann", None)),
        (3, ("U2", "Bo", "8")),
        (4, ("U3", "Cy", "9")),
        (5, ("U4", "Di", "9")),
    ]
    assert [(one.line, one.raw_value, one.severity) for one in findings] == [
        (2, None, "warning"),
        (4, "surplus", "warning"),
        (5, None, "info"),
    ]


def test_a_row_too_short_and_one_too_long_do_not_make_up_for_each_other() -> None:
    found, findings = rows(opened(HEADER + b"U1,Ann,7,x\nU2,Bo\n"))

    assert found[1] == (3, ("U2", "Bo", None))
    assert rules(findings) == [(2, "row.ragged"), (3, "row.ragged")]


def test_a_quote_that_nobody_closed_costs_its_own_line_only() -> None:
    found, findings = rows(opened(HEADER + b'U1,"Ann,7\nU2,Bo,8\nU3,Cy,9\n'))

    assert [row[0] for _, row in found] == ["U1", "U2", "U3"]
    assert rules(findings) == [(2, "row.unclosedQuote")]


@pytest.mark.parametrize("between", [0, 1, 50])
def test_two_quotes_that_nobody_closed_do_not_make_one_value_of_all_between(between: int) -> None:
    middle = b"U2,Bo,8\n" * between

    found, findings = rows(opened(HEADER + b'U1,"Ann,7\n' + middle + b'U3,"Cy,9\n'))

    assert [row[0] for _, row in found] == ["U1", *["U2"] * between, "U3"]
    assert found[-1][1] == ("U3", "Cy", "9")
    assert rules(findings) == [(2, "row.unclosedQuote"), (3 + between, "row.unclosedQuote")]


def test_values_with_line_breaks_keep_physical_lines() -> None:
    found, findings = rows(opened(HEADER + b'U1,"An\r\nna",7\r\n\r\nU2,"a ""b"", c",8\r\n'))

    assert found == [(2, ("U1", "An\r\nna", "7")), (5, ("U2", 'a "b", c', "8"))]
    assert findings == []


def test_a_line_without_any_value_is_no_row() -> None:
    found, findings = rows(opened(HEADER + b"\n,,\nU1,,\n , ,\n,Ann,\n"))

    assert found == [(4, ("U1", "", "")), (6, ("", "Ann", ""))]
    assert findings == []


def test_nul_characters_are_dropped_and_reported() -> None:
    found, findings = rows(opened(HEADER + b"U1,A\0nn,7\nU2,Bo,8\n"))

    assert found[0] == (2, ("U1", "Ann", "7"))
    assert rules(findings) == [(2, "text.nul")]


def test_a_lost_character_is_a_finding() -> None:
    _, findings = rows(opened(HEADER + "U1,Zo\ufffd,7\n".encode()))

    assert rules(findings) == [(2, "text.encoding")]


def test_ids_that_a_spreadsheet_has_mangled_stay_as_they_are() -> None:
    mangled = ["1.23457E+15", "0012", "1-Mar", "=12", " 7", "NaN", "null", "TRUE", "-"]

    found, findings = rows(opened(b"id\n" + "\n".join(mangled).encode()))

    assert [row[0] for _, row in found] == mangled
    assert findings == []


def test_columns_of_one_name_and_of_none_are_told_apart() -> None:
    table = opened(b"id,name,,Name ,\nU1,a,b,c,d\n")

    assert table.columns == ("id", "name", "(column 3)", "Name (column 4)", "(column 5)")
    assert rules(table.findings) == [(1, "header.duplicate")]
    assert rows(table)[0] == [(2, ("U1", "a", "b", "c", "d"))]


def test_a_generated_name_never_hides_a_real_one() -> None:
    table = opened(b"a (column 2),a,A\n1,2,3\n")

    assert len(set(table.columns)) == 3


def test_the_lines_before_the_header_and_the_blank_ones_are_counted() -> None:
    table = opened(b"Report of today\n\n\nid,id\n1,2\n", Dialect(skip=1))

    assert rules(table.findings) == [(4, "header.duplicate")]
    assert rows(table)[0] == [(5, ("1", "2"))]


def test_a_file_without_a_header_has_the_names_it_is_given() -> None:
    table = opened(b"U1;Ann\nU2;Bo\n", Dialect(columns=("id", "name")))

    assert table.columns == ("id", "name")
    assert rows(table)[0] == [(1, ("U1", "Ann")), (2, ("U2", "Bo"))]


def test_quotes_may_be_plain_characters() -> None:
    found, findings = rows(opened(b'id\tname\nU1\t6" pipe\nU2\t"x\n', Dialect(delimiter="\t", quote=None)))

    assert [row[1] for _, row in found] == ['6" pipe', '"x']
    assert findings == []


def test_quotes_inside_values_of_another_delimiter_stay() -> None:
    """What the fast parser would strip without a word."""
    found, _ = rows(opened(b'id;list\nU1;"a","b"\nU2;x\n', Dialect(delimiter=";")))

    assert found[0] == (2, ("U1", 'a,"b"'))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b",,\n"])
def test_an_empty_file_is_no_table(content: bytes) -> None:
    with pytest.raises(NoTable, match="empty"):
        opened(content)
