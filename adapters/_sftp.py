"""Files on an SFTP server: looked at and limited first, then fetched into a folder of our own."""

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Final, Self, cast

import asyncssh
from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters._bundles import Member, check_whole
from gateway.adapter_api import Limits, Malformed, Misconfigured, TooLarge, TryLater

_BLOCK: Final = 4 * 1024 * 1024
_DEEPEST: Final = 16


class SftpPlace(BaseModel):
    """`sftp` in `[source.options]`: a folder on a server. Secrets come from files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1)
    port: int = Field(default=22, gt=0, lt=65536)
    user: str = Field(min_length=1)

    key_file: Path | None = None
    """The private key, without a passphrase; or else:"""

    password_file: Path | None = None
    """Holds the password on its first line."""

    known_hosts: Path
    """The server's key, as `known_hosts` of OpenSSH has it. Another key is never accepted."""

    folder: str = "."
    """Below it all files are seen, in whatever folder."""

    work_folder: Path | None = None
    """Where fetched files lie while they are read; by default where the system has such folders."""

    seconds: int = Field(default=30, gt=0)
    """How long the server may take to let us in."""

    @model_validator(mode="after")
    def _has_one_secret(self) -> Self:
        if (self.key_file is None) == (self.password_file is None):
            raise ValueError("give either key_file or password_file")
        return self


class Remote:
    """A folder on a server that let us in."""

    def __init__(self, client: asyncssh.SFTPClient, folder: str, limits: Limits) -> None:
        self._client = client
        self._folder = PurePosixPath(folder)
        self._limits = limits

    async def members(self) -> list[Member]:
        """Return the files, sorted by path.

        Raises:
            Malformed: there is a symbolic link, or a name that is none.
            TooLarge: there is more than the limits allow.
        """
        found: list[Member] = []
        async for member in self._below(PurePosixPath()):
            found.append(member)
            if len(found) > self._limits.max_members:
                raise TooLarge(f"the folder holds more than {self._limits.max_members} files")
        check_whole(found, self._limits, nested=True)
        return sorted(found)

    async def fetch(self, member: Member, into: Path, most: int) -> None:
        """Copy the file, or its first bytes, to the same path in the folder.

        No more is copied than was counted against the limits; what was added since is left out.
        """
        path, size = into / member.path, min(most, member.size)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with self._client.open(str(self._folder / member.path), "rb") as remote:
            with path.open("xb") as local:
                while size > 0:
                    block = cast("bytes", await remote.read(min(size, _BLOCK)))
                    if not block:
                        raise TryLater("a file on the SFTP server became shorter while it was fetched")
                    await asyncio.to_thread(local.write, block)
                    size -= len(block)

    async def _below(self, inside: PurePosixPath) -> AsyncIterator[Member]:
        if len(inside.parts) > _DEEPEST:
            raise Malformed(f"the folder has more than {_DEEPEST} folders in each other")
        async for entry in self._client.scandir(str(self._folder / inside)):
            name = str(entry.filename)
            if name.startswith("."):
                continue
            if "/" in name or "\\" in name or "\0" in name:
                raise Malformed("the server names a file outside of its folder")
            kind = stat.S_IFMT(entry.attrs.permissions or 0)
            if kind == stat.S_IFLNK:
                raise Malformed("the folder holds a symbolic link")
            if kind == stat.S_IFREG:
                yield Member(str(inside / name), name, entry.attrs.size or 0)
            elif kind == stat.S_IFDIR:
                async for member in self._below(inside / name):
                    yield member


@asynccontextmanager
async def connected(place: SftpPlace, limits: Limits) -> AsyncIterator[Remote]:
    """Log in to the server, for as long as the `with` lasts.

    Raises:
        Misconfigured: the server's key is another one, it does not let us in, or there is no such folder.
        TryLater: it cannot be reached, or broke off.
    """
    options = await asyncio.to_thread(_options, place)
    try:
        async with (
            asyncssh.connect(place.host, place.port, **options) as connection,
            connection.start_sftp_client() as client,
        ):
            yield Remote(client, place.folder, limits)
    except asyncssh.HostKeyNotVerifiable:
        raise Misconfigured("the SFTP server's key is not the one in the known_hosts file") from None
    except asyncssh.PermissionDenied:
        raise Misconfigured("the SFTP server refuses the user, the key or the password") from None
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPPermissionDenied):
        raise Misconfigured("a folder or file on the SFTP server is not there, or may not be read") from None
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise TryLater(f"the SFTP server cannot be reached or broke off: {type(error).__name__}") from None


def _options(place: SftpPlace) -> dict[str, Any]:
    """Return how to log in: with what the settings say and nothing that lies around in a home folder."""
    try:
        known = place.known_hosts.read_bytes()
        password = place.password_file and place.password_file.read_text("utf-8").splitlines()[0]
        keys = [asyncssh.read_private_key(place.key_file)] if place.key_file else None
    except (OSError, ValueError, IndexError, asyncssh.KeyImportError):
        raise Misconfigured(
            "the known_hosts, key or password file of the SFTP server cannot be read"
        ) from None
    return {
        "username": place.user,
        "password": password,
        "client_keys": keys,
        "known_hosts": known,
        "config": None,
        "agent_path": None,
        "gss_host": None,
        "connect_timeout": place.seconds,
        "login_timeout": place.seconds,
    }
