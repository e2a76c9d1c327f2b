"""Frames that wait to be asked for: in memory while there is room, else in a folder of the run."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final, Protocol

import polars as pl

from gateway.mapping.columns import KEY, key_expression, key_of
from gateway.mapping.keyed import KeyIndex, key_hashes

IN_MEMORY: Final = 128 * 1024 * 1024
"""Bytes that waiting rows, of all sources together, may take in memory."""
WHILE_READING: Final = 512 * 1024 * 1024
"""The same while a run is compared with the last one: nothing else needs room then."""
READ_AGAIN: Final = 64 * 1024 * 1024
"""Bytes of rows that were written and read again, and may be asked for once more."""
_BLOCK: Final = 16_384
"""Rows in a file of a source that others lead to."""
BUCKET: Final = "@bucket"
STUDENT: Final = "@s"
"""The student's number in the run."""
WHO: Final = "@who"
"""The student's key."""


class Guest(Protocol):
    """Something that takes room."""

    size: int
    """Bytes in memory."""

    def spill(self) -> None:
        """Write what is in memory to the folder."""


class Room:
    """The memory that the waiting rows of a run share; whoever takes most of it is the first to go."""

    def __init__(self, folder: Path, size: int = IN_MEMORY) -> None:
        self.folder = folder
        self.size = size
        self._guests: list[Guest] = []
        self._read: OrderedDict[Path, pl.DataFrame] = OrderedDict()
        self._read_size = 0
        self._lock = threading.Lock()

    def enter(self, guest: Guest) -> None:
        """Let a guest in."""
        self._guests.append(guest)

    def settle(self) -> None:
        """Make room where there is too little."""
        while sum(guest.size for guest in self._guests) > self.size:
            max(self._guests, key=lambda guest: guest.size).spill()

    def read(self, path: Path) -> pl.DataFrame:
        """Return what was written, and remember it for a while."""
        with self._lock:
            if path in self._read:
                self._read.move_to_end(path)
                return self._read[path]
            found = self._read[path] = pl.read_ipc(path)
            self._read_size += _weight(found)
            while self._read_size > READ_AGAIN and len(self._read) > 1:
                self._read_size -= _weight(self._read.popitem(last=False)[1])
            return found


