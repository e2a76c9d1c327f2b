"""The straw-man's requester: asks, takes the delivered record, verifies it, sends a receipt."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Iterable
from typing import Any

import orjson
from aiohttp import web
from joserfc.jwk import ECKey

from tests.bench.strawman_jose import proof, sign, unseal, verify
from tests.bench.strawman_node import Node, Places, background, json
from tests.bench.strawman_store import Rows
from tests.bench.students import subject_of

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class _Asked:
    """An exchange under way."""

    def __init__(self, id_: str, digest: str, key: ECKey, token: str) -> None:
        self.id = id_
        self.digest = digest
        self.key = key
        self.token = token
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Requester(Node):
    """Three durable units an exchange."""

    tables = """
        CREATE TABLE IF NOT EXISTS transfers (id TEXT PRIMARY KEY, remote_id TEXT, state TEXT, subject TEXT,
            key TEXT, digest TEXT, changed_at REAL);
        CREATE INDEX IF NOT EXISTS transfers_by_remote ON transfers (remote_id);
        CREATE TABLE IF NOT EXISTS records (transfer TEXT PRIMARY KEY, jws TEXT, digest TEXT);
    """

    def __init__(self, places: Places) -> None:
        super().__init__("requester", places)
        self._peer_key = places.key("holder")
        self._dpop_key = ECKey.generate_key("P-256")
        self._asked: dict[str, _Asked] = {}
        self._early: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._students = 0

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what the holder and the bench may call."""
        return (web.post("/deliveries/{id}", self.delivery), web.post("/run", self.run_exchanges))

    async def run_exchanges(self, request: web.Request) -> web.Response:
        """Make so many exchanges, so many at a time; answer how many milliseconds each took."""
        wanted = orjson.loads(await request.read())
        gate = asyncio.Semaphore(wanted["in_flight"])
        numbers = range(self._students, self._students + wanted["count"])
        self._students += wanted["count"]
        return json(await asyncio.gather(*(self._timed(number, gate) for number in numbers)))

    async def _timed(self, number: int, gate: asyncio.Semaphore) -> float:
        async with gate:
            began = time.perf_counter()
            await self._exchange(number)
            return (time.perf_counter() - began) * 1000

    async def _exchange(self, number: int) -> None:
        subject, id_, key = subject_of(number), secrets.token_urlsafe(16), ECKey.generate_key("P-256")
        asked = {
            "state_id": subject.state_id,
            "birth_date": subject.birth_date.isoformat(),
            "family_name": subject.family_name,
        }
        private = orjson.dumps(key.as_dict(private=True)).decode()
        row = (id_, None, "drafted", orjson.dumps(asked).decode(), private, None, time.time())
        await self.store.write(lambda rows: rows("INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?)", row))
        token = await self._token()
        told = {
            "iss": self.url,
            "aud": self.places.holder,
            "subject": asked,
            "jwk": key.as_dict(private=False),
        }
        message = sign("request+jwt", told, self.key)
        answer = await self._post("/transfers", message, token)
        digest = hashlib.sha256(message.encode()).hexdigest()
        under_way = self._asked[answer["transfer"]] = _Asked(id_, digest, key, token)
        self._early.setdefault(answer["transfer"], asyncio.Event()).set()
        await under_way.done

    async def delivery(self, request: web.Request) -> web.Response:
        """Take the sealed record: open, verify, store, and only then answer."""
        self.requests += 1
        remote_id = request.match_info["id"]
        body = await request.read()
        await self._early.setdefault(remote_id, asyncio.Event()).wait()
        asked = self._asked[remote_id]
        token = unseal(body, asked.key)
        claims = verify("record+jwt", token, self._peer_key)
        if claims["aud"] != self.url or claims["request_digest"] != asked.digest:
            raise web.HTTPForbidden
        digest = hashlib.sha256(token).hexdigest()

        def store(rows: Rows) -> None:
            rows("INSERT INTO records VALUES (?, ?, ?)", (remote_id, token.decode(), digest))

        await self.store.write(store)
        background(self._tasks, asyncio.create_task(self._receipt(remote_id, asked, digest)))
        return web.Response(status=202)

    async def _receipt(self, remote_id: str, asked: _Asked, digest: str) -> None:
        told = {"iss": self.url, "aud": self.places.holder, "transfer": remote_id, "record_digest": digest}
        message = sign("receipt+jwt", told, self.key)
        await self._post(f"/transfers/{remote_id}/receipt", message, asked.token)
        values = (remote_id, "receipted", asked.digest, time.time(), asked.id)
        sql = "UPDATE transfers SET remote_id = ?, state = ?, digest = ?, key = NULL, changed_at = ? WHERE id = ?"
        await self.store.write(lambda rows: rows(sql, values))
        del self._asked[remote_id], self._early[remote_id]
        asked.done.set_result(None)

    async def _token(self) -> str:
        url = f"{self.places.holder}/token"
        told = {"iss": self.url, "sub": self.url, "aud": self.places.holder, "exp": int(time.time()) + 60}
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": sign("client-authentication+jwt", told, self.key),
        }
        headers = {"DPoP": proof("POST", url, self._dpop_key)}
        async with self.session.post(url, data=form, headers=headers) as answer:
            answer.raise_for_status()
            return str(orjson.loads(await answer.read())["access_token"])

    async def _post(self, path: str, message: str, token: str) -> dict[str, Any]:
        url = f"{self.places.holder}{path}"
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof("POST", url, self._dpop_key, token)}
        async with self.session.post(url, data=message.encode(), headers=headers) as answer:
            answer.raise_for_status()
            told: dict[str, Any] = orjson.loads(await answer.read())
            return told
