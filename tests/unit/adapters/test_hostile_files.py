"""Files made to do harm, and files that do it by accident: never a crash, a hang or a wrong value."""

import io
import tracemalloc
from collections.abc import Iterator

import pytest

from adapters._delimited import Delimited, NoTable, Stretches
from adapters._delimited_bytes import Ahead
from adapters._fixed_width import FixedWidth
from gateway.adapter_api import Finding, Limits

MEGABYTE = 1024 * 1024


class Streamed:
    """A file that exists nowhere: its bytes come as they are asked for."""

    def __init__(self, pieces: Iterator[bytes], *, breaks: bool = False) -> None:
        self._pieces = pieces
        self._rest = b""
        self._breaks = breaks

    def read(self, size: int, /) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                if self._breaks:
                    raise OSError("the disk is gone")
                return b""
            self._rest = piece
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def close(self) -> None:
        """There is nothing to let go of."""


def rows(table: Delimited | FixedWidth) -> tuple[list[tuple[int, tuple[str | None, ...]]], list[Finding]]:
    found: list[tuple[int, tuple[str | None, ...]]] = []
    findings: list[Finding] = []
    for batch in table:
        found += zip(batch.lines.to_list(), batch.cells.rows(), strict=True)
        findings += batch.findings
    return found, findings


def test_a_line_of_a_gigabyte_is_one_finding_and_no_memory() -> None:
    block = b"x" * MEGABYTE

    def pieces() -> Iterator[bytes]:
        yield b"id,name\nU1,Ann\n"
        for _ in range(1024):
            yield block
        yield b"\nU2,Bo\n"

    tracemalloc.start()
    found, findings = rows(Delimited(Streamed(pieces()), "t.csv", Limits()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found == [(2, ("U1", "Ann")), (4, ("U2", "Bo"))]
    assert [(one.line, one.rule) for one in findings] == [(3, "row.unreadable")]
    assert peak < 64 * MEGABYTE


def test_memory_is_set_by_the_stretch_and_not_by_the_file() -> None:
    block = b"U1,Ann\n" * 100_000

    def pieces() -> Iterator[bytes]:
        yield b"id,name\n"
        for _ in range(100):
            yield block

    tracemalloc.start()
    table = Delimited(Streamed(pieces()), "t.csv", Limits(), stretches=Stretches(whole=MEGABYTE))
    count = sum(batch.cells.height for batch in table)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 10_000_000
    assert peak < 16 * MEGABYTE


def test_a_million_columns_are_no_header() -> None:
    header = ",".join(f"c{number}" for number in range(1_000_000)).encode() + b"\n"

    with pytest.raises(NoTable, match="longer than any header"):
        Delimited(io.BytesIO(header), "t.csv", Limits())
    with pytest.raises(NoTable, match="1000000 cells"):
        Delimited(io.BytesIO(header), "t.csv", Limits(max_line_bytes=16 * MEGABYTE))


def test_a_million_cells_in_a_row_cost_that_row() -> None:
    content = b"id,name\nU1,Ann\n" + b"," * 1_000_000 + b"\nU2,Bo\n"

    found, findings = rows(Delimited(io.BytesIO(content), "t.csv", Limits()))

    assert found == [(2, ("U1", "Ann")), (4, ("U2", "Bo"))]
    assert [(one.line, one.rule) for one in findings] == [(3, "row.unreadable")]


def test_a_row_of_many_cells_within_the_limit_is_ragged() -> None:
    content = b"id,name\nU1,Ann" + b",x" * 50_000 + b"\nU2,Bo\n"

    found, findings = rows(Delimited(io.BytesIO(content), "t.csv", Limits()))

    assert found == [(2, ("U1", "Ann")), (3, ("U2", "Bo"))]
    assert [(one.line, one.rule) for one in findings] == [(2, "row.ragged")]


def test_a_cell_longer_than_the_parser_takes_is_a_finding() -> None:
    content = b"id,name\nU1," + b"x" * 200_000 + b"\nU2,Bo\n"

    found, findings = rows(Delimited(io.BytesIO(content), "t.csv", Limits(max_line_bytes=MEGABYTE)))

    assert [(line, row[0]) for line, row in found] == [(2, "U1"), (3, "U2")]
    assert [one.line for one in findings] == [2]


def test_a_header_of_one_endless_cell_is_none() -> None:
    with pytest.raises(NoTable, match="no header"):
        Delimited(io.BytesIO(b"x" * 200_000 + b"\n"), "t.csv", Limits(max_line_bytes=MEGABYTE))


def test_nothing_but_quotes_ends() -> None:
    content = b"id,name\n" + b'"\n' * 3000 + b"U1,Ann\n"

    found, _ = rows(Delimited(io.BytesIO(content), "t.csv", Limits()))

    assert found[-1] == (3002, ("U1", "Ann"))


def test_bytes_of_no_meaning_end_as_a_table_or_as_none() -> None:
    noise = bytes((index * 7919 + (index >> 8) * 31) % 256 for index in range(200_000))

    found, findings = rows(Delimited(io.BytesIO(b"id,name\n" + noise), "t.csv", Limits()))

    assert findings
    assert [line for line, _ in found] == sorted({line for line, _ in found})


def test_what_came_before_a_break_is_read_and_the_cut_line_is_not() -> None:
    stream = Streamed(iter([b"id,name\nU1,Ann\nU2,Bo\nU3,C"]), breaks=True)

    found, findings = rows(Delimited(stream, "t.csv", Limits()))

    assert found == [(2, ("U1", "Ann")), (3, ("U2", "Bo"))]
    assert [one.rule for one in findings] == ["file.damaged"]


def test_a_fixed_width_file_that_breaks_gives_what_came_before() -> None:
    stream = Streamed(iter([b"U1Ann\nU2Bo \nU3C"]), breaks=True)

    found, findings = rows(FixedWidth(stream, "t.txt", Limits(), [(0, 2), (2, 5)], names=("id", "name")))

    assert found == [(1, ("U1", "Ann")), (2, ("U2", "Bo"))]
    assert [one.rule for one in findings] == ["file.damaged"]


def test_looking_ahead_takes_nothing() -> None:
    ahead = Ahead(io.BytesIO(b"one\ntwo\nthree"))

    assert ahead.window(9) == b"one\ntwo\n"
    assert ahead.window(2) == b""
    assert ahead.readline(100) == b"one\n"
    assert ahead.window(100) == b"two\nthree"
    assert ahead.readline(2) == b"tw"
    assert ahead.taken == 6


def test_a_file_that_breaks_before_its_header_is_damaged_and_not_empty() -> None:
    with pytest.raises(OSError, match="gone"):
        Delimited(Streamed(iter([b"id,na"]), breaks=True), "t.csv", Limits())
