"""One student, from the live source: executor two of a plan, with only the rows that are needed."""

from dataclasses import dataclass, field
from datetime import date

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.asking import Asking, answered
from gateway.mapping.assembly import Assembly, MappedStudent
from gateway.mapping.loading import Loaded, Loading
from gateway.mapping.plan import Plan, make_plan
from gateway.mapping.records import Records, Rest
from gateway.mapping.row_intake import RowIntake, row_intakes
from gateway.mapping.rows import RowSource
from gateway.mapping.shelf import Shelf
from gateway.mapping.spec import MappingFile

__all__ = ["MappedStudent", "Single", "open_single"]


@dataclass
class Single:
    """Maps students one at a time. The plan is made once."""

    adapter: RowSource
    plan: Plan
    dictionary: Dictionary = field(default_factory=Dictionary)
    shelf: Shelf | None = None
    """Keeps what many students' documents look up; without it every row is read anew."""
    _intakes: dict[str, RowIntake] = field(init=False)

    def __post_init__(self) -> None:
        self._intakes = row_intakes(self.plan)

    async def student(self, key: str, dictionary: Dictionary | None = None) -> MappedStudent | None:
        """Return the student's document; None if the source knows no such student.

        Args:
            key: The student's key in the source.
            dictionary: Used in place of the own one.

        Raises:
            GatewayError: whatever the adapter raises.
        """
        records = Records(Rest(), dictionary or self.dictionary)
        loaded = await self.load(key, records)
        return Assembly(self.plan, records, key).map(loaded) if loaded else None

    async def load(self, key: str, records: Records) -> Loaded | None:
        """Return the rows behind the student's document, and let `records` know what they lead to."""
        job = Loading(self.plan, records).student(key)
        return await answered(job, self.adapter, Asking(self._intakes, records.rest, self.shelf))


async def open_single(
    adapter: RowSource, mapping: MappingFile, today: date, dictionary: Dictionary
) -> Single:
    """Check the mapping against the source and return what maps single students; raises as `make_plan`."""
    return Single(adapter, make_plan(mapping, await adapter.tables(), today), dictionary)
