"""Files that come with the package: mapping files, crosswalks, rules and jurisdiction packs."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.domain.errors import Misconfigured

_PACKAGE = "mappings"
RULES_FILE = "policy.toml"


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


def code_texts(mapping: str | None = None) -> dict[str, str]:
    """Return the crosswalks that a mapping may use, by name.

    They are those that come with the package for all, then those in the folder `codes` beside the mapping
    file, packaged or not; of two with the same name the latter counts. Without a mapping, all that come
    with the package.
    """
    found = _codes_in(_root().joinpath("codes"))
    if mapping is None:
        for folder in sorted(_root().iterdir(), key=lambda one: one.name):
            if folder.is_dir() and folder.name != "codes":
                found |= _codes_in(folder.joinpath("codes"))
    elif mapping in packaged_mappings():
        found |= _codes_in(_root().joinpath(mapping.split("/")[0], "codes"))
    else:
        found |= _codes_in(Path(mapping).parent / "codes")
    return found


def rules_text() -> str:
    """Return the rules that hold at every district, as a TOML text."""
    return _config().joinpath(RULES_FILE).read_text("utf-8")


def packs() -> list[str]:
    """Return the names of the jurisdiction packs that come with the package."""
    folder = _config().joinpath("packs")
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def pack_text(name: str) -> tuple[str, str]:
    """Return a pack's text and the name of its file: a path, or the name of one that comes with the package.

    Raises:
        Misconfigured: there is no such pack.
    """
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        return path.read_text("utf-8"), str(path)
    if name in packs():
        file = f"{name}.toml"
        return _config().joinpath("packs", file).read_text("utf-8"), f"packs/{file}"
    raise Misconfigured(f"no jurisdiction pack {name!r}; with the package come: {', '.join(packs())}")


def _config() -> Traversable:
    """Return the folder of what operators may read; in a source tree it lies beside the package."""
    installed = files("gateway").joinpath("config")
    return installed if installed.is_dir() else Path(__file__).parents[1] / "config"


def _codes_in(folder: Traversable) -> dict[str, str]:
    if not folder.is_dir():
        return {}
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    }


def _root() -> Traversable:
    return files(_PACKAGE)
