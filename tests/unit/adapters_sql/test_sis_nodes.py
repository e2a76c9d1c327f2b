"""The mappings of products at a node, by the command line, and what the pages say of them."""

import json
import logging
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

import mappings
from gateway.cli import app
from gateway.mapping.plan import check
from gateway.mapping.spec import load_mapping
from gateway.resources import code_texts, mapping_text
from tests.harness.sis.people import PEOPLE
from tests.harness.sis.products import (
    NEVER_READ,
    PRODUCTS,
    add_never_read,
    expected_of,
    make_source,
    mapping_of,
    queries_of,
    source_of,
    table_of_students,
)
from tests.unit.adapters_sql.test_sis_mappings import NOW, SECRETS
from tests.unit.credentials.folders import signed, write

PAGES = Path(__file__).parents[3] / "docs" / "howto"

each_product = pytest.mark.parametrize("product", sorted(PRODUCTS))


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Commands send logs to a stream that ends with them."""
    yield
    structlog.reset_defaults()
    logging.basicConfig(handlers=[logging.NullHandler()], level=logging.WARNING, force=True)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def empty_node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    agency, maple = tmp_path_factory.mktemp("agency") / "agency", tmp_path_factory.mktemp("node") / "maple"
    _init("agency", 9, agency)
    _init(
        *("district", 10, maple, "--anchor-url", "http://127.0.0.1:9"),
        *("--anchor-keys", str(agency / "anchor.jwks.json")),
    )
    return maple


def _init(role: str, port: int, folder: Path, *more: str) -> None:
    """Make a node at a port where nobody listens."""
    made = run(
        *("init", "--role", role, "--name", f"A made-up {role}", "--url", f"http://127.0.0.1:{port}"),
        *("--dir", str(folder), "--allow-loopback-http", *more),
    )
    assert made.exit_code == 0, made.stderr


def node_of(product: str, empty_node: Path, folder: Path, mapping: str) -> Path:
    """Return the settings of a node whose source is the product's, with all four columns that are never read."""
    made = make_source(product, folder)
    add_never_read(made, table_of_students(product))
    adapter = "table_files" if made.is_dir() else "sql"
    queries = [f"{name} = '''{text}'''" for name, text in queries_of(product).items()]
    more = ["[source.options.queries]", *queries] if queries else []
    return node_with(empty_node, folder, "\n".join([source_text(adapter, mapping, made), *more, ""]))


def node_with(empty_node: Path, folder: Path, source: str) -> Path:
    """Return the settings of a node with that source."""
    node = folder / "node"
    shutil.copytree(empty_node, node)
    settings = node / "node.toml"
    settings.write_text(settings.read_text("utf-8") + source, "utf-8")
    return settings


def source_text(adapter: str, mapping: str, made: Path) -> str:
    option = (
        f"path = {json.dumps(str(made))}" if made.is_dir() else f"url = {json.dumps(f'sqlite:///{made}')}"
    )
    lines = ["", "[source]", f'adapter = "{adapter}"', f"mapping = {json.dumps(mapping)}"]
    return "\n".join([*lines, "[source.options]", option, ""])


@each_product
def test_a_node_maps_with_the_mapping_that_comes_along(
    product: str, empty_node: Path, tmp_path: Path
) -> None:
    config = node_of(product, empty_node, tmp_path, f"{product}/{product}")

    mapped = run("map", "run", "--no-locator", "--json", "--config", str(config))
    told = run("map", "findings", "--json", "--config", str(config))

    assert mapped.exit_code == 0, mapped.stderr
    assert json.loads(mapped.stdout)["mapped"] >= len(PEOPLE) - 1
    rules = {found["column"]: found["rule"] for found in json.loads(told.stdout)}
    assert {column: rules[column] for column in NEVER_READ} == {
        column: rule for column, (rule, _) in NEVER_READ.items()
    }
    shown = mapped.output + told.output
    assert [secret for secret in SECRETS if secret in shown] == []


def test_a_node_maps_a_folder_of_credentials(empty_node: Path, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "credentials", {"1001/robotics.json": signed(1), "1002/first-aid.json": signed(2)}
    )
    config = node_with(
        empty_node, tmp_path, source_text("credentials_folder", "credentials/credentials", folder)
    )

    mapped = run("map", "run", "--no-locator", "--json", "--config", str(config))

    assert mapped.exit_code == 0, mapped.stderr
    facts = json.loads(mapped.stdout)
    assert (facts["students"], facts["mapped"]) == (2, 2)
    assert facts["findings"]["credential.untrusted"] == 2
    assert "column.unused" not in facts["findings"]


def mapping_with_tests(product: str, folder: Path, tests: str) -> Path:
    """Copy the product's mapping with its crosswalks, as a district does, and put tests at its end."""
    copy = folder / "copy"
    shutil.copytree(Path(str(mappings.__file__)).parent / product, copy)
    file = copy / f"{product}.toml"
    file.write_text(file.read_text("utf-8") + tests, "utf-8")
    return file


def expectations_of(product: str) -> str:
    """Return the expectations of the product's students, as a mapping file writes them."""
    lines = []
    for key, expected in expected_of(product).items():
        lines += ["", "[[tests]]", f'student = "{key}"', "[tests.expect]"]
        said = {
            "identity.0.identifiers.0.value": expected["stateId"],
            "identity.0.names.0.given": expected["given"],
            "identity.0.names.0.family": expected["family"],
            "identity.0.birthDate": expected["birthDate"],
        }
        lines += [f'"{path}" = {json.dumps(value)}' for path, value in said.items()]
    return "\n".join([*lines, ""])


@each_product
def test_a_copy_of_the_mapping_passes_its_own_tests(product: str, empty_node: Path, tmp_path: Path) -> None:
    file = mapping_with_tests(product, tmp_path, expectations_of(product))
    config = node_of(product, empty_node, tmp_path, str(file))

    checked = run("map", "check", "--json", "--config", str(config))

    facts = json.loads(checked.stdout)
    assert [one for one in facts["remarks"] if one["severity"] == "error"] == []
    assert [one["field"] for one in facts["tests"] if not one["passed"]] == []
    assert len(facts["tests"]) == 8
    assert checked.exit_code == 0


@pytest.mark.parametrize("product", [*sorted(PRODUCTS), "credentials"])
def test_the_example_of_a_test_at_the_end_of_a_mapping_can_be_read(product: str) -> None:
    name = f"{product}/{product}"
    example = re.search(r"^#   \[\[tests\]\]\n(?:#   .*\n)+", mapping_text(name), re.MULTILINE)
    assert example is not None
    text = mapping_text(name) + re.sub(r"^#   ", "", example[0], flags=re.MULTILINE)

    mapping = load_mapping(text, code_texts(name))

    (one,) = mapping.tests
    assert len(one.expect) == 2


def test_a_test_that_fails_is_told(empty_node: Path, tmp_path: Path) -> None:
    wrong = expectations_of("aeries").replace("2010-03-14", "2010-04-13")
    config = node_of("aeries", empty_node, tmp_path, str(mapping_with_tests("aeries", tmp_path, wrong)))

    checked = run("map", "check", "--json", "--config", str(config))

    failed = [one["field"] for one in json.loads(checked.stdout)["tests"] if not one["passed"]]
    assert (checked.exit_code, failed) == (1, ["identity.0.birthDate"])


# --- the pages ------------------------------------------------------------------------------------------


def page_of(product: str) -> str:
    return (PAGES / f"map-{product.replace('_', '-')}.md").read_text("utf-8")


def rows_after(page: str, header: str) -> dict[str, list[str]]:
    """What stands in code in the second and further cells of the rows below a header, by the first."""
    body = page.split(f"| {header} |", 1)[1].split("\n\n", 1)[0]
    rows = [re.findall(r"`([^`]+)`", line) for line in body.splitlines()[2:]]
    return {first: rest for first, *rest in rows}


@each_product
async def test_a_page_lists_every_table_and_column_that_is_read(product: str, tmp_path: Path) -> None:
    plan = check(mapping_of(product), await source_of(product, tmp_path).tables(), NOW.date())

    listed = rows_after(page_of(product), "table | columns")

    assert {table: sorted(columns) for table, columns in listed.items()} == {
        source.file.removeprefix("query "): sorted(source.columns[name] for name in source.asked)
        for source in plan.sources.values()
    }


@each_product
def test_a_pages_settings_name_the_mapping_and_its_tables(product: str) -> None:
    page = page_of(product)
    indented = page.split("```toml\n", 1)[1].split("```", 1)[0]

    source = tomllib.loads(indented)["source"]

    assert source["mapping"] == f"{product}/{product}"
    named = [*source["options"].get("tables", ()), *source["options"].get("queries", ())]
    assert not named or set(named) == rows_after(page, "table | columns").keys()


@each_product
def test_what_a_page_says_of_conventions_is_so(product: str) -> None:
    conventions: dict[str, Any] = mapping_of(product).conventions.model_dump()

    said = rows_after(page_of(product), "convention | as it comes | what it means here")

    values = {name: words[0] for name, words in said.items() if words and name in SAID_AS_VALUE}
    assert values == {name: conventions[name] for name in SAID_AS_VALUE & said.keys()}
    assert said.keys() <= conventions.keys()


SAID_AS_VALUE = {
    "exit_date",
    "school_year",
    "identifier",
    "gpa_scale",
    "credit_unit",
    "attendance",
    "time_zone",
}


def test_the_index_has_every_page() -> None:
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", (PAGES / "README.md").read_text("utf-8")))

    assert linked == {file.name for file in PAGES.glob("*.md")} - {"README.md"}
