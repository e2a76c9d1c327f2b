"""Keys at a terminal."""

import os
import time

from tests.unit.cli.conftest import District

DAY = 86_400


def test_each_purpose_has_one_key_at_first(district: District) -> None:
    told = district.json("keys", "show")

    assert [one["purpose"] for one in told] == ["federation", "client", "evidence", "encryption"]
    assert {one["use"] for one in told} == {"current"}


def test_the_fingerprint_is_that_of_the_key_in_groups_of_four(district: District) -> None:
    told = district.do("keys", "fingerprint").stdout.strip()

    thumbprint = district.json("keys", "show")[0]["thumbprint"]
    assert told.replace(" ", "") == thumbprint
    assert {len(group) for group in told.split()[:-1]} == {4}


def test_a_rotated_key_stays_published_until_it_is_retired(district: District) -> None:
    rotated = district.json("keys", "rotate", "evidence", "--yes")
    retired = district.json("keys", "retire", "evidence", "--yes")

    assert [one["use"] for one in rotated if one["purpose"] == "evidence"] == [
        "current",
        "old, still published",
    ]
    assert [one["use"] for one in retired if one["purpose"] == "evidence"] == ["current"]


def test_rotating_the_federation_key_explains_the_order(district: District) -> None:
    said = district.do("keys", "rotate", "federation", "--yes").stderr

    assert said.index("admits this node again") < said.index("keys retire federation")


def test_rotating_one_key_leaves_the_age_of_the_others(district: District) -> None:
    for file in (district.folder / "keys").glob("*.jwks.json"):
        os.utime(file, (time.time() - 40 * DAY, time.time() - 40 * DAY))

    told = district.json("keys", "rotate", "client", "--yes")

    days = {one["purpose"]: one["days"] for one in told}
    assert days["client"] == 0
    assert days["evidence"] == 40


def test_the_only_key_is_not_retired(district: District) -> None:
    done = district.do("keys", "retire", "client", "--yes")

    assert done.exit_code == 1
    assert "backpack keys rotate client" in done.stderr


def test_without_a_terminal_a_rotation_needs_a_yes(district: District) -> None:
    before = district.json("keys", "show")

    done = district.do("keys", "rotate", "client")

    assert done.exit_code == 2
    assert district.json("keys", "show") == before
