"""The settings of one node: a TOML file, checked before anything runs."""

import difflib
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gateway.domain.colour import readable_brand
from gateway.domain.errors import Misconfigured
from gateway.domain.policy.people import StaffRole
from gateway.domain.safety.pace import LEAST_SHARE

Seconds = Annotated[float, Field(gt=0, le=86_400)]


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no time zone, such as America/Chicago")
    return name


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Table):
    """`[server]`: where the node listens. The public address is `id`; a proxy may stand in between."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    certificate: Path | None = None
    """PEM file, for TLS without a proxy."""
    private_key: Path | None = None
    metrics_public: bool = False
    """Answer `/metrics` to others than this machine."""


class Store(_Table):
    """`[store]`: where the node keeps its rows."""

    path: Path = Path("node.db")


class Keys(_Table):
    """`[keys]`: the folder of the private keys, readable by the node's user only."""

    folder: Path = Path("keys")


class Anchor(_Table):
    """`[[trust.anchor]]`: an agency that this node trusts, by pinned keys."""

    id: str
    keys: Path
    """JSON Web Key Set with the agency's federation keys, compared with it by another way."""


class Trust(_Table):
    """`[trust]`: whom the node believes."""

    anchor: tuple[Anchor, ...] = ()
    required_marks: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    """Types of trust marks that this node carries."""
    certificate_authority: Path | None = None
    """PEM file of a private certificate authority of the network."""
    allow_private_addresses: bool = False
    """Let peers live at private network addresses."""
    allow_loopback_http: bool = False
    """Let nodes live at `http://127.0.0.1:...`. For demonstrations on one machine."""


class Blackout(_Table):
    """`[[source.blackout]]`: days, both included, such as those of the summer rollover."""

    first: date
    last: date


class Source(_Table):
    """`[source]`: the local student information system."""

    adapter: str
    mapping: str
    """Name of a mapping that comes with the gateway (`oneroster/oneroster`), or the path of a file."""
    options: dict[str, Any] = {}
    """`[source.options]`: what the adapter takes."""
    folder: Path = Path("mapping")
    """Private folder for what a mapping run remembers and does not keep in memory."""
    max_removed: Annotated[float, Field(ge=0, le=1)] = 0.2
    """A run that would remove a greater share of the students removes none until somebody approves."""
    blackout: tuple[Blackout, ...] = ()
    """`[[source.blackout]]`: when the local system is rebuilt and must not be read."""


class Import(_Table):
    """`[import]`: where received backpacks go."""

    sink: str = "json_folder"
    options: dict[str, Any] = {}
    equivalents: Path | None = None
    """TOML file with this district's grade scale, unit of credit and courses, to propose conversions by."""


class Locator(_Table):
    """`[locator]`: finding records through the agency."""

    network_key: Path | None = None
    """District: the key that the network shares and the agency does not have. Hexadecimal, 32 bytes."""


class Release(_Table):
    """`[release]`: what leaves, and who decides."""

    automatic_approval: bool = False
    """Release certain matches without a person, together at fixed times; a share of them goes to a person."""
    batch_minutes: Annotated[int, Field(ge=0, le=1440)] = 240
    """How far the fixed times lie apart. 0 releases at once, and lets a delay tell of a hold: for
    demonstrations and benchmarks only."""
    manual_share: Annotated[float, Field(ge=LEAST_SHARE, le=1)] = LEAST_SHARE
    """Share of certain matches that a person decides about all the same, drawn by lot."""
    peer_requests_per_hour: Annotated[int, Field(ge=1)] = 120
    """Beyond it nothing leaves for that district by itself, and the privacy officer is told."""
    person_requests_per_hour: Annotated[int, Field(ge=1)] = 60
    """The same for one person at another district."""
    undo_minutes: Annotated[int, Field(ge=0, le=24 * 60)] = 10
    """How long a person may take an approval back before the record leaves."""
    notice_days: Annotated[int, Field(ge=0, le=60)] = 0
    withheld_classes: tuple[Literal["S", "R"], ...] = ("R",)
    requests_per_peer_per_day: Annotated[int, Field(ge=1)] = 500


class Incoming(_Table):
    """`[incoming]`: what happens to records that arrive."""

    automatic_import: bool = False


class Policy(_Table):
    """`[policy]`: who may do what."""

    file: Path | None = None
    """The district's own rules, which may only tighten those that come with the gateway."""
    pack: str = "us"
    """Name of a jurisdiction pack that comes with the gateway (`us-tx`), or the path of a file."""


class Days(_Table):
    """`[[calendar.year]]`, `[[calendar.break]]`: days, both included."""

    first: date
    last: date


class Calendar(_Table):
    """`[calendar]`: when the district works and teaches. Public holidays come from the jurisdiction pack."""

    year: tuple[Days, ...] = ()
    """`[[calendar.year]]`: school years, from the first to the last day of instruction."""
    break_: Annotated[tuple[Days, ...], Field(alias="break")] = ()
    """`[[calendar.break]]`: no school; offices work."""
    holidays: tuple[date, ...] = ()
    """Holidays of the district beside the public ones."""
    closures: tuple[date, ...] = ()
    """Days on which everything was closed, such as for snow."""


class Notice(_Table):
    """`[notice]`: this school year's annual notice to families (34 CFR 99.7, 99.34(a)(1)(ii))."""

    year: Annotated[str, Field(pattern=r"^\d{4}-\d{4}$")] = ""
    """School year, `2026-2027`."""
    url: str = ""
    """Where families find it; or say it in `text`."""
    text: str = ""
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")], ...] = ("en",)
    """In which it was given (BCP 47)."""


