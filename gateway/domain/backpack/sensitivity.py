"""How carefully an entry is kept: what its fields say, those of its parts included."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Final, get_args

from pydantic import Field, JsonValue

from gateway.domain.backpack.extensions import extension_class
from gateway.domain.backpack.field import LEVELS, Level, Part, about, strictest
from gateway.domain.backpack.shared import CodedValue

EXTENSIONS: Final = "extensions"


class Sensitivity(Part):
    """How carefully something is kept; the stricter of two counts. CEDS 001945."""

    level: Annotated[Level, Field(alias="class"), about("001945")]
    """Directory, education record, special category or restricted."""
    labels: tuple[str, ...] = ()
    """What it is about: health, ethnicity, third party and others."""
    basis: tuple[str, ...] = ()
    """Laws that restrict it."""


@cache
def marks(model: type[Part]) -> Mapping[str, Sensitivity]:
    """Return the marked fields of a model, by both names of the field.

    A field of a part is named by its path, `reaction.type`; lists have no step of their own.
    """
    found: dict[str, Sensitivity] = {}
    for name, field in model.model_fields.items():
        wire = field.alias or name
        extra = field.json_schema_extra
        if isinstance(extra, dict) and "x-labels" in extra:
            level = extra.get("x-sensitivity", base_of(model))
            mark = Sensitivity.model_validate({"class": level, "labels": extra["x-labels"]})
            found[name] = found[wire] = mark
        for part in parts_in(field.annotation):
            for path, mark in marks(part).items():
                found[f"{name}.{path}"] = found[f"{wire}.{path}"] = mark
    return found


def sensitivity_of(
    model: type[Part], present: Iterable[str], codes: Mapping[str, str | None] | None = None
) -> Sensitivity:
    """Return the class of an entry that has these fields: the strictest, never below the model's own.

    `present` holds names of fields, and paths of those in parts. `codes` says by path which code a coded
    field has, for the few whose class depends on it; a code that is not told counts as unknown.
    """
    marked = marks(model)
    fields = frozenset(marked.keys() & present)
    found = _joined(model, fields)
    if not codes or not (_unless(model).keys() & fields):
        return found
    lowered = {
        path: _unless(model)[path].get(codes.get(path) or "") for path in fields & _unless(model).keys()
    }
    known = {path: level for path, level in lowered.items() if level}
    return _and(_joined(model, frozenset(fields - known.keys())), known.values(), ())


def sensitivity_in(entry: Part) -> Sensitivity:
    """Return what the fields of an entry say, of its parts and of the extensions in it."""
    codes: dict[str, str | None] = {}
    extensions: list[tuple[str, JsonValue]] = []
    _scan(entry, "", codes, extensions)
    found = sensitivity_of(type(entry), codes, codes)
    if not extensions:
        return found
    classes = [extension_class(uri, value) for uri, value in extensions]
    return _and(found, [level for level, _ in classes], [label for _, labels in classes for label in labels])


def _scan(
    part: Part, prefix: str, codes: dict[str, str | None], extensions: list[tuple[str, JsonValue]]
) -> None:
    """Note the marked fields that are set, each with its code if it has one, and every extension."""
    values, present = vars(part), part.__pydantic_fields_set__
    for name, deeper in _steps(type(part)):
        if name not in present:
            continue
        value = values[name]
        if name == EXTENSIONS:
            extensions += (value or {}).items()
            continue
        codes[prefix + name] = value.code if type(value) is CodedValue else None
        if deeper:
            for one in value if type(value) is tuple else (value,):
                if isinstance(one, Part):
                    _scan(one, f"{prefix}{name}.", codes, extensions)


def parts_in(annotation: Any) -> tuple[type[Part], ...]:
    """Return the models that a field of this type may hold, in lists and options too."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return (annotation,)
    return tuple(part for inner in get_args(annotation) for part in parts_in(inner))


@cache
def _steps(model: type[Part]) -> tuple[tuple[str, bool], ...]:
    """Return the fields worth a look: those marked, and those in which marks or extensions may be."""
    marked = marks(model)
    found = []
    for name, field in model.model_fields.items():
        deeper = any(_steps(part) for part in parts_in(field.annotation))
        if name in marked or deeper or name == EXTENSIONS:
            found.append((name, deeper))
    return tuple(found)


@cache
def _unless(model: type[Part]) -> Mapping[str, Mapping[str, Level]]:
    """Return the coded fields whose class depends on the code, by both names."""
    found: dict[str, Mapping[str, Level]] = {}
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and "x-sensitivity-unless" in extra:
            levels: Any = extra["x-sensitivity-unless"]
            found[name] = found[field.alias or name] = levels
    return found


@cache
def _joined(model: type[Part], fields: frozenset[str]) -> Sensitivity:
    found = [marks(model)[field] for field in fields]
    level = strictest((base_of(model), *(mark.level for mark in found)))
    labels = tuple(sorted({label for mark in found for label in mark.labels}))
    return Sensitivity(level=level, labels=labels) if labels else Sensitivity(level=level)


def base_of(model: type[Part]) -> Level:
    """Return the class of the model's unmarked fields."""
    base: Level = getattr(model, "base", LEVELS[0])
    return base


def _and(found: Sensitivity, levels: Iterable[Level], labels: Iterable[str]) -> Sensitivity:
    level = strictest((found.level, *levels))
    joined = tuple(sorted({*found.labels, *labels}))
    return Sensitivity(level=level, labels=joined) if joined else Sensitivity(level=level)
