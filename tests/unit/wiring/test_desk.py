"""Which nodes have a desk, and where made-up people may sign in."""

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.domain.errors import Misconfigured
from gateway.settings import Settings
from gateway.wiring.desk import make_desk


def settings(**more: Any) -> Settings:
    usual = {"role": "district", "id": "https://exchange.maple.example", "name": "Maple"}
    return Settings.model_validate({**usual, **more})


def desk_of(made: Settings) -> Any:
    return make_desk(made, None, None, None)  # type: ignore[arg-type] # nothing is called here


def test_a_node_without_a_login_has_no_desk() -> None:
    assert desk_of(settings()) is None


def test_an_agency_has_no_desk() -> None:
    assert desk_of(settings(role="agency", login={"issuer": "https://login.test"})) is None


def test_the_desk_sends_forms_to_its_provider_and_nowhere_else() -> None:
    desk = desk_of(settings(login={"issuer": "https://login.test/realm"}))

    assert desk.frame.forms_to == "https://login.test"
    assert desk.frame.secure
    assert desk.more == ()


@pytest.mark.parametrize(
    "id_", ["https://exchange.maple.example", "http://10.0.0.1:8080", "https://127.0.0.1"]
)
def test_made_up_people_sign_in_at_no_node_that_others_reach(id_: str) -> None:
    with pytest.raises(Misconfigured, match=r"127\.0\.0\.1"):
        desk_of(settings(id=id_, login={"demo": True}))


def test_a_demonstration_has_no_other_provider() -> None:
    login = {"demo": True, "issuer": "https://login.test"}

    with pytest.raises(Misconfigured, match="exclude"):
        desk_of(settings(id="http://127.0.0.1:9", login=login))


def test_a_secret_that_cannot_be_read_is_told() -> None:
    login = {"issuer": "https://login.test", "client_secret": "nowhere.secret"}

    with pytest.raises(Misconfigured, match=r"nowhere\.secret"):
        desk_of(settings(login=login))


@pytest.mark.parametrize("pages", [{"brand_colour": "#999999"}, {"time_zone": "Mars/Olympus"}], ids=str)
def test_a_look_that_cannot_be_is_refused(pages: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings(pages=pages)
