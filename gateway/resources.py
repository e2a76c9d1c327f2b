"""Files that come with the package: mapping files and crosswalks."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.domain.errors import Misconfigured

_PACKAGE = "mappings"


def mapping_text(name: str) -> str:
    """Return a mapping file: a path, or `oneroster/oneroster` for one that comes with the package.

    Raises:
        Misconfigured: there is no such file.
    """
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        return path.read_text("utf-8")
    if name in packaged_mappings():
        return _root().joinpath(*f"{name}.toml".split("/")).read_text("utf-8")
    known = ", ".join(packaged_mappings())
    raise Misconfigured(f"no mapping file {name!r}; with the package come: {known}")


def packaged_mappings() -> list[str]:
    """Return the names of the mapping files that come with the package."""
    return sorted(
        f"{folder.name}/{file.name.removesuffix('.toml')}"
        for folder in _root().iterdir()
        if folder.is_dir() and folder.name != "codes"
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    )


def code_texts() -> dict[str, str]:
    """Return every crosswalk that comes with the package, by name."""
    folder = _root().joinpath("codes")
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    }


def _root() -> Traversable:
    return files(_PACKAGE)
