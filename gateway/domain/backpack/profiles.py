"""A district's or a state's own rules on top of the schema: they may only tighten it.

In TOML:

    uri = "https://maple.example/profiles/transfer/1"
    title = "What Maple asks of a record"

    [sections.enrollments]
    class = "E"                              # of the whole entry
    required = ["schoolYear", "school.name"]
    codes.gradeLevel = ["KG", "01", "02"]
    sensitivity.homeroom = "S"
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NoReturn, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.domain.backpack.base import LEVELS, CodedValue, Entry, Level, Part, Sensitivity, marks, strictest
from gateway.domain.backpack.document import SECTIONS, VARIANTS, entry_to_json
from gateway.domain.backpack.sensitivity import base_of, parts_in
from gateway.domain.errors import Misconfigured


class Rules(BaseModel):
    """What a profile says of one section. Paths have a dot between a field and one of its parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Annotated[Level | None, Field(alias="class")] = None
    """No entry is of a lower class."""
    required: tuple[str, ...] = ()
    """Fields that must be there; of a part, wherever the part is there."""
    codes: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """The only codes that a field may have."""
    sensitivity: Mapping[str, Level] = Field(default_factory=dict)
    """An entry with the field is of no lower class."""


class Profile(BaseModel):
    """A profile that was held against the schema."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uri: Annotated[str, Field(pattern=r"^(https://|urn:)\S+$")]
    """As a backpack names it in `profileUri`. With its version: what it says never changes."""
    title: str = ""
    """For people."""
    sections: Mapping[str, Rules] = Field(default_factory=dict)
    """By the section's wire name."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Where an entry does not keep to a profile. Holds nothing of the entry's values."""

    place: str
    reason: Literal["required", "code"]

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.place} {_WORDS[self.reason]}"


_WORDS: Final = {"required": "is missing", "code": "has a code that is not allowed here"}
_NOTHING: Final = Rules()


def load_profile(value: Mapping[str, Any], *, upon: Profile | None = None) -> Profile:
    """Return the profile, tightened by the one that it builds upon.

    Raises:
        Misconfigured: it is not written as a profile is, names what the schema does not have, or would allow
            what the schema or the other profile forbids.
    """
    try:
        profile = Profile.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Misconfigured(f"profile: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    for section, rules in profile.sections.items():
        _Held(profile.uri, section).hold(rules)
    return _upon(profile, upon) if upon else profile


def check(profile: Profile, section: str, entry: Entry) -> list[Problem]:
    """Return where the entry does not keep to the profile."""
    rules = profile.sections.get(section, _NOTHING)
    wire = entry_to_json(entry)
    there = [path for path in rules.required if fields_at(type(entry), path)]
    found = [Problem(path, "required") for path in there if _lacks(wire, path.split("."))]
    for path, allowed in rules.codes.items():
        if any(_code(one) not in allowed for one in values_at(wire, path.split("."))):
            found.append(Problem(path, "code"))
    return found


def sensitivity_under(profile: Profile, entry: Entry) -> Sensitivity:
    """Return the entry's sensitivity, raised as the profile says."""
    found = entry.sensitivity()
    section = next(name for name, model in SECTIONS.items() if isinstance(entry, model))
    rules = profile.sections.get(section)
    if rules is None:
        return found
    wire = entry_to_json(entry)
    raised = [level for path, level in rules.sensitivity.items() if [*values_at(wire, path.split("."))]]
    level = strictest((found.level, *raised, *([rules.level] if rules.level else [])))
    return found if level == found.level else found.model_copy(update={"level": level})


