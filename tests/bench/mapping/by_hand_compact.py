"""The same sections with what many students have in common written once, as the gateway keeps documents.

An object with the field `$` has, before its own fields, those of the object of that number in `shared.jsonl`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from tests.bench.mapping.by_hand_sections import ENTRY, Sections, meta
from tests.bench.mapping.by_hand_shared import Frames, date_of
from tests.bench.mapping.codes import Codes

_TERMS, _COURSES, _ORGS = 10_000, 20_000, 30_000
_ITEMS, _CLASSES = 100_000_000, 200_000_000
"""From which number on objects of a kind are: their line in the file is added."""
_REF: Final = "$"


class CompactSections(Sections):
    """Coded values, schools, terms and courses are numbers, as in what the gateway's engine writes."""

    def __init__(self, frames: Frames, codes: Mapping[str, Codes]) -> None:
        spellings = [(walk, local) for walk, one in codes.items() for local in one.by_local]
        self._numbers = {spelling: number for number, spelling in enumerate(spellings, start=1)}
        super().__init__(frames, codes)

    def kept(self) -> Sequence[pl.LazyFrame]:
        """Return what the numbers stand for."""
        objects = {
            "academicSessions": (super()._terms().select("id", json="term"), _TERMS),
            "courses": (super()._courses().select("id", json="course"), _COURSES),
            "orgs": (super()._orgs().select("id", json="school"), _ORGS),
        }
        lines = {file: self._frames[file].select("sourcedId", line="row") for file in objects}
        return [
            self._kept_codes(),
            *(
                one.join(lines[file], left_on="id", right_on="sourcedId").select(
                    "json", number=_number(first)
                )
                for file, (one, first) in objects.items()
            ),
        ]

    def _kept_codes(self) -> pl.LazyFrame:
        rows = [
            (number, {"code": codes.by_local[local], "system": codes.system, "localCode": local})
            for (walk, local), number in self._numbers.items()
            for codes in (self._codes[walk],)
        ]
        return pl.LazyFrame({"number": [number for number, _ in rows], "json": [one for _, one in rows]})

    def _orgs(self) -> pl.LazyFrame:
        return self._refs("orgs", _ORGS, "school")

    def _terms(self) -> pl.LazyFrame:
        return self._refs("academicSessions", _TERMS, "term")

    def _courses(self) -> pl.LazyFrame:
        return self._refs("courses", _COURSES, "course")

    def _refs(self, file: str, first: int, name: str) -> pl.LazyFrame:
        number = (pl.col("row").cast(pl.Int64) + first).alias(_REF)
        return self._frames[file].select(pl.struct(number).alias(name), id="sourcedId")

    def _coded(self, local: pl.Expr, walk: str, *, spelt: pl.Expr | None = None) -> pl.Expr:
        """Return the number of code, system and local code; an unknown code is null."""
        numbers = {spelling: number for (name, spelling), number in self._numbers.items() if name == walk}
        known = (
            local.str.strip_chars()
            .str.to_lowercase()
            .replace_strict(numbers, default=None, return_dtype=pl.Int64)
        )
        return pl.when(known.is_not_null()).then(pl.struct(known.alias(_REF)))


class DenseSections(CompactSections):
    """What an entry has from a line item or a class is a number too: as small as these documents get."""

    def kept(self) -> Sequence[pl.LazyFrame]:
        """Return what the numbers stand for."""
        work, grades = self._items.filter(~self._is_grade()), self._items.filter(self._is_grade())
        item = ("title", "description", "category", "sectionId", "sectionTitle", "assigned", "due")
        grade = ("gradeType", "sectionId", "sectionTitle", "course", "gradingPeriod")
        taken = ("sectionId", "title", "classCode", "period", "room", "school", "course", "terms", "teachers")
        return [
            *super().kept(),
            work.select(number=_number(_ITEMS), json=pl.struct(*item, "minPoints", "maxPoints", "standards")),
            grades.select(number=_number(_ITEMS), json=pl.struct(*grade)),
            self._classes.select(number=_number(_CLASSES), json=pl.struct(*taken)),
        ]

    def _taken(self) -> pl.LazyFrame:
        offered = self._classes.select("class", **{_REF: _number(_CLASSES)})
        return (
            self._frames["enrollments"]
            .filter(pl.col("role") == "student")
            .join(offered, left_on="classSourcedId", right_on="class", how="left")
            .select(
                *ENTRY, _REF, begin=date_of("beginDate"), end=date_of("endDate"), meta=meta("enrollments")
            )
        )

    def _gradebook(self) -> pl.LazyFrame:
        items = self._items.filter(~self._is_grade()).select("item", **{_REF: _number(_ITEMS)})
        return self._results(items).select(*ENTRY, _REF, result=self._result(), meta=meta("results"))

    def _grades(self) -> pl.LazyFrame:
        items = self._items.filter(self._is_grade()).select(
            "item", "minPoints", "maxPoints", **{_REF: _number(_ITEMS)}
        )
        return self._results(items).select(
            *ENTRY,
            _REF,
            asOf=date_of("scoreDate"),
            comment="comment",
            grade=self._grade(),
            meta=meta("results"),
        )


def _number(first: int) -> pl.Expr:
    return pl.col("line").cast(pl.Int64) + first