class Terminal(_Table):
    """`[terminal]`: as whom the command line acts. Whoever runs it can read the node's keys as well."""

    roles: tuple[StaffRole, ...] = (
        StaffRole.REGISTRAR,
        StaffRole.RECORDS_OFFICER,
        StaffRole.PRIVACY_OFFICER,
        StaffRole.IT_ADMIN,
    )
    schools: tuple[str, ...] = ()
    """Ids of the schools; empty for the whole district."""


class Loop(_Table):
    """`[loop]`: how fast the node works through what waits."""

    lease_seconds: Seconds = 60
    first_retry_seconds: Seconds = 60
    poll_seconds: Seconds = 900
    tick_seconds: Seconds = 1
    batch: Annotated[int, Field(ge=1, le=1000)] = 32


class Requests(_Table):
    """`[requests]`: what this node asks others."""

    encrypt: bool = True
    """Encrypt what names a student to the receiving node, so that a proxy before it cannot read it."""


class Login(_Table):
    """`[login]`: how members of staff sign in to the desk. Without an issuer there is no desk."""

    issuer: str | None = None
    """The district's OpenID Connect provider, exactly as its tokens name it."""
    client_id: str = "backpack"
    client_secret: Path | None = None
    """File with the secret that the provider gave this node; or, better, a key:"""
    private_key: Path | None = None
    """PEM file of an RSA or P-256 key, whose public half the provider knows (RFC 7523)."""
    algorithms: tuple[Literal["RS256", "PS256", "ES256"], ...] = ("RS256", "PS256", "ES256")
    """What the provider may sign with."""
    multi_factor: Literal["in_token", "at_provider"] = "in_token"
    """Where it is seen that more than one factor was asked for; `at_provider`: the district sees to it."""
    strong_acr: tuple[str, ...] = ("phr", "phrh")
    strong_amr: tuple[str, ...] = ("mfa", "hwk")
    """Values of a token, one of which shows more than one factor (RFC 8176)."""
    requested_acr: str | None = None
    roles_claim: str | None = None
    """The claim that says what somebody is; if left out, `backpack staff` says it."""
    roles: dict[str, tuple[StaffRole, ...]] = {}
    """`[login.roles]`: by a value of that claim, the roles."""
    demo: bool = False
    """Let made-up people sign in by a click. Only for a demonstration on one machine."""


class Pages(_Table):
    """`[pages]`: how the desk looks."""

    brand_colour: Annotated[str, AfterValidator(readable_brand)] = "#1d4f91"
    """The district's colour, dark enough for white text on it."""
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """Of the times on the pages, such as `America/Chicago`."""


class Logs(_Table):
    """`[logs]`."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(_Table):
    """One node's settings. Paths are relative to the file that names them."""

    role: Literal["district", "agency"]
    id: str
    """The node's public address and federation entity identifier."""
    name: str
    contact: str = ""
    server: Server = Server()
    store: Store = Store()
    keys: Keys = Keys()
    trust: Trust = Trust()
    source: Source | None = None
    incoming: Incoming = Incoming()
    import_: Annotated[Import | None, Field(alias="import")] = None
    locator: Locator = Locator()
    release: Release = Release()
    requests: Requests = Requests()
    policy: Policy = Policy()
    terminal: Terminal = Terminal()
    calendar: Calendar = Calendar()
    notice: Notice = Notice()
    loop: Loop = Loop()
    login: Login = Login()
    pages: Pages = Pages()
    logs: Logs = Logs()
    file: Annotated[Path, Field(exclude=True)] = Path("node.toml")

    def path(self, relative: Path) -> Path:
        """Return a path of the settings as a path of this process."""
        return self.file.parent / relative

    @property
    def time_to_object(self) -> timedelta:
        """How long families may object before a record leaves."""
        return timedelta(days=self.release.notice_days)


def load(file: Path) -> Settings:
    """Read a settings file.

    Raises:
        Misconfigured: it is missing, is no TOML, or names something unknown or wrong; says where.
    """
    try:
        raw = tomllib.loads(file.read_text("utf-8"))
    except OSError:
        raise Misconfigured(f"{file}: cannot be read; make it with `backpack init`") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file}: is not TOML: {error}") from None
    if "file" in raw:
        raise Misconfigured(f"{file}: file: is not a setting")
    try:
        return Settings.model_validate({**raw, "file": file})
    except ValidationError as error:
        faults = "; ".join(_fault(fault["loc"], fault["msg"], fault["type"]) for fault in error.errors())
        raise Misconfigured(f"{file}: {faults}") from None


def _fault(loc: tuple[int | str, ...], message: str, kind: str) -> str:
    place = ".".join(map(str, loc))
    if kind != "extra_forbidden":
        return f"{place}: {message}"
    near = difflib.get_close_matches(str(loc[-1]), _names(loc[:-1]), n=1)
    return f"{place}: is not a setting" + (f"; did you mean {near[0]}?" if near else "")


def _names(loc: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in loc:
        field = {f.alias or n: f for n, f in model.model_fields.items()}.get(str(part)) if model else None
        model = _table_of(field.annotation) if field else model
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _table_of(annotation: Any) -> Any:
    found = [annotation, *getattr(annotation, "__args__", ())]
    return next((kind for kind in found if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
