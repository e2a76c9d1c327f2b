"""Frames that wait to be asked for: in memory while they are few, else in a folder of the run."""

import shutil
from pathlib import Path
from typing import Final

import polars as pl

from gateway.mapping.columns import AT, KEY, key_expression, key_of

IN_MEMORY: Final = 128 * 1024 * 1024
"""Bytes that the rows of one source may take in memory."""


class Held:
    """The rows of one source that others lead to, in order."""

    def __init__(self, folder: Path, name: str) -> None:
        self._frames: list[pl.DataFrame] = []
        self._bytes = 0
        self._files: list[Path] = []
        self._known: dict[tuple[str, ...], pl.DataFrame] = {}
        self._folder = folder
        self._name = name

    def add(self, frame: pl.DataFrame) -> None:
        """Take more rows in."""
        if frame.height:
            self._frames.append(frame)
            self._bytes += int(frame.estimated_size())
            self._known.clear()
        if self._bytes > IN_MEMORY:
            self._spill()

    def whole(self) -> pl.LazyFrame:
        """Return all rows."""
        if self._files:
            self._spill()
            return pl.scan_ipc(self._files)
        if len(self._frames) > 1:
            self._frames = [pl.concat(self._frames)]
        return self._frames[0].lazy() if self._frames else pl.LazyFrame()

    def rows(self, key: list[str], keys: pl.Series) -> pl.DataFrame | None:
        """Return the rows whose key is one of the keys, with `KEY`; None where there are no rows at all."""
        if not self._frames and not self._files:
            return None
        asked = pl.LazyFrame({KEY: keys.drop_nulls().unique()})
        return self.read(self._keyed(tuple(key)).join(asked, on=KEY, how="semi")).sort(AT)

    def _keyed(self, key: tuple[str, ...]) -> pl.LazyFrame:
        """Return all rows with `KEY`; in memory it is made once."""
        made = key_expression(key).alias(KEY)
        if self._files:
            return self.whole().with_columns(made)
        whole = self.whole()
        if key not in self._known:
            self._known[key] = whole.with_columns(made).collect()
        return self._known[key].lazy()

    def keys(self, key: list[str]) -> pl.DataFrame:
        """Return the keys of all rows with their positions, in order."""
        rows = self.read(self.whole().select(*key, AT)).sort(AT)
        return rows.select(key_of(rows, key), AT)

    def read(self, asked: pl.LazyFrame) -> pl.DataFrame:
        """Return what is asked of `whole`; rows on disk pass through memory piece by piece, in any order."""
        return asked.collect(engine="streaming") if self._files else asked.collect()

    def _spill(self) -> None:
        if self._frames:
            path = self._folder / f"{self._name}-{len(self._files):04d}.ipc"
            pl.concat(self._frames).write_ipc(path, compression="lz4")
            self._files.append(path)
        self._frames, self._bytes = [], 0


class Buckets:
    """Rows of one source by the bucket of their student, in order."""

    def __init__(self, folder: Path, name: str, count: int) -> None:
        self._folder = folder / name
        self._count = count
        self._frames: list[pl.DataFrame] = []
        self._bytes = 0
        self._flushed = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Take more rows in; they have the column `@bucket`."""
        if frame.height:
            self._frames.append(frame)
            self._bytes += int(frame.estimated_size())
        if self._count > 1 and self._bytes > IN_MEMORY:
            self._flush()

    def seal(self) -> None:
        """Say that all rows are there."""
        if self._flushed:
            self._flush()

    def rows(self, bucket: int) -> pl.DataFrame | None:
        """Return the rows of a bucket, None where it has none."""
        if self._flushed:
            files = sorted((self._folder / f"{bucket:05d}").glob("*.ipc"))
            return pl.concat([pl.read_ipc(file) for file in files]) if files else None
        if not self._frames:
            return None
        if len(self._frames) > 1:
            self._frames = [pl.concat(self._frames)]
        whole = self._frames[0]
        return whole if self._count == 1 else whole.filter(pl.col("@bucket") == bucket)

    def drop(self, bucket: int) -> None:
        """Forget a bucket on disk; it was made."""
        shutil.rmtree(self._folder / f"{bucket:05d}", ignore_errors=True)

    def _flush(self) -> None:
        if not self._frames:
            return
        whole = pl.concat(self._frames)
        for (bucket,), rows in whole.group_by("@bucket", maintain_order=True):
            folder = self._folder / f"{int(str(bucket)):05d}"
            folder.mkdir(parents=True, exist_ok=True)
            rows.write_ipc(folder / f"{self._flushed:05d}.ipc", compression="lz4")
        self._flushed += 1
        self._frames, self._bytes = [], 0
