"""In what terms a district keeps its records: code lists of its mapping, and a file of equivalents."""

import tomllib
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway import resources
from gateway.domain.errors import Misconfigured
from gateway.domain.importing.codes import CodeList, OurCode
from gateway.domain.importing.equivalence import Course, Equivalents, GradeScale, Step
from gateway.domain.importing.plan import Terms
from gateway.mapping.crosswalk import Crosswalk
from gateway.mapping.spec import MappingFile
from gateway.settings import Settings

Percent = Annotated[Decimal, Field(ge=0, le=200)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StepTable(_Table):
    """One mark and the percentages that it stands for, both ends included."""

    mark: str
    low: Percent
    high: Percent


class ScaleTable(_Table):
    """`[scale]`, or `[partner."https://..."]`: a declared grade scale, the highest mark first."""

    name: str
    steps: Annotated[tuple[StepTable, ...], Field(min_length=1)]

    def scale(self) -> GradeScale:
        """Return it as the domain has it."""
        return GradeScale(name=self.name, steps=tuple(Step(**dict(one)) for one in self.steps))


class CourseTable(_Table):
    """`[[course]]`: one of our catalogue."""

    code: str
    title: str
    sced: Annotated[str | None, Field(pattern=r"^\d{5}$")] = None


class EquivalentsFile(_Table):
    """The file that `[import] equivalents` names."""

    scale: ScaleTable | None = None
    partner: dict[str, ScaleTable] = {}
    credits_per_carnegie_unit: Annotated[Decimal | None, Field(gt=0)] = None
    course: tuple[CourseTable, ...] = ()

    def equivalents(self) -> Equivalents:
        """Return them as the domain has them."""
        return Equivalents(
            scale=self.scale.scale() if self.scale else None,
            partner_scales={id_: table.scale() for id_, table in self.partner.items()},
            credits_per_carnegie_unit=self.credits_per_carnegie_unit,
            courses=tuple(Course(**dict(one)) for one in self.course),
        )


def local_terms(settings: Settings, mapping: MappingFile | None) -> Callable[[], Terms]:
    """Return what gives the district's terms; files are read when somebody asks, and once.

    Raises:
        Misconfigured: the file of equivalents cannot be used; said when it is asked for.
    """
    named = settings.import_.equivalents if settings.import_ else None

    @cache
    def terms() -> Terms:
        walks = mapping.codes.values() if mapping else _packaged()
        return Terms(
            lists={walk.system: _list(walk) for walk in walks},
            equivalents=_read(settings.path(named)) if named else Equivalents(),
        )

    return terms


def _packaged() -> list[Crosswalk]:
    return [Crosswalk.model_validate(tomllib.loads(text)) for text in resources.code_texts().values()]


def _list(walk: Crosswalk) -> CodeList:
    return CodeList(
        system=walk.system,
        codes=tuple(
            OurCode(code=one.code, display=one.display, local=one.local)
            for one in walk.values
            if not one.drop
        ),
    )


def _read(path: Path) -> Equivalents:
    try:
        return EquivalentsFile.model_validate(tomllib.loads(path.read_text("utf-8"))).equivalents()
    except OSError:
        raise Misconfigured(f"{path}: cannot be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise Misconfigured(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
