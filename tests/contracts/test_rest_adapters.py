"""The REST adapters against real servers on loopback: the contract, bad habits, attacks."""

import stat
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters._rest_calls import Calls
from adapters.edfi_rest import EdFiRest, EdFiRestAdapter
from adapters.oneroster_rest import OneRosterRest, OneRosterRestAdapter
from gateway.adapter_api import (
    Adapter,
    GatewayError,
    Malformed,
    Misconfigured,
    Only,
    Table,
    TooLarge,
    TryLater,
)
from gateway.adapter_api.conformance import check_adapter
from tests.harness.edfi_server import EdFiServer, before_5, id_of, small_ods, student
from tests.harness.oneroster_server import (
    CLIENT,
    SECRET,
    OneRosterServer,
    body,
    endless,
    modified,
    packed,
    small_server,
    status,
    truncated,
    user,
)

ROSTER_PATH = "/ims/oneroster/rostering/v1p2"
MAPPING = Path("mappings/oneroster/oneroster.toml").read_text("utf-8")
QUICK = {"first_wait_seconds": 0, "longest_wait_seconds": 5, "request_seconds": 20}


def oneroster(server: OneRosterServer, folder: Path, **options: Any) -> OneRosterRestAdapter:
    """Return an adapter for the server; with `now`, its clock."""
    (folder / "secret").write_text(f"{SECRET}\n")
    now = options.pop("now", lambda: datetime(2026, 3, 2, 13, tzinfo=UTC))
    calls = Calls.model_validate(QUICK | options.pop("calls", {}))
    settings = {
        "url": server.url + ROSTER_PATH,
        "gradebook_url": server.url + "/ims/oneroster/gradebook/v1p2",
        "token_url": server.url + "/oauth/token",
        "client_id": CLIENT,
        "secret_file": folder / "secret",
        "mirror": folder / "mirror",
        "fresh_minutes": 0,
        **options,
    }
    return OneRosterRestAdapter(OneRosterRest(calls=calls, **settings), now)


def edfi(server: EdFiServer, folder: Path, **options: Any) -> EdFiRestAdapter:
    """Return an adapter for the server; with `now`, its clock."""
    (folder / "key").write_text(CLIENT)
    (folder / "secret").write_text(SECRET)
    now = options.pop("now", lambda: datetime(2026, 3, 2, 13, tzinfo=UTC))
    calls = Calls.model_validate(QUICK | options.pop("calls", {}))
    settings = {
        "base_url": f"{server.url}/api",
        "key_file": folder / "key",
        "secret_file": folder / "secret",
        "mirror": folder / "mirror",
        "fresh_minutes": 0,
        **options,
    }
    return EdFiRestAdapter(EdFiRest(calls=calls, **settings), now)


async def rows(adapter: Adapter, name: str, only: Only | None = None) -> list[dict[str, str]]:
    """Return a table's rows as the mapping sees them."""
    table = await table_of(adapter, name)
    return [dict(row.values) async for batch in adapter.batches(table, only) for row in batch.rows()]


async def table_of(adapter: Adapter, name: str) -> Table:
    return next(table for table in await adapter.tables() if table.name == name)


async def ids(adapter: Adapter, name: str, column: str = "sourcedId") -> list[str]:
    return [row[column] for row in await rows(adapter, name)]


# --- OneRoster: the contract -------------------------------------------------------------------------


