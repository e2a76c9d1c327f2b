"""Files of a real SFTP server on this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from adapters.table_files import TableFiles, TableFilesAdapter
from gateway.adapter_api import Malformed, Misconfigured, Only, TooLarge, TryLater
from gateway.adapter_api.conformance import check_adapter, read_all

PASSWORD = "correct horse"


class OneUser(asyncssh.SSHServer):
    """Lets `export` in, with the password or with the key that the server knows."""

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("export", PASSWORD)


@pytest.fixture(scope="module")
def host_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


@asynccontextmanager
async def serving(
    root: Path, host_key: asyncssh.SSHKey, user_key: asyncssh.SSHKey | None = None
) -> AsyncIterator[int]:
    authorized = user_key and asyncssh.import_authorized_keys(user_key.export_public_key().decode())
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=OneUser,
        server_host_keys=[host_key],
        authorized_client_keys=authorized,
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root).encode()),
    )
    async with server:
        yield server.get_port()


def place(tmp_path: Path, port: int, host_key: asyncssh.SSHKey, **changes: Any) -> dict[str, Any]:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    public = host_key.export_public_key().decode()
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}")
    return {
        "host": "127.0.0.1",
        "port": port,
        "user": "export",
        "password_file": tmp_path / "password",
        "known_hosts": tmp_path / "known_hosts",
        "folder": "/out",
    } | changes


def adapter(sftp: dict[str, Any], **others: Any) -> TableFilesAdapter:
    return TableFilesAdapter(TableFiles.model_validate({"sftp": sftp, **others}))


def export(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "out" / "day1").mkdir(parents=True)
    (root / "out" / "students.csv").write_text("id,name\n1,Ann\n2,Bo\n")
    (root / "out" / "day1" / "grades.tsv").write_text("id\tgrade\n1\t7\n")
    return root


async def test_files_of_a_server_conform_and_are_not_kept(tmp_path: Path, host_key: asyncssh.SSHKey) -> None:
    work = tmp_path / "work"
    work.mkdir()
    async with serving(export(tmp_path), host_key) as port:
        source = adapter(place(tmp_path, port, host_key, work_folder=work))

        await check_adapter(source)
        found = await read_all(source)

    assert {name: [batch.cells.rows() for batch in batches] for name, batches in found.items()} == {
        "grades": [[("1", "7")]],
        "students": [[("1", "Ann"), ("2", "Bo")]],
    }
    assert list(work.iterdir()) == []


async def test_fetched_files_are_for_the_owner_only_and_go_when_reading_stops(
    tmp_path: Path, host_key: asyncssh.SSHKey
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    async with serving(export(tmp_path), host_key) as port:
        source = adapter(place(tmp_path, port, host_key, work_folder=work))
        table = (await source.tables())[1]

        reading = source.batches(table)
        await anext(reading)
        (folder,) = work.iterdir()
        mode, files = folder.stat().st_mode & 0o777, [path.name for path in folder.iterdir()]
        await reading.aclose()  # type: ignore[attr-defined] # it is an async generator

    assert (mode, files) == (0o700, ["students.csv"])
    assert list(work.iterdir()) == []


async def test_a_key_lets_us_in(tmp_path: Path, host_key: asyncssh.SSHKey) -> None:
    user_key = asyncssh.generate_private_key("ssh-ed25519")
    user_key.write_private_key(tmp_path / "key")
    async with serving(export(tmp_path), host_key, user_key) as port:
        sftp = place(tmp_path, port, host_key, key_file=tmp_path / "key", password_file=None)

        tables = await adapter(sftp).tables()

    assert [table.name for table in tables] == ["grades", "students"]


async def test_only_is_read_and_filtered(tmp_path: Path, host_key: asyncssh.SSHKey) -> None:
    async with serving(export(tmp_path), host_key) as port:
        source = adapter(place(tmp_path, port, host_key))
        table = (await source.tables())[1]

        batches = [batch async for batch in source.batches(table, Only("id", ["2"]))]

    assert [batch.cells.rows() for batch in batches] == [[("2", "Bo")]]


async def test_a_file_larger_than_its_beginning_is_fetched_whole(
    tmp_path: Path, host_key: asyncssh.SSHKey
) -> None:
    root = export(tmp_path)
    (root / "out" / "students.csv").write_text("id,name\n" + "1,Ann\n" * 400_000)
    async with serving(root, host_key) as port:
        source = adapter(place(tmp_path, port, host_key), tables=[{"name": "s", "file": "students.csv"}])

        found = (await read_all(source))["s"]

    assert sum(batch.cells.height for batch in found) == 400_000


async def test_another_host_key_is_never_accepted(tmp_path: Path, host_key: asyncssh.SSHKey) -> None:
    async with serving(export(tmp_path), asyncssh.generate_private_key("ssh-ed25519")) as port:
        with pytest.raises(Misconfigured, match="known_hosts"):
            await adapter(place(tmp_path, port, host_key)).check()


async def test_a_host_that_is_not_listed_is_not_trusted_on_first_use(
    tmp_path: Path, host_key: asyncssh.SSHKey
) -> None:
    async with serving(export(tmp_path), host_key) as port:
        sftp = place(tmp_path, port, host_key)
        (tmp_path / "known_hosts").write_text("")

        with pytest.raises(Misconfigured, match="known_hosts"):
            await adapter(sftp).check()


async def test_a_wrong_password_is_an_operators_business_and_is_not_told(
    tmp_path: Path, host_key: asyncssh.SSHKey
) -> None:
    async with serving(export(tmp_path), host_key) as port:
        sftp = place(tmp_path, port, host_key)
        (tmp_path / "password").write_text("battery staple")

        with pytest.raises(Misconfigured, match="refuses") as refused:
            await adapter(sftp).check()

    assert "battery" not in str(refused.value)


async def test_a_missing_secret_is_an_operators_business(tmp_path: Path, host_key: asyncssh.SSHKey) -> None:
    with pytest.raises(Misconfigured, match="password file"):
        await adapter(place(tmp_path, 1, host_key, password_file=tmp_path / "nothing")).check()


async def test_a_server_that_is_away_is_tried_later(tmp_path: Path, host_key: asyncssh.SSHKey) -> None:
    async with serving(export(tmp_path), host_key) as port:
        sftp = place(tmp_path, port, host_key)

    with pytest.raises(TryLater):
        await adapter(sftp).check()


async def test_a_folder_that_is_not_there_is_an_operators_business(
    tmp_path: Path, host_key: asyncssh.SSHKey
) -> None:
    async with serving(export(tmp_path), host_key) as port:
        with pytest.raises(Misconfigured, match="not there"):
            await adapter(place(tmp_path, port, host_key, folder="/nowhere")).check()


@pytest.mark.parametrize("limits", [{"max_bytes": 20}, {"max_members": 1}])
async def test_limits_hold_before_anything_is_fetched(
    limits: dict[str, int], tmp_path: Path, host_key: asyncssh.SSHKey
) -> None:
    async with serving(export(tmp_path), host_key) as port:
        with pytest.raises(TooLarge):
            await adapter(place(tmp_path, port, host_key), limits=limits).check()


async def test_a_symbolic_link_on_the_server_is_refused(tmp_path: Path, host_key: asyncssh.SSHKey) -> None:
    root = export(tmp_path)
    (root / "out" / "link.csv").symlink_to(root / "out" / "students.csv")
    async with serving(root, host_key) as port:
        with pytest.raises(Malformed, match="symbolic link"):
            await adapter(place(tmp_path, port, host_key)).check()
