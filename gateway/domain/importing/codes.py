"""The sender's codes and ours: which mean the same, what a person chose, what is proposed."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Final

from gateway.domain.backpack.base import Part
from gateway.domain.backpack.document import SECTIONS, VARIANTS
from gateway.domain.backpack.sensitivity import parts_in
from gateway.domain.backpack.shared import CodedValue
from gateway.domain.importing.places import Entry, each_coded

AS_IT_CAME: Final = ""
"""A person's choice to leave a code as the sender has it."""
_SIMILAR: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class OurCode:
    """One code of a shared list, and how the local system spells it."""

    code: str
    display: str | None = None
    local: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """All that stands for it."""
        return (self.code, *self.local, *([self.display] if self.display else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeList:
    """A shared list as this district uses it."""

    system: str
    codes: tuple[OurCode, ...]

    def get(self, code: str) -> OurCode | None:
        """Return the code, if the list has it."""
        return next((one for one in self.codes if one.code == code), None)


@dataclass(frozen=True, slots=True, order=True)
class TheirCode:
    """A code of the sender that needs one of ours."""

    list: str
    """Section and field, without positions: `enrollments.exitType`."""
    code: str


class Ground(StrEnum):
    """Why a code of ours is proposed."""

    REMEMBERED = "remembered"
    """A person chose it for this partner before."""
    SPELLING = "spelling"
    """Our list has a code that is spelt so."""
    SIMILAR = "similar"
    """Our list has a code that is spelt nearly so: look twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeProposal:
    """What may stand for a code of theirs here."""

    theirs: TheirCode
    display: str | None
    uses: int
    """How often it stands in the record."""
    ours: str | None
    """Proposed or chosen; None where a person must say, `AS_IT_CAME` where it stays."""
    ground: Ground | None
    options: tuple[OurCode, ...]
    """Our codes to choose from; none where the field has no shared list."""

    @property
    def settled(self) -> bool:
        """Whether it goes without a person: chosen before, or spelt the same."""
        return self.ground in {Ground.REMEMBERED, Ground.SPELLING}


@dataclass(slots=True)
class _Use:
    display: str | None
    code_list: CodeList | None
    uses: int = 0


@dataclass(slots=True)
class CodeReader:
    """Collects the codes of theirs that are not ours, over all entries of a record."""

    lists: Mapping[str, CodeList]
    found: dict[TheirCode, _Use] = field(default_factory=dict)

    def look(self, section: str, entry: Entry) -> None:
        """Collect the entry's codes."""
        each_coded(entry, lambda place, value: self._note(section, place, value))

    def _note(self, section: str, place: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self._is_ours(value):
            code_list = list_at(section, place, self.lists)
            key = TheirCode(f"{section}.{place}", str(value["code"]))
            use = self.found.setdefault(key, _Use(_words(value), code_list))
            use.uses += 1
        return value

    def _is_ours(self, value: Mapping[str, Any]) -> bool:
        if value.get("mapping") == "none":
            return False
        known = self.lists.get(value["system"])
        return known is None or known.get(value["code"]) is not None

    def proposals(self, chosen: Mapping[TheirCode, str]) -> tuple[CodeProposal, ...]:
        """Return a proposal for each, in the order of the fields; what a person chose comes first."""
        return tuple(_propose(theirs, use, chosen) for theirs, use in sorted(self.found.items()))


def translated(
    section: str, entry: Entry, ours: Mapping[TheirCode, str], lists: Mapping[str, CodeList]
) -> Entry:
    """Return the entry in our codes; the sender's stay beside them as local code."""

    def change(place: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
        code = ours.get(TheirCode(f"{section}.{place}", str(value["code"])), AS_IT_CAME)
        code_list = list_at(section, place, lists)
        found = code_list.get(code) if code_list else None
        return value if code_list is None or found is None else _coded(value, found, code_list)

    return each_coded(entry, change)


def _coded(value: Mapping[str, Any], ours: OurCode, code_list: CodeList) -> dict[str, Any]:
    theirs = {"localCode": value.get("localCode", value["code"]), "localSystem": value.get("localSystem")}
    made = {"code": ours.code, "system": code_list.system, "display": ours.display, **theirs}
    kept = {name: value[name] for name in ("localDisplay", "extensions") if name in value}
    return {name: one for name, one in {**made, "mapping": "exact", **kept}.items() if one is not None}


def _propose(theirs: TheirCode, use: _Use, chosen: Mapping[TheirCode, str]) -> CodeProposal:
    options = use.code_list.codes if use.code_list else ()
    ours, ground = chosen.get(theirs), Ground.REMEMBERED
    if ours is None:
        ours, ground = _guess(options, [theirs.code, *([use.display] if use.display else [])])
    return CodeProposal(
        theirs=theirs,
        display=use.display,
        uses=use.uses,
        ours=ours,
        ground=ground if ours is not None else None,
        options=options,
    )


def _guess(options: Iterable[OurCode], words: Iterable[str]) -> tuple[str | None, Ground]:
    spelt = {_plain(word): one.code for one in options for word in one.spellings}
    for word in words:
        if found := spelt.get(_plain(word)):
            return found, Ground.SPELLING
    for word in words:
        if near := difflib.get_close_matches(_plain(word), spelt, n=1, cutoff=_SIMILAR):
            return spelt[near[0]], Ground.SIMILAR
    return None, Ground.SIMILAR


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())


def _words(value: Mapping[str, Any]) -> str | None:
    said = value.get("localDisplay") or value.get("display")
    return None if said is None else str(said)


def list_at(section: str, place: str, lists: Mapping[str, CodeList]) -> CodeList | None:
    """Return the shared list of which a field's codes are, by what the schema says of the field."""
    names = _systems().get(f"{section}.{place}", ())
    return next((lists[name] for name in names if name in lists), None)


@cache
def _systems() -> Mapping[str, tuple[str, ...]]:
    """Return, by section and field, the lists it may draw from: CEDS elements, Ed-Fi descriptors."""
    found: dict[str, tuple[str, ...]] = {}
    for section, model in SECTIONS.items():
        for one in (model, *VARIANTS.get(section, {}).values()):
            _collect(one, section, found, depth=0)
    return found


def _collect(model: type[Part], prefix: str, found: dict[str, tuple[str, ...]], depth: int) -> None:
    for name, info in model.model_fields.items():
        place = f"{prefix}.{info.alias or name}"
        for part in parts_in(info.annotation):
            if part is CodedValue:
                found.setdefault(place, _lists_of(info.json_schema_extra))
            elif name != "meta" and depth < _DEEPEST:
                _collect(part, place, found, depth + 1)


_DEEPEST: Final = 4


def _lists_of(extra: Any) -> tuple[str, ...]:
    said = extra if isinstance(extra, dict) else {}
    descriptors = [word.strip().rpartition(".")[2] for word in str(said.get("x-edfi", "")).split(",")]
    return (
        *(f"https://ceds.ed.gov/element/{number}" for number in said.get("x-ceds", ())),
        *(f"uri://ed-fi.org/{word[0].upper()}{word[1:]}" for word in descriptors if word),
    )