async def test_oneroster_rest_conforms(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        await check_adapter(oneroster(server, tmp_path, fresh_minutes=15))


async def test_oneroster_rest_conforms_while_it_asks_for_changes_each_time(tmp_path: Path) -> None:
    server = small_server(students=30)
    async with server.running():
        await check_adapter(oneroster(server, tmp_path, calls={"page_size": 7}))


async def test_the_tables_are_those_that_the_mapping_for_csv_reads(tmp_path: Path) -> None:
    mapping = tomllib.loads(MAPPING)
    server = small_server()
    async with server.running():
        tables = {table.name: set(table.columns) for table in await oneroster(server, tmp_path).tables()}

    wanted = {source["file"]: source for source in mapping["sources"].values()}
    for name in ("users", "roles", "orgs", "classes", "enrollments", "lineItems", "results", "demographics"):
        assert {"sourcedId", "status", "dateLastModified"} <= tables[name]
    for name in tables.keys() & wanted.keys():
        known = set(wanted[name]["columns"]) | set(wanted[name].get("also", {}))
        strange = {column for column in tables[name] - known if not column.startswith("metadata.")}
        assert not strange, name


async def test_oneroster_1_1_has_roles_and_schools_on_the_user(tmp_path: Path) -> None:
    server = small_server(students=0)
    server.records["users"] = [
        {"sourcedId": "U1", "role": "student", "orgs": [{"sourcedId": "O1", "href": "x", "type": "org"}]}
    ]
    async with server.running():
        adapter = oneroster(server, tmp_path, version="1.1", gradebook_url="")
        names = [table.name for table in await adapter.tables()]
        (found,) = await rows(adapter, "users")

    assert found == {"sourcedId": "U1", "role": "student", "orgSourcedIds": "O1"}
    assert "roles" not in names
    assert "results" in names
    assert "v1p1/scope/roster.readonly" in server.forms[0]["scope"]


async def test_nested_parts_become_the_columns_and_files_of_csv(tmp_path: Path) -> None:
    server = small_server(students=1)
    async with server.running():
        adapter = oneroster(server, tmp_path)
        (person,) = await rows(adapter, "users")
        (role,) = await rows(adapter, "roles")
        aims = await rows(adapter, "lineItemLearningObjectiveIds")
        (result,) = await rows(adapter, "results")
        (reached,) = await rows(adapter, "resultLearningObjectiveIds")
        (class_,) = await rows(adapter, "classes")
        (scale,) = await rows(adapter, "scoreScales")
        (born,) = await rows(adapter, "demographics")

    assert (person["userIds"], person["agentSourcedIds"]) == ("{Local:L1},{Fed:9}", "U90,U91")
    assert (person["preferredGivenName"], person["metadata.jp.kana"]) == ("Zo", "ゾフィー")
    assert (role["userSourcedId"], role["orgSourcedId"], role["role"]) == ("U1", "O1", "student")
    assert role["userProfileSourcedId"] == "P1"
    assert [(aim["lineItemSourcedId"], aim["learningObjectiveId"]) for aim in aims] == [
        ("L1", "A1"),
        ("L1", "A2"),
    ]
    assert (result["score"], result["late"], result["studentSourcedId"]) == ("7.5", "true", "U1")
    assert (reached["resultSourcedId"], reached["score"]) == ("R1", "3")
    assert (class_["termSourcedIds"], class_["periods"]) == ("T1,T2", "1,3")
    assert scale["scoreScaleValue"] == "{A:90-100},{B:80-89}"
    assert born["birthDate"] == "2010-05-01"


async def test_passwords_are_not_kept_and_that_they_were_there_is(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        (first, *_) = await rows(oneroster(server, tmp_path), "users")

    assert first["password"] == "(not kept)"
    assert not any(b"hunter2" in file.read_bytes() for file in (tmp_path / "mirror").iterdir())


async def test_the_mirror_is_for_the_owner_only(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        await oneroster(server, tmp_path).tables()

    folder = tmp_path / "mirror"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


async def test_a_mirror_that_others_may_look_into_is_an_operators_business(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir(mode=0o755)
    server = small_server()
    async with server.running():
        with pytest.raises(Misconfigured, match="chmod 700"):
            await oneroster(server, tmp_path).check()


async def test_resources_that_are_not_there_empty_or_forbidden_are_told_apart(tmp_path: Path) -> None:
    server = small_server()
    server.records["categories"] = []
    del server.records["scoreScales"]
    async with server.running():
        adapter = oneroster(server, tmp_path)
        server.trouble = [status(403)]
        await adapter.tables()

    assert [(note.file, str(note.rule), note.severity) for note in adapter.unused()] == [
        ("orgs", "file.missing", "warning"),
        ("categories", "file.empty", "info"),
        ("scoreScales", "file.missing", "info"),
    ]


# --- OneRoster: changes ------------------------------------------------------------------------------


async def test_only_what_was_modified_is_asked_for_the_second_time(tmp_path: Path) -> None:
    server = small_server(students=50)
    async with server.running():
        await oneroster(server, tmp_path).tables()
        server.asked.clear()
        server.records["users"][4] |= {"givenName": "Nová", "dateLastModified": modified(40)}
        server.records["users"].append(user(99, minutes=41))

        found = {row["sourcedId"]: row for row in await rows(oneroster(server, tmp_path), "users")}

    assert server.calls_of("/users")[0]["filter"] == "dateLastModified>'2026-03-02T11:55:00.000Z'"
    assert (len(found), found["U5"]["givenName"], found["U99"]["givenName"]) == (51, "Nová", "Given99")


async def test_a_record_to_be_deleted_takes_its_rows_along(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        await oneroster(server, tmp_path).tables()
        server.records["users"][1] |= {"status": "tobedeleted", "dateLastModified": modified(40)}
        adapter = oneroster(server, tmp_path)

        assert await ids(adapter, "users") == ["U1", "U3"]
        assert await ids(adapter, "roles", "userSourcedId") == ["U1", "U3"]


async def test_what_vanished_without_a_word_is_gone_after_the_next_whole_reading(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        await oneroster(server, tmp_path).tables()
        del server.records["users"][0]
        kept = await ids(oneroster(server, tmp_path), "users")
        week = datetime(2026, 3, 9, 13, tzinfo=UTC)
        after = await ids(oneroster(server, tmp_path, now=lambda: week), "users")

    assert kept == ["U1", "U2", "U3"]
    assert after == ["U2", "U3"]


async def test_a_server_that_refuses_the_filter_is_read_as_a_whole(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        await oneroster(server, tmp_path).tables()
        server.filter_status = 400
        del server.records["users"][0]

        assert await ids(oneroster(server, tmp_path), "users") == ["U2", "U3"]


async def test_a_young_mirror_is_read_without_asking(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        await oneroster(server, tmp_path).tables()
        server.asked.clear()

        assert len(await rows(oneroster(server, tmp_path, fresh_minutes=1), "users")) == 3
        assert not server.asked


async def test_another_client_begins_a_mirror_of_its_own(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        await oneroster(server, tmp_path).tables()
        server.asked.clear()
        await oneroster(server, tmp_path, scope="roster.readonly").tables()

    assert not any("filter" in query for _, query in server.asked)


async def test_a_reading_that_breaks_off_leaves_the_mirror_as_it_was(tmp_path: Path) -> None:
    server = small_server(students=60)
    async with server.running():
        await oneroster(server, tmp_path).tables()
        server.records["users"] = [user(number, minutes=50) for number in range(40, 90)]
        week = datetime(2026, 3, 9, 13, tzinfo=UTC)
        stopped = oneroster(
            server, tmp_path, resources=("users",), now=lambda: week, calls={"page_size": 20, "attempts": 1}
        )
        server.between_pages = [lambda: server.trouble.append(status(503))]
        with pytest.raises(TryLater):
            await stopped.tables()
        old = oneroster(server, tmp_path, resources=("users",), fresh_minutes=10_000)
        adapter = oneroster(server, tmp_path, resources=("users",))

        assert await ids(old, "users") == [f"U{number}" for number in range(1, 61)]
        assert len(await ids(adapter, "users")) == 89


# --- OneRoster: one student --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "column", "path", "asked"),
    [
        ("users", "sourcedId", "/users", "sourcedId='U2'"),
        ("roles", "userSourcedId", "/users", "sourcedId='U2'"),
        ("enrollments", "userSourcedId", "/enrollments", "user.sourcedId='U2'"),
    ],
)
async def test_one_student_is_asked_for_live(
    table: str, column: str, path: str, asked: str, tmp_path: Path
) -> None:
    server = small_server(students=40)
    async with server.running():
        adapter = oneroster(server, tmp_path, fresh_minutes=15)
        found = await table_of(adapter, table)
        server.asked.clear()
        server.records["users"][1]["username"] = "changed"

        batches = [batch async for batch in adapter.batches(found, Only(column, ["U2"]))]

    assert [row.values[column] for batch in batches for row in batch.rows()] == ["U2"]
    assert [(ending.endswith(path), query["filter"]) for ending, query in server.asked] == [(True, asked)]


@pytest.mark.parametrize("habit", ["ignores", "refuses"])
async def test_a_server_that_cannot_filter_is_not_read_live(habit: str, tmp_path: Path) -> None:
    server = small_server(students=40)
    async with server.running():
        adapter = oneroster(server, tmp_path, fresh_minutes=15)
        await adapter.tables()
        server.filters, server.filter_status = habit != "ignores", 200 if habit == "ignores" else 400
        server.asked.clear()

        assert [row["sourcedId"] for row in await rows(adapter, "users", Only("sourcedId", ["U7"]))] == ["U7"]
        assert len(server.asked) == 1


@pytest.mark.parametrize("value", ["U1' OR status='active", "\x1f", ""])
async def test_what_cannot_stand_in_a_filter_is_looked_for_in_the_mirror(value: str, tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        adapter = oneroster(server, tmp_path, fresh_minutes=15)
        await adapter.tables()
        server.asked.clear()

        assert await rows(adapter, "users", Only("sourcedId", [value])) == []
        assert not server.asked


# --- bad habits of servers ---------------------------------------------------------------------------


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("cap", [10_000, 25])
@pytest.mark.parametrize("students", [1, 24, 25, 49, 50, 51])
async def test_every_record_is_read_once_whatever_the_server_says_of_pages(
    totals: bool, links: bool, cap: int, students: int, tmp_path: Path
) -> None:
    server = small_server(students=students)
    server.totals, server.links, server.page_cap = totals, links, cap
    async with server.running():
        adapter = oneroster(server, tmp_path, resources=("users",), calls={"page_size": 50})

        assert await ids(adapter, "users") == [f"U{number}" for number in range(1, students + 1)]


@pytest.mark.parametrize("totals", [True, False])
async def test_a_record_that_is_deleted_while_pages_are_read_hides_none(totals: bool, tmp_path: Path) -> None:
    server = small_server(students=60)
    server.totals = totals
    server.between_pages = [lambda: server.records["users"].__delitem__(0)]
    async with server.running():
        adapter = oneroster(server, tmp_path, resources=("users",), calls={"page_size": 20})
        table = await table_of(adapter, "users")

        assert await ids(adapter, "users") == [f"U{number}" for number in range(2, 61)]
        assert not table.findings


async def test_a_record_that_is_added_while_pages_are_read_comes_once(tmp_path: Path) -> None:
    server = small_server(students=60)
    server.between_pages = [lambda: server.records["users"].insert(0, user(0))]
    async with server.running():
        adapter = oneroster(server, tmp_path, resources=("users",), calls={"page_size": 20})

        assert sorted(await ids(adapter, "users")) == sorted(f"U{number}" for number in range(61))


async def test_a_list_that_never_keeps_still_is_read_three_times_and_reported(tmp_path: Path) -> None:
    server = small_server(students=60)

    def shuffle() -> None:
        server.records["users"].append(server.records["users"].pop(0))
        server.between_pages.append(shuffle)

    server.between_pages = [shuffle]
    async with server.running():
        table = await table_of(
            oneroster(server, tmp_path, resources=("users",), calls={"page_size": 20}), "users"
        )

    assert [str(note.rule) for note in table.findings] == ["file.damaged"]
    assert sum(query["offset"] == "0" for query in server.calls_of("/users")) == 3


async def test_a_token_that_ends_early_is_replaced_in_the_middle(tmp_path: Path) -> None:
    server = small_server(students=60)
    server.token_uses = 3
    async with server.running():
        adapter = oneroster(server, tmp_path, calls={"page_size": 10})

        assert len(await rows(adapter, "users")) == 60
        assert server.tokens > 3


@pytest.mark.parametrize(
    "trouble",
    [
        status(429, Retry_After="0"),
        status(503),
        status(429, Retry_After="Mon, 02 Mar 2020 12:00:00 GMT"),
        truncated,
    ],
    ids=["429", "503", "429 until a date", "truncated"],
)
async def test_what_the_server_cannot_answer_now_is_asked_again(trouble: Any, tmp_path: Path) -> None:
    server = small_server()
    server.trouble = [trouble, trouble]
    async with server.running():
        assert len(await rows(oneroster(server, tmp_path, resources=("users",)), "users")) == 3


async def test_a_server_that_asks_for_too_much_patience_is_left_for_later(tmp_path: Path) -> None:
    server = small_server()
    server.trouble = [status(429, Retry_After="3600")]
    async with server.running():
        with pytest.raises(TryLater, match="status 429"):
            await oneroster(server, tmp_path).tables()
    assert len(server.asked) == 1


async def test_tries_are_counted(tmp_path: Path) -> None:
    server = small_server()
    server.trouble = [status(500)] * 10
    async with server.running():
        with pytest.raises(TryLater):
            await oneroster(server, tmp_path, calls={"attempts": 4}).tables()
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("trouble", "error", "words"),
    [
        (body("<html>Sign in</html>", "text/html"), Misconfigured, "text/html"),
        (body('{"users": '), Malformed, "no JSON"),
        (body("[" * 50_000), Malformed, "no JSON"),
        (body('{"users": [NaN]}'), Malformed, "no JSON"),
        (body('{"message": "hello"}'), Malformed, "no list"),
        (body('{"users": [1, 2]}'), Malformed, "no list"),
        (packed(b" " * 50_000_000), TooLarge, "more than 100000 bytes"),
        (packed(b"[]" * 20, whole=False), TryLater, "ClientPayloadError"),
        (status(200, Content_Encoding="br"), Malformed, "packed"),
        (status(200, Content_Encoding="gzip"), Malformed, "unpacked"),
        (endless, TooLarge, "more than 100000 bytes"),
        (status(302, Location="https://elsewhere.example/users"), Misconfigured, "another host"),
        (status(302, Location="//elsewhere.example/users"), Misconfigured, "another host"),
        (status(302), Misconfigured, "without end"),
        (status(418), Misconfigured, "status 418"),
    ],
)
async def test_what_is_no_answer_is_an_error_that_says_so(
    trouble: Any, error: type[GatewayError], words: str, tmp_path: Path
) -> None:
    server = small_server()
    server.trouble = [trouble] * 20
    async with server.running():
        with pytest.raises(error, match=words):
            await oneroster(
                server, tmp_path, resources=("users",), calls={"max_response_bytes": 100_000, "attempts": 2}
            ).tables()


async def test_a_packed_answer_is_unpacked(tmp_path: Path) -> None:
    server = small_server()
    server.trouble = [packed(b'{"users": [{"sourcedId": "U7"}]}')]
    async with server.running():
        adapter = oneroster(server, tmp_path, resources=("users",), fresh_minutes=15)

        assert await ids(adapter, "users") == ["U7"]


async def test_a_redirect_on_the_same_host_is_followed(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        server.trouble = [status(307, Location=f"{ROSTER_PATH}/users?limit=500&offset=0")]

        assert len(await rows(oneroster(server, tmp_path, resources=("users",)), "users")) == 3


async def test_a_record_that_is_too_deep_is_a_finding_and_the_others_are_read(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(40):
        deep = {"a": deep}
    server = small_server()
    server.records["users"][1]["metadata"] = deep
    async with server.running():
        adapter = oneroster(server, tmp_path, resources=("users",))
        table = await table_of(adapter, "users")

        assert await ids(adapter, "users") == ["U1", "U3"]
        assert [(str(note.rule), note.file) for note in table.findings] == [("row.unreadable", "users")]


async def test_a_wrong_secret_is_named_and_not_shown(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        adapter = oneroster(server, tmp_path)
        (tmp_path / "secret").write_text("wr0ng-secret")
        with pytest.raises(Misconfigured, match="refuses this client") as refused:
            await adapter.check()
    assert "wr0ng" not in str(refused.value)


async def test_the_secret_can_go_into_the_form(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        await oneroster(server, tmp_path, client_auth="post", scope="").check()
    assert server.forms == [
        {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
    ]


@pytest.mark.parametrize(
    "url", ["http://sis.example/v1p2", "https://u:p@sis.example/v1p2", "ftp://127.0.0.1/x"]
)
def test_only_https_is_spoken_to_other_machines(url: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="https"):
        OneRosterRestAdapter(
            OneRosterRest(
                url=url,
                token_url="https://sis.example/token",
                client_id="c",
                secret_file=tmp_path,
                mirror=tmp_path,
            )
        )


async def test_errors_show_no_student(tmp_path: Path) -> None:
    server = small_server()
    async with server.running():
        adapter = oneroster(server, tmp_path, fresh_minutes=15, calls={"attempts": 1})
        table = await table_of(adapter, "users")
        server.trouble = [status(500)]
        with pytest.raises(TryLater) as refused:
            _ = [batch async for batch in adapter.batches(table, Only("sourcedId", ["U-Žofie"]))]
    assert "Žofie" not in str(refused.value)


# --- Ed-Fi: the contract -----------------------------------------------------------------------------


async def test_edfi_rest_conforms(tmp_path: Path) -> None:
    server = small_ods()
    async with server.running():
        await check_adapter(edfi(server, tmp_path, fresh_minutes=15))


async def test_edfi_rest_conforms_while_it_asks_for_changes_each_time(tmp_path: Path) -> None:
    server = small_ods(students=30)
    async with server.running():
        await check_adapter(edfi(server, tmp_path, calls={"page_size": 7}))


async def test_descriptors_extensions_and_nested_parts_are_kept_as_they_stand(tmp_path: Path) -> None:
    server = small_ods(students=1)
    async with server.running():
        adapter = edfi(server, tmp_path)
        (person,) = await rows(adapter, "students")
        (other,) = await rows(adapter, "students.otherNames")
        (stay,) = await rows(adapter, "studentSchoolAssociations")

    assert (person["_ext.tpdm.gpaGoal"], person["multipleBirthStatus"]) == ("3.5", "false")
    assert other["otherNameTypeDescriptor"] == "uri://ed-fi.org/OtherNameTypeDescriptor#Nickname"
    assert (other["firstName"], other["parent.studentUniqueId"]) == ("Zo", "604801")
    assert (stay["schoolReference.schoolId"], stay["studentReference.studentUniqueId"]) == (
        "255901001",
        "604801",
    )
    assert not any("link" in column for column in stay)


async def test_names_of_before_data_standard_5_become_those_of_today(tmp_path: Path) -> None:
    server = before_5(small_ods(students=2))
    async with server.running():
        adapter = edfi(server, tmp_path, fresh_minutes=15)
        people = await rows(adapter, "contacts")
        families = await rows(adapter, "studentContactAssociations")
        table = await table_of(adapter, "contacts")
        server.asked.clear()
        one = [batch async for batch in adapter.batches(table, Only("contactUniqueId", ["P2"]))]

    assert [person["contactUniqueId"] for person in people] == ["P1", "P2"]
    assert [family["contactReference.contactUniqueId"] for family in families] == ["P1", "P2"]
    assert [row.values["contactUniqueId"] for batch in one for row in batch.rows()] == ["P2"]
    assert server.calls_of("/parents")[0]["parentUniqueId"] == "P2"


async def test_resources_that_the_version_lacks_are_a_note_and_no_error(tmp_path: Path) -> None:
    server = small_ods()
    server.forbidden = {"studentHealths"}
    async with server.running():
        adapter = edfi(
            server, tmp_path, resources=("students", "grades", "studentDirectories", "studentHealths")
        )
        await adapter.tables()

    assert [(note.file, str(note.rule), note.severity) for note in adapter.unused()] == [
        ("grades", "file.empty", "info"),
        ("studentDirectories", "file.missing", "info"),
        ("studentHealths", "file.missing", "warning"),
    ]


async def test_a_server_that_gives_nothing_is_an_operators_business(tmp_path: Path) -> None:
    server = EdFiServer()
    async with server.running():
        with pytest.raises(Misconfigured, match="none of the resources"):
            await edfi(server, tmp_path).check()
        with pytest.raises(Misconfigured, match="none of the resources"):
            await edfi(server, tmp_path).tables()


# --- Ed-Fi: changes ----------------------------------------------------------------------------------


async def test_changes_deletes_and_new_keys_are_asked_for_since_the_last_version(tmp_path: Path) -> None:
    server = small_ods(students=40)
    server.newest = 10
    async with server.running():
        await edfi(server, tmp_path).tables()
        server.put("students", student(2, firstName="Nová"))
        server.put("students", student(99))
        server.delete("students", id_of("student", 3))
        server.records["students"][0] |= {"studentUniqueId": "X1"}
        server.newest += 1
        server.key_changes = {"students": [(id_of("student", 1), server.newest)]}
        server.asked.clear()
        found = {row["studentUniqueId"]: row for row in await rows(edfi(server, tmp_path), "students")}

    asked = server.calls_of("/students") + server.calls_of("/deletes") + server.calls_of("/keyChanges")
    assert {(query["minChangeVersion"], query["maxChangeVersion"]) for query in asked} == {("10", "14")}
    assert len(found) == 40
    assert found["604802"]["firstName"] == "Nová"
    assert {"604899", "X1"} <= found.keys()
    assert not {"604803", "604801"} & found.keys()


async def test_nothing_is_asked_of_a_resource_while_the_version_stands(tmp_path: Path) -> None:
    server = small_ods()
    async with server.running():
        await edfi(server, tmp_path).tables()
        server.asked.clear()
        await edfi(server, tmp_path, resources=("students",)).tables()

    assert [path.rpartition("/")[2] for path, _ in server.asked] == ["availableChangeVersions"]


@pytest.mark.parametrize("reason", ["too old", "restored", "off", "a month", "another key"])
async def test_everything_is_read_again_when_changes_do_not_tell_all(reason: str, tmp_path: Path) -> None:
    server = small_ods()
    server.newest = 10
    later = datetime(2026, 4, 9, tzinfo=UTC)
    async with server.running():
        await edfi(server, tmp_path).tables()
        del server.records["students"][0]
        server.newest, server.oldest = {"too old": (99, 50), "restored": (4, 0)}.get(reason, (10, 0))
        server.changes = reason != "off"
        adapter = edfi(server, tmp_path, **({"now": lambda: later} if reason == "a month" else {}))
        if reason == "another key":
            adapter = edfi(server, tmp_path, scope="another")

        assert await ids(adapter, "students", "studentUniqueId") == ["604802", "604803"]


async def test_a_record_that_changes_while_changes_are_read_hides_none(tmp_path: Path) -> None:
    server = small_ods(students=60)
    async with server.running():
        await edfi(server, tmp_path).tables()
        for number in range(1, 61):
            server.put("students", student(number, firstName="Nová"))
        server.between_pages = [lambda: server.put("students", student(1, firstName="Later"))]
        adapter = edfi(server, tmp_path, calls={"page_size": 20})
        await adapter.tables()
        found = [row["firstName"] for row in await rows(edfi(server, tmp_path), "students")]

    assert sorted(found) == ["Later"] + ["Nová"] * 59


async def test_a_reading_of_edfi_that_breaks_off_is_made_up_for(tmp_path: Path) -> None:
    server = small_ods()
    async with server.running():
        await edfi(server, tmp_path).tables()
        server.put("students", student(9))
        server.trouble = [status(200), status(500)]
        with pytest.raises(GatewayError):
            await edfi(server, tmp_path, calls={"attempts": 1}).tables()
        server.trouble = []

        assert len(await rows(edfi(server, tmp_path), "students")) == 4


# --- Ed-Fi: paging, one student, where things are ----------------------------------------------------


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("students", [1, 24, 25, 26, 101])
@pytest.mark.parametrize("cursors", [True, False])
async def test_every_student_is_read_once_by_either_way_of_paging(
    cursors: bool, students: int, totals: bool, tmp_path: Path
) -> None:
    server = small_ods(students=students)
    server.cursors, server.totals = cursors, totals
    async with server.running():
        adapter = edfi(server, tmp_path, resources=("students",), calls={"page_size": 25})
        found = await ids(adapter, "students", "studentUniqueId")

    assert found == [f"{604800 + number}" for number in range(1, students + 1)]
    assert any("pageToken" in query for query in server.calls_of("/students")) == cursors


async def test_who_is_no_longer_on_any_page_is_gone_by_cursor_too(tmp_path: Path) -> None:
    server = small_ods()
    server.cursors, server.changes = True, False
    async with server.running():
        await edfi(server, tmp_path).tables()
        del server.records["students"][0]

        assert await ids(edfi(server, tmp_path), "students", "studentUniqueId") == ["604802", "604803"]


async def test_a_page_that_the_server_finds_too_large_is_an_operators_business(tmp_path: Path) -> None:
    server = small_ods()
    async with server.running():
        with pytest.raises(Misconfigured, match="page_size"):
            await edfi(server, tmp_path, calls={"page_size": 1000}).tables()


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("students", "studentUniqueId"),
        ("students.otherNames", "parent.studentUniqueId"),
        ("studentSchoolAssociations.educationPlans", "parent.studentReference.studentUniqueId"),
        ("studentContactAssociations", "studentReference.studentUniqueId"),
    ],
)
async def test_one_students_records_are_asked_for_live(table: str, column: str, tmp_path: Path) -> None:
    server = small_ods(students=40)
    async with server.running():
        adapter = edfi(server, tmp_path, fresh_minutes=15)
        found = await table_of(adapter, table)
        server.asked.clear()
        batches = [batch async for batch in adapter.batches(found, Only(column, ["604807"]))]

    assert [row.values[column] for batch in batches for row in batch.rows()] == ["604807"]
    assert [query["studentUniqueId"] for _, query in server.asked] == ["604807"]


async def test_a_server_that_ignores_the_question_is_not_read_live(tmp_path: Path) -> None:
    server = small_ods(students=40)
    server.filters = False
    async with server.running():
        adapter = edfi(server, tmp_path, fresh_minutes=15)
        only = Only("studentUniqueId", ["604807"])

        assert [row["studentUniqueId"] for row in await rows(adapter, "students", only)] == ["604807"]


async def test_a_document_written_behind_a_proxy_is_read_by_its_paths(tmp_path: Path) -> None:
    server = small_ods()
    async with server.running() as url:
        inner = url.replace("http:", "https:").rpartition(":")[0]
        server.document = {
            "urls": {"dataManagementApi": f"{inner}:8443/api/data/v3/", "oauth": f"{inner}/oauth/token"}
        }

        assert len(await rows(edfi(server, tmp_path), "students")) == 3


@pytest.mark.parametrize("name", ["dataManagementApi", "oauth"])
async def test_a_document_that_points_to_another_host_is_not_followed(name: str, tmp_path: Path) -> None:
    server = small_ods()
    async with server.running():
        server.document = {"urls": {name: "https://elsewhere.example/x"}}
        with pytest.raises(Misconfigured, match="another host"):
            await edfi(server, tmp_path).check()
    assert not server.forms


async def test_a_route_in_braces_is_filled_in_or_asked_for(tmp_path: Path) -> None:
    server = small_ods()
    async with server.running() as url:
        server.document = {
            "urls": {"dataManagementApi": f"{url}/api/{{part}}/v3", "oauth": f"{url}/oauth/token"}
        }
        await edfi(server, tmp_path, route={"part": "data"}).check()
        with pytest.raises(Misconfigured, match="part"):
            await edfi(server, tmp_path).check()
