"""What a check says."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.domain.errors import GatewayError

if TYPE_CHECKING:
    from gateway.wiring import Opened


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    """It works, and somebody should look at it."""
    FAIL = "fail"
    """It does not work until somebody mends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the report."""

    name: str
    status: Status
    found: str
    fix: str = ""
    """The one thing to do; empty where all is well."""


NodeCheck = Callable[["Opened"], Awaitable[Check]]


def ok(name: str, found: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(name=name, status=Status.OK, found=found)


def warn(name: str, found: str, fix: str) -> Check:
    """Return a check that found something to look at."""
    return Check(name=name, status=Status.WARN, found=found, fix=fix)


def fail(name: str, found: str, fix: str) -> Check:
    """Return a check that found something broken."""
    return Check(name=name, status=Status.FAIL, found=found, fix=fix)


async def tried(name: str, check: NodeCheck, opened: "Opened", fix: str) -> Check:
    """Return what the check finds; an error becomes a failing line, whatever it is."""
    try:
        return await check(opened)
    except GatewayError as error:
        return fail(name, str(error) or error.title, fix)
    except OSError as error:
        return fail(name, error.strerror or type(error).__name__, fix)
    except Exception as error:  # noqa: BLE001  one check that breaks must not hide the others
        return fail(name, f"the check broke off: {type(error).__name__}", "report this line")
