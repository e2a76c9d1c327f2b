"""Aeries: tables of three letters of its SQL Server schema, with its ways of saying things.

Some tables know a student by `ID`, some by school and number (`SC`, `SN`); codes are explained in `COD`, by table and
field; a contact of type 3 is under a restraining order.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.harness.sis.people import ANA, FIRST_DAY, GRADUATE, LEAVER, NO_SHOW, PEOPLE, SCHOOLS, Person
from tests.harness.sis.tables import Cells, Expected, Tables, make_database

_RACES: Final = {"W": "700", "B": "600", "A": "201", "I": "100", "P": "301"}


def make(folder: Path) -> Path:
    """Make the database in the folder."""
    return make_database(folder / "aeries.db", _tables())


def _student(person: Person) -> Cells:
    return {
        "ID": person.number,
        "SC": person.school,
        "SN": 7000 + person.number,
        "CID": person.state_id,
        "LN": person.family,
        "FN": person.given,
        "MN": person.middle or None,
        "SX": person.sex,
        "GR": person.grade,
        "BD": f"{person.born} 00:00:00",
        "AD": person.street,
        "CY": "Mapleton",
        "ST": "CA",
        "ZC": "90001",
        "TL": person.phone.replace("-", ""),
        "TG": "I" if person.number in {LEAVER, GRADUATE} else None,
        "ETH": "Y" if person.hispanic else "N",
        "RC1": _RACES[person.race],
        "FNA": "Anita" if person.number == ANA else None,
        "SSN": person.ssn,
        "PW": "hunter2",
    }


def _stays() -> Iterator[Cells]:
    for person in PEOPLE:
        for year in person.years:
            if person.number != NO_SHOW:
                left = person.number == LEAVER and year == 2026
                last = person.last_day(year)
                yield {
                    "ID": person.number,
                    "SQ": year - 2024,
                    "SC": person.school_in(year),
                    "YR": year - 1,
                    "GR": person.grade_in(year),
                    "ED": f"{FIRST_DAY[year]} 00:00:00",
                    "LD": last and f"{last} 00:00:00",
                    "ER": "T1" if left else "Graduated" if person.number == GRADUATE else None,
                }


def _contacts() -> Iterator[Cells]:
    for person in PEOPLE:
        yield {
            "PID": person.number,
            "SQ": 1,
            "TY": 1,
            "CD": "M",
            "FN": person.parent,
            "LN": person.family,
            "TL": person.phone.replace("-", ""),
            "EM": f"{person.parent.lower()}@maple.example",
            "LW": "Y",
        }
    yield {
        "PID": ANA,
        "SQ": 2,
        "TY": 3,
        "CD": "F",
        "FN": "Victor",
        "LN": "Reyes",
        "CO": "Order of 12 May 2024",
    }
    yield {"PID": ANA, "SQ": 3, "TY": 4, "CD": "DR", "FN": "Ines", "LN": "Sol", "TL": "5555550200"}


def _codes() -> Iterator[Cells]:
    for table, field, code, text in (
        ("CON", "CD", "M", "Mother"),
        ("CON", "CD", "F", "Father"),
        ("CON", "CD", "DR", "Physician"),
        ("STU", "CD", "M", "Decoy"),
        ("ADS", "CD", "DIS", "Disruption"),
        ("PGM", "CD", "127", "GATE"),
    ):
        yield {"TC": table, "FC": field, "CD": code, "DE": text}


def _tables() -> Tables:
    return {**_people_tables(), **_school_tables(), **_other_tables()}


def _people_tables() -> Tables:
    return {
        "STU": (
            (
                "SC:int! SN:int! ID:int CID LN FN MN SF SX GN LGN GR:int BD:time AD CY ST ZC TL TG IT ETH RC1 RC2 RC3 LNA"
                " FNA MNA SSN PW"
            ),
            [_student(person) for person in PEOPLE],
        ),
        "LSI": ("ID:int! LN FN MN", [{"ID": ANA, "LN": "Reyes", "FN": "Ana", "MN": "Lucía"}]),
        "CON": ("PID:int! SQ:int! TY:int CD FN LN MN TL CP EM LW CO", list(_contacts())),
        "LAC": ("ID:int! HL LF", [{"ID": one.number, "HL": one.language} for one in PEOPLE]),
        "COD": ("TC! FC! CD! DE", list(_codes())),
        "IMM": (
            (
                "PID:int! P1:time P2:time P3:time P4:time D1:time D2:time D3:time D4:time D5:time M1:time M2:time B1:time"
                " B2:time B3:time V1:time V2:time"
            ),
            [{"PID": ANA, "P1": "2010-05-14", "P2": "2010-07-14", "M1": "2011-03-20", "M2": "2014-08-01"}],
        ),
        "MHS": ("PID:int! SQ:int! CO", []),
        "MED": (
            "PID:int! SQ:int! CD CO",
            [{"PID": ANA, "SQ": 1, "CD": "ALG", "CO": "Peanut allergy: pen in the office"}],
        ),
        "MNO": ("PID:int! SQ:int! CO", []),
    }


def _school_tables() -> Tables:
    high_school = [one for one in PEOPLE if one.school == 210 and one.number not in {NO_SHOW, GRADUATE}]
    return {
        "LOC": ("CD:int! NM", [{"CD": key, "NM": name} for key, name in SCHOOLS.items()]),
        "ENR": ("ID:int! SQ:int! SC:int YR:int GR:int ED:time LD:time ER", list(_stays())),
        "CRS": ("CN! CO CR:num", [{"CN": "0310", "CO": "English 10", "CR": 10}]),
        "MST": (
            "SC:int! SE:int! CN PD:int RM TN:int",
            [{"SC": 210, "SE": 301, "CN": "0310", "PD": 4, "RM": "R1"}],
        ),
        "SEC": (
            "SC:int! SN:int! SE:int!",
            [{"SC": 210, "SN": 7000 + one.number, "SE": 301} for one in high_school],
        ),
        "GRD": (
            "SC:int! SN:int! SE:int! CN M1 M2 M3 M4 TN:int",
            [{"SC": 210, "SN": 7000 + ANA, "SE": 301, "CN": "0310", "M1": "A-", "M2": "B"}],
        ),
        "HIS": (
            "PID:int! SQ:int! CN CO MK CR:num CC:num YR:int TE GR:int SL:int",
            [
                {
                    "PID": ANA,
                    "SQ": number,
                    "CN": course,
                    "CO": title,
                    "MK": "B+",
                    "CR": 5,
                    "CC": 5,
                    "YR": 2024,
                    "TE": "S",
                    "GR": 9,
                    "SL": 210,
                }
                for number, course, title in ((1, "0309", "English 9"), (2, "0409", "Algebra I"))
            ],
        ),
    }


def _other_tables() -> Tables:
    days = (("2024-10-01", "U"), ("2024-10-02", "X"), ("2024-10-03", "T"))
    return {
        "ABS": (
            "SC:int! CD! TI TY",
            [
                {"SC": 210, "CD": code, "TI": title}
                for code, title in (("U", "Unexcused"), ("X", "Excused"), ("T", "Tardy"))
            ],
        ),
        "AHS": (
            "PID:int! SC:int! YR:int! DE:num DA:num",
            [{"PID": ANA, "SC": 210, "YR": 2024, "DE": 180, "DA": 2}],
        ),
        "AHD": (
            "PID:int! SC:int! DT:time! AL",
            [{"PID": ANA, "SC": 210, "DT": f"{day} 00:00:00", "AL": code} for day, code in days],
        ),
        "ACT": (
            "PID:int! SQ:int! CD SD:time ED:time CO",
            [{"PID": ANA, "SQ": 1, "CD": "Chess club", "SD": "2025-09-02"}],
        ),
        "ADS": (
            "PID:int! SQ:int! DT:time CD CO SCH:int",
            [
                {
                    "PID": ANA,
                    "SQ": 1,
                    "DT": "2025-12-01 00:00:00",
                    "CD": "DIS",
                    "CO": "Shouted in class.",
                    "SCH": 210,
                }
            ],
        ),
        "DIS": ("PID:int! SQ:int! SQ1:int! DS SD:time", [{"PID": ANA, "SQ": 1, "SQ1": 1, "DS": "Detention"}]),
        "FRE": (
            "PID:int! SQ:int! CD ESD:time EED:time",
            [{"PID": ANA, "SQ": 1, "CD": "F", "ESD": "2025-09-01"}],
        ),
        "PGM": (
            "PID:int! SQ:int! CD ESD:time EED:time",
            [{"PID": ANA, "SQ": 1, "CD": "127", "ESD": "2024-09-01"}],
        ),
        "CSE": ("ID:int! DI PD:time XD:time", [{"ID": ANA, "DI": "290", "PD": "2025-09-15"}]),
        "TST": (
            "PID:int! SQ:int! ID PT:int TD:time GR:int SS:num RS:num PC:num",
            [{"PID": ANA, "SQ": 1, "ID": "PSAT 10", "TD": "2025-10-15 00:00:00", "GR": 10, "SS": 560}],
        ),
    }


EXPECTED: Final[dict[str, Expected]] = {
    "1": {
        "stateId": "8800000001",
        "given": "Ana",
        "family": "Reyes",
        "birthDate": "2010-03-14",
        "gradeLevel": "10",
        "school": "Birch High School",
        "exitDate": None,
        "entries": {
            "identity": 1,
            "demographics": 1,
            "contacts": 3,
            "enrollments": 2,
            "attendance": 3,
            "classes": 1,
            "grades": 2,
            "transcript": 1,
            "assessments": 1,
            "incidents": 1,
            "immunizations": 2,
            "health": 1,
            "programs": 3,
            "activities": 1,
        },
    },
    "10": {
        "stateId": "8800000010",
        "given": "Liam",
        "family": "O'Brien",
        "birthDate": "2012-02-29",
        "gradeLevel": "08",
        "school": "Birch High School",
        "exitDate": "2026-01-17",
        "entries": {"identity": 1, "demographics": 1, "contacts": 1, "enrollments": 2, "classes": 1},
    },
}
"""Of Ana's contacts, one is a restriction."""
