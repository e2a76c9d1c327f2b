"""A value that says that a member is left out. An enum: its name is the same in every process."""

from enum import Enum


class Absent(Enum):
    """The one such value."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT
