"""The products by name, each with a small source and the mapping that comes with the package."""

import csv
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Final

from adapters.sql import SqlAdapter
from adapters.table_files import TableFiles, TableFilesAdapter
from gateway.mapping.spec import MappingFile, load_mapping
from gateway.resources import code_texts, mapping_text
from tests.harness.sis import (
    aeries,
    gibbon,
    infinite_campus,
    opensis,
    powerschool,
    rosariosis,
    skyward,
    synergy,
)
from tests.harness.sis.tables import Expected, adapter_of

PRODUCTS: Final[Mapping[str, ModuleType]] = {
    "aeries": aeries,
    "gibbon": gibbon,
    "infinite_campus": infinite_campus,
    "opensis": opensis,
    "powerschool": powerschool,
    "rosariosis": rosariosis,
    "skyward": skyward,
    "synergy": synergy,
}

NEVER_READ: Final[Mapping[str, tuple[str, str]]] = {
    "pupil_ssn": ("ssn.present", "900-55-4321"),
    "portal_password": ("password.present", "correct horse"),
    "family_religion": ("religion.present", "of the hill"),
    "citizenship_status": ("citizenship.present", "of the sea"),
}
"""Columns that a district may have put into any table: the rule against each, and what is in it."""


def make_source(product: str, folder: Path, changes: Sequence[str] = ()) -> Path:
    """Make the product's small source in the folder, change it by SQL, and return where it is."""
    module = PRODUCTS[product]
    made: Path = module.make(folder)
    if made.is_file():
        with closing(sqlite3.connect(made)) as connection, connection:
            for change in changes:
                connection.execute(change)
    return made


def reader_of(product: str, made: Path) -> SqlAdapter | TableFilesAdapter:
    """Return what reads the source."""
    if made.is_dir():
        return TableFilesAdapter(TableFiles(path=made))
    return adapter_of(made, queries_of(product))


def source_of(product: str, folder: Path, changes: Sequence[str] = ()) -> SqlAdapter | TableFilesAdapter:
    """Make the product's small source in the folder and return what reads it."""
    return reader_of(product, make_source(product, folder, changes))


def queries_of(product: str) -> Mapping[str, str]:
    """Return the named queries that the product needs."""
    queries: Mapping[str, str] = getattr(PRODUCTS[product], "QUERIES", {})
    return queries


def mapping_of(product: str) -> MappingFile:
    """Return the product's mapping with the crosswalks that it has when it works alone."""
    name = f"{product}/{product}"
    return load_mapping(mapping_text(name), code_texts(name), name=product)


def expected_of(product: str) -> Mapping[str, Expected]:
    """Return what two students' backpacks must say, by key."""
    expected: Mapping[str, Expected] = PRODUCTS[product].EXPECTED
    return expected


def table_of_students(product: str) -> str:
    """Return the name of the table that has a row for each student."""
    mapping = mapping_of(product)
    return mapping.sources[mapping.student.source].file


def add_never_read(made: Path, table: str) -> None:
    """Put the columns of `NEVER_READ` into a table of the source, filled in every row."""
    if made.is_dir():
        _add_to_file(made / f"{table}.csv")
        return
    with closing(sqlite3.connect(made)) as connection, connection:
        for column, (_, value) in NEVER_READ.items():
            connection.execute(f'ALTER TABLE "{table}" ADD COLUMN {column} VARCHAR(200)')
            connection.execute(f'UPDATE "{table}" SET {column} = ?', (value,))  # noqa: S608 - our own names


def _add_to_file(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    values = [value for _, value in NEVER_READ.values()]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[*header, *NEVER_READ], *([*row, *values] for row in rows)])
