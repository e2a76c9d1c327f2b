"""What may know what, and what may be made where."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]

MADE_IN: Final = {
    "gateway.domain.trust.Peer": "gateway/http/auth.py",
    "gateway.domain.trust.Listing": "gateway/crypto/listings.py",
    "gateway.domain.policy.Release": "gateway/domain/policy/release.py",
}
"""Proofs in the form of values: whoever holds one knows that it was checked."""

IMPORTED_IN: Final = {
    "joserfc": ("gateway/crypto/",),
    "authlib": (
        *("gateway/crypto/", "gateway/http/authorization.py", "gateway/http/oauth.py"),
        *("gateway/http/demo_login.py", "gateway/peers/identity_provider.py"),
    ),
    "authlib.jose": (),
    "sqlalchemy": ("gateway/storage/", "adapters/_sql", "adapters/sql.py"),
    "alembic": ("gateway/storage/",),
    "sqlite3": (
        *("gateway/storage/", "gateway/cli/doctor/machine.py"),
        *("adapters/_mirror.py", "adapters/_sql", "adapters/sql.py"),
    ),
    "aiosqlite": ("gateway/storage/",),
    "typer": ("gateway/cli/",),
    "aiohttp.web": ("gateway/http/", "gateway/wiring/"),
}
"""Libraries, and where alone they are used."""


def sources() -> list[Path]:
    return sorted([*ROOT.glob("gateway/**/*.py"), *ROOT.glob("adapters/**/*.py")])


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield what a module imports, wherever it does, as full names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree: ast.Module) -> Iterator[str]:
    """Yield the names of what a module calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr


def users_of(library: str, trees: Mapping[str, ast.Module]) -> set[str]:
    """Return the files that import a library or a part of it."""
    return {
        file
        for file, tree in trees.items()
        if any(one == library or one.startswith(f"{library}.") for one in imports(tree))
    }


@cache
def trees() -> Mapping[str, ast.Module]:
    return {name_of(file): tree_of(file) for file in sources()}


def test_the_layers_are_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run(
        [str(lint), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )

    assert done.returncode == 0, done.stdout


def makers_of(name: str, trees: Mapping[str, ast.Module]) -> set[str]:
    """Return the files that call a class, of those that know it."""
    module, _, class_ = name.rpartition(".")
    home = module.replace(".", "/")
    return {
        file
        for file, tree in trees.items()
        if class_ in calls(tree)
        and (file.startswith((f"{home}.py", f"{home}/")) or {module, name} & set(imports(tree)))
    }


@pytest.mark.parametrize("name", MADE_IN)
def test_a_proof_is_made_in_one_place_only(name: str) -> None:
    assert makers_of(name, trees()) == {MADE_IN[name]}


@pytest.mark.parametrize("library", IMPORTED_IN)
def test_a_library_is_used_where_it_belongs(library: str) -> None:
    users = users_of(library, trees())

    assert {file for file in users if not file.startswith(IMPORTED_IN[library] or ("-",))} == set()


WRITES_SQL: Final = ("gateway/storage/", "adapters/_mirror.py", "adapters/_sql", "adapters/sql.py")
"""The node's own store, the local copies of what servers said, and the local systems that are databases."""


def test_sql_is_written_in_few_places() -> None:
    verbs = ("select ", "insert into ", "update ", "delete from ", "create table ", "pragma ")
    found = {
        file
        for file, tree in trees().items()
        for text in texts(tree)
        if text.casefold().startswith(verbs) and is_sql(text) and not file.startswith(WRITES_SQL)
    }

    assert found == set()


def texts(tree: ast.Module) -> Iterator[str]:
    """Yield the texts of a module that are no docstrings."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def is_sql(text: str) -> bool:
    words = text.casefold().split()
    return words[0] in {"insert", "delete", "create", "pragma"} or bool({"from", "set"} & set(words))


def test_adapters_know_the_adapter_api_only() -> None:
    known = {
        name
        for file, tree in trees().items()
        if file.startswith("adapters/")
        for name in imports(tree)
        if name.startswith("gateway")
    }

    assert known
    assert all(name.startswith("gateway.adapter_api") for name in known)


def test_the_domain_does_no_io_and_knows_no_time() -> None:
    worlds = {"os", "io", "pathlib", "socket", "asyncio", "random", "secrets", "time", "logging", "structlog"}
    found = {
        (file, name)
        for file, tree in trees().items()
        if file.startswith("gateway/domain/")
        for name in imports(tree)
        if name.split(".")[0] in worlds
    }
    clocks = {
        file
        for file, tree in trees().items()
        if file.startswith("gateway/domain/") and {"now", "today", "utcnow"} & set(calls(tree))
    }

    assert (found, clocks) == (set(), set())


def test_a_violation_would_be_found() -> None:
    planted = ast.parse(
        "from joserfc.jwk import ECKey\nimport sqlalchemy as sa\n"
        "from gateway.domain import trust\nfrom gateway.domain.trust import Peer\n"
        "Peer(grant=1)\ntrust.Listing()"
    )

    assert users_of("joserfc", {"a.py": planted}) == users_of("sqlalchemy", {"a.py": planted}) == {"a.py"}
    assert users_of("authlib", {"a.py": planted}) == set()
    assert makers_of("gateway.domain.trust.Peer", {"a.py": planted}) == {"a.py"}
    assert makers_of("gateway.domain.trust.Listing", {"a.py": planted}) == {"a.py"}
    assert makers_of("gateway.domain.policy.Release", {"a.py": planted}) == set()
    assert is_sql("SELECT id FROM students")
