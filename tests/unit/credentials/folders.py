"""Folders of credentials that the tests make, and a reader of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.credentials_folder import CredentialsFolder, CredentialsFolderAdapter, Issuer
from gateway.adapter_api import Finding, Only, Row
from tests.unit.credentials.making import ISSUER, MAPLE, OB, V2, badge, proven_jcs, text

METHOD = f"{ISSUER}#{MAPLE.multikey}"


def signed(number: int = 1, **more: Any) -> bytes:
    document = badge(contexts=(V2, OB), **{"id": f"urn:x:{number}"} | more)
    return text(proven_jcs(document, MAPLE, METHOD))


def adapter(path: Path, **options: Any) -> CredentialsFolderAdapter:
    issuer = Issuer(id=ISSUER, keys=(MAPLE.multikey,))
    return CredentialsFolderAdapter(CredentialsFolder(path=path, **{"issuers": (issuer,)} | options))


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


async def read(source: CredentialsFolderAdapter, only: Only | None = None) -> tuple[list[Row], list[Finding]]:
    credentials, _ = await source.tables()
    batches = [batch async for batch in source.batches(credentials, only)]
    return [row for batch in batches for row in batch.rows()], [
        one for batch in batches for one in batch.findings
    ]
