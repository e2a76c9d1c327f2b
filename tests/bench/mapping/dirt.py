"""What is wrong with cells of real exports: bad dates, bad numbers, unknown codes, ids of nobody."""

from typing import Final

import polars as pl

from tests.bench.mapping.draws import Draws

_BAD: Final = {
    "date": ("2026-02-30", "soon", "13/45/2026"),
    "number": ("12,5x", "n.v.", "eighty"),
    "code": ("??", "ZZ9", "see office"),
    "orphan": ("gone-1", "gone-2", "gone-3"),
}
_SPOILT: Final = {
    "roles.csv": {"beginDate": "date", "endDate": "date", "grade": "code", "orgSourcedId": "orphan"},
    "demographics.csv": {"birthDate": "date", "sex": "code", "publicSchoolResidenceStatus": "code"},
    "enrollments.csv": {"beginDate": "date", "endDate": "date", "classSourcedId": "orphan"},
    "relationships.csv": {"relationshipRole": "code", "relationshipUserSourcedId": "orphan"},
    "userFlags.csv": {"flag": "code"},
    "goals.csv": {"start": "date", "target": "date", "status": "code"},
    "learnerProfile.csv": {"date": "date", "intensity": "number"},
    "results.csv": {
        "score": "number",
        "scoreDate": "date",
        "scoreStatus": "code",
        "lineItemSourcedId": "orphan",
    },
}


def spoiled(frame: pl.DataFrame, file: str, draws: Draws, share: float, first: int) -> pl.DataFrame:
    """Return the rows with this share of the cells that can be spoilt being so.

    Args:
        frame: rows of the file.
        file: its name; files that nothing is wrong with come back as they are.
        draws: where the choices come from.
        share: of the cells of each column, 0 to 1.
        first: how many rows of the file were written before these.
    """
    if share <= 0:
        return frame
    row = pl.int_range(pl.len()) + first
    return frame.with_columns(
        pl.when(draws.chance(row, f"spoilt {file} {column}", share))
        .then(draws.pick(row, f"bad {file} {column}", _BAD[kind]))
        .otherwise(pl.col(column))
        .alias(column)
        for column, kind in _SPOILT.get(file, {}).items()
    )
