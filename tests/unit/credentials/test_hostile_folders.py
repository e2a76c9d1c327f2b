"""Pictures with credentials in them, and files that were made to do harm."""

import base64
import socket
import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.credentials.folders import METHOD, adapter, read, signed, write
from tests.unit.credentials.making import (
    MALLORY,
    MAPLE,
    OB,
    V2,
    badge,
    proven_jcs,
    proven_rdfc,
    text,
    token,
)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join((chunk(b"IHDR", bytes(13)), *chunks, chunk(b"IEND", b"")))


def itxt(payload: bytes, keyword: bytes = b"openbadgecredential", packed: bool = False) -> bytes:
    content = zlib.compress(payload) if packed else payload
    return chunk(b"iTXt", keyword + b"\0" + bytes([packed]) + b"\0\0\0" + content)


def svg(inside: str, doctype: str = "") -> bytes:
    space = 'xmlns:ob="https://purl.imsglobal.org/ob/v3p0"'
    return f'<?xml version="1.0"?>{doctype}<svg xmlns="http://www.w3.org/2000/svg" {space}>{inside}</svg>'.encode()


JWT = token(badge(contexts=(V2, OB)), MAPLE.private, "EdDSA")

BAKED = {
    "a.png": png(itxt(JWT)),
    "packed.png": png(itxt(JWT, packed=True)),
    "later.png": png(chunk(b"tEXt", b"Author\0x"), itxt(b"x", b"Comment"), itxt(JWT)),
    "a.svg": svg(f'<ob:credential verify="{JWT.decode()}"/>'),
    "cdata.svg": svg(f"<g><ob:credential><![CDATA[\n {JWT.decode()} ]]></ob:credential></g>"),
    "doctype.svg": svg(
        f'<ob:credential verify="{JWT.decode()}"/>',
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://127.0.0.1:9/svg11.dtd">',
    ),
}


@pytest.mark.parametrize("name", BAKED)
async def test_a_credential_is_taken_out_of_its_picture(name: str, tmp_path: Path) -> None:
    (row,), _ = await read(adapter(write(tmp_path, {f"1001/{name}": BAKED[name]})))

    assert base64.b64decode(row.values["payload"]) == JWT
    assert row.values["verifyStatus"] == "verified"


ENTITIES = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/passwd">]>'

BAD_PICTURES = {
    "no-credential.png": (png(), "no credential"),
    "several.png": (png(itxt(JWT), itxt(JWT)), "several"),
    "cut.png": (png(itxt(JWT))[:200], "damaged"),
    "long-chunk.png": (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**32 - 1) + b"iTXt", "damaged"),
    "wrong-sum.png": (png(itxt(JWT)).replace(JWT, JWT[::-1]), "damaged"),
    "bomb.png": (png(itxt(b"{" + b" " * 100_000_000, packed=True)), "more than"),
    "big.png": (png(itxt(b"{" + b" " * 2_000_000)), "more than"),
    "chunks.png": (png(*[chunk(b"tEXt", b"")] * 20_000), "more chunks"),
    "half-packed.png": (
        png(chunk(b"iTXt", b"openbadgecredential\0\1\0\0\0" + zlib.compress(JWT)[:-9])),
        "damaged",
    ),
    "no.png": (b"GIF89a", "no PNG"),
    "laughs.svg": (svg("<ob:credential>&b;</ob:credential>", ENTITIES), "declares entities"),
    "external.svg": (svg("<ob:credential>&f;</ob:credential>", FILE), "declares entities"),
    "deep.svg": (svg("<g>" * 5000 + "</g>" * 5000), "more levels"),
    "long.svg": (svg(f"<ob:credential>{'x' * 2_000_000}</ob:credential>"), "more than"),
    "none.svg": (svg(""), "no credential"),
    "two.svg": (svg('<ob:credential verify="a"/><ob:credential verify="b"/>'), "several"),
    "no.svg": (b"<svg", "no SVG"),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
async def test_a_bad_picture_is_a_finding_and_harms_nobody(name: str, tmp_path: Path) -> None:
    content, sentence = BAD_PICTURES[name]
    folder = write(tmp_path, {f"1001/{name}": content, "1002/a.json": signed()})
    started = time.monotonic()

    (row,), (found,) = await read(adapter(folder))

    assert row.values["student"] == "1002"
    assert (found.rule, found.raw_value) == ("credential.unreadable", f"1001/{name}")
    assert sentence in found.message
    assert time.monotonic() - started < 20


BAD_FILES = {
    "empty.json": (b"", "no compact JWS"),
    "array.json": (b"[]", "no compact JWS"),
    "deep.json": (b'{"a":' * 200 + b"1" + b"}" * 200, "levels"),
    "twice.json": (signed().replace(b'"validFrom"', b'"validFrom": "x", "validFrom"'), "twice"),
    "fifty-megabytes.json": (b"{" + b" " * 50_000_000, "more than"),
    "binary.jwt": (bytes(range(256)), "no compact JWS"),
    "none.jwt": (b"eyJhbGciOiJub25lIn0." + JWT.split(b".")[1] + b".", "not written as the standard says"),
}


@pytest.mark.parametrize("name", BAD_FILES)
async def test_a_bad_file_is_a_finding_and_harms_nobody(name: str, tmp_path: Path) -> None:
    content, sentence = BAD_FILES[name]
    folder = write(tmp_path, {f"1001/{name}": content, "1002/a.json": signed()})

    (row,), (found,) = await read(adapter(folder))

    assert row.values["student"] == "1002"
    assert found.rule in {"credential.unreadable", "credential.invalid"}
    assert sentence in found.message


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that somebody may be lured to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


async def test_nothing_in_a_credential_makes_the_node_call_anybody(
    listener: socket.socket, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    lure: dict[str, Any] = {
        "credentialStatus": {"id": url, "type": "X", "statusListCredential": url},
        "credentialSchema": {"id": url, "type": "X"},
        "refreshService": {"id": url, "type": "X"},
        "image": {"id": url, "type": "Image"},
    }
    at_url = badge(contexts=(V2, OB), issuer=url, **lure)
    claims = badge(contexts=(V2, OB), **lure)
    doctype = f'<!DOCTYPE svg SYSTEM "{url}">'
    folder = write(
        tmp_path,
        {
            "1/context.json": text(proven_rdfc(badge(), MAPLE, METHOD)).replace(
                b"https://maple.example/terms.json", url.encode()
            ),
            "1/method.json": text(proven_jcs(at_url, MALLORY, f"{url}#key")),
            "1/did-web.json": text(proven_jcs(at_url, MALLORY, "did:web:127.0.0.1")),
            "1/header.jwt": token(claims, MAPLE.private, "EdDSA", jku=url, x5u=url, kid=url),
            "1/badge2.json": text(
                {"@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "badge": url, "id": url}
            ),
            "1/a.svg": svg(f'<image href="{url}"/><ob:credential verify="{JWT.decode()}"/>', doctype),
        },
    )

    rows, findings = await read(adapter(folder))

    assert len(rows) + len([one for one in findings if one.severity == "error"]) == 6
    with pytest.raises(BlockingIOError):
        listener.accept()
