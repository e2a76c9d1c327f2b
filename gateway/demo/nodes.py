"""The nodes of the demonstration: their folders, and the processes that serve them."""

import asyncio
import json
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

from gateway.crypto.keys import KeyRing, Purpose
from gateway.domain.errors import Misconfigured, TryLater
from gateway.domain.ids import EntityId
from gateway.settings import Settings, load

READY_WITHIN_SECONDS: Final = 30.0
STOPPED_WITHIN_SECONDS: Final = 5.0
LOOK_EVERY_SECONDS: Final = 0.05

AGENCY: Final = "Agency"
MAPLE: Final = "Maple"
CEDAR: Final = "Cedar"

LEA_IDS: Final[Mapping[str, Mapping[str, str]]] = {
    MAPLE: {"nces": "9900001", "state": "D-0001"},
    CEDAR: {"nces": "9900002", "state": "D-0002"},
}
"""Made up; numbers of real districts do not begin with 99."""

BRAND: Final[Mapping[str, str]] = {MAPLE: "#7a2e1f", CEDAR: "#1f5a44"}

_HEAD: Final = "# Written by `backpack demo`. For this machine only: it takes peers without TLS.\n"
_FAST: Final = {"tick_seconds": 0.05, "first_retry_seconds": 0.2, "poll_seconds": 1, "lease_seconds": 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node's folder, and the address at which it will listen."""

    name: str
    folder: Path
    url: EntityId

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "node.toml"

    @property
    def settings(self) -> Settings:
        """The settings in it."""
        return load(self.config)

    @property
    def keys(self) -> KeyRing:
        """The node's private keys."""
        return KeyRing.load(self.folder / "keys")

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "node.db"

    @property
    def log(self) -> Path:
        """What the process says."""
        return self.folder / "node.log"

    @property
    def imports(self) -> Path:
        """Where received records go."""
        return self.folder / "imports"

    @property
    def anchor_keys(self) -> Path:
        """The agency's public keys: a district pins its copy."""
        return self.folder / "agency.jwks.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """An agency and two districts."""

    agency: Place
    maple: Place
    cedar: Place

    @property
    def places(self) -> tuple[Place, Place, Place]:
        """All three."""
        return self.agency, self.maple, self.cedar


def write_federation(folder: Path, *, source: Path, mapping: str) -> Federation:
    """Make a folder for each node: settings, new keys, the agency's public keys, the districts' shared key.

    Args:
        folder: Where the three are made.
        source: Maple's OneRoster bundle.
        mapping: The mapping that reads it.
    """
    ports = dict(zip((AGENCY, MAPLE, CEDAR), free_ports(3), strict=True))
    agency, maple, cedar = (_place(folder, name, port) for name, port in ports.items())
    federation = Federation(agency=agency, maple=maple, cedar=cedar)
    public = json.dumps(agency.keys.public_jwks(Purpose.FEDERATION), indent=2)
    network_key = secrets.token_hex(32)
    for place in federation.places:
        place.anchor_keys.write_text(public, "utf-8")
    for district in (maple, cedar):
        _write_private(district.folder / "network.key", network_key)
        district.imports.mkdir()
    options = {"path": str(source.resolve())}
    extract = {"source": {"adapter": "oneroster_csv", "mapping": mapping, "options": options}}
    trust = {"allow_loopback_http": True, "marks": [mark_type(agency)]}
    _write_settings(agency, {"role": "agency", "trust": trust})
    _write_settings(maple, _district(federation, maple) | extract)
    _write_settings(cedar, _district(federation, cedar))
    return federation


def mark_type(agency: Place) -> str:
    """Return the trust mark without which neither district deals with the other."""
    return f"{agency.url}/tm/data-sharing-agreement"


def free_ports(count: int) -> list[int]:
    """Return ports of this machine on which nobody listens; nothing reserves them."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


class Nodes:
    """Node processes. All that were started and not left alone are stopped at the end of the `with`."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, place: Place) -> None:
        """Start the node's process; its output goes to its log.

        It is no part of the terminal's group: an interrupt reaches it through `stop` only, in order.
        """
        command = (sys.executable, "-m", "gateway", "serve", "--config", str(place.config))
        with place.log.open("ab") as log:
            self._running[place.name] = subprocess.Popen(  # noqa: S603 - this program, at our own settings
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    async def until_ready(self, place: Place) -> None:
        """Wait until the node says that it can work.

        Raises:
            Misconfigured: the process ended.
            TryLater: it takes too long.
        """
        try:
            async with asyncio.timeout(READY_WITHIN_SECONDS), aiohttp.ClientSession() as client:
                while not await _is_ready(client, place.url):
                    self.check_alive(place)
                    await asyncio.sleep(LOOK_EVERY_SECONDS)
        except TimeoutError:
            raise TryLater(f"{place.name} was not ready in time; see {place.log}") from None

    def check_alive(self, place: Place) -> None:
        """Return if the node's process runs, or raise `Misconfigured` with the place of its log."""
        code = self._running[place.name].poll()
        if code is not None:
            raise Misconfigured(f"{place.name} ended with exit code {code}; see {place.log}")

    def leave_running(self) -> dict[str, int]:
        """Let the processes outlive this one; return their ids by name."""
        left = {name: process.pid for name, process in self._running.items() if process.poll() is None}
        self._running.clear()
        return left

    def stop(self) -> None:
        """Ask all to end, wait, and end those that do not; on return none is left."""
        processes = list(self._running.values())
        self._running.clear()
        try:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            _wait_for(processes, STOPPED_WITHIN_SECONDS)
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _wait_for(processes: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
    end = time.monotonic() + seconds
    for process in processes:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            return


async def _is_ready(client: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with client.get(f"{url}/readyz") as answer:
            return answer.ok
    except aiohttp.ClientError:
        return False


def _place(folder: Path, name: str, port: int) -> Place:
    place = Place(name=name, folder=folder / name.lower(), url=EntityId(f"http://127.0.0.1:{port}"))
    place.folder.mkdir(mode=0o700, parents=True)
    KeyRing.generate().save(place.folder / "keys")
    return place


def _district(federation: Federation, place: Place) -> dict[str, Any]:
    return {
        "role": "district",
        "trust": {
            "allow_loopback_http": True,
            "marks": [mark_type(federation.agency)],
            "required_marks": [mark_type(federation.agency)],
            "anchor": [{"id": federation.agency.url, "keys": place.anchor_keys.name}],
        },
        "locator": {"network_key": "network.key"},
        "import": {"sink": "json_folder", "options": {"folder": place.imports.name}},
        "release": {"automatic_approval": False, "batch_minutes": 0, "undo_minutes": 0},
        "notice": {"year": school_year(datetime.now(UTC).date()), "text": "Made up for the demonstration."},
        "incoming": {"automatic_import": False},
        "login": {"demo": True},
        "pages": {"brand_colour": BRAND[place.name], "time_zone": "America/Chicago"},
    }


def school_year(today: date) -> str:
    """Return the school year of a day, from July on."""
    first = today.year - (today.month < _JULY)
    return f"{first}-{first + 1}"


_JULY: Final = 7


def _write_settings(place: Place, settings: Mapping[str, Any]) -> None:
    whole = {
        "role": settings["role"],
        "id": place.url,
        "name": _LEGAL_NAMES[place.name],
        "contact": f"it@{place.name.lower()}.example",
        **settings,
        "server": {"host": "127.0.0.1", "port": int(place.url.rpartition(":")[2])},
        "loop": _FAST,
    }
    place.config.write_text(_HEAD + "\n".join(_toml(whole)) + "\n", "utf-8")


_LEGAL_NAMES: Final = {
    AGENCY: "Made-up Education Agency",
    MAPLE: "Maple Unified School District",
    CEDAR: "Cedar Unified School District",
}


def _toml(table: Mapping[str, Any]) -> list[str]:
    """Return the lines of a TOML file: values that are tables become tables of one line each."""
    plain = [f"{name} = {_value(value)}" for name, value in table.items() if not isinstance(value, Mapping)]
    for name, value in table.items():
        if isinstance(value, Mapping):
            plain += ["", f"[{name}]", *(f"{key} = {_value(inner)}" for key, inner in value.items())]
    return plain


def _value(value: Any) -> str:
    """Return a TOML value; its strings, numbers, booleans and arrays are spelt as in JSON."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write_private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text, "utf-8")
