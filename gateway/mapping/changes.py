"""Which students changed since the last run, found before any document is made.

Every student has a sum of hashes over the rows of his own. What many share, a class or an assignment, has a
hash by key; whoever's rows name a key that changed has changed too. What is remembered lies in a folder: of
the last whole run, and of the buckets of a run that did not end.
"""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson
import polars as pl

from gateway.mapping.columns import AT, FAULT, FILE, KEY, LINE, key_of
from gateway.mapping.edges import ROLL, Edge, edges_of
from gateway.mapping.held import Buckets, Held
from gateway.mapping.keyed import key_hashes
from gateway.mapping.plan import ENGINE, Plan, View

_NOT_CONTENT: Final = {LINE, AT, FAULT, FILE, KEY, "@s", "@who", "@bucket"}
_STUDENTS: Final = "students-00000.parquet"
_NO_KEYS: Final = pl.Series("key", [], dtype=pl.UInt64)
_NOBODY: Final = pl.Series("key", [], dtype=pl.String)
_HASHES: Final = {"key": pl.UInt64, "hash": pl.UInt64}
_WAITING: Final = 1_000_000
"""Sums of students that are not added up yet."""


Keyed = tuple[str, tuple[str, ...]]
"""A source, and columns by which its rows are named."""


def row_hashes(rows: pl.DataFrame) -> pl.Series:
    """Return a hash of each row's cells; where the row stands does not count."""
    cells = [name for name in rows.columns if name not in _NOT_CONTENT]
    return rows.select(cells).hash_rows(seed=1) if cells else pl.Series([0]).new_from_index(0, rows.height)


