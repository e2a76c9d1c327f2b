"""What tells where a student is, and what is left without it."""

import pytest

from gateway.domain.backpack.document import SECTIONS, VARIANTS, entry_from, models
from gateway.domain.confidentiality import LABEL, confidential, destination, tells_place
from tests.unit.backpack.samples import META, coded, entry, sections

STREET, PHONE, MAIL = "17 Quillfeather Row", "(202) 555-0143", "vexholm@household.example"
LINDEN = {"given": "Linden", "family": "Bramblewick"}
WHERE = {
    "photo": {"uri": "https://photos.example/1"},
    "loginIds": [{"value": MAIL}],
    "addresses": [{"line1": STREET, "city": "Vexholm"}],
    "phones": [{"value": PHONE}],
    "emails": [{"value": MAIL}],
}
LEARNER = {"meta": META, "names": [{"use": "legal", "given": "Juniper", "family": "Bramblewick"}]}


def test_address_phone_mail_photo_and_logins_of_the_student_go() -> None:
    assert confidential({"identity": [LEARNER | WHERE]}) == {"identity": [LEARNER]}


def test_a_contact_goes_as_a_whole() -> None:
    contact = {"meta": META, "contact": "G1", "name": LINDEN, "phones": [{"value": PHONE}]}

    assert confidential({"contacts": [contact]}) == {}


def test_the_school_of_destination_and_the_district_of_residence_go() -> None:
    stay = {"meta": META, "school": {"id": "1"}}
    telling = {"nextSchool": {"id": "2"}, "residency": coded("other district"), "exitReasonText": "to Oak"}
    disclosure = {"meta": META, "when": "2026-01-01T00:00:00Z", "recipient": {"id": "cedar"}}

    left = confidential({"enrollments": [stay | telling], "disclosures": [disclosure]})

    assert left == {"enrollments": [stay]}


@pytest.mark.parametrize(
    "said",
    [f"moved to {STREET.upper()}", f"call {PHONE}", f"write to {MAIL}", "asked for Linden  Bramblewick"],
)
def test_what_was_taken_out_is_taken_out_of_other_words_too(said: str) -> None:
    identity, contact = LEARNER | WHERE, {"meta": META, "contact": "G1", "name": LINDEN}
    comments = [{"meta": META, "text": said}, {"meta": META, "text": "reads well"}]

    left = confidential({"identity": [identity], "contacts": [contact], "comments": comments})

    assert left["comments"] == comments[1:]


def test_a_number_that_names_the_student_stays_though_it_is_a_login_too() -> None:
    number = {"system": coded("State"), "value": "0012345678"}
    learner = LEARNER | {"identifiers": [number]}

    left = confidential({"identity": [learner | {"loginIds": [{"value": "0012345678"}]}]})

    assert left == {"identity": [learner]}


def test_a_substitute_address_stands_in_place_of_the_own() -> None:
    box = {"line1": "PO Box 17370", "city": "Saint Paul", "stateProvince": "MN"}

    left = confidential({"identity": [LEARNER | WHERE]}, substitute=box)

    assert left == {"identity": [LEARNER | {"addresses": [box]}]}


def test_an_extension_that_nobody_knows_goes_and_a_known_one_stays() -> None:
    known, unknown = "urn:backpack:extension:clock-hours:1", "https://sis.example/bus-stop"
    meta = META | {"extensions": {unknown: "Quillfeather and 3rd"}}
    school = {"id": "1"}
    taught = {"meta": meta, "school": school}

    (left,) = confidential({"enrollments": [taught]})["enrollments"]

    assert left == {"meta": META, "school": school}
    assert known not in left


def test_an_entry_of_an_unknown_kind_goes_as_a_whole() -> None:
    assert confidential({"health": [{"meta": META, "kind": "bus"}], "buses": [{"meta": META}]}) == {}


@pytest.mark.parametrize("section", SECTIONS)
def test_what_is_left_fits_the_schema_and_is_left_as_it_is(section: str) -> None:
    entries = sections()[section]

    left = confidential({section: entries})

    assert confidential(left) == left
    for one in left.get(section, ()):
        entry_from(section, one)
        assert not tells_place(section, one)


@pytest.mark.parametrize("section", ["identity", "contacts", "disclosures", "documents"])
def test_an_entry_that_tells_is_told_from_one_that_does_not(section: str) -> None:
    assert tells_place(section, sections()[section][0])
    assert not tells_place("enrollments", entry("enrollments"))


def test_every_field_that_holds_an_address_a_phone_or_a_mail_address_is_labelled() -> None:
    """A school's own address is no student's."""
    holders = {"Address", "Phone", "Email", "Login"}
    unlabelled = {
        f"{model.__name__}.{name}"
        for model in models()
        for name, field in model.model_fields.items()
        if any(holder in str(field.annotation) for holder in holders)
        and LABEL not in (field.json_schema_extra or {}).get("x-labels", ())  # type: ignore[union-attr,operator]
    }

    assert unlabelled == {"OrgRef.address"}
    assert VARIANTS


def test_a_destination_is_named_unless_the_student_is_protected() -> None:
    assert destination("Oak Unified", protected=False) == "Oak Unified"
    assert destination("Oak Unified", protected=True) == "another school district"
