"""A mapping file beside a source: those of a node, or those that the command line names."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.domain.errors import Misconfigured

if TYPE_CHECKING:
    from datetime import date, datetime

    from gateway.adapter_api import Adapter
    from gateway.mapping.checking import Texts
    from gateway.mapping.spec import MappingFile
    from gateway.settings import Settings

BUCKET: Final = 3_000
"""Students in one bucket of a run that is measured or compared."""

MappingOption = Annotated[
    str | None,
    typer.Option(
        "--file", metavar="FILE", help="This mapping file instead of the node's; no node is needed."
    ),
]
BundleOption = Annotated[
    str | None,
    typer.Option(
        "--bundle", metavar="PATH", help="Read this folder, archive or file instead of the node's source."
    ),
]
AdapterOption = Annotated[
    str | None,
    typer.Option(
        help="Which adapter reads it: oneroster_csv, table_files and others; by default the likely one."
    ),
]
OptionOption = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="NAME=VALUE", help="An option of the adapter; may be repeated."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says of mapping and source."""

    config: Path
    file: str | None = None
    bundle: str | None = None
    adapter: str | None = None
    options: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        config: Path,
        file: str | None,
        bundle: str | None,
        adapter: str | None = None,
        options: list[str] | None = None,
    ) -> "Asked":
        """Return what was asked."""
        return cls(config=config, file=file, bundle=bundle, adapter=adapter, options=tuple(options or ()))


@dataclass(frozen=True, slots=True)
class MappingSource:
    """A mapping file with its crosswalks, and what reads the rows; None where there is no source."""

    name: str
    """What people know the mapping file by."""
    texts: "Texts"
    adapter: "Adapter | None"
    folder: Path | None
    """The node's folder; None without a node."""

    @property
    def today(self) -> "date":
        """Return the day, in UTC."""
        return self.now.date()

    @property
    def now(self) -> "datetime":
        """Return the time, in UTC."""
        from gateway.wiring.nodes import now

        return now()

    def mapping(self) -> "MappingFile":
        """Return the mapping.

        Raises:
            Misconfigured: it says what it may not.
        """
        from gateway.mapping.spec import load_mapping

        return load_mapping(self.texts.mapping, self.texts.codes, name=self.name)

    def reader(self) -> "Adapter":
        """Return what reads the rows.

        Raises:
            Misconfigured: there is nothing to read.
        """
        if self.adapter is None:
            raise Misconfigured("there is no source: name one under [source] in the settings, or --bundle")
        return self.adapter


def source_of(asked: Asked) -> MappingSource:
    """Return what the command line names, and for the rest what the node's settings name.

    Raises:
        Misconfigured: a file, adapter or option is not there or wrong.
    """
    named = asked.file is not None and asked.bundle is not None
    settings = None if named else _settings(asked)
    source = settings.source if settings else None
    name = asked.file or (source.mapping if source else None)
    if name is None:
        raise Misconfigured("there is no mapping: name one under [source] in the settings, or --file")
    adapter = adapter_at(asked) if asked.bundle is not None else _adapter_of(settings) if settings else None
    folder = asked.config.parent if settings else None
    if folder and not asked.file:
        name = _beside(name, folder)
    return MappingSource(name, texts_of(name), adapter, folder)


def with_mapping(source: MappingSource, name: str) -> MappingSource:
    """Return the same source with another mapping file."""
    return replace(source, name=name, texts=texts_of(name))


def texts_of(name: str) -> "Texts":
    """Return a mapping file and its crosswalks: those of the package, and those in `codes` beside the file.

    Raises:
        Misconfigured: there is no such file.
    """
    from gateway.mapping.checking import Texts
    from gateway.resources import code_texts, mapping_text

    text = mapping_text(name)
    own = _own_codes(name)
    return Texts(text, {**code_texts(name), **own}, tuple(own))


def adapter_at(asked: Asked) -> "Adapter":
    """Return the adapter that reads what `--bundle` names."""
    from gateway.plugins import load_adapter

    path = Path(asked.bundle or "")
    options: dict[str, Any] = {"path": str(path)} | dict(_pairs(asked.options))
    if asked.adapter:
        return load_adapter(asked.adapter, options)
    return load_adapter(likely_adapter(path), options)


def node_adapter(asked: Asked) -> "Adapter":
    """Return the adapter that the node's settings name.

    Raises:
        Misconfigured: there is none.
    """
    found = _adapter_of(_settings(asked))
    if found is None:
        raise Misconfigured("this node has no source: name one under [source] in its settings")
    return found


def likely_adapter(path: Path) -> str:
    """Return the adapter for a folder, archive or file: OneRoster where the files have its names."""
    names = {name.casefold() for name in _names_at(path)}
    roster = {"users.csv", "orgs.csv", "student.csv", "studentenrollment.csv"}
    if any(name.endswith(".xml") for name in names):
        return "edfi_xml"
    return "oneroster_csv" if len(names & roster) > 1 else "table_files"


@contextmanager
def work_folder(source: MappingSource) -> Iterator[Path]:
    """Make a private folder for what does not fit into memory, and remove it at the end."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix=".mapping-", dir=source.folder) as folder:
        yield Path(folder)


def _adapter_of(settings: "Settings") -> "Adapter | None":
    from gateway.plugins import load_adapter
    from gateway.wiring.local_system import _located

    if settings.source is None:
        return None
    return load_adapter(settings.source.adapter, _located(settings, settings.source.options))


def _settings(asked: Asked) -> Any:
    from gateway.settings import load

    if asked.file is not None and not asked.config.is_file():
        return None
    return load(asked.config)


def _beside(name: str, folder: Path) -> str:
    """A path in the settings is relative to them, like every path there."""
    beside = folder / name
    return str(beside) if name.endswith(".toml") and beside.is_file() else name


def _own_codes(name: str) -> Mapping[str, str]:
    path = Path(name)
    if path.suffix == ".toml":
        return _texts_in(path.parent / "codes")
    return _texts_in(files("mappings").joinpath(name.partition("/")[0], "codes"))


def _texts_in(folder: "Path | Traversable") -> dict[str, str]:
    if not folder.is_dir():
        return {}
    found = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda one: one.name
    )
    return {file.name.removesuffix(".toml"): file.read_text("utf-8") for file in found}


def _names_at(path: Path) -> list[str]:
    import zipfile

    if path.is_dir():
        return [file.name for file in path.rglob("*")]
    if path.suffix.casefold() == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return [Path(name).name for name in archive.namelist()]
    return [path.name]


def _pairs(options: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    import tomllib

    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise typer.BadParameter("write NAME=VALUE", param_hint="--option")
        try:
            yield name, tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            yield name, value