def values_at(wire: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield what stands at the path in an entry as on the wire; lists have no step of their own."""
    if isinstance(wire, list):
        for one in wire:
            yield from values_at(one, path)
    elif not path:
        yield wire
    elif isinstance(wire, Mapping) and path[0] in wire:
        yield from values_at(wire[path[0]], path[1:])


def fields_at(model: type[Part], path: str) -> list[Any]:
    """Return the types of the fields at a path of wire names; none where the model has no such path."""
    name, _, rest = path.partition(".")
    found = [info.annotation for wire, info in model.model_fields.items() if name == (info.alias or wire)]
    if not rest:
        return found
    return [inner for one in found for part in parts_in(one) for inner in fields_at(part, rest)]


def _lacks(wire: Any, path: Sequence[str]) -> bool:
    *parents, last = path
    holders = [one for one in values_at(wire, parents) if isinstance(one, Mapping)]
    return any(one.get(last) in (None, [], "") for one in holders)


def _code(value: Any) -> Any:
    return value.get("code") if isinstance(value, Mapping) else value


def _upon(profile: Profile, base: Profile) -> Profile:
    """Return both profiles as one."""
    names = dict.fromkeys([*base.sections, *profile.sections])
    sections = {
        name: _both(base.sections.get(name, _NOTHING), profile.sections.get(name, _NOTHING), profile, name)
        for name in names
    }
    return profile.model_copy(update={"sections": sections})


def _both(base: Rules, more: Rules, profile: Profile, section: str) -> Rules:
    held = _Held(profile.uri, section)
    for path, codes in more.codes.items():
        if added := set(codes) - set(base.codes.get(path, codes)):
            held.fail(f"codes.{path}", f"{', '.join(sorted(added))}: not allowed by {'the profile below'}")
    for path, level in more.sensitivity.items():
        held.not_below(f"sensitivity.{path}", level, base.sensitivity.get(path, level))
    held.not_below("class", more.level or LEVELS[-1], base.level or LEVELS[0])
    return Rules.model_validate(
        {
            "class": more.level or base.level,
            "required": tuple(dict.fromkeys([*base.required, *more.required])),
            "codes": {**base.codes, **more.codes},
            "sensitivity": {**base.sensitivity, **more.sensitivity},
        }
    )


class _Held:
    """Holds the rules of one section against the schema."""

    def __init__(self, uri: str, section: str) -> None:
        self._uri, self._section = uri, section
        if section not in SECTIONS:
            self.fail("", "the schema has no such section")
        self._models = (SECTIONS[section], *VARIANTS.get(section, {}).values())

    def fail(self, place: str, why: str) -> NoReturn:
        """Say where in the profile something is wrong."""
        where = ".".join(filter(None, ("sections", self._section, place)))
        raise Misconfigured(f"profile {self._uri}: {where}: {why}")

    def hold(self, rules: Rules) -> None:
        """Refuse what names nothing, and what would loosen."""
        for path in rules.required:
            self._types(path, "required")
        for path, codes in rules.codes.items():
            self._hold_codes(path, codes)
        for path, level in rules.sensitivity.items():
            self._types(path, "sensitivity")
            self.not_below(f"sensitivity.{path}", level, self._level(path))
        if rules.level:
            self.not_below("class", rules.level, self._models[0].base)

    def not_below(self, place: str, level: Level, least: Level) -> None:
        """Refuse a class that is lower than the one which holds already."""
        if LEVELS.index(level) < LEVELS.index(least):
            self.fail(place, f"{level} would loosen: it is {least} already; a profile may only tighten")

    def _types(self, path: str, key: str) -> list[Any]:
        found = [one for model in self._models for one in fields_at(model, path)]
        return found or self.fail(f"{key}.{path}", "the schema has no such field")

    def _hold_codes(self, path: str, codes: Sequence[str]) -> None:
        types = self._types(path, "codes")
        known = {one for type_ in types for one in _literals(type_)}
        if not known and not any(CodedValue in parts_in(type_) for type_ in types):
            self.fail(f"codes.{path}", "this field has no codes")
        if known and (added := set(codes) - known):
            self.fail(f"codes.{path}", f"{', '.join(sorted(added))}: the schema allows no such code")

    def _level(self, path: str) -> Level:
        """Return the class of an entry that has the field."""
        levels = [
            strictest((base_of(model), marks(model)[path].level if path in marks(model) else "D"))
            for model in self._models
            if fields_at(model, path)
        ]
        return min(levels, key=LEVELS.index)


def _literals(annotation: Any) -> tuple[Any, ...]:
    """Return the values of a closed list."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(value for inner in get_args(annotation) for value in _literals(inner))
