"""What a mapping file declares of its source: what the data do not say of themselves."""

from datetime import date
from typing import Literal

from pydantic import Field

from gateway.mapping.crosswalk import Spec


class Conventions(Spec):
    """What the data do not say of themselves. All are required: a wrong guess here is wrong everywhere."""

    school_year: Literal["endYear", "startYear"]
    """Which calendar year a year like `2026` names."""
    exit_date: Literal["lastDayAttended", "firstDayNotEnrolled", "unknown"]
    date_order: Literal["mdy", "dmy", "none"]
    """How `03/04/2015` is read; `none` reads no such date."""
    identifier: str
    """What the plain identifier column holds, as the crosswalk of identifier systems spells it."""
    identifier_pattern: str
    """Regular expression that a state identifier fits as a whole."""
    null_tokens: tuple[str, ...]
    """Words that mean an empty cell."""
    sentinel_dates: tuple[date, ...]
    """Dates that mean no date."""
    deleted: tuple[str, ...]
    """Values of the `status` column that mean that the row is gone."""
    time_zone: str
    """Of dates with a time, as the IANA names it."""
    attendance: Literal["exceptionsOnly", "all"]
    """Whether a day without an event is a day of presence."""
    attendance_unit: Literal["day", "halfDay", "period"]
    gpa_scale: str
    """The best grade point average there is, such as `4.0`; `unknown`."""
    credit_unit: Literal["carnegie", "semesterHour", "quarterHour", "unknown"]
    primary_enrollment: Literal["column", "latest", "longest", "only"]
    """Which of several stays at a time is the one at the school that is responsible."""
    no_show: Literal["exclude", "column", "none"]
    """Whether stays that never began are left out by a condition, marked by a column, or not known."""
    name_order: Literal["separate", "lastFirst"]
    code_state: str = Field(pattern=r"^([A-Z]{2}|none)$")
    """Whose state codes these are; crosswalk lines of another state do not count."""
    code_year: int | Literal["none"]
    """The school year of the code lists; crosswalk lines of other years do not count."""
