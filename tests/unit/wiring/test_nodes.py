from pathlib import Path

import pytest

from gateway.crypto.keys import KeyRing
from gateway.domain.errors import Misconfigured
from gateway.settings import Settings
from gateway.wiring import open_node


def _settings(folder: Path, id_: str) -> Settings:
    KeyRing.generate().save(folder / "keys")
    return Settings.model_validate(
        {"role": "agency", "id": id_, "name": "Agency", "file": folder / "node.toml"}
    )


@pytest.mark.parametrize("id_", ["https://Exchange.maple.example", "https://maple.example/", "maple.example"])
async def test_an_id_that_is_no_address_is_named_with_its_place(tmp_path: Path, id_: str) -> None:
    with pytest.raises(Misconfigured, match=r"node\.toml: id: is not an address"):
        async with open_node(_settings(tmp_path, id_)):
            pass
