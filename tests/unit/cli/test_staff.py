"""Who works here, at a terminal."""

import pytest

from tests.unit.cli.conftest import District


@pytest.fixture
def desk(district: District) -> District:
    """The same district, with a login."""
    text = district.config.read_text("utf-8")
    with_login = text.replace("[login]\n", '[login]\nissuer = "https://login.maple.example"\n')
    district.config.write_text(with_login, "utf-8")
    return district


def test_somebody_is_listed_changed_and_removed(desk: District) -> None:
    added = desk.json("staff", "add", "--subject", "00u1", "--name", "Rosa Delgado", "--role", "registrar")
    changed = desk.json(
        "staff", "roles", added["id"], "--role", "nurse", "--role", "teacher", "--school", "S1"
    )
    removed = desk.json("staff", "remove", added["id"], "--yes")

    assert (added["roles"], added["issuer"], added["active"]) == (
        ["registrar"],
        "https://login.maple.example",
        True,
    )
    assert (changed["roles"], changed["schools"]) == (["nurse", "teacher"], ["S1"])
    assert removed["active"] is False
    assert [one["name"] for one in desk.json("staff", "list")] == ["Rosa Delgado"]


def test_the_list_is_a_table(desk: District) -> None:
    assert "staff add" in desk.do("staff", "list").stderr

    desk.do("staff", "add", "--subject", "00u1", "--name", "Rosa Delgado", "--role", "registrar")

    assert "Rosa Delgado" in desk.do("staff", "list").stdout


def test_one_key_of_the_provider_is_one_person(desk: District) -> None:
    words = ("staff", "add", "--subject", "00u1", "--name", "Rosa", "--role", "registrar")
    desk.do(*words)

    again = desk.do(*words)

    assert again.exit_code == 1
    assert "somebody's already" in again.stderr


def test_a_role_that_does_not_exist_is_refused_with_those_that_do(desk: District) -> None:
    refused = desk.do("staff", "add", "--subject", "1", "--name", "R", "--role", "regstrar")

    assert refused.exit_code == 2
    assert "registrar" in refused.stderr


def test_without_a_login_nobody_can_be_listed(district: District) -> None:
    refused = district.do("staff", "add", "--subject", "1", "--name", "R", "--role", "registrar")

    assert refused.exit_code == 4
    assert "[login]" in refused.stderr