class Held:
    """The rows of one source that others lead to, in order: the position of a row is its `AT`."""

    def __init__(self, room: Room, name: str) -> None:
        self.size = 0
        self._room = room
        self._name = name
        self._blocks: list[tuple[int, pl.DataFrame | Path]] = []
        """With the position of the first row."""
        self._height = 0
        self._indexes: dict[tuple[str, ...], KeyIndex] = {}
        self._lock = threading.Lock()
        room.enter(self)

    def add(self, frame: pl.DataFrame) -> None:
        """Take more rows in."""
        if frame.height:
            self._blocks.append((self._height, frame))
            self._height += frame.height
            self._indexes.clear()
            self.size += _weight(frame)
            self._room.settle()

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield all rows, some at a time."""
        for _, block in self._blocks:
            yield pl.read_ipc(block) if isinstance(block, Path) else block

    def rows(self, key: Sequence[str], keys: pl.Series) -> pl.DataFrame | None:
        """Return the rows whose key is one of the keys, in order, with `KEY`; None if there is no row."""
        if not self._height:
            return None
        rows = self._at(self._index(tuple(key)).find(keys)).with_columns(key_expression(key).alias(KEY))
        return rows.filter(pl.col(KEY).is_in(keys.implode()))

    def again(self, key: Sequence[str]) -> pl.DataFrame:
        """Return the rows that have the key of an earlier one, in order, with `KEY`."""
        rows = self._at(self._index(tuple(key)).alike())
        rows = rows.with_columns(key_of(rows, key))
        return rows.filter(~pl.col(KEY).is_first_distinct() & pl.col(KEY).is_not_null())

    def spill(self) -> None:
        """Write what is in memory to the folder, in small files: who asks seldom asks for all."""
        blocks, self._blocks = self._blocks, []
        for start, block in blocks:
            if isinstance(block, Path):
                self._blocks.append((start, block))
                continue
            for first in range(0, block.height, _BLOCK):
                path = self._room.folder / f"{self._name}-{len(self._blocks):05d}.ipc"
                block.slice(first, _BLOCK).write_ipc(path, compression="lz4")
                self._blocks.append((start + first, path))
        self.size = 0

    def _index(self, key: tuple[str, ...]) -> KeyIndex:
        with self._lock:
            if key not in self._indexes:
                hashes = [key_hashes(key_of(frame, key)) for frame in self.frames()]
                self._indexes[key] = KeyIndex(pl.concat(hashes) if hashes else pl.Series([], dtype=pl.UInt64))
            return self._indexes[key]

    def _at(self, places: pl.Series) -> pl.DataFrame:
        """Return the rows at these positions, which rise."""
        if len(self._blocks) == 1:
            return self._block(0)[places]
        starts = pl.Series([start for start, _ in self._blocks], dtype=pl.UInt32)
        asked = pl.DataFrame({"block": starts.search_sorted(places, side="right") - 1, "at": places})
        found = [self._block(0).clear()]
        for (number,), part in asked.group_by("block", maintain_order=True):
            at = int(str(number))
            found.append(self._block(at)[part.get_column("at") - self._blocks[at][0]])
        return pl.concat(found)

    def _block(self, number: int) -> pl.DataFrame:
        block = self._blocks[number][1]
        return self._room.read(block) if isinstance(block, Path) else block


class Buckets:
    """Rows of one source by the bucket of their student, in order.

    With `flat` what does not fit into memory is written as it comes: few of the rows will be asked for, and
    `narrow` finds those.
    """

    def __init__(self, room: Room, name: str, *, flat: bool) -> None:
        self.size = 0
        self._room = room
        self._folder = room.folder / name
        self._flat = flat
        self._frames: list[pl.DataFrame] = []
        self._by_bucket: dict[int, pl.DataFrame] | None = None
        self._written = 0
        self._lock = threading.Lock()
        room.enter(self)

    def add(self, frame: pl.DataFrame) -> None:
        """Take more rows in; they have the column `BUCKET`."""
        if frame.height:
            self._frames.append(frame)
            self.size += _weight(frame)
            self._room.settle()

    def seal(self) -> None:
        """Say that all rows are there."""
        if self._written:
            self.spill()

    def frames(self) -> Iterator[pl.DataFrame]:
        """Return all rows, some at a time."""
        return chain(map(pl.read_ipc, sorted(self._folder.rglob("*.ipc"))), self._frames)

    def narrow(self, students: pl.Series) -> None:
        """Keep only the rows of these students, by bucket."""
        wanted = pl.col(STUDENT).is_in(students.implode())
        found = self.frames()
        self._folder = self._folder.with_name(f"{self._folder.name}-narrow")
        self._flat, self._frames, self.size, self._written = False, [], 0, 0
        for rows in found if len(students) else ():
            self.add(rows.filter(wanted))
        self.seal()

    def take(self, bucket: int) -> pl.DataFrame | None:
        """Return the rows of a bucket, None where it has none; it is not asked for again."""
        if self._written:
            files = sorted((self._folder / f"{bucket:05d}").glob("*.ipc"))
            return pl.concat([pl.read_ipc(file) for file in files]) if files else None
        with self._lock:
            if self._by_bucket is None:
                self._by_bucket, self._frames = dict(_parted(self._frames)), []
            return self._by_bucket.pop(bucket, None)

    def spill(self) -> None:
        """Write what is in memory to the folder."""
        if not self._frames:
            return
        parted = [(0, pl.concat(self._frames))] if self._flat else _parted(self._frames)
        for bucket, rows in parted:
            folder = self._folder / f"{bucket:05d}"
            folder.mkdir(parents=True, exist_ok=True)
            rows.write_ipc(folder / f"{self._written:05d}.ipc", compression="lz4")
        self._written += 1
        self._frames, self.size = [], 0


def _parted(frames: Sequence[pl.DataFrame]) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield buckets with their rows."""
    if frames:
        for rows in pl.concat(frames).partition_by(BUCKET, maintain_order=True):
            yield int(rows.item(0, BUCKET)), rows


def _weight(frame: pl.DataFrame) -> int:
    """Return the bytes of a frame of texts: polars leaves out the sixteen that each of them takes beside."""
    return int(frame.estimated_size()) + 16 * frame.height * frame.width
