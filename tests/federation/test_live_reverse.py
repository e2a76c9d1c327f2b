"""A record that was received from a live district, as rows for the local system's import."""

import csv
import json
from pathlib import Path

from gateway.demo.district import make_bundle
from gateway.demo.nodes import Place
from gateway.domain.ids import TransferId
from gateway.domain.transfer import State
from gateway.settings import load
from gateway.usecases.import_reviewed import import_reviewed
from gateway.wiring import open_node
from tests.harness.live import MAPPING, SECTIONS, Live, backpack, federation, until_state
from tests.harness.staff import clerk


def give_a_source(place: Place, bundle: Path) -> None:
    """Let the district have a local system of its own, with the same product's tables."""
    bundle.write_bytes(make_bundle(3, students=4, dirt=0).to_zip())
    with place.config.open("a", encoding="utf-8") as file:
        file.write(f'\n[source]\nadapter = "oneroster_csv"\nmapping = "{MAPPING}"\n')
        file.write(f"[source.options]\npath = {json.dumps(str(bundle))}\n")


async def received(live: Live) -> TransferId:
    """A record on its way from Maple that Cedar verified."""
    await live.processes.begin(live.federation.maple, live.federation.cedar)
    asked = (await live.ask(0)).id
    await until_state(live.cedar, asked, State.VERIFIED)
    return asked


def rows_in(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


async def test_a_received_record_becomes_rows_of_the_local_system(tmp_path: Path) -> None:
    async with federation(tmp_path, automatic_approval=True) as live:
        asked = await received(live)
        cedar = live.federation.cedar
        give_a_source(cedar, tmp_path / "cedar.zip")

        async def reverse(folder: str) -> Path:
            options = ["--output", str(tmp_path / folder), "--student", "C-100", "--actor", "r.lopez"]
            said = await backpack(cedar, "map", "reverse", str(asked), *options)
            assert said.code == 0, said.err
            return tmp_path / folder

        rows, again = await reverse("rows"), await reverse("again")

        subject = live.subject(0)
        (learner,) = [row for row in rows_in(rows / "users.csv") if row["sourcedId"] == "C-100"]
        assert (learner["givenName"], learner["familyName"]) == (subject.given_name, subject.family_name)
        (born,) = rows_in(rows / "demographics.csv")
        assert (born["sourcedId"], born["birthDate"]) == ("C-100", subject.birth_date.isoformat())
        for file, column in (("roles", "userSourcedId"), ("results", "studentSourcedId")):
            assert {row[column] for row in rows_in(rows / f"{file}.csv")} == {"C-100"}
        assert {file.name: file.read_bytes() for file in rows.iterdir()} == {
            file.name: file.read_bytes() for file in again.iterdir()
        }
        assert {row["section"] for row in rows_in(rows / "losses.csv")} <= set(SECTIONS)
        read = await live.cedar.store.read(lambda tx: tx.accesses.of_transfer(asked))
        assert [one.why for one in read] == ["map reverse", "map reverse"]


async def test_an_import_puts_rows_beside_the_record(tmp_path: Path) -> None:
    async with federation(tmp_path, automatic_approval=True) as live:
        asked = await received(live)
        cedar = live.federation.cedar
        give_a_source(cedar, tmp_path / "cedar.zip")
        text = cedar.config.read_text("utf-8")
        assert 'sink = "json_folder"' in text
        cedar.config.write_text(text.replace('"json_folder"', '"table_folder"'), "utf-8")

        async with open_node(load(cedar.config)) as opened:
            await import_reviewed(opened.node, asked, person=clerk("registrar"))

        rows = cedar.imports / asked / "rows"
        subject = live.subject(0)
        (learner,) = [row for row in rows_in(rows / "users.csv") if row["givenName"] == subject.given_name]
        assert learner["familyName"] == subject.family_name
        assert {row["userSourcedId"] for row in rows_in(rows / "roles.csv")} == {learner["sourcedId"]}
        assert rows_in(rows / "left-out.csv") == []
