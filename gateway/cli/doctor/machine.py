"""Checks of the machine: they need no settings."""

import platform
import sqlite3
import ssl
import sys
from collections.abc import Iterator

from gateway.cli.doctor.checks import Check, fail, ok, warn

_PYTHON = (3, 11)
_OPENSSL = (3, 0)


def checks() -> Iterator[Check]:
    """Yield the versions that matter."""
    yield _python()
    yield _sqlite()
    yield _openssl()


def _python() -> Check:
    if sys.version_info >= _PYTHON:
        return ok("Python", platform.python_version())
    return fail("Python", platform.python_version(), "install Python 3.11 or newer")


def _sqlite() -> Check:
    from gateway.storage.sqlite import SAFE_RESET

    if sqlite3.sqlite_version_info >= SAFE_RESET:
        return ok("SQLite", sqlite3.sqlite_version)
    wanted = ".".join(map(str, SAFE_RESET))
    return warn(
        "SQLite",
        f"{sqlite3.sqlite_version}: before {wanted} two processes that checkpoint at once may damage the"
        " file; the gateway avoids it, another program that opens the database may not",
        f"install a Python that brings SQLite {wanted} or newer; let no other program write to node.db",
    )


def _openssl() -> Check:
    if ssl.OPENSSL_VERSION_INFO >= _OPENSSL:
        return ok("OpenSSL", ssl.OPENSSL_VERSION)
    return warn("OpenSSL", ssl.OPENSSL_VERSION, "install a Python that brings OpenSSL 3")
