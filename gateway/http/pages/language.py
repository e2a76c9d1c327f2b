"""The languages of the pages: message catalogues, and how dates and numbers are written."""

import gettext
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import Any, Final

from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "es": "Español"}
"""By code, each in its own words. The first is spoken where the browser asks for none of them."""
DEFAULT: Final = "en"


class _NoText(gettext.NullTranslations):
    """A message that no catalogue has is a fault of the program, not a text for people."""

    def gettext(self, message: str) -> str:
        raise LookupError(f"no text for {message!r}")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        del msgid2, n
        raise LookupError(f"no plural text for {msgid1!r}")


@dataclass(frozen=True, slots=True)
class Language:
    """One language, ready to speak."""

    code: str
    _messages: gettext.GNUTranslations

    def t(self, id_: str, /, **values: Any) -> str:
        """Return the text of a message; with `n` the form for that number.

        Raises:
            LookupError: no catalogue has it.
        """
        if "n" in values:
            text = self._messages.ngettext(id_, id_, values["n"])
            return text.format_map({**values, "n": self.number(values["n"])})
        return self._messages.gettext(id_).format_map(values)

    def day(self, value: date) -> str:
        """Return a day as people write it, such as `Sep 12, 2026`."""
        return format_date(value, "medium", self.code)

    def moment(self, value: datetime, zone: tzinfo) -> str:
        """Return a moment to the minute, in that time zone."""
        return format_datetime(value.astimezone(zone), self._pattern, locale=self.code)

    def number(self, value: int) -> str:
        """Return a whole number with its separators."""
        return format_decimal(value, locale=self.code)

    @property
    def _pattern(self) -> str:
        return "MMM d, y, h:mm a" if self.code == "en" else "d MMM y, H:mm"


@cache
def language(code: str) -> Language:
    """Return a language by its code."""
    packed = io.BytesIO()
    write_mo(packed, catalogue(code))
    packed.seek(0)
    messages = gettext.GNUTranslations(packed)
    messages.add_fallback(_NoText())
    return Language(code, messages)


def catalogue(code: str) -> Catalog:
    """Return all messages of a language: the files of its folder together.

    Raises:
        ValueError: two files give one message different texts.
    """
    whole = Catalog(locale=code)
    folder = files(__package__).joinpath("locale", code)
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".po"):
            continue
        for message in read_po(io.StringIO(file.read_text("utf-8")), locale=code, abort_invalid=True):
            known = whole.get(message.id) if message.id else None
            if known is not None and known.string != message.string:
                raise ValueError(f"{code}/{file.name}: {message.id} has another text elsewhere")
            if message.id:
                whole[message.id] = message
    return whole


def preferred(chosen: str | None, accepted: str) -> str:
    """Return the language for a browser: the chosen one, else the first it accepts (RFC 9110, 12.5.4)."""
    if chosen in LANGUAGES:
        return str(chosen)
    ranked = sorted(map(_ranked, accepted.split(",")), key=lambda one: -one[1])
    return next((code for code, weight in ranked if weight > 0 and code in LANGUAGES), DEFAULT)


def _ranked(part: str) -> tuple[str, float]:
    tag, _, quality = part.strip().partition(";q=")
    try:
        weight = float(quality or 1)
    except ValueError:
        weight = 0.0
    return tag.strip().partition("-")[0].lower(), weight
