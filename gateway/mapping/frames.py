"""Nodes evaluated on columns: from a frame of rows to a column of JSON text, and what was wrong.

Absent is the empty text. JSON of an object begins with the comma that parts it from what is before it.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final, NamedTuple, Protocol

import polars as pl

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.cells import Cell, json_text
from gateway.mapping.compose import missing_problem, orphan_problem
from gateway.mapping.dates import Problem
from gateway.mapping.denied import holds_ssn
from gateway.mapping.lookups import CellLookup, holds_in
from gateway.mapping.nodes import (
    Condition,
    Field,
    Fixed,
    LinkPlan,
    Node,
    Object,
    Pieces,
    Place,
    Reference,
    Rows,
    Several,
    Test,
    Tree,
    Value,
)
from gateway.mapping.problems import CODE, Problems
from gateway.mapping.rows import LINE_TYPE
from gateway.mapping.transforms import SSN

LINE: Final = "@line"
"""Null where the source has no lines."""
FILE: Final = "@file"
"""Only where the rows of a source are of several files."""
AT: Final = "@at"
"""The row's position among the rows of its source."""
FAULT: Final = "@fault"
"""The number of what was wrong with the row as a row, or null."""
KEY: Final = "@key"
JSON: Final = "@json"
LACKS: Final = "@lacks"
_PART: Final = "\x1f"

PRESENT: Final = 0
SAID: Final = 1
UNSAID: Final = 2
"""What is lacking of a required field: nothing; it, and its own cell was found wrong; it, and no more."""

FOUND: Final = {
    "row": pl.UInt32,
    "file": pl.String,
    "line": LINE_TYPE,
    "column": pl.String,
    "raw": pl.String,
    "code": CODE,
}
"""What was wrong with cells, a line each; `row` is the number of the frame's row."""


class Made(NamedTuple):
    """A column of JSON, and frames of `FOUND`."""

    json: pl.Series
    found: Sequence[pl.DataFrame] = ()


class FieldsMade(NamedTuple):
    """The fields of an object without its braces; what is lacking, and each field, by wire name."""

    json: pl.Series
    found: Sequence[pl.DataFrame]
    lacks: Mapping[str, pl.Series]
    by_name: Mapping[str, pl.Series]


class Targets(Protocol):
    """Gives the rows that links, lists and shared objects lead to."""

    def rows(self, source: str, key: Sequence[str], keys: pl.Series) -> pl.DataFrame:
        """Return the rows whose `key` is one of the keys, in order, with `KEY`, `LINE`, `AT` and `FAULT`."""

    def gone(self, source: str) -> pl.Series:
        """Return the keys of the rows that are marked as deleted."""

    def use(self, source: str, at: pl.Series) -> None:
        """Say that rows were used."""