@dataclass
class Changes:
    """What is known of the last run, and what is found of this one."""

    folder: Path
    plan: Plan
    edges: list[Edge] = field(init=False)
    shared: dict[Keyed, pl.DataFrame] = field(default_factory=dict)
    """Hashes of keys, and of the rows that have them, now."""
    changed: dict[Keyed, pl.Series] = field(default_factory=dict)
    """Hashes of keys whose rows are others than in the last run, or lead to such."""
    _own: list[pl.DataFrame] = field(default_factory=list)
    _waiting: int = 0

    def __post_init__(self) -> None:
        self.edges = list(dict.fromkeys(edges_of(self.plan)))
        edges = hashlib.sha256(repr(sorted(map(str, self.edges))).encode()).hexdigest()
        self._about = {
            "plan": self.plan.digest,
            "edges": edges,
            "engine": ENGINE,
            "polars": pl.__version__,
        }

    def see(self, rows: pl.DataFrame, view: int) -> None:
        """Take a student's rows in, as they are put into buckets."""
        hashed = pl.DataFrame({"@s": rows.get_column("@s"), "hash": row_hashes(rows) ^ view})
        self._own.append(hashed.group_by("@s").agg(pl.col("hash").sum()))
        self._waiting += self._own[-1].height
        if self._waiting > _WAITING + self._own[0].height:
            self._sums()

    def prints(self, students: pl.DataFrame) -> pl.DataFrame:
        """Return `key`, `@s` and `hash` of every student."""
        sums = self._sums()
        return students.select("key", "@s").join(sums, on="@s", how="left", maintain_order="left")

    def _sums(self) -> pl.DataFrame:
        schema = {"@s": pl.UInt32, "hash": pl.UInt64}
        own = pl.concat([pl.DataFrame(schema=schema), *self._own])
        self._own = [own.group_by("@s").agg(pl.col("hash").sum())]
        self._waiting = self._own[0].height
        return self._own[0]

    def compare(self, held: Mapping[str, Held], students: pl.Series) -> None:
        """Find out which shared rows changed, and what leads to them."""
        if any(edge.target == ROLL for edge in self.edges):
            ones = pl.repeat(1, len(students), dtype=pl.UInt64, eager=True)
            self.shared[ROLL, ("key",)] = pl.DataFrame({"key": key_hashes(students), "hash": ones})
        for keyed in {(edge.target, edge.key) for edge in self.edges}:
            if keyed[0] in held:
                self.shared[keyed] = _hashes(held[keyed[0]], keyed[1])
        if not self.follows:
            return
        known = _shared_in(self.folder / "base")
        for keyed, now in self.shared.items():
            self.changed[keyed] = _differing(now, known.get(keyed))
        while self._spread(held):
            pass

    def _spread(self, held: Mapping[str, Held]) -> bool:
        """Count rows that name changed rows as changed; tell whether any were new."""
        more = False
        for edge in self.edges:
            changed = self.changed.get((edge.target, edge.key), _NO_KEYS)
            if not len(changed) or edge.source not in held:
                continue
            naming = [rows.filter(edge.names(rows, changed)) for rows in held[edge.source].frames()]
            rows = pl.concat(naming) if naming else pl.DataFrame()
            for keyed in [one for one in self.changed if rows.height and one[0] == edge.source]:
                keys = key_hashes(key_of(rows, keyed[1])).drop_nulls().unique()
                new = keys.filter(~keys.is_in(self.changed[keyed].implode()))
                if len(new):
                    self.changed[keyed] = pl.concat([self.changed[keyed].alias("key"), new.alias("key")])
                    more = True
        return more

    @property
    def follows(self) -> bool:
        """Tell whether a whole run is known with which this one can be compared."""
        return self._is_ours("base")

    def touched(self, views: Mapping[View, Buckets]) -> pl.Series:
        """Return the numbers of the students whose rows name something that changed."""
        found = [pl.Series("@s", [], dtype=pl.UInt32)]
        for edge in self.edges:
            changed = self.changed.get((edge.target, edge.key), _NO_KEYS)
            for (source, _, _), view in views.items() if len(changed) else ():
                if source == edge.source:
                    found += [
                        rows.filter(edge.names(rows, changed)).get_column("@s") for rows in view.frames()
                    ]
        return pl.concat(found).unique()

    def unchanged(self, prints: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        """Return the students whose own rows are as in the last run, and those whom an unended run made.

        The second need no look at shared rows: those were as they are now.
        """
        made, pending = _NOBODY, self._known("pending")
        if self._is_ours("pending") and _same(_shared_in(self.folder / "pending"), self.shared):
            made = _equal(prints, pending)
        same = _equal(prints, self._known("base") if self._is_ours("base") else None)
        if pending is not None:
            same = same.filter(~same.is_in(pending.get_column("key").implode()))
        return same, made

    def begin(self) -> None:
        """Remember what is shared; buckets follow."""
        pending = self.folder / "pending"
        if not (self._is_ours("pending") and _same(_shared_in(pending), self.shared)):
            self._forget_pending()
            shutil.rmtree(pending, ignore_errors=True)
            pending.mkdir(parents=True)
            self._write_shared(pending)
            (pending / "about.json").write_bytes(orjson.dumps(self._about))

    def _forget_pending(self) -> None:
        """Take the students whom an unended run stored out of what is known of the last whole run."""
        pending, base = self._known("pending"), self._known("base")
        if pending is not None and base is not None:
            left = base.join(pending, on="key", how="anti")
            left.write_parquet(self.folder / "base" / "students.new")
            (self.folder / "base" / "students.new").replace(self.folder / "base" / _STUDENTS)

    def offered(self, students: pl.DataFrame, bucket: int) -> None:
        """Remember that what is known of these students may be overtaken: they are about to be stored."""
        self.made(students.with_columns(pl.lit(0, pl.UInt64).alias("hash")), bucket)

    def made(self, prints: pl.DataFrame, bucket: int) -> None:
        """Remember that these students were made and stored."""
        path = self.folder / "pending" / f"students-{bucket:05d}.parquet"
        prints.select("key", "hash").write_parquet(path)

    def end(self, prints: pl.DataFrame) -> None:
        """Remember a whole run in place of the last one."""
        new = self.folder / "new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        self._write_shared(new)
        prints.select("key", "hash").write_parquet(new / _STUDENTS)
        (new / "about.json").write_bytes(orjson.dumps(self._about))
        shutil.rmtree(self.folder / "base", ignore_errors=True)
        new.rename(self.folder / "base")
        shutil.rmtree(self.folder / "pending", ignore_errors=True)

    def forget(self) -> None:
        """Forget everything: every student counts as changed."""
        for name in ("base", "pending"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _is_ours(self, name: str) -> bool:
        path = self.folder / name / "about.json"
        return path.is_file() and orjson.loads(path.read_bytes()) == self._about

    def _known(self, name: str) -> pl.DataFrame | None:
        files = sorted((self.folder / name).glob("students-*.parquet"))
        return pl.concat([pl.read_parquet(file) for file in files]) if files else None

    def _write_shared(self, folder: Path) -> None:
        for at, ((source, key), hashes) in enumerate(self.shared.items()):
            hashes.write_parquet(folder / f"shared-{at}.parquet")
            (folder / f"shared-{at}.json").write_bytes(orjson.dumps([source, list(key)]))


def _hashes(held: Held, key: tuple[str, ...]) -> pl.DataFrame:
    found = (
        pl.DataFrame({"key": key_hashes(key_of(rows, key)), "hash": row_hashes(rows)})
        for rows in held.frames()
    )
    return (
        pl.concat([pl.DataFrame(schema=_HASHES), *found])
        .drop_nulls("key")
        .group_by("key")
        .agg(pl.col("hash").sum())
    )


def _differing(now: pl.DataFrame, before: pl.DataFrame | None) -> pl.Series:
    """Return the keys that are new, gone, or of other rows than before."""
    if before is None:
        return now.get_column("key")
    both = now.join(before, on="key", how="full", coalesce=True, suffix="_before")
    return both.filter(pl.col("hash").ne_missing(pl.col("hash_before"))).get_column("key")


def _equal(prints: pl.DataFrame, known: pl.DataFrame | None) -> pl.Series:
    if known is None:
        return _NOBODY
    same = prints.join(known, on=["key", "hash"], how="semi", nulls_equal=True)
    return same.get_column("key")


def _shared_in(folder: Path) -> dict[Keyed, pl.DataFrame]:
    found = {}
    for path in sorted(folder.glob("shared-*.json")):
        source, key = orjson.loads(path.read_bytes())
        found[source, tuple(key)] = pl.read_parquet(path.with_suffix(".parquet"))
    return found


def _same(one: Mapping[Keyed, pl.DataFrame], other: Mapping[Keyed, pl.DataFrame]) -> bool:
    return one.keys() == other.keys() and not any(len(_differing(one[key], other[key])) for key in one)
