"""From compact documents to the entries that leave the district: provenance, ids and classes put in."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from gateway.domain.backpack.compact import expand
from gateway.domain.backpack.document import entry_from
from gateway.domain.backpack.sensitivity import sensitivity_in

_RECORDS: Final = bytes.fromhex("5f0c6a0e3c435a0b9d360d3c3a5e8f22")
_VARIANT: Final = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_NO_ID: Final = "00000000-0000-5000-8000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What all entries of a mapping run have in common."""

    organisation: str
    """Entity id of the district."""
    system: str
    """The source system, as the mapping file names it."""
    mapping: str
    """Name and version of the mapping file."""
    extracted_at: str
    """When the rows were read, RFC 3339."""
    files: Mapping[str, str]
    """What people know a table by."""

    @classmethod
    def of(
        cls, *, organisation: str, system: str, mapping: str, at: datetime, files: Mapping[str, str]
    ) -> "Stamp":
        """Return the stamp of a run at that time."""
        said = at.isoformat().replace("+00:00", "Z")
        return cls(organisation=organisation, system=system, mapping=mapping, extracted_at=said, files=files)


Sections = dict[str, list[dict[str, Any]]]


def whole(document: bytes, stamp: Stamp, kept: Mapping[int, str]) -> Sections:
    """Return the entries of a compact document as on the wire.

    Args:
        document: JSON object: compact entries by section.
        stamp: Of the run that made it.
        kept: JSON of the kept objects that it names, by number.

    Raises:
        KeyError: a kept object is missing.
        Malformed: an entry does not fit the schema.
    """
    sections: Mapping[str, Sequence[Mapping[str, Any]]] = expand(orjson.loads(document), kept)
    return {
        name: [_entry(name, dict(entry), stamp) for entry in entries] for name, entries in sections.items()
    }


def _entry(section: str, entry: dict[str, Any], stamp: Stamp) -> dict[str, Any]:
    kept: Mapping[str, Any] = entry.pop("meta")
    table = kept["table"]
    source = {
        "system": stamp.system,
        "table": table,
        **({"key": kept["key"]} if "key" in kept else {}),
        **({"file": file} if (file := kept.get("file", stamp.files.get(table))) else {}),
        **({"row": kept["row"]} if "row" in kept else {}),
        "org": {"id": stamp.organisation},
        "extractedAt": stamp.extracted_at,
        "mapping": stamp.mapping,
        "assertedBy": {"actor": kept.get("by", "school")},
    }
    identity = "\x1f".join((*kept.get("keys", ()), kept.get("id", kept.get("key", ""))))
    meta: dict[str, Any] = {
        "recordId": record_id(stamp.organisation, stamp.system, table, section, identity),
        "source": source,
        "status": "active",
        **({"verification": kept["verification"]} if "verification" in kept else {}),
        "sensitivity": {"class": "D"},
        **({"dq": kept["dq"]} if "dq" in kept else {}),
    }
    found = sensitivity_in(entry_from(section, {"meta": meta | {"recordId": _NO_ID}} | entry))
    meta["sensitivity"] = {"class": found.level} | ({"labels": list(found.labels)} if found.labels else {})
    return {"meta": meta} | entry


def record_id(organisation: str, system: str, table: str, section: str, identity: str) -> str:
    """Return the UUID (version 5) of an entry: the same row gives the same id, whatever else changes."""
    name = f"{organisation}\x1f{system}\x1f{table}\x1f{section}\x1f{identity}"
    made = hashlib.sha1(_RECORDS + name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{_VARIANT[made[16]]}{made[17:20]}-{made[20:32]}"