@dataclass
class Frames:
    """Evaluates nodes. What lookups learn is kept for the next frame; safe for several threads."""

    problems: Problems
    targets: Targets
    students: pl.Series
    """Keys of the students."""
    dictionary: Dictionary
    shared: list[pl.DataFrame] = field(default_factory=list)
    """`FOUND` of rows that many students share."""
    _cells: dict[tuple[Cell, str], CellLookup] = field(default_factory=dict)
    _tests: dict[int, Callable[[pl.Series], pl.Series]] = field(default_factory=dict)
    _made: dict[int, pl.DataFrame] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # --- conditions ------------------------------------------------------------------------------------

    def holds(self, test: Test, frame: pl.DataFrame) -> pl.Series | None:
        """Return where all conditions hold, None where there are none."""
        answers = [self._holds(condition, frame) for condition in test]
        return reduce(lambda one, other: one & other, answers) if answers else None

    def _holds(self, condition: Condition, frame: pl.DataFrame) -> pl.Series:
        if condition.place is None:
            answer = condition.holds("") and condition.student is not True
            return pl.Series([answer], dtype=pl.Boolean).new_from_index(0, frame.height)
        texts = frame.get_column(condition.place.name)
        if condition.student is not None:
            known = texts.str.strip_chars().is_in(self.students.implode())
            return known if condition.student else ~known
        test = self._tests.get(id(condition))
        if test is None:
            test = self._tests[id(condition)] = holds_in(condition.holds)
        return test(texts).cast(pl.Boolean)

    # --- links -----------------------------------------------------------------------------------------

    def attach(
        self, frame: pl.DataFrame, links: Mapping[str, LinkPlan], file: str, *, bare: bool = False
    ) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
        """Join what the links lead to; return `FOUND` of keys that lead nowhere.

        With `bare` only cells as they stand, for conditions: no fields are made, and nothing is said.
        """
        found: list[pl.DataFrame] = []
        for link in links.values():
            keys = key_of(frame, [place.name for place in link.on])
            target = self._target(link, keys, bare=bare)
            names = {name: f"{link.name}|{name}" for name in target.columns if name != KEY}
            joined = pl.DataFrame({KEY: keys}).join(target, on=KEY, how="left", maintain_order="left")
            at = joined.get_column(AT)
            if not bare:
                self.targets.use(link.target.name, at.drop_nulls().unique())
            if not bare and not link.optional and (not link.silent or link.required):
                found += self._orphans(frame, link, keys, at, file)
            texts = [pl.col(name).fill_null("") for name, kind in target.schema.items() if kind == pl.String]
            frame = frame.hstack(joined.with_columns(texts).drop(KEY).rename(names))
        return frame, found

    def _orphans(
        self, frame: pl.DataFrame, link: LinkPlan, keys: pl.Series, at: pl.Series, file: str
    ) -> list[pl.DataFrame]:
        lost = (keys.is_not_null() & at.is_null()).arg_true()
        if not len(lost):
            return []
        gone = keys.gather(lost).is_in(self.targets.gone(link.target.name).implode())
        place = link.on[0]
        made = []
        for marked in (False, True):
            rows = lost.filter(gone == marked)
            problem = orphan_problem(link.target.file, marked=marked)
            made.append(self._found(frame, rows, place, file, problem))
        return [one for one in made if one.height]

    def _target(self, link: LinkPlan, keys: pl.Series, *, bare: bool) -> pl.DataFrame:
        """Return what a link reads of its target, by key: each key once."""
        rows = self.targets.rows(link.target.name, link.key, keys)
        if (holds := self.holds(link.where, rows)) is not None:
            rows = rows.filter(holds)
        rows = rows.unique(KEY, keep="first", maintain_order=True)
        rows, found = self.attach(rows, link.links, link.target.file, bare=bare)
        deeper = [name for name in rows.columns if "|" in name and not name.endswith(("@json", "@lacks"))]
        wanted = [KEY, AT, LINE, *([FILE] if FILE in rows.columns else []), *link.columns, *deeper]
        if link.group is None or bare:
            self.shared += found
            return rows.select(*dict.fromkeys(wanted))
        made = self.fields(link.group, rows, link.target.file)
        self.shared += [*found, *made.found]
        names = [one.name for one in link.group.fields if one.name in link.group.required]
        lacks = {name: self.lacking(link.group, made.lacks, name, rows.height) for name in names}
        columns = [column.alias(f"{LACKS}{name}") for name, column in lacks.items() if column is not None]
        return rows.select(*dict.fromkeys(wanted)).with_columns(made.json.alias(JSON), *columns)

    # --- objects ---------------------------------------------------------------------------------------

    def fields(self, tree: Tree, frame: pl.DataFrame, file: str, *, always: bool = False) -> "FieldsMade":
        """Return the fields of an object without its braces, and for each required one what is lacking.

        A fixed field is there where another one is, or `always`, or if there are no others. Lacking is
        `PRESENT`, `SAID` or `UNSAID`.
        """
        by_name: dict[str, Made] = {}
        for one in tree.fields:
            if not isinstance(one.node, Fixed):
                by_name[one.name] = self._field(one, frame, file, by_name)
        json = joined([made.json for made in by_name.values()], frame.height)
        if fixed := [one for one in tree.fields if isinstance(one.node, Fixed)]:
            there = json.str.len_bytes() > 0 if by_name and not always else _every(frame.height)
            json = joined([json, *(self._fixed(one, frame, there) for one in fixed)], frame.height)
        lacks = {name: _lacking(by_name[name]) for name in tree.required if name in by_name}
        found = [one for made in by_name.values() for one in made.found]
        return FieldsMade(json, found, lacks, {name: made.json for name, made in by_name.items()})

    def lacking(self, tree: Tree, lacks: Mapping[str, pl.Series], name: str, height: int) -> pl.Series | None:
        """Return what is lacking of a required field, None where it is always there."""
        if name in lacks:
            return lacks[name]
        if any(one.name == name and isinstance(one.node, Fixed) for one in tree.fields):
            return None
        return pl.Series([UNSAID], dtype=pl.UInt8).new_from_index(0, height)

    def _fixed(self, one: Field, frame: pl.DataFrame, there: pl.Series) -> pl.Series:
        node = one.node
        if not isinstance(node, Fixed):
            raise TypeError(one.name)
        holds = self.holds(node.when, frame)
        return where(
            there if holds is None else there & holds, named(one.name) + self.dictionary.ref(node.json)
        )

    def _field(self, one: Field, frame: pl.DataFrame, file: str, before: Mapping[str, Made]) -> Made:
        made = self.make(one.node, frame, file, named(one.name))
        if one.unless and one.unless in before:
            return masked(made, before[one.unless].json.str.len_bytes() == 0)
        return made

    # --- nodes -----------------------------------------------------------------------------------------

    def make(self, node: Node, frame: pl.DataFrame, file: str, prefix: str) -> Made:
        """Return the node's values, each behind the prefix."""
        if isinstance(node, Several):
            return self._several(node, frame, file, prefix)
        if isinstance(node, Rows):
            return self._rows(node, frame, prefix)
        holds = self.holds(node.when, frame)
        if isinstance(node, Fixed):
            every = pl.Series([True]).new_from_index(0, frame.height)
            return Made(where(every if holds is None else holds, prefix + self.dictionary.ref(node.json)))
        if isinstance(node, Tree):
            made = self._tree(node, frame, file, prefix)
        elif isinstance(node, Pieces):
            made = self._pieces(node, frame, prefix)
        elif isinstance(node, Reference):
            made = self._first(
                node.places, frame, lambda place: self._refer(node.object, frame, place, file, prefix)
            )
        else:
            made = self._value(node, frame, file, prefix)
        return made if holds is None else masked(made, holds)

    def _value(self, node: Value, frame: pl.DataFrame, file: str, prefix: str) -> Made:
        if node.join is not None:
            name = node.places[0].name
            texts = _together(frame, [place.name for place in node.places], node.join).alias(name)
            return self._read(node.cell, frame.with_columns(texts), node.places[0], file, prefix)
        return self._first(
            node.places, frame, lambda place: self._read(node.cell, frame, place, file, prefix)
        )

    def _first(self, places: Sequence[Place], frame: pl.DataFrame, read: Callable[[Place], Made]) -> Made:
        """Return the first value that there is; of later cells nothing is said."""
        made = read(places[0])
        for place in places[1:]:
            empty = made.json.str.len_bytes() == 0
            if not empty.any():
                break
            other = masked(read(place), empty)
            made = Made(joined([made.json, other.json], frame.height), [*made.found, *other.found])
        return made

    def _read(self, cell: Cell, frame: pl.DataFrame, place: Place, file: str, prefix: str) -> Made:
        lookup = self._cells.get((cell, prefix))
        if lookup is None:
            lookup = self._cells[cell, prefix] = CellLookup(cell, prefix, self.problems, self.dictionary)
        looked = lookup(frame.get_column(place.name))
        if looked.problem is None:
            return Made(looked.json)
        at = looked.problem.is_not_null().arg_true()
        return Made(looked.json, [self._codes_found(frame, at, place, file, looked.problem.gather(at))])

    def _tree(self, node: Tree, frame: pl.DataFrame, file: str, prefix: str) -> Made:
        made = self.fields(node, frame, file)
        there, found = made.json.str.len_bytes() > 0, list(made.found)
        for name in node.required:
            lacking = self.lacking(node, made.lacks, name, frame.height)
            if lacking is not None:
                found += self.missing(frame, there & (lacking == UNSAID), name, model=node.model, file=file)
                there &= lacking == PRESENT
        return Made(_braced(made.json, there, prefix), found)

    def missing(
        self, frame: pl.DataFrame, rows: pl.Series, name: str, *, model: str, file: str, header: str = ""
    ) -> list[pl.DataFrame]:
        """Return `FOUND` of the rows, which lack a field that the schema requires."""
        at = rows.arg_true()
        if not len(at):
            return []
        codes = repeated(self.problems.code(missing_problem(name, model)), len(at))
        return [
            found_frame(
                at,
                files_of(frame, file, rows=at),
                frame.get_column(LINE).gather(at),
                header or name,
                raw=None,
                codes=codes,
            )
        ]

    def _several(self, node: Several, frame: pl.DataFrame, file: str, prefix: str) -> Made:
        made = [self.make(one, frame, file, ",") for one in node.nodes]
        json = joined([one.json for one in made], frame.height)
        return Made(_listed(json, prefix), [found for one in made for found in one.found])

    def _pieces(self, node: Pieces, frame: pl.DataFrame, prefix: str) -> Made:
        """Return the values of a cell's pieces, each behind the prefix."""
        place = Place((), node.place.source, node.place.column)
        cells = pl.DataFrame(
            {
                "row": pl.int_range(frame.height, eager=True, dtype=pl.UInt32),
                place.name: frame.get_column(node.place.name).str.split(node.separator),
                LINE: frame.get_column(_line_of(node.place)),
                **_files_in(frame, node.place),
            }
        )
        pieces = cells.explode(place.name).filter(pl.col(place.name) != "")
        if isinstance(node.of, Cell):
            made = self._read(node.of, pieces, place, node.place.source.file, prefix)
        else:
            made = self._refer(node.of, pieces, place, node.place.source.file, prefix)
        return _gathered(made, pieces.get_column("row"), frame.height)

    def _rows(self, node: Rows, frame: pl.DataFrame, prefix: str) -> Made:
        """Return the values of the rows that belong to each row, by commas."""
        keys = key_of(frame, [place.name for place in node.equals])
        there = self.targets.rows(node.source.name, node.key, keys)
        own = tuple(one for one in node.where if one.place is None or not one.place.links)
        if (holds := self.holds(own, there)) is not None:
            there = there.filter(holds)
        there, orphans = self.attach(there, node.links, node.source.file)
        if (holds := self.holds(node.where, there)) is not None:
            there = there.filter(holds)
        made = self.make(node.node, there, node.source.file, prefix)
        self.shared += [*orphans, *made.found]
        self.targets.use(node.source.name, there.get_column(AT).filter(made.json.str.len_bytes() > 0))
        lists = (
            pl.DataFrame({KEY: there.get_column(KEY), JSON: made.json})
            .group_by(KEY, maintain_order=True)
            .agg(pl.col(JSON).str.join(""))
        )
        found = pl.DataFrame({KEY: keys}).join(lists, on=KEY, how="left", maintain_order="left")
        return Made(found.get_column(JSON).fill_null(""))

    def _refer(self, shared: Object, frame: pl.DataFrame, place: Place, file: str, prefix: str) -> Made:
        """Return the shared objects that cells name."""
        keys = frame.get_column(place.name).str.strip_chars()
        objects = self._objects(shared, keys)
        found = pl.DataFrame({KEY: keys}).join(objects, on=KEY, how="left", maintain_order="left")
        json = found.get_column(JSON)
        lost = (json.is_null() & (keys.str.len_bytes() > 0)).arg_true()
        json = _before(json.fill_null(""), prefix)
        if not len(lost):
            return Made(json)
        return self._unknown(shared, frame, place, lost, file=file, prefix=prefix, json=json)

    def _unknown(
        self,
        shared: Object,
        frame: pl.DataFrame,
        place: Place,
        lost: pl.Series,
        *,
        file: str,
        prefix: str,
        json: pl.Series,
    ) -> Made:
        """Make objects of keys alone; one that is written like a social security number is none."""
        keys = frame.get_column(place.name).str.strip_chars().gather(lost)
        secret = pl.Series([holds_ssn(key) for key in keys], dtype=pl.Boolean)
        texts = pl.Series(
            [f'{prefix}{{"{shared.orphan}":{json_text(key)}}}' for key in keys], dtype=pl.String
        )
        json = json.scatter(lost.filter(~secret), texts.filter(~secret))
        found = [self._found(frame, lost.filter(secret), place, file, SSN)]
        if shared.source.table is not None:
            gone = keys.is_in(self.targets.gone(shared.source.name).implode())
            for marked in (False, True):
                problem = orphan_problem(shared.source.file, marked=marked)
                found.append(
                    self._found(frame, lost.filter(~secret & (gone == marked)), place, file, problem)
                )
        return Made(json, [one for one in found if one.height])

    def _objects(self, shared: Object, keys: pl.Series) -> pl.DataFrame:
        """Return the JSON of shared objects by key."""
        if shared.tree is None or shared.source.table is None:
            return pl.DataFrame(schema={KEY: pl.String, JSON: pl.String})
        with self._lock:
            return self._objects_of(shared, keys)

    def _objects_of(self, shared: Object, keys: pl.Series) -> pl.DataFrame:
        if shared.tree is None:
            raise TypeError(shared.name)
        known = self._made.get(id(shared))
        asked = keys.unique().drop_nulls()
        if known is not None:
            asked = asked.filter(~asked.is_in(known.get_column(KEY).implode()))
        if known is None or len(asked):
            rows = self.targets.rows(shared.source.name, (shared.key,), asked)
            rows = rows.unique(KEY, keep="first", maintain_order=True)
            rows, orphans = self.attach(rows, shared.links, shared.source.file)
            made = self._tree(shared.tree, rows, shared.source.file, "")
            self.shared += [*orphans, *made.found]
            self.targets.use(shared.source.name, rows.get_column(AT))
            kept = [self.dictionary.ref(json) if json else None for json in made.json]
            new = pl.DataFrame({KEY: rows.get_column(KEY), JSON: pl.Series(kept, dtype=pl.String)})
            known = new if known is None else pl.concat([known, new])
            self._made[id(shared)] = known
        return known

    # --- what was wrong --------------------------------------------------------------------------------

    def _found(
        self, frame: pl.DataFrame, rows: pl.Series, place: Place, file: str, problem: Problem
    ) -> pl.DataFrame:
        codes = repeated(self.problems.code(problem), len(rows))
        return self._codes_found(frame, rows, place, file, codes)

    @staticmethod
    def _codes_found(
        frame: pl.DataFrame, rows: pl.Series, place: Place, file: str, codes: pl.Series
    ) -> pl.DataFrame:
        own = place.source.file if place.links else file
        lines = frame.get_column(_line_of(place)).gather(rows)
        raw = frame.get_column(place.name).gather(rows)
        named_file = files_of(frame, own, "|".join((*place.links, FILE)), rows)
        return found_frame(rows, named_file, lines, place.header, raw=raw, codes=codes)


