"""What entries of many students name, in polars, written by hand: schools, terms, courses, classes, line items."""

from collections.abc import Mapping, Sequence

import polars as pl

from tests.bench.mapping.codes import Codes

Frames = Mapping[str, pl.LazyFrame]
"""Rows by file, without `.csv`; `row` is the physical line. Files with rows of students have a column `student`;
`people` is `users` again, for those whom a student's rows name."""


class SharedObjects:
    """Frames of what entries name, each with the column by which they name it."""

    def __init__(self, frames: Frames, codes: Mapping[str, Codes]) -> None:
        self._frames = frames
        self._codes = codes
        self._items = frames["items"] if "items" in frames else self._line_items()
        self._classes = frames["offered"] if "offered" in frames else self._offered()

    def shared(self) -> dict[str, pl.LazyFrame]:
        """Return what entries of many students name. Frames that hold these already are taken as they are."""
        return {"items": self._items, "offered": self._classes}

    def kept(self) -> Sequence[pl.LazyFrame]:
        """Return what is written apart from the documents, which name it: `number` and `json`. Nothing, here."""
        return ()

    def _is_grade(self) -> pl.Expr:
        known = list(self._codes["grade_type"].by_local)
        return pl.col("categoryTitle").str.to_lowercase().is_in(known).fill_null(False)

    def _orgs(self) -> pl.LazyFrame:
        given = pl.struct(system=pl.lit("urn:backpack:org:oneroster-identifier"), value="identifier")
        school = pl.struct(
            id="sourcedId",
            name="name",
            type=self._coded(pl.col("type"), "org_type"),
            identifiers=pl.concat_list(given),
            parent="parentSourcedId",
        )
        return self._frames["orgs"].select(id="sourcedId", school=school)

    def _terms(self) -> pl.LazyFrame:
        term = pl.struct(
            id="sourcedId",
            name="title",
            type=self._coded(pl.col("type"), "term_type"),
            schoolYear=pl.col("schoolYear").cast(pl.Int32, strict=False),
            start=date_of("startDate"),
            end=date_of("endDate"),
        )
        return self._frames["academicSessions"].select(id="sourcedId", term=term)

    def _courses(self) -> pl.LazyFrame:
        course = pl.struct(localCode="courseCode", title="title", subjects=pl.col("subjects").str.split(","))
        return self._frames["courses"].select(id="sourcedId", course=course)

    def _offered(self) -> pl.LazyFrame:
        """Return the classes with school, course, terms and teachers."""
        classes = self._frames["classes"]
        terms = (
            classes.select("sourcedId", term_id=pl.col("termSourcedIds").str.split(","))
            .explode("term_id")
            .join(self._terms(), left_on="term_id", right_on="id", maintain_order="left")
            .group_by("sourcedId", maintain_order=True)
            .agg(terms="term")
        )
        teacher = pl.struct(id="userSourcedId", role=self._coded(pl.lit("teacher"), "role"))
        teachers = (
            self._frames["enrollments"]
            .filter(pl.col("role") == "teacher")
            .group_by("classSourcedId")
            .agg(teachers=teacher)
        )
        return (
            classes.join(terms, on="sourcedId", how="left")
            .join(teachers, left_on="sourcedId", right_on="classSourcedId", how="left")
            .join(self._orgs(), left_on="schoolSourcedId", right_on="id", how="left")
            .join(self._courses(), left_on="courseSourcedId", right_on="id", how="left")
            .select(
                **{"class": "sourcedId", "sectionId": "sourcedId"},
                title="title",
                classCode="classCode",
                period="periods",
                room="location",
                school="school",
                course="course",
                terms="terms",
                teachers="teachers",
                line="row",
            )
        )

    def _line_items(self) -> pl.LazyFrame:
        """Return the line items with category, class, course, term and standards."""
        categories = self._frames["categories"].select(category_id="sourcedId", categoryTitle="title")
        classes = (
            self._frames["classes"]
            .join(self._courses(), left_on="courseSourcedId", right_on="id", how="left")
            .select(class_id="sourcedId", sectionTitle="title", course="course")
        )
        standards = (
            self._frames["lineItemLearningObjectiveIds"]
            .group_by("lineItemSourcedId")
            .agg(standards=pl.struct(id="learningObjectiveId").sort_by("row"))
        )
        period = pl.coalesce("academicSessionSourcedId", "gradingPeriodSourcedId")
        return (
            self._frames["lineItems"]
            .with_columns(period=period)
            .join(categories, left_on="categorySourcedId", right_on="category_id", how="left")
            .join(classes, left_on="classSourcedId", right_on="class_id", how="left")
            .join(standards, left_on="sourcedId", right_on="lineItemSourcedId", how="left")
            .join(self._terms(), left_on="period", right_on="id", how="left")
            .select(
                "categoryTitle",
                item="sourcedId",
                title="title",
                description="description",
                category=self._coded(pl.col("categoryTitle"), "gradebook_category"),
                gradeType=self._coded(pl.col("categoryTitle"), "grade_type"),
                sectionId="classSourcedId",
                sectionTitle="sectionTitle",
                course="course",
                gradingPeriod="term",
                assigned=date_of("assignDate"),
                due=date_of("dueDate"),
                minPoints=number_of("resultValueMin"),
                maxPoints=number_of("resultValueMax"),
                standards="standards",
                line="row",
            )
        )

    def _coded(self, local: pl.Expr, walk: str, *, spelt: pl.Expr | None = None) -> pl.Expr:
        """Return code, system and local code; an unknown code stands for itself."""
        codes = self._codes[walk]
        known = local.str.strip_chars().str.to_lowercase().replace_strict(codes.by_local, default=None)
        system = (
            pl.when(known.is_null()).then(pl.lit("urn:backpack:codes:local")).otherwise(pl.lit(codes.system))
        )
        coded = pl.struct(
            code=pl.coalesce(known, local), system=system, localCode=spelt if spelt is not None else local
        )
        return pl.when(local.is_not_null()).then(coded)


def date_of(column: str) -> pl.Expr:
    """Return the column read as dates; what is none is null."""
    return pl.col(column).str.to_date("%Y-%m-%d", strict=False)


def number_of(column: str) -> pl.Expr:
    """Return the column read as numbers; what is none is null."""
    return pl.col(column).cast(pl.Float64, strict=False)
