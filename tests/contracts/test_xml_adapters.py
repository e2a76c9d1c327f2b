"""The XML adapters against the contract of every adapter."""

from pathlib import Path

import pytest

from adapters.edfi_xml import EdfiXml, EdfiXmlAdapter
from adapters.xsre_xml import XsreXml, XsreXmlAdapter
from gateway.adapter_api import Adapter, Malformed, TooLarge
from gateway.adapter_api.conformance import check_adapter
from tests.unit.adapters_xml.interchanges import (
    ASSOCIATION,
    GRADE,
    RELEASE_1,
    archive,
    folder,
    interchange,
    student,
)
from tests.unit.adapters_xml.test_xsre_xml import SRE, XSRE

EDFI: dict[str, str | bytes] = {
    "Student.xml": interchange("Student", student(1) + "\n" + student(2)),
    "more/Student.xml": interchange("Student", student(3) + student(4)),
    "Enrollment.xml": interchange("StudentEnrollment", ASSOCIATION),
    "Grade.xml": interchange("StudentGrade", GRADE),
    "notes.txt": "not XML",
}
RECORDS: dict[str, str | bytes] = {"one.xml": XSRE, "two.xml": SRE}


def edfi(path: Path, **limits: int) -> Adapter:
    return EdfiXmlAdapter(EdfiXml.model_validate({"path": path, "limits": limits}))


def xsre(path: Path, **limits: int) -> Adapter:
    return XsreXmlAdapter(XsreXml.model_validate({"path": path, "limits": limits}))


@pytest.mark.parametrize("archived", [True, False])
async def test_edfi_xml_conforms(archived: bool, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", EDFI) if archived else folder(tmp_path, EDFI)

    await check_adapter(edfi(path))


async def test_edfi_xml_of_release_1_conforms(tmp_path: Path) -> None:
    await check_adapter(edfi(folder(tmp_path, {"a.xml": interchange("StudentParent", RELEASE_1, "1")})))


@pytest.mark.parametrize("archived", [True, False])
async def test_xsre_xml_conforms(archived: bool, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", RECORDS) if archived else folder(tmp_path, RECORDS)

    await check_adapter(xsre(path))


@pytest.mark.parametrize("make", [edfi, xsre])
async def test_a_file_with_a_document_type_is_refused_and_named(make: type, tmp_path: Path) -> None:
    evil = (
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><InterchangeStudent>&e;</InterchangeStudent>'
    )
    path = folder(tmp_path, {**EDFI, **RECORDS, "zz.xml": evil})

    with pytest.raises(Malformed, match=r"zz\.xml declares a document type"):
        await make(path).tables()


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"max_members": 2}, "files"),
        ({"max_bytes": 100}, "more than 100 bytes"),
        ({"max_file_bytes": 100}, "more than 100 bytes"),
    ],
)
@pytest.mark.parametrize("archived", [True, False])
async def test_more_than_the_limits_is_refused(
    limits: dict[str, int], why: str, archived: bool, tmp_path: Path
) -> None:
    path = archive(tmp_path / "a.zip", EDFI) if archived else folder(tmp_path, EDFI)

    with pytest.raises(TooLarge, match=why):
        await edfi(path, **limits).tables()


async def test_an_archive_that_expands_without_end_is_refused(tmp_path: Path) -> None:
    bomb = interchange("Student", "<Student>" + " " * 20_000_000 + "</Student>")

    with pytest.raises(TooLarge, match="expands"):
        await edfi(archive(tmp_path / "a.zip", {"a.xml": bomb})).check()