def named(wire: str) -> str:
    """Return how a field begins."""
    return f',"{wire}":'


def key_of(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Return the key that the columns make together; null where one of them is empty."""
    return frame.select(key_expression(names).alias(KEY)).get_column(KEY)


def key_expression(names: Sequence[str]) -> pl.Expr:
    """Return the key that the columns make together; null where one of them is empty."""
    parts = [pl.col(name).str.strip_chars() for name in names]
    whole = pl.all_horizontal(part != "" for part in parts)
    key = parts[0] if len(parts) == 1 else pl.concat_str(parts, separator=_PART)
    return pl.when(whole).then(key)


def joined(texts: Sequence[pl.Series], height: int) -> pl.Series:
    """Return the texts of each row one after the other."""
    if len(texts) == 1:
        return texts[0].alias(JSON)
    if not texts:
        return pl.Series(JSON, [""], dtype=pl.String).new_from_index(0, height)
    frame = pl.DataFrame([text.alias(str(at)) for at, text in enumerate(texts)])
    return frame.select(pl.concat_str(pl.all()).alias(JSON)).get_column(JSON)


def where(holds: pl.Series, text: str) -> pl.Series:
    """Return the text where the condition holds, and the empty text elsewhere."""
    frame = pl.DataFrame({"holds": holds})
    made = frame.select(pl.when("holds").then(pl.lit(text)).otherwise(pl.lit("")).alias(JSON))
    return made.get_column(JSON)


def masked(made: Made, keep: pl.Series) -> Made:
    """Return what was made of the rows to keep."""
    frame = pl.DataFrame({"keep": keep, JSON: made.json})
    json = frame.select(pl.when("keep").then(JSON).otherwise(pl.lit("")).alias(JSON)).get_column(JSON)
    found = [one.filter(keep.gather(one.get_column("row"))) for one in made.found]
    return Made(json, [one for one in found if one.height])


def files_of(
    frame: pl.DataFrame, file: str, name: str = FILE, rows: pl.Series | None = None
) -> str | pl.Series:
    """Return the file of all rows, or the files of each where the source has several."""
    if name not in frame.columns:
        return file
    files = frame.get_column(name).fill_null(file)
    return files if rows is None else files.gather(rows)


def found_frame(
    rows: pl.Series,
    file: str | pl.Series,
    lines: pl.Series,
    column: str | None,
    *,
    raw: pl.Series | None,
    codes: pl.Series,
) -> pl.DataFrame:
    """Return a frame of `FOUND`."""
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(rows))
    return pl.DataFrame(
        {
            "row": rows.cast(pl.UInt32),
            "file": pl.Series([file]).new_from_index(0, len(rows)) if isinstance(file, str) else file,
            "line": lines,
            "column": nothing if column is None else pl.Series([column]).new_from_index(0, len(rows)),
            "raw": nothing if raw is None else raw,
            "code": codes,
        },
        schema=FOUND,
    )


def repeated(code: int, times: int) -> pl.Series:
    """Return a column of one problem."""
    return pl.Series([code], dtype=CODE).new_from_index(0, times)


def _lacking(made: Made) -> pl.Series:
    absent = made.json.str.len_bytes() == 0
    lacking = absent.cast(pl.UInt8) * UNSAID
    for found in made.found:
        rows = found.get_column("row").unique()
        said = rows.filter(absent.gather(rows))
        lacking = lacking.scatter(said, SAID) if len(said) else lacking
    return lacking


def _every(height: int) -> pl.Series:
    return pl.Series([True]).new_from_index(0, height)


def _files_in(frame: pl.DataFrame, place: Place) -> dict[str, pl.Series]:
    name = "|".join((*place.links, FILE))
    return {FILE: frame.get_column(name)} if name in frame.columns else {}


def _line_of(place: Place) -> str:
    return "|".join((*place.links, LINE)) if place.links else LINE


def _together(frame: pl.DataFrame, names: Sequence[str], between: str) -> pl.Series:
    cells = [pl.col(name).str.strip_chars() for name in names]
    blanks = [pl.when(cell != "").then(cell) for cell in cells]
    text = pl.concat_str(blanks, separator=between, ignore_nulls=True)
    return frame.select(text.alias(JSON)).get_column(JSON)


def _braced(fields: pl.Series, there: pl.Series, prefix: str) -> pl.Series:
    frame = pl.DataFrame({JSON: fields, "there": there})
    braced = pl.concat_str([pl.lit(prefix + "{"), pl.col(JSON).str.slice(1), pl.lit("}")])
    return frame.select(pl.when("there").then(braced).otherwise(pl.lit("")).alias(JSON)).get_column(JSON)


def _listed(items: pl.Series, prefix: str) -> pl.Series:
    frame = pl.DataFrame({JSON: items})
    listed = pl.concat_str([pl.lit(prefix + "["), pl.col(JSON).str.slice(1), pl.lit("]")])
    made = pl.when(pl.col(JSON) != "").then(listed).otherwise(pl.lit(""))
    return frame.select(made.alias(JSON)).get_column(JSON)


def _before(texts: pl.Series, prefix: str) -> pl.Series:
    frame = pl.DataFrame({JSON: texts})
    made = pl.when(pl.col(JSON) != "").then(pl.concat_str([pl.lit(prefix), pl.col(JSON)]))
    return frame.select(made.otherwise(pl.lit("")).alias(JSON)).get_column(JSON)


def _gathered(made: Made, rows: pl.Series, height: int) -> Made:
    """Return what was made of pieces for the rows that they are of."""
    lists = (
        pl.DataFrame({"row": rows, JSON: made.json})
        .group_by("row", maintain_order=True)
        .agg(pl.col(JSON).str.join(""))
    )
    json = pl.Series(JSON, [""], dtype=pl.String).new_from_index(0, height)
    json = json.scatter(lists.get_column("row"), lists.get_column(JSON))
    found = [one.with_columns(rows.gather(one.get_column("row")).alias("row")) for one in made.found]
    return Made(json, found)
