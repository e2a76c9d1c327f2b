"""What a database's refusals mean to the one who must act. None of its own words are passed on.

A database's message may hold a value of a row, and the address a secret.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.adapter_api import GatewayError, Misconfigured, TryLater

_STOPPED: Final = frozenset({"57014", "3024", "1969", "20003", "20047", "4024", "1013", "3136"})
"""PostgreSQL, MySQL, MariaDB, SQL Server twice, Oracle three times."""

_FORBIDDEN: Final = frozenset({"42501", "1142", "1143", "1044", "229", "230", "1031", "942", "41900"})
_READ_ONLY: Final = frozenset({"25006", "1792", "1456"})
_NO_ACCESS: Final = frozenset(
    {"28P01", "28000", "3D000", "1045", "1049", "1698", "18456", "4060", "1017", "28001", "28009"}
)
_NO_ACCESS_WORDS: Final = (
    "authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "does not exist",
    "access denied",
    "login failed",
    "is not permitted to log in",
)
_NO_FILE: Final = ("unable to open database file", "not a database")
_NOBODY: Final = ("refused", "timeout", "timed out", "resolve", "no route", "unreachable", "can't connect")
_INCOMPARABLE: Final = frozenset({"245", "8114", "241", "8169", "1722", "1858", "1861"})
"""SQL Server and Oracle; the others have the class 22 of the standard, and 42883 for no such comparison."""


@contextmanager
def told(what: str, seconds: float) -> Iterator[None]:
    """Turn what a database raises into what an operator can act on.

    Raises:
        Misconfigured: permission is lacking, or the statement is wrong.
        TryLater: the connection is lost, or the statement took more than `seconds`.
    """
    try:
        yield
    except PoolTimeout:
        raise TryLater(f"{what}: all connections to the database are in use") from None
    except DBAPIError as error:
        raise _meaning(what, error, seconds) from None
    except SQLAlchemyError as error:
        raise Misconfigured(f"{what}: the statement cannot be made ({type(error).__name__})") from None


def _meaning(what: str, error: DBAPIError, seconds: float) -> GatewayError:
    code, words = _code(error), str(error.orig).casefold()
    if any(word in words for word in _NO_FILE):
        return Misconfigured("the file cannot be opened as a database")
    if code in _STOPPED or "interrupted" in words:
        return TryLater(f"{what}: stopped after {seconds:g} seconds")
    if code in _FORBIDDEN:
        return Misconfigured(f"{what}: permission: the account may not read it (code {code})")
    if code in _READ_ONLY or "readonly database" in words:
        return Misconfigured(f"{what}: it would write, and this adapter only reads")
    if error.connection_invalidated or "locked" in words or code.startswith(("08", "57", "53")):
        return TryLater(f"{what}: the connection to the database was lost{_shown(code)}")
    return Misconfigured(f"{what}: the database refuses the statement{_shown(code)}")


def is_incomparable(error: DBAPIError) -> bool:
    """Tell whether a value could not be read as the type of the column that it was compared with."""
    code = _code(error)
    return code.startswith("22") or code == "42883" or code in _INCOMPARABLE


def enter(engine: Engine) -> Connection:
    """Return a connection.

    Raises:
        Misconfigured: the account may not enter, or the file is no database.
        TryLater: nobody answers, or every connection is in use.
    """
    try:
        return engine.connect()
    except PoolTimeout:
        raise TryLater("all connections to the database are in use") from None
    except DBAPIError as error:
        raise _refusal(error, engine.url.username or "the account") from None


def _refusal(error: DBAPIError, account: str) -> GatewayError:
    code, words = _code(error), str(error.orig).casefold()
    if code in _NO_ACCESS or any(word in words for word in _NO_ACCESS_WORDS):
        return Misconfigured(
            f"authentication: the server does not let {account} in{_shown(code)}; look at the user, the"
            " database and password_file"
        )
    if any(word in words for word in _NO_FILE):
        return Misconfigured("the file cannot be opened as a database")
    if any(word in words for word in _NOBODY):
        return TryLater("network: the server does not answer")
    return TryLater(f"the server answers, and opens no session{_shown(code)}")


def _code(error: DBAPIError) -> str:
    """Return the five letters of SQL, or the number that the driver gives."""
    orig = error.orig
    state = getattr(orig, "sqlstate", None)
    if isinstance(state, str):
        return state
    first = orig.args[0] if orig is not None and orig.args else None
    number = first[0] if isinstance(first, tuple) and first else getattr(first, "code", first)
    return str(number) if isinstance(number, int) else ""


def _shown(code: str) -> str:
    return f" (code {code})" if code else ""
