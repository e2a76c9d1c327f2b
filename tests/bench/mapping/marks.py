"""The gradebook: categories, line items and results. Five items a class this year, a final grade last year."""

from typing import Final

import polars as pl

from tests.bench.mapping import words
from tests.bench.mapping.draws import Draws, day, padded
from tests.bench.mapping.schools import YEARS, class_number, classes_of, org_id

ITEMS: Final = 5
"""Of a class of this year."""
_STATUSES: Final = ("fully graded",) * 17 + ("exempt", "not submitted", "late")
_NOT_SCORED: Final = ("exempt", "not submitted")
_RECORD: Final = {"status": pl.lit(None, pl.String), "dateLastModified": pl.lit(None, pl.String)}
_NONE: Final = pl.lit(None, pl.String)
_LETTERS: Final = (("A", 90), ("B", 80), ("C", 70), ("D", 60))


def categories() -> pl.DataFrame:
    """Return the rows of `categories.csv`."""
    rows = [(f"cat-{at}", title, weight or None) for at, (title, weight) in enumerate(words.CATEGORIES)]
    made = pl.DataFrame(rows, schema=dict.fromkeys(("sourcedId", "title", "weight"), pl.String), orient="row")
    return made.select("sourcedId", **_RECORD, title="title", weight="weight")


def line_items(schools: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `lineItems.csv`."""
    last, this = YEARS
    work = classes_of(schools, this).join(pl.select(item=pl.int_range(ITEMS)), how="cross")
    title, item = pl.lit(pl.Series([title for title, _ in words.CATEGORIES])), pl.col("item")
    return pl.concat(
        [
            work.select(
                **_item(item_id(item), pl.format("{} {}", title.gather(item), item + 1)),
                description=pl.format("{}: chapter {}, sections 1 to 3", title.gather(item), item + 2),
                assignDate=day("2026-08-24", item * 14).cast(pl.String),
                dueDate=day("2026-08-31", item * 14).cast(pl.String),
                classSourcedId=pl.col("id"),
                categorySourcedId=pl.format("cat-{}", item),
                **_scale(f"ses-{this}-s1", pl.when(item == 2).then(pl.lit("100")).otherwise(pl.lit("20"))),
            ),
            classes_of(schools, last).select(
                **_item(final_id(), pl.lit("Final grade")),
                description=_NONE,
                assignDate=pl.lit("2025-08-18"),
                dueDate=pl.lit("2026-06-06"),
                classSourcedId=pl.col("id"),
                categorySourcedId=pl.format("cat-{}", pl.lit(len(words.CATEGORIES) - 1)),
                **_scale(f"ses-{last}-y", pl.lit("100")),
            ),
        ]
    )


def item_id(item: pl.Expr) -> pl.Expr:
    """Return the `sourcedId` of an item of a class of this year."""
    return pl.format("li-27-{}-{}", padded(class_number(), 7), item)


def final_id() -> pl.Expr:
    """Return the `sourcedId` of the item that last year's final grades of a class belong to."""
    return pl.format("li-26-{}-f", padded(class_number(), 7))


def objectives(schools: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `lineItemLearningObjectiveIds.csv`: of two items of each class."""
    work = classes_of(schools, max(YEARS)).join(pl.DataFrame({"item": [1, 2]}), how="cross")
    return work.select(
        sourcedId=pl.format("lo-{}-{}", class_number(), pl.col("item")),
        **_RECORD,
        lineItemSourcedId=item_id(pl.col("item")),
        source=pl.lit("case"),
        learningObjectiveId=pl.format("std-{}-{}", pl.col("period"), pl.col("grade") * 10 + pl.col("item")),
    )


def results(taken: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Return this year's forty results of each student, item by item."""
    item = pl.col("item")
    number = (pl.col("student") * 8 + pl.col("period")) * ITEMS + item
    most = pl.when(item == 2).then(100).otherwise(20)
    score = (draws.between(number, "score", 40, 200) * most / 200).round(1)
    status = draws.pick(number, "status", _STATUSES)
    made = (
        taken.join(pl.select(item=pl.int_range(ITEMS)), how="cross")
        .sort("class_number", "item", "student")
        .with_columns(number=number, score=score, score_status=status)
    )
    scored = ~pl.col("score_status").is_in(_NOT_SCORED)
    return made.select(
        **_result(pl.format("res-{}", pl.col("number")), item_id(item)),
        scoreStatus=pl.col("score_status"),
        score=pl.when(scored).then(pl.col("score").cast(pl.String)),
        scoreDate=day("2026-09-02", item * 14 + draws.between(pl.col("number"), "days", 0, 9)).cast(
            pl.String
        ),
        comment=_comment(draws, pl.col("number"), 0.15),
        textScore=_NONE,
        classSourcedId=pl.col("class"),
        **_marks(pl.col("score_status")),
    )


def final_grades(taken: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Return last year's eight final grades of each student."""
    number = pl.col("student") * 8 + pl.col("period")
    score = draws.between(number, "final", 55, 100)
    letter = pl.lit("F")
    for name, least in reversed(_LETTERS):
        letter = pl.when(score >= least).then(pl.lit(name)).otherwise(letter)
    return taken.select(
        **_result(pl.format("res-f-{}", number), final_id()),
        scoreStatus=pl.lit("fully graded"),
        score=score.cast(pl.String),
        scoreDate=pl.lit("2026-06-05"),
        comment=_comment(draws, number, 0.05),
        textScore=letter,
        classSourcedId=pl.col("class"),
        **_marks(pl.lit("fully graded")),
    )


def _item(id_: pl.Expr, title: pl.Expr) -> dict[str, pl.Expr]:
    return {"sourcedId": id_, **_RECORD, "title": title}


def _scale(session: str, most: pl.Expr) -> dict[str, pl.Expr]:
    return {
        "gradingPeriodSourcedId": _NONE,
        "academicSessionSourcedId": pl.lit(session),
        "schoolSourcedId": org_id(pl.col("school")),
        "resultValueMin": pl.lit("0"),
        "resultValueMax": most,
    }


def _result(id_: pl.Expr, item: pl.Expr) -> dict[str, pl.Expr]:
    return {"sourcedId": id_, **_RECORD, "lineItemSourcedId": item, "studentSourcedId": pl.col("id")}


def _comment(draws: Draws, number: pl.Expr, share: float) -> pl.Expr:
    return pl.when(draws.chance(number, "has comment", share)).then(
        draws.pick(number, "comment", words.COMMENTS)
    )


def _marks(status: pl.Expr) -> dict[str, pl.Expr]:
    said = {"inProgress": pl.lit(False), "incomplete": pl.lit(False)}
    said |= {"late": status == "late", "missing": status == "not submitted"}
    return {
        name: pl.when(value).then(pl.lit("true")).otherwise(pl.lit("false")) for name, value in said.items()
    }
