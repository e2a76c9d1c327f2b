"""The fast way and the careful way read the same from any text."""

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters._delimited import Delimited, NoTable, Stretches
from adapters._records import Dialect
from gateway.adapter_api import Finding, Limits

LIMITS = Limits(max_line_bytes=60, max_record_lines=4, max_columns=6)
CAREFUL = Stretches(whole=0)

cells = st.one_of(
    st.sampled_from(
        ["", "a", "b", "x", " ", "1", '"', '""', "id", "name", "Zoë", "\u3000", "\x1c", "\ufeff", "\ufffd"]
    ),
    st.text('ab,;"\n\r\0 ðŸ', max_size=4),
    st.sampled_from(
        ['"a"', '"a,b"', '"say ""a"""', '""', '"two\nlines"', '"two\r\nlines"', 'a"b', '"a"b', '"', '""a']
    ),
)
lines = st.one_of(
    st.lists(cells, min_size=3, max_size=3).map(",".join),
    st.lists(cells, max_size=5).map(",".join),
    st.sampled_from(["a,b,c", '"a","b","c"', "id,name,x", "", ",,", " , ,", "y" * 70, '"open,b,c', "a,b"]),
)
ends = st.sampled_from(["\n", "\n", "\r\n", "\r", "\r\r\n"])
bodies = st.lists(st.tuples(lines, ends), max_size=30).map(
    lambda pairs: "".join(line + end for line, end in pairs)
)
spoilt = st.sampled_from([b"", b"", b"\xe9", b"\0", b"\xff\xfe", b"a,b"])


def read(content: bytes, stretches: Stretches, dialect: Dialect) -> tuple[list[object], list[Finding]] | str:
    try:
        table = Delimited(io.BytesIO(content), "t.csv", LIMITS, dialect=dialect, stretches=stretches)
    except NoTable as none:
        return none.found.message
    batches = list(table)
    rows = [
        (line, row)
        for batch in batches
        for line, row in zip(batch.lines, batch.cells.iter_rows(), strict=True)
    ]
    found = [found for batch in batches for found in batch.findings]
    return [table.columns, *rows], [*table.findings, *found]


@settings(max_examples=400, deadline=None)
@given(
    body=bodies,
    tail=spoilt,
    header=st.sampled_from(
        ["id,name,x\n", "\ufeffid,name,x\r\n", "", "name\n", '"id","na""me",""\n', "id;name;x\n"]
    ),
    stretches=st.builds(
        Stretches, whole=st.sampled_from([30, 100, 400, 100_000]), part=st.sampled_from([1, 20, 80])
    ),
    dialect=st.sampled_from(
        [Dialect(), Dialect(columns=("id", "name", "x")), Dialect(quote=None), Dialect(delimiter=";")]
    ),
)
def test_any_text_reads_the_same_on_both_ways(
    body: str, tail: bytes, header: str, stretches: Stretches, dialect: Dialect
) -> None:
    content = (header + body).encode("utf-8", "replace") + tail

    fast = read(content, stretches, dialect)

    assert fast == read(content, CAREFUL, dialect)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.lists(
            st.sampled_from(["a", "", "Zoë", '"q"', '"a, b"', '"s ""t"""', '""', '"two\nlines"', '"\r\n"']),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=40,
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
    whole=st.sampled_from([30, 200, 100_000]),
)
def test_clean_text_reads_the_same_on_both_ways(
    rows: list[list[str]], end: str, last: bool, whole: int
) -> None:
    text = end.join(["id,name,x", *(",".join(row) for row in rows)]) + (end if last else "")
    content = text.encode()

    fast = read(content, Stretches(whole=whole, part=1), Dialect())

    assert fast == read(content, CAREFUL, Dialect())


def test_a_large_file_with_line_breaks_in_values_reads_as_the_csv_module_reads_it() -> None:
    """Large enough for several stretches, and for the parser to share each among threads."""
    cells = ["", "plain", '"quoted"', '"a, b"', '"two\nlines"', '"three\r\n\r\nlines"', '"say ""a"""', "Zoë"]
    chosen = [cells[(index * index + index // 7) % len(cells)] for index in range(600_000)]
    pairs = zip(chosen[::2], chosen[1::2], strict=True)
    text = "id,name,x\n" + "".join(f"R{number},{name},{x}\n" for number, (name, x) in enumerate(pairs))
    expected = list(csv.reader(io.StringIO(text, newline="")))[1:]
    content = text.encode()

    table = Delimited(io.BytesIO(content), "t.csv", Limits(), stretches=Stretches(whole=2 * 1024 * 1024))
    batches = list(table)

    assert [list(row) for batch in batches for row in batch.cells.rows()] == expected
    starts = {int(batch.lines[0]): batch.cells.row(0)[0] for batch in batches}
    lines = text.split("\n")
    assert all(lines[line - 1].startswith(f"{first},") for line, first in starts.items())
