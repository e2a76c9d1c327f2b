"""What people send: fields, files, and what is wrong with them in their own words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from gateway.domain.errors import Malformed, TooLarge
from gateway.http.bodies import FORM, read_body

MULTIPART: Final = "multipart/form-data"
FORM_BYTES: Final = 256 * 1024
_MAX_FIELDS: Final = 2000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came. Neither its name nor its type says anything reliable."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent. A field may come several times, as ticked boxes do."""

    fields: Mapping[str, Sequence[str]]
    files: Mapping[str, Upload] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """Return the field without the space around it; empty if it was not sent, or more than once."""
        sent = self.fields.get(name, ())
        return sent[0].strip() if len(sent) == 1 else ""

    def many(self, name: str) -> Sequence[str]:
        """Return all values of a field."""
        return self.fields.get(name, ())


async def read(request: web.Request, *, limit: int = FORM_BYTES) -> Form:
    """Return the form of a request, with its files.

    Raises:
        TooLarge: it has more than `limit` bytes.
        Malformed: it is no form.
    """
    if request.content_type == MULTIPART:
        return await _multipart(request, limit)
    body = await read_body(request, (FORM, f"{FORM};charset=utf-8"), limit=limit, may_be_empty=True)
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        )
    except ValueError:
        raise Malformed("the body is not a form") from None
    return Form(_gathered(pairs))


async def _multipart(request: web.Request, limit: int) -> Form:
    pairs: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    left = limit
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or not part.name:
                raise Malformed("the form has a part without a name")
            content = await _part(part, left)
            left -= len(content)
            if part.filename is not None:
                files[part.name] = Upload(part.filename[-200:], content)
            else:
                pairs.append((part.name, content.decode("utf-8")))
    except (ValueError, AssertionError):
        raise Malformed("the body is not a form") from None
    return Form(_gathered(pairs), files)


async def _part(part: BodyPartReader, left: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk():
        content += chunk
        if len(content) > left:
            raise TooLarge("the form and its files are too large")
    return bytes(content)


def _gathered(pairs: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field: a message, and its values."""

    field: str
    message: str
    values: Mapping[str, Any]


class Faults:
    """What is wrong with a form, in the order of its fields. True if anything is."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, field_: str, message: str, **values: Any) -> None:
        """Note that a field is wrong; of one field only the first fault is shown."""
        if self.of(field_) is None:
            self._found.append(Fault(field_, message, values))

    def of(self, field_: str) -> Fault | None:
        """Return what is wrong with a field, if anything."""
        return next((fault for fault in self._found if fault.field == field_), None)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)


def date_of(form: Form, name: str, faults: Faults) -> date | None:
    """Return the day written into `name-month`, `name-day` and `name-year`; None with a fault if it is none.

    A field left empty altogether is None without a fault.
    """
    written = [form.one(f"{name}-{part}") for part in ("year", "month", "day")]
    if not any(written):
        return None
    with _noting(faults, name):
        year, month, day_ = (int(part) for part in written)
        return date(year, month, day_)
    return None


@contextmanager
def _noting(faults: Faults, name: str) -> Iterator[None]:
    try:
        yield
    except ValueError:
        faults.add(name, "form.not_a_date")
