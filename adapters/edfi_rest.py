"""Ed-Fi ODS/API and Data Management Service, over REST: versions 3 to 7.

Source: Ed-Fi ODS/API client documentation (paging, change queries). Suits any size: the first reading takes
what the server needs, later ones ask for what changed since.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final, Literal

from pydantic import Field

from adapters import _rest_edfi as edfi
from adapters._rest import open_client
from adapters._rest_calls import Calls, checked_url
from adapters._rest_edfi_reading import Reading, change_versions
from adapters._rest_live import Found
from adapters._rest_mirrors import Mirrors
from adapters._rest_tokens import Credentials, Tokens, read_secret
from gateway.adapter_api import AdapterConfig, Batch, Finding, Misconfigured, Only, Table

_LAYOUT: Final = "1"
"""Raised when rows are laid out otherwise: mirrors are then made anew."""


class EdFiRest(AdapterConfig):
    """`[source.options]` when `adapter = "edfi_rest"`."""

    base_url: str
    """Where the API's version document is, such as `https://ods.example.org/v7.1/api`."""

    key_file: Path
    """Holds the key of the API client, on one line."""

    secret_file: Path
    """Holds its secret, on one line."""

    mirror: Path
    """A folder for a copy of what was read, for the owner's eyes only: student data are in it."""

    resources: tuple[str, ...] = Field(default=edfi.RESOURCES, min_length=1)
    """By their names since Data Standard 5; with a namespace for an extension: `tpdm/candidates`."""

    route: Mapping[str, str] = Field(default_factory=dict)
    """What stands for names in braces of the API's URLs, such as `schoolYearFromRoute`."""

    api_url: str = ""
    """Of the data management API, where the version document does not say it."""

    token_url: str = ""
    """Of the token endpoint, where the version document does not say it, or names another host."""

    scope: str = ""
    client_auth: Literal["basic", "post"] = "basic"
    """How key and secret are sent to the token endpoint: as HTTP Basic, or in the form."""

    changes: bool = True
    """Whether changes are asked for; otherwise everything is read each time."""

    full_days: int = Field(default=30, ge=1)
    """After so many days everything is read again, whatever the server says of changes."""

    fresh_minutes: int = Field(default=15, ge=0)
    """A copy that is younger is read without asking the server."""

    ca_file: Path | None = None
    """Certificate authorities, where the server's is none that this machine knows."""

    calls: Calls = Calls()


class EdFiRestAdapter:
    """Reads one API into mirrors, and one student's records from it live."""

    Config: ClassVar[type[AdapterConfig]] = EdFiRest
    pushdown: ClassVar[bool] = True

    def __init__(self, config: EdFiRest, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._config = config
        self._now = now
        self._base = checked_url(config.base_url, "base_url")
        self._own = {"api_url": config.api_url, "token_url": config.token_url}
        for setting, url in self._own.items():
            if url:
                checked_url(url, setting)
        self._api: edfi.Api | None = None
        self._tokens = Tokens(self._credentials, now)
        self._mirrors = Mirrors(
            folder=config.mirror,
            source=self._source,
            resources=config.resources,
            fresh=timedelta(minutes=config.fresh_minutes),
            now=now,
        )

    async def check(self) -> None:
        """Return if the API lets us in and mirrors can be kept; raises as `Adapter.check` says."""
        self._mirrors.check()
        async with self._reading() as reading:
            for resource in self._config.resources:
                if await reading.offered(resource):
                    return
        raise Misconfigured("the server gives none of the resources: check its URL and what we may read")

    async def tables(self) -> Sequence[Table]:
        """Return the tables that have rows, after asking for changes where the mirrors are not fresh."""
        await self._refresh(self._config.resources)
        return await asyncio.to_thread(self._mirrors.tables)

    def unused(self) -> Sequence[Finding]:
        """Return a finding for each resource that is empty, that we may not read or that is not there."""
        return self._mirrors.unused()

    async def batches(self, table: Table, only: Only | None = None) -> AsyncIterator[Batch]:
        """Yield the table's rows: those of some students live, the others from the mirror."""
        if only and (found := await self._live(table, only)):
            for batch in found.batches():
                yield batch
            return
        await self._refresh([table.file])
        async for batch in self._mirrors.batches(table, only):
            yield batch

    async def _live(self, table: Table, only: Only) -> Found | None:
        if edfi.question(only.column, earlier=False) is None:
            return None
        async with self._reading() as reading:
            return await reading.some(table, only)

    async def _refresh(self, resources: Sequence[str]) -> None:
        stale = await asyncio.to_thread(self._mirrors.stale, resources)
        if not stale:
            return
        async with self._reading() as reading:
            wanted = self._config.changes
            versions = await change_versions(reading.client, reading.api) if wanted else None
            sync = replace(reading, versions=versions).sync
            for resource in stale:
                await self._mirrors.refresh(resource, sync)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Reading]:
        config = self._config
        async with open_client(config.calls, self._tokens, config.ca_file) as client:
            if self._api is None:
                document = await client.get(self._base, "base_url", open_to_all=True)
                self._api = edfi.api_of(self._base, document, self._own, config.route)
            yield Reading(
                client=client, api=self._api, calls=config.calls, now=self._now, full_days=config.full_days
            )

    def _credentials(self) -> Credentials:
        if self._api is None:
            raise Misconfigured("base_url: the API was not asked yet")
        return Credentials(
            token_url=self._api.token,
            id=read_secret(self._config.key_file, "key_file"),
            secret=read_secret(self._config.secret_file, "secret_file"),
            scope=self._config.scope,
            in_body=self._config.client_auth == "post",
        )

    def _source(self) -> str:
        """Say what is read and as whom: another key may see other students."""
        config = self._config
        key = read_secret(config.key_file, "key_file")
        route = sorted(config.route.items())
        return repr((_LAYOUT, config.base_url, config.api_url, route, config.scope, key))
