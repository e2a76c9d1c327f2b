"""The folders of the demonstration's nodes."""

import stat
from pathlib import Path

import pytest

from gateway.crypto.keys import Purpose
from gateway.crypto.offline import pinned
from gateway.demo.nodes import Federation, free_ports, write_federation


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return write_federation(tmp_path / "demo", source=tmp_path / "export.zip", mapping="oneroster/oneroster")


def test_each_node_has_settings_that_load_and_a_port_of_its_own(federation: Federation) -> None:
    settings = [place.settings for place in federation.places]

    assert [one.role for one in settings] == ["agency", "district", "district"]
    assert len({one.server.port for one in settings}) == 3
    assert [one.id for one in settings] == [f"http://127.0.0.1:{one.server.port}" for one in settings]


def test_the_districts_pin_the_agencys_keys_and_no_others(federation: Federation) -> None:
    keys = federation.agency.keys.public_jwks(Purpose.FEDERATION)

    for district in (federation.maple, federation.cedar):
        (anchor,) = district.settings.trust.anchor
        assert anchor.id == federation.agency.url
        assert pinned(district.settings.path(anchor.keys).read_text("utf-8")) == keys


def test_the_districts_share_a_key_that_the_agency_does_not_have(federation: Federation) -> None:
    shared = {
        (place.folder / "network.key").read_text("ascii") for place in (federation.maple, federation.cedar)
    }

    assert len(shared) == 1
    assert not (federation.agency.folder / "network.key").exists()


def test_people_decide_in_the_demonstration(federation: Federation) -> None:
    assert not federation.maple.settings.release.automatic_approval
    assert not federation.cedar.settings.incoming.automatic_import


def test_only_the_holder_has_a_source(federation: Federation, tmp_path: Path) -> None:
    source = federation.maple.settings.source

    assert source is not None
    assert source.options == {"path": str(tmp_path / "export.zip")}
    assert federation.cedar.settings.source is None


def test_nobody_else_may_look_into_the_nodes_folders(federation: Federation) -> None:
    for place in federation.places:
        assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700


def test_a_bundle_at_an_odd_path_is_found(tmp_path: Path) -> None:
    source = tmp_path / 'a "quoted"\\ näme\x7f\n.zip'

    federation = write_federation(tmp_path / "demo", source=source, mapping="oneroster/oneroster")

    assert federation.maple.settings.source is not None
    assert federation.maple.settings.source.options == {"path": str(source)}


def test_free_ports_are_distinct() -> None:
    ports = free_ports(20)

    assert len(set(ports)) == 20
