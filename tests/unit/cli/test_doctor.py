"""The doctor finds what is wrong and says what to do."""

from typing import Any

from tests.unit.cli.conftest import District


def test_a_district_without_its_agency_is_told_whom_to_ask(district: District) -> None:
    done = district.do("doctor")

    assert done.exit_code == 2
    assert "fail  agency" in done.stdout
    assert "backpack serve" in done.stdout


def test_every_line_that_is_not_well_says_what_to_do(district: District) -> None:
    told = district.json("doctor")

    assert all(bool(one["fix"]) == (one["status"] != "ok") for one in told)


def test_what_is_well_is_said_too(mapped: District) -> None:
    told = _by_name(mapped)

    well = {
        "settings",
        "file rights",
        "keys",
        "database",
        "own statement",
        "source",
        "mapping",
        "import folder",
    }
    assert {name: told[name]["status"] for name in well} == dict.fromkeys(well, "ok")
    assert "12 students" in told["last mapping run"]["found"]


def test_a_key_that_others_may_read_fails(district: District) -> None:
    (district.folder / "keys" / "client.jwks.json").chmod(0o644)

    told = _by_name(district)

    assert told["file rights"]["status"] == "fail"
    assert told["file rights"]["fix"].startswith("chmod go-rwx ")
    assert told["keys"]["status"] == "fail"


def test_an_export_that_is_gone_fails(mapped: District) -> None:
    (mapped.folder.parent / "export.zip").unlink()

    told = _by_name(mapped)

    assert told["source"]["status"] == "fail"


def test_an_import_folder_that_is_gone_fails(district: District) -> None:
    (district.folder / "received").rmdir()

    told = _by_name(district)

    assert told["import folder"]["status"] == "fail"


def test_a_wrong_setting_ends_the_examination_with_its_name(district: District) -> None:
    district.config.write_text(district.config.read_text("utf-8") + '\n[logz]\nlevel = "info"\n', "utf-8")

    told = district.json("doctor")

    assert told[-1]["name"] == "settings"
    assert "did you mean logs?" in told[-1]["found"]


def test_an_agency_without_members_is_told_how_to_admit(agency: District) -> None:
    told = _by_name(agency)

    assert told["members"]["fix"].startswith("backpack agency admit")
    assert "mapping" not in told


def _by_name(district: District) -> dict[str, Any]:
    return {one["name"]: one for one in district.json("doctor")}
