"""Keys at a terminal."""

import json
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


def test_a_federation_key_is_rolled_in_three_steps(district: District) -> None:
    old = _uses(district.json("keys", "show"))

    rotated = _uses(district.json("keys", "rotate", "federation", "--yes"))
    too_early = district.do("keys", "retire", "federation", "--yes")
    switched = _uses(district.json("keys", "switch", "--yes"))
    retired = _uses(district.json("keys", "retire", "federation", "--yes"))

    assert list(rotated.values()) == ["current", "new, published, does not sign yet"]
    assert (too_early.exit_code, "keys switch" in too_early.stderr) == (1, True)
    assert list(switched.values()) == ["current", "old, still published"]
    assert list(switched) == list(reversed(rotated))
    assert list(retired) == list(switched)[:1]
    assert old.keys() == set(list(rotated)[:1])


def test_each_step_of_a_rollover_tells_the_next(district: District) -> None:
    rotated = district.do("keys", "rotate", "federation", "--yes").stderr
    switched = district.do("keys", "switch", "--yes").stderr
    retired = district.do("keys", "retire", "federation", "--yes").stderr

    assert rotated.index("admits this node again") < rotated.index("keys switch")
    assert "keys retire federation" in switched
    assert "admits this node once more" in retired
    assert all("Restart the node." in said for said in (rotated, switched, retired))


def test_an_agency_gets_a_key_file_for_its_districts_at_each_step(agency: District) -> None:
    pinned = [_pinned(agency)]
    for step in (("rotate", "federation"), ("switch",), ("retire", "federation")):
        said = agency.do("keys", *step, "--yes").stderr
        pinned.append(_pinned(agency))
        assert "Restart the node." in said

    old, both, swapped, new = pinned
    assert (len(old), len(both), len(new)) == (1, 2, 1)
    assert both == swapped == old | new


def test_switching_without_a_new_key_is_refused(district: District) -> None:
    done = district.do("keys", "switch", "--yes")

    assert done.exit_code == 1
    assert "backpack keys rotate federation" in done.stderr


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


def _uses(told: list[dict[str, str]]) -> dict[str, str]:
    """The federation keys with their uses."""
    return {one["thumbprint"]: one["use"] for one in told if one["purpose"] == "federation"}


def _pinned(agency: District) -> set[str]:
    keys = json.loads((agency.folder / "anchor.jwks.json").read_text("utf-8"))["keys"]
    return {key["kid"] for key in keys}
