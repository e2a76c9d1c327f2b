"""The straw-man's holder: grants tokens, takes signed requests, delivers sealed records, takes receipts."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Iterable
from typing import Any

import orjson
from aiohttp import web

from tests.bench.strawman_jose import check_proof, hashed, seal, sign, verify
from tests.bench.strawman_node import Node, Places, background, json
from tests.bench.strawman_store import Rows

_TOKEN_SECONDS = 300


class Holder(Node):
    """Three durable units an exchange and one for the token."""

    tables = """
        CREATE TABLE IF NOT EXISTS students
            (id TEXT PRIMARY KEY, state_id TEXT, birth_date TEXT, family_name TEXT, record BLOB);
        CREATE INDEX IF NOT EXISTS students_by_state_id ON students (state_id, birth_date);
        CREATE TABLE IF NOT EXISTS transfers (id TEXT PRIMARY KEY, jti TEXT UNIQUE, state TEXT, student TEXT,
            request TEXT, digest TEXT, recipient TEXT, record_digest TEXT, changed_at REAL);
        CREATE TABLE IF NOT EXISTS parcels (transfer TEXT PRIMARY KEY, jwe TEXT);
        CREATE TABLE IF NOT EXISTS receipts (transfer TEXT PRIMARY KEY, jws TEXT);
        CREATE TABLE IF NOT EXISTS seen (kind TEXT, jti TEXT, expires REAL, PRIMARY KEY (kind, jti))
            WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS grants (token TEXT PRIMARY KEY, jkt TEXT, expires REAL) WITHOUT ROWID;
    """

    def __init__(self, places: Places) -> None:
        super().__init__("holder", places)
        self._peer_key = places.key("requester")
        self._grants: dict[str, tuple[str, float]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what the requester may call."""
        return (
            web.post("/token", self.token),
            web.post("/transfers", self.transfer),
            web.post("/transfers/{id}/receipt", self.receipt),
        )

    async def token(self, request: web.Request) -> web.Response:
        """Grant a token for a client assertion and a proof."""
        self.requests += 1
        form = await request.post()
        jkt, jti = check_proof(request.headers["DPoP"], "POST", f"{self.url}/token")
        assertion = verify("client-authentication+jwt", str(form["client_assertion"]), self._peer_key)
        if assertion["aud"] != self.url or assertion["iss"] != self.places.requester:
            raise web.HTTPUnauthorized
        handle, expires = secrets.token_urlsafe(32), time.time() + _TOKEN_SECONDS

        def store(rows: Rows) -> None:
            _use_up(rows, "dpop", jti)
            _use_up(rows, "assertion", assertion["jti"])
            rows("INSERT INTO grants VALUES (?, ?, ?)", (hashed(handle), jkt, expires))

        await self.store.write(store)
        self._grants[hashed(handle)] = jkt, expires
        return json({"access_token": handle, "token_type": "DPoP", "expires_in": _TOKEN_SECONDS})

    async def transfer(self, request: web.Request) -> web.Response:
        """Take a signed request and answer at once."""
        self.requests += 1
        jti = self._permitted(request)
        body = await request.read()
        claims = verify("request+jwt", body, self._peer_key)
        if claims["aud"] != self.url:
            raise web.HTTPForbidden
        id_ = secrets.token_urlsafe(16)
        digest = hashlib.sha256(body).hexdigest()
        recipient = orjson.dumps(claims["jwk"]).decode()

        def store(rows: Rows) -> None:
            _use_up(rows, "dpop", jti)
            row = (id_, claims["jti"], "received", None, body.decode(), digest, recipient, None, time.time())
            rows("INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

        await self.store.write(store)
        background(self._tasks, asyncio.create_task(self._release(id_, claims, digest)))
        return json({"transfer": id_}, status=202)

    async def receipt(self, request: web.Request) -> web.Response:
        """Take the signed receipt and forget the sealed record."""
        self.requests += 1
        jti, id_ = self._permitted(request), request.match_info["id"]
        body = await request.read()
        claims = verify("receipt+jwt", body, self._peer_key)

        def store(rows: Rows) -> None:
            _use_up(rows, "dpop", jti)
            row = rows("SELECT record_digest FROM transfers WHERE id = ?", (id_,)).fetchone()
            if row[0] != claims["record_digest"]:
                raise web.HTTPConflict
            _move(rows, id_, "released", "acked")
            rows("INSERT INTO receipts VALUES (?, ?)", (id_, body.decode()))
            rows("DELETE FROM parcels WHERE transfer = ?", (id_,))

        await self.store.write(store)
        return json({"transfer": id_, "state": "acked"})

    async def _release(self, id_: str, claims: dict[str, Any], digest: str) -> None:
        """Find the student, sign and seal the record, store it, deliver it."""
        subject = claims["subject"]
        keys = subject["state_id"], subject["birth_date"]
        sql = "SELECT id, family_name, record FROM students WHERE state_id = ? AND birth_date = ?"
        (student, name, record), *others = await self.store.read(lambda rows: rows(sql, keys).fetchall())
        if others or name != subject["family_name"]:
            raise ValueError("no certain match")
        told = {"iss": self.url, "aud": self.places.requester, "transfer": id_, "request_digest": digest}
        token = sign("record+jwt", {**told, "record": orjson.loads(record)}, self.key)
        sealed = seal(token, claims["jwk"])
        record_digest = hashlib.sha256(token.encode()).hexdigest()

        def store(rows: Rows) -> None:
            _move(rows, id_, "received", "released")
            change = "UPDATE transfers SET student = ?, record_digest = ? WHERE id = ?"
            rows(change, (student, record_digest, id_))
            rows("INSERT INTO parcels VALUES (?, ?)", (id_, sealed))

        await self.store.write(store)
        await self._deliver(id_, sealed)

    async def _deliver(self, id_: str, sealed: str) -> None:
        url = f"{self.places.requester}/deliveries/{id_}"
        async with self.session.post(url, data=sealed.encode()) as answer:
            answer.raise_for_status()

    def _permitted(self, request: web.Request) -> str:
        """Return the id of the proof, still to be used up, of a request that its token permits."""
        token = request.headers["Authorization"].removeprefix("DPoP ")
        jkt, jti = check_proof(request.headers["DPoP"], "POST", f"{self.url}{request.path}", token)
        bound, expires = self._grants[hashed(token)]
        if bound != jkt or expires < time.time():
            raise web.HTTPUnauthorized
        return jti


def _use_up(rows: Rows, kind: str, jti: str) -> None:
    rows("INSERT INTO seen VALUES (?, ?, ?)", (kind, jti, time.time() + _TOKEN_SECONDS))


def _move(rows: Rows, id_: str, before: str, after: str) -> None:
    sql = "UPDATE transfers SET state = ?, changed_at = ? WHERE id = ? AND state = ?"
    if rows(sql, (after, time.time(), id_, before)).rowcount != 1:
        raise web.HTTPConflict
