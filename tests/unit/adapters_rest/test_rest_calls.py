"""URLs, secrets, waiting times; where the parts of an Ed-Fi API are."""

import json
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from adapters._rest_calls import Answer, checked_url, count, retry_after
from adapters._rest_edfi import api_of, question
from adapters._rest_oneroster import scopes
from adapters._rest_tokens import Credentials, read_secret
from gateway.adapter_api import Misconfigured

BASE = URL("https://ods.example/v7/api")
NOTHING_SET = {"api_url": "", "token_url": ""}


def headers(**values: str) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict({name.replace("_", "-"): value for name, value in values.items()}))


def document(said: Any, status: int = 200) -> Answer:
    return Answer(status, headers(Content_Type="application/json"), json.dumps(said).encode(), "base_url")


@pytest.mark.parametrize(
    "url", ["http://sis.example", "https://user:word@sis.example", "sis.example", "file:///x", "https://"]
)
def test_a_url_that_could_leak_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="url must be an https URL"):
        checked_url(url, "url")


@pytest.mark.parametrize(
    "url", ["https://sis.example/x", "http://127.0.0.1:8080", "http://[::1]:9", "http://localhost/"]
)
def test_https_and_this_machine_are_spoken_to(url: str) -> None:
    assert str(checked_url(url, "url")).startswith(url.rstrip("/"))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Mon, 02 Mar 2026 12:00:30 GMT", "Date": "Mon, 02 Mar 2026 12:00:00 GMT"}, 30.0),
        ({"Retry-After": "Mon, 02 Mar 2026 11:00:00 GMT", "Date": "Mon, 02 Mar 2026 12:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_how_long_a_server_asks_to_wait(said: dict[str, str], seconds: float | None) -> None:
    assert retry_after(CIMultiDictProxy(CIMultiDict(said))) == seconds


@pytest.mark.parametrize("text", ["-1", "1e3", "٣", "", "9" * 30, None])
def test_a_count_is_digits_and_no_more(text: str | None) -> None:
    assert count(text) is None


@pytest.mark.parametrize("content", [b"", b"  \n", b"a\nb", b"\xff", b"x" * 5000])
def test_a_secret_is_one_line_of_text(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content)

    with pytest.raises(Misconfigured, match="secret_file"):
        read_secret(tmp_path / "secret", "secret_file")


def test_credentials_do_not_show_themselves() -> None:
    shown = repr(Credentials(URL("https://x.example"), "key-id", "hunter2"))

    assert "hunter2" not in shown
    assert "key-id" not in shown


def test_an_api_without_a_document_is_laid_out_as_version_3_was() -> None:
    api = api_of(BASE, document({}, 404), NOTHING_SET, {})

    assert str(api.data) == "https://ods.example/v7/api/data/v3"
    assert str(api.token) == "https://ods.example/v7/api/oauth/token"
    assert str(api.changes) == "https://ods.example/v7/api/changeQueries/v1"
    assert not api.cursors


def test_the_year_in_the_path_stands_in_the_path_of_changes_too() -> None:
    said = {"version": "7.3.1", "urls": {"dataManagementApi": "https://ods.example/v7/api/data/v3/{year}/"}}

    api = api_of(BASE, document(said), NOTHING_SET, {"year": "2026"})

    assert str(api.changes) == "https://ods.example/v7/api/changeQueries/v1/2026/"
    assert api.cursors


def test_the_data_management_service_has_its_data_elsewhere() -> None:
    said = {"version": "8.0", "urls": {"dataManagementApi": "http://ods.example:8080/dms/data"}}

    api = api_of(BASE, document(said), NOTHING_SET, {})

    assert (str(api.data), str(api.changes)) == (
        "https://ods.example/dms/data",
        "https://ods.example/dms/changeQueries/v1",
    )


def test_the_operators_urls_go_before_the_documents() -> None:
    own = {"api_url": "https://data.example/data/v3", "token_url": "https://login.example/token"}
    said = {"urls": {"dataManagementApi": "https://evil.example/", "oauth": "https://evil.example/"}}

    api = api_of(BASE, document(said), own, {})

    assert (str(api.data), str(api.token)) == tuple(own.values())


@pytest.mark.parametrize(("said", "status"), [([], 200), ("x", 200), ({}, 403)])
def test_what_is_no_version_document_is_said_to_be_none(said: Any, status: int) -> None:
    with pytest.raises(Misconfigured, match="version document"):
        api_of(BASE, document(said, status), NOTHING_SET, {})


@pytest.mark.parametrize(
    ("column", "earlier", "parameter"),
    [
        ("studentUniqueId", False, "studentUniqueId"),
        ("studentReference.studentUniqueId", False, "studentUniqueId"),
        ("parent.parent.gradeReference.studentUniqueId", False, "studentUniqueId"),
        ("contactReference.contactUniqueId", True, "parentUniqueId"),
        ("contactReference.contactUniqueId", False, "contactUniqueId"),
        ("firstName", False, None),
        ("id", False, None),
    ],
)
def test_which_columns_an_api_can_be_asked_by(column: str, earlier: bool, parameter: str | None) -> None:
    assert question(column, earlier=earlier) == parameter


def test_no_more_scopes_are_asked_for_than_the_resources_take() -> None:
    assert scopes("1.1", ["orgs"]).split() == [
        "https://purl.imsglobal.org/spec/or/v1p1/scope/roster-core.readonly",
        "https://purl.imsglobal.org/spec/or/v1p1/scope/roster.readonly",
    ]
    assert scopes("1.2", ["results"]) == "https://purl.imsglobal.org/spec/or/v1p2/scope/gradebook.readonly"
