"""SIF student records, flat and composite, as tables."""

from pathlib import Path

import pytest

from adapters.xsre_xml import XsreXml, XsreXmlAdapter
from gateway.adapter_api import Malformed, Rule
from tests.unit.adapters_xml.interchanges import folder

Rows = list[dict[str, str]]

XSRE = """<?xml version="1.0" encoding="utf-8"?>
<sif:xSre xmlns:sif="http://www.sifassociation.org/datamodel/na/3.3" refId="0f0b1c58-be11-42b9-8b09-ca9fb24bf3bb">
 <name><familyName>Okafor</familyName><givenName>Ada</givenName></name>
 <localId>9</localId>
 <otherIds><otherId><type>State</type><id>11</id></otherId></otherIds>
 <demographics><races><race><race>Asian</race></race><race><race>White</race></race></races><sex>Female</sex></demographics>
 <languages><language><type>Home</type><code>eng</code></language></languages>
 <enrollment><school><localId>701</localId><schoolName>Maple High</schoolName></school>
  <entryDate>2024-08-20</entryDate></enrollment>
 <transcriptTerms><transcriptTerm><schoolYear>2024</schoolYear>
  <courses><course><courseTitle>Algebra</courseTitle></course><course><courseTitle>Art</courseTitle></course></courses>
 </transcriptTerm></transcriptTerms>
</sif:xSre>
"""

SRE = """<sres xmlns="http://www.sifassociation.org/datamodel/na/3.0">
<sre RefId="1"><LocalId codeset="district">9</LocalId><FirstName>Ada</FirstName>
 <RaceList><Race>Asian</Race><Race>White</Race></RaceList>
 <ImmunizationList><Immunization><ImmunizationType>MMR</ImmunizationType></Immunization></ImmunizationList>
</sre>
<sre RefId="2"><LocalId>10</LocalId></sre>
</sres>
"""


async def tables(path: Path, **files: str) -> dict[str, Rows]:
    """Return the rows of each table, without what they lack, their place and their parent."""
    folder(path, {f"{name}.xml": content for name, content in files.items()})
    adapter = XsreXmlAdapter(XsreXml(path=path))
    found: dict[str, Rows] = {}
    for table in await adapter.tables():
        batches = [batch async for batch in adapter.batches(table)]
        found[table.name] = [
            {k: v for k, v in row.values.items() if not k.startswith(("parent.", "_"))}
            for batch in batches
            for row in batch.rows()
        ]
    return found


async def test_a_composite_record_is_a_student_with_lists(tmp_path: Path) -> None:
    found = await tables(tmp_path, a=XSRE)

    assert found == {
        "students": [
            {
                "refId": "0f0b1c58-be11-42b9-8b09-ca9fb24bf3bb",
                "name.familyName": "Okafor",
                "name.givenName": "Ada",
                "localId": "9",
                "demographics.sex": "Female",
                "enrollment.school.localId": "701",
                "enrollment.school.schoolName": "Maple High",
                "enrollment.entryDate": "2024-08-20",
            }
        ],
        "students.otherIds": [{"type": "State", "id": "11"}],
        "students.demographics.races": [{"race": "Asian"}, {"race": "White"}],
        "students.languages": [{"type": "Home", "code": "eng"}],
        "students.transcriptTerms": [{"schoolYear": "2024"}],
        "students.transcriptTerms.courses": [{"courseTitle": "Algebra"}, {"courseTitle": "Art"}],
    }


async def test_flat_records_stand_together_in_one_file(tmp_path: Path) -> None:
    found = await tables(tmp_path, a=SRE)

    assert found["students"] == [
        {
            "refId": "1",
            "localId": "9",
            "localId.codeset": "district",
            "firstName": "Ada",
            "races": "Asian,White",
        },
        {"refId": "2", "localId": "10"},
    ]
    assert found["students.immunizations"] == [{"immunizationType": "MMR"}]


async def test_a_child_row_repeats_whose_it_is(tmp_path: Path) -> None:
    adapter = XsreXmlAdapter(XsreXml(path=folder(tmp_path, {"a.xml": XSRE})))

    table = next(
        table for table in await adapter.tables() if table.name == "students.transcriptTerms.courses"
    )
    (batch,) = [batch async for batch in adapter.batches(table)]

    assert batch.cells.get_column("parent.parent.localId").to_list() == ["9", "9"]
    assert batch.cells.get_column("parent.schoolYear").to_list() == ["2024", "2024"]
    assert batch.cells.select("parent._number", "_number").rows() == [("1", "1"), ("1", "2")]


async def test_other_xml_is_left_out(tmp_path: Path) -> None:
    folder(tmp_path, {"a.xml": SRE, "b.xml": "<orders/>"})
    adapter = XsreXmlAdapter(XsreXml(path=tmp_path))

    await adapter.tables()

    assert [(one.file, one.rule) for one in adapter.unused()] == [("b.xml", Rule.FILE_UNUSED)]


@pytest.mark.parametrize("content", ["<orders/>", "<sres/>", "no XML"])
async def test_without_a_record_there_is_nothing_to_read(content: str, tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="SIF student record"):
        await tables(tmp_path, a=content)
