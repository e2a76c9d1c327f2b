"""OneRoster 1.1 and 1.2 over REST: the same tables as the CSV binding.

Source: 1EdTech OneRoster 1.2 Rostering and Gradebook Services. Suits any size: the first reading takes what
the server needs, later ones ask for what was modified since.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from adapters import _rest_oneroster as oneroster
from adapters._rest import open_client
from adapters._rest_calls import Calls, checked_url
from adapters._rest_live import Found
from adapters._rest_mirrors import Mirrors
from adapters._rest_oneroster_reading import Reading, question
from adapters._rest_tokens import Credentials, Tokens, read_secret
from gateway.adapter_api import AdapterConfig, Batch, Finding, Misconfigured, Only, Table

_LAYOUT: Final = "1"
"""Raised when rows are laid out otherwise: mirrors are then made anew."""


class OneRosterRest(AdapterConfig):
    """`[source.options]` when `adapter = "oneroster_rest"`."""

    url: str
    """Of the rostering service, up to the version: `https://sis.example.org/ims/oneroster/rostering/v1p2`."""

    gradebook_url: str = ""
    """Of the gradebook service. Empty: in 1.1 it is `url`; in 1.2 no gradebook is read."""

    token_url: str
    """Of the token endpoint. It cannot be derived from `url`: the vendor names it."""

    client_id: str
    secret_file: Path
    """Holds the client's secret, on one line."""

    mirror: Path
    """A folder for a copy of what was read, for the owner's eyes only: student data are in it."""

    version: oneroster.Version = "1.2"
    resources: tuple[str, ...] = Field(default=oneroster.RESOURCES, min_length=1)

    scope: str | None = None
    """Scopes, with spaces between. None: those that the standard asks for. Empty: none are sent."""

    client_auth: Literal["basic", "post"] = "basic"
    """How id and secret are sent to the token endpoint: as HTTP Basic, or in the form."""

    changes: bool = True
    """Whether only what was modified is asked for; otherwise everything is read each time."""

    full_days: int = Field(default=7, ge=1)
    """After so many days everything is read again: vendors forget to say what was deleted."""

    fresh_minutes: int = Field(default=15, ge=0)
    """A copy that is younger is read without asking the server."""

    ca_file: Path | None = None
    """Certificate authorities, where the server's is none that this machine knows."""

    calls: Calls = Calls()

    @model_validator(mode="after")
    def _resources_are_known(self) -> Self:
        if unknown := set(self.resources) - set(oneroster.RESOURCES):
            raise ValueError(f"there is no {min(unknown)}; known are {', '.join(oneroster.RESOURCES)}")
        return self


class OneRosterRestAdapter:
    """Reads one server into mirrors, and one student's rows from it live."""

    Config: ClassVar[type[AdapterConfig]] = OneRosterRest
    pushdown: ClassVar[bool] = True

    def __init__(
        self, config: OneRosterRest, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._config = config
        self._now = now
        self._rostering = checked_url(config.url, "url")
        gradebook = config.gradebook_url or (config.url if config.version == "1.1" else "")
        self._gradebook = checked_url(gradebook, "gradebook_url") if gradebook else None
        self._token_url = checked_url(config.token_url, "token_url")
        self._tokens = Tokens(self._credentials, now)
        self._mirrors = Mirrors(
            folder=config.mirror,
            source=self._source,
            resources=self._resources(),
            fresh=timedelta(minutes=config.fresh_minutes),
            now=now,
            columns=oneroster.columns(config.version),
        )

    async def check(self) -> None:
        """Return if the server lets us in and mirrors can be kept; raises as `Adapter.check` says."""
        self._mirrors.check()
        async with self._reading() as reading:
            for resource in self._mirrors.resources:
                if await reading.offered(resource):
                    return
        raise Misconfigured("the server gives none of the resources: check its URL and what we may read")

    async def tables(self) -> Sequence[Table]:
        """Return the tables that have rows, after asking for changes where the mirrors are not fresh."""
        await self._refresh(self._mirrors.resources)
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
        if question(table, only) is None:
            return None
        async with self._reading() as reading:
            return await reading.some(table, only)

    async def _refresh(self, resources: Sequence[str]) -> None:
        stale = await asyncio.to_thread(self._mirrors.stale, resources)
        if not stale:
            return
        async with self._reading() as reading:
            for resource in stale:
                await self._mirrors.refresh(resource, reading.sync)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Reading]:
        config = self._config
        async with open_client(config.calls, self._tokens, config.ca_file) as client:
            yield Reading(
                client=client,
                rostering=self._rostering,
                gradebook=self._gradebook,
                calls=config.calls,
                now=self._now,
                changes=config.changes,
                full_days=config.full_days,
            )

    def _resources(self) -> tuple[str, ...]:
        """Return the resources that this version has at the URLs that are set."""
        return tuple(
            one
            for one in self._config.resources
            if (one in oneroster.ROSTERING or self._gradebook)
            and not (one in oneroster.ONLY_1_2 and self._config.version == "1.1")
        )

    def _scope(self) -> str:
        given = self._config.scope
        return oneroster.scopes(self._config.version, self._resources()) if given is None else given

    def _credentials(self) -> Credentials:
        return Credentials(
            token_url=self._token_url,
            id=self._config.client_id,
            secret=read_secret(self._config.secret_file, "secret_file"),
            scope=self._scope(),
            in_body=self._config.client_auth == "post",
        )

    def _source(self) -> str:
        """Say what is read and as whom: another client may see other students."""
        config = self._config
        return repr(
            (_LAYOUT, config.url, config.gradebook_url, config.version, config.client_id, config.scope)
        )
