"""On which line a key of a TOML text stands."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.mapping.toml_places import line_of, places_of

SHIPPED = sorted((Path(__file__).parents[3] / "mappings").glob("**/*.toml"))


def every_path(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for name, one in value.items():
            yield from every_path(one, (*path, name))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from every_path(one, (*path, at))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_key_of_a_shipped_file_has_the_line_on_which_it_is_written(file: Path) -> None:
    text = file.read_text("utf-8")
    lines = text.splitlines()

    places = places_of(text)

    assert set(places) == set(every_path(tomllib.loads(text)))
    for path, line in places.items():
        if isinstance(path[-1], str):
            assert path[-1] in lines[line - 1], path


TEXT = '''
title = "a # b"   # not = this
[one."two.three"]
list = [
    "x", # ]
    { deep = { er = [1, 2] }, other = 'a}b' },
]
many = """
[not.a.table]
"""
[[rows]]
a.b = 1
[[rows]]
a.c = 2
[rows.inner]
d = 1979-05-27T07:32:00Z
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("one",), 3),
        (("one", "two.three"), 3),
        (("one", "two.three", "list", 0), 5),
        (("one", "two.three", "list", 1, "deep", "er", 1), 6),
        (("one", "two.three", "list", 1, "other"), 6),
        (("one", "two.three", "many"), 8),
        (("rows", 0, "a", "b"), 12),
        (("rows", 1), 13),
        (("rows", 1, "a", "c"), 14),
        (("rows", 1, "inner", "d"), 16),
    ],
)
def test_a_key_is_found_wherever_toml_lets_it_stand(path: tuple[str | int, ...], line: int) -> None:
    assert places_of(TEXT)[path] == line


def test_what_is_not_in_the_text_has_the_line_of_what_is_around_it() -> None:
    places = places_of(TEXT)

    assert line_of(places, ("rows", 1, "a", "nothing", "here")) == 14
    assert line_of(places, ("nowhere",)) == 1


def test_windows_line_ends_count_once() -> None:
    assert places_of("a = 1\r\nb = 2\r\n")["b",] == 2


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        places_of("a = [")
