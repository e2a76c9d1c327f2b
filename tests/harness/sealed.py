"""A made-up backpack with sections that go sealed, and a sealed part as it arrives."""

import json
from dataclasses import replace
from datetime import date
from typing import Any, Final

import orjson

from gateway.domain.ids import TransferId, b64url, digest
from gateway.domain.messages import MessageType
from gateway.domain.sealed import PartState, SealedPart
from gateway.usecases.ports import Node, StoredBackpack
from tests.harness.pair import CEDAR, PlainSeals, backpack

SECRET: Final = "Zylexin-5mg"
"""Stands in the health section alone."""


def with_sealed(whole: StoredBackpack) -> StoredBackpack:
    """Return the backpack with an allergy, a diagnosis, an IEP, and a programme that is not sealed."""
    sections = orjson.loads(whole.sections)
    meta = sections["identity"][0]["meta"]

    def entry(level: str, **fields: Any) -> dict[str, Any]:
        return {"meta": {**meta, "sensitivity": {"class": level}}, **fields}

    code = {"system": "urn:test"}
    sections["health"] = [
        entry("S", kind="allergy", type={**code, "code": "Peanut"}),
        entry("R", kind="condition", name="Epilepsy", medication=SECRET),
    ]
    sections["programs"] = [
        entry("R", kind={**code, "code": "IEP"}, disabilities=[]),
        entry("R", kind={**code, "code": "Homeless"}),
    ]
    content = orjson.dumps(sections)
    return replace(whole, sections=content, fingerprint=digest(content))


def arrived_part(node: Node, transfer: TransferId) -> tuple[SealedPart, str]:
    """Return a part with the health section that came with a transfer from Cedar, and its JWS."""
    entries = orjson.loads(with_sealed(backpack()).sections)["health"]
    shown = [b64url(orjson.dumps([f"salt-{n}", entry])) for n, entry in enumerate(entries)]
    claims = {"iss": CEDAR, "learner": "urn:uuid:x", "as_of": "2026-11-20"}
    segment = {
        "jws": json.dumps({"by": CEDAR, "claims": claims, "places": ["health"]}),
        "disclosures": {"health": shown},
    }
    said = {"iss": CEDAR, "aud": node.id, "record": {"schema": "2.0.0", "segments": [segment]}}
    jws = PlainSeals(CEDAR).sign(MessageType.PART, said)
    part = SealedPart(
        transfer=transfer,
        version=1,
        n=1,
        role="nurse",
        sections=("health",),
        digest=digest(jws.encode()),
        jwe_digest=digest(b"as served"),
        state=PartState.ARRIVED,
        at=node.now(),
        due_on=date(2030, 1, 1),
    )
    return part, jws
