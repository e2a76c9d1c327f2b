"""A OneRoster server on loopback, with the habits that such servers have.

It keeps to the standard until a test gives it a habit: no totals, smaller pages than asked for, lists that
change while they are read, tokens that end early, answers that break off.
"""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import encode_basic_auth, web

Record = dict[str, Any]
Trouble = Callable[[web.Request], Awaitable[web.StreamResponse]]

CLIENT, SECRET = "backpack", "s3cret"
_FILTER = re.compile(r"([\w.]+)(>=|=|>)'([^']*)'")


@dataclass
class RestServer:
    """What servers of both standards share."""

    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """The path and query of each call, but for tokens."""
    tokens: int = 0
    """How many were given."""
    forms: list[dict[str, str]] = field(default_factory=list)
    """What was sent to the token endpoint."""
    token_uses: int = 10_000
    """How often a token is taken."""
    trouble: list[Trouble] = field(default_factory=list)
    """What answers the next calls in place of the server."""
    between_pages: list[Callable[[], None]] = field(default_factory=list)
    """What happens to the lists before the next pages."""
    totals: bool = True
    page_cap: int = 10_000
    url: str = ""
    _uses_left: int = 0

    def calls_of(self, ending: str) -> list[dict[str, str]]:
        return [query for path, query in self.asked if path.endswith(ending)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/oauth/token", self._token)
        app.router.add_get("/{path:.*}", self._guarded)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self.url
        finally:
            await runner.cleanup()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        raise NotImplementedError

    def open_to_all(self, path: str) -> bool:
        return False

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        basic = encode_basic_auth(CLIENT, SECRET)
        given = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        if not given and request.headers.get("Authorization") != basic:
            return web.json_response({"error": "invalid_client"}, status=401)
        self.tokens += 1
        self._uses_left = self.token_uses
        return web.json_response(
            {"access_token": f"t{self.tokens}", "expires_in": 1800, "token_type": "bearer"}
        )

    async def _guarded(self, request: web.Request) -> web.StreamResponse:
        if self.open_to_all(request.path):
            return await self.answer(request)
        if request.headers.get("Authorization") != f"Bearer t{self.tokens}" or self._uses_left < 1:
            return web.json_response({"message": "expired"}, status=401)
        self._uses_left -= 1
        self.asked.append((request.path, dict(request.query)))
        if self.trouble:
            return await self.trouble.pop(0)(request)
        if self.between_pages and request.query.get("offset", "0") != "0":
            self.between_pages.pop(0)()
        return await self.answer(request)

    def page_of(self, records: list[Record], request: web.Request, default: int) -> list[Record]:
        offset = int(request.query.get("offset", "0"))
        return records[offset : offset + min(int(request.query.get("limit", default)), self.page_cap)]


@dataclass
class OneRosterServer(RestServer):
    """Serves both services below one path, as version 1.1 did."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    """By resource."""
    filters: bool = True
    """Whether it knows filters; otherwise it ignores them."""
    filter_status: int = 200
    """What it says to a filter."""
    links: bool = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        resource = request.path.rpartition("/")[2]
        if resource not in self.records:
            return web.json_response({"imsx_codeMajor": "failure"}, status=404)
        asked = request.query.get("filter", "")
        if asked and self.filter_status != 200:
            return web.json_response({"imsx_codeMajor": "failure"}, status=self.filter_status)
        found = [one for one in self.records[resource] if not self.filters or _meets(one, asked)]
        page = self.page_of(found, request, 100)
        headers = {"X-Total-Count": str(len(found))} if self.totals else {}
        if self.links:
            ends = int(request.query.get("offset", "0")) + len(page) >= len(found)
            headers["Link"] = '<x>; rel="first"' if ends else '<x>; rel="first",<y>; rel="next"'
        return web.json_response({resource: page}, headers=headers)


def _meets(record: Record, text: str) -> bool:
    if not (found := _FILTER.fullmatch(text)):
        return True
    name, sign, wanted = found.groups()
    value: Any = record
    for part in name.split("."):
        value = value.get(part, "")
    return bool(value == wanted if sign == "=" else value > wanted)


# --- troubles ----------------------------------------------------------------------------------------


def status(code: int, **headers: str) -> Trouble:
    """Answer with that status."""

    async def answer(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response({"message": "not now"}, status=code, headers=named)

    return answer


def body(text: str, content_type: str = "application/json") -> Trouble:
    """Answer with that body."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text, content_type=content_type)

    return answer


def packed(text: bytes, *, whole: bool = True) -> Trouble:
    """Answer with that body, packed by gzip; not `whole`: without its end."""

    async def answer(request: web.Request) -> web.StreamResponse:
        squeezed = gzip.compress(text)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return web.Response(body=squeezed if whole else squeezed[:-10], headers=headers)

    return answer


async def truncated(request: web.Request) -> web.StreamResponse:
    """Promise more than is sent."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"users": [{"sourcedId": "')
    if request.transport:
        request.transport.close()
    return response


async def endless(request: web.Request) -> web.StreamResponse:
    """Send a list that does not end, until nobody listens."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with suppress(ConnectionError, asyncio.CancelledError):
        await response.write(b"[")
        while True:
            await response.write(b'{"sourcedId": "U1"},' * 1000)
    return response


# --- made-up records ---------------------------------------------------------------------------------


def reference(kind: str, id_: str) -> Record:
    return {"href": f"https://sis.example/{kind}s/{id_}", "sourcedId": id_, "type": kind}


def modified(minutes: int = 0) -> str:
    """Return a time as OneRoster writes it, counted from noon of a day in the past."""
    return (datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(minutes=minutes)).strftime(
        "%Y-%m-%dT%H:%M:%S.000Z"
    )


def user(number: int, *, role: str = "student", minutes: int = 0, **others: Any) -> Record:
    return {
        "sourcedId": f"U{number}",
        "status": "active",
        "dateLastModified": modified(minutes),
        "enabledUser": "true",
        "username": f"user{number}",
        "userIds": [{"type": "Local", "identifier": f"L{number}"}, {"type": "Fed", "identifier": "9"}],
        "givenName": "Žofie" if number == 1 else f"Given{number}",
        "familyName": f"Family{number}",
        "preferredFirstName": "Zo",
        "identifier": f"S{number:05}",
        "password": "hunter2",
        "roles": [
            {
                "roleType": "primary",
                "role": role,
                "org": reference("org", "O1"),
                "userProfile": "P1",
                "beginDate": "2025-08-20",
            }
        ],
        "userProfiles": [
            {
                "profileId": "P1",
                "profileType": "lms",
                "vendorId": "v",
                "credentials": [{"type": "basic", "username": "z", "password": "hunter2"}],
            }
        ],
        "agents": [reference("user", "U90"), reference("user", "U91")] if role == "student" else [],
        "grades": ["09"] if role == "student" else [],
        "primaryOrg": reference("org", "O1"),
        "metadata": {"jp": {"kana": "ゾフィー"}},
        **others,
    }


def small_server(students: int = 3) -> OneRosterServer:
    """Return a server with a school, some students, a class with a line item and results."""
    base = {"status": "active", "dateLastModified": modified()}
    return OneRosterServer(
        records={
            "orgs": [
                {
                    **base,
                    "sourcedId": "O1",
                    "name": "Maple High",
                    "type": "school",
                    "parent": reference("org", "D1"),
                }
            ],
            "academicSessions": [
                {
                    **base,
                    "sourcedId": "T1",
                    "title": "Fall",
                    "type": "term",
                    "startDate": "2025-08-20",
                    "endDate": "2025-12-19",
                    "schoolYear": 2026,
                    "children": [reference("academicSession", "T2")],
                }
            ],
            "courses": [
                {
                    **base,
                    "sourcedId": "C1",
                    "title": "Algebra",
                    "courseCode": "ALG",
                    "org": reference("org", "O1"),
                    "schoolYear": reference("academicSession", "T1"),
                    "subjects": ["Mathematics", "Algebra"],
                }
            ],
            "classes": [
                {
                    **base,
                    "sourcedId": "K1",
                    "title": "Algebra 1",
                    "course": reference("course", "C1"),
                    "school": reference("org", "O1"),
                    "terms": [reference("academicSession", "T1"), reference("academicSession", "T2")],
                    "periods": ["1", "3"],
                }
            ],
            "users": [user(number) for number in range(1, students + 1)],
            "enrollments": [
                {
                    **base,
                    "sourcedId": f"E{number}",
                    "user": reference("user", f"U{number}"),
                    "class": reference("class", "K1"),
                    "school": reference("org", "O1"),
                    "role": "student",
                    "primary": "false",
                }
                for number in range(1, students + 1)
            ],
            "demographics": [{**base, "sourcedId": "U1", "birthdate": "2010-05-01", "sex": "female"}],
            "categories": [{**base, "sourcedId": "G1", "title": "Homework", "weight": 0.50}],
            "lineItems": [
                {
                    **base,
                    "sourcedId": "L1",
                    "title": "Set 1",
                    "class": reference("class", "K1"),
                    "category": reference("category", "G1"),
                    "academicSession": reference("academicSession", "T1"),
                    "resultValueMax": 10.0,
                    "learningObjectiveSet": [{"source": "case", "learningObjectiveIds": ["A1", "A2"]}],
                }
            ],
            "results": [
                {
                    **base,
                    "sourcedId": "R1",
                    "lineItem": reference("lineItem", "L1"),
                    "student": reference("user", "U1"),
                    "scoreStatus": "fully graded",
                    "score": 7.50,
                    "late": "true",
                    "learningObjectiveSet": [
                        {
                            "source": "case",
                            "learningObjectiveResults": [
                                {"learningObjectiveId": "A1", "score": 3, "textScore": "M"}
                            ],
                        }
                    ],
                }
            ],
            "scoreScales": [
                {
                    **base,
                    "sourcedId": "SS1",
                    "title": "Letters",
                    "class": reference("class", "K1"),
                    "scoreScaleValue": [
                        {"itemValueLHS": "A", "itemValueRHS": "90-100"},
                        {"itemValueLHS": "B", "itemValueRHS": "80-89"},
                    ],
                }
            ],
        }
    )
