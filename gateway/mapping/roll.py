"""Who is a student: decided from the rows that say so, before any row is mapped."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from gateway.mapping.columns import LINE
from gateway.mapping.dates import Problem
from gateway.mapping.faults import did_you_mean
from gateway.mapping.findings import Rule
from gateway.mapping.found import found_frame
from gateway.mapping.headers import Resolved
from gateway.mapping.problems import CODE, Problems
from gateway.mapping.spec import Decider, StudentSpec

NO_ROLE = Problem(
    Rule.FIELD_MISSING,
    "nothing says whether this person is a student; the row was left out",
    "give the person a role",
)


@dataclass
class Decision:
    """What one decider's rows say of people: by key, the strongest that is said."""

    decider: Decider
    source: Resolved
    said: list[pl.DataFrame] = field(default_factory=list)
    found: list[pl.DataFrame] = field(default_factory=list)

    @property
    def works(self) -> bool:
        """Tell whether its columns are there."""
        return {self.decider.column, self.decider.role or self.decider.column} <= self.source.asked.keys()

    def hear(self, rows: pl.DataFrame, problems: Problems) -> None:
        """Take rows in."""
        if not self.decider.role:
            keys = rows.get_column(self.decider.column).str.strip_chars()
            self.said.append(
                pl.DataFrame({"key": keys}).filter(keys != "").unique().with_columns(student=pl.lit(True))
            )
            return
        students = [word.casefold() for word in self.decider.students]
        others = [word.casefold() for word in self.decider.others]
        roles = rows.get_column(self.decider.role).str.strip_chars()
        folded = roles.str.to_lowercase()
        keys = rows.get_column(self.decider.column).str.strip_chars()
        student = folded.is_in(students)
        known = student | folded.is_in(others)
        self.said.append(
            pl.DataFrame({"key": keys, "student": student}).filter(known & (keys != "")).unique()
        )
        unknown = (~known & (folded != "")).arg_true()
        if len(unknown):
            codes = [problems.code(self._unknown(role)) for role in roles.gather(unknown)]
            header = self.source.header(self.decider.role)
            lines = rows.get_column(LINE).gather(unknown)
            raw, code = roles.gather(unknown), pl.Series(codes, dtype=CODE)
            self.found.append(found_frame(unknown, self.source.file, lines, header, raw=raw, codes=code))

    def people(self) -> pl.DataFrame:
        """Return each person's key and whether a student; who is one in one role is one."""
        if not self.said:
            return pl.DataFrame(schema={"key": pl.String, "student": pl.Boolean})
        return pl.concat(self.said).group_by("key", maintain_order=True).agg(pl.col("student").any())

    def _unknown(self, role: str) -> Problem:
        words = (*self.decider.students, *self.decider.others)
        message = "no such role is known; it says nothing of the person"
        return Problem(Rule.CODE_UNMAPPED, message, did_you_mean(role, words))


def decide(people: pl.DataFrame, decisions: Sequence[Decision]) -> pl.DataFrame:
    """Return the people with `student`, null where nothing says it; the first that knows one decides.

    `people` has their keys in `key`, in order and each once.
    """
    decided = people.with_columns(pl.lit(None, pl.Boolean).alias("student"))
    for decision in decisions:
        said = decision.people().rename({"student": "said"})
        decided = decided.join(said, on="key", how="left", maintain_order="left")
        decided = decided.with_columns(pl.coalesce("student", "said").alias("student")).drop("said")
    return decided


def decisions(spec: StudentSpec, sources: dict[str, Resolved]) -> list[Decision]:
    """Return the deciders whose columns are there."""
    made = [Decision(decider, sources[decider.source]) for decider in spec.decided_by]
    return [one for one in made if one.works]
