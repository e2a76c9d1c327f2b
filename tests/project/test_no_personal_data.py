"""No personal data in logs, metrics, error answers and messages on a terminal, whatever goes wrong.

A student with names that occur nowhere else moves between live districts, with failures on the way. Then
everything that was said is searched for what is known of the student.
"""

import asyncio
import base64
import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from gateway.demo.district import Bundle, make_bundle
from gateway.demo.tables import to_zip
from gateway.domain.ids import TransferId, digest
from gateway.domain.transfer import State
from gateway.usecases.ports import Parcel, Tx
from tests.harness.hostile import FETCH, Outsider, Sent, admitted
from tests.harness.live import Live, Said, backpack, federation, leaves, until, until_state

pytestmark = pytest.mark.timeout(300)

FAMILY: Final = "Zyxwvut-Quibble"
SUBJECT: Final = {
    "given_name": "Ottoline",
    "family_name": FAMILY,
    "middle_name": "Quenby",
    "birth_date": "2010-10-08",
    "state_id": "8877665544",
    "birth_city": "Vexholm-on-Sea",
    "guardian_name": "Balthazarine Grommetsworth",
}
MAIL, PHONE = "ottoline.zq@students.maple.example", "(202) 555-0177"
SECRETS: Final = (*SUBJECT.values(), "Balthazarine", "Grommetsworth", MAIL, PHONE)
STRANGER: Final = SUBJECT | {"birth_date": "2011-11-09", "state_id": "7766554433"}
"""Of the same names, and known to nobody."""

CHOSEN: Final = "Wexcombe-Threlkeld"
"""A name that somebody else puts where an id or the name of a field belongs."""

TRANSFERS: Final = "/exchange/v1/transfers"
SET: Final = {"Content-Type": "application/secevent+jwt"}
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def seeded() -> Bundle:
    """Return an export in which one student has the names above."""
    bundle = make_bundle(5, students=12, dirt=0)
    id_ = bundle.scenario.local_id
    student = {
        "givenName": SUBJECT["given_name"],
        "familyName": FAMILY,
        "middleName": SUBJECT["middle_name"],
        "identifier": SUBJECT["state_id"],
        "userIds": f"{{State:{SUBJECT['state_id']}}}",
        "username": MAIL,
        "email": MAIL,
    }
    guardian = {"givenName": "Balthazarine", "familyName": "Grommetsworth", "phone": PHONE}
    users = changed(bundle.files["users.csv"], lambda row: row["sourcedId"] == id_, student)
    users = changed(users, lambda row: id_ in row["agentSourcedIds"].split(","), guardian)
    births = {"birthDate": SUBJECT["birth_date"], "cityOfBirth": SUBJECT["birth_city"]}
    demographics = changed(bundle.files["demographics.csv"], lambda row: row["sourcedId"] == id_, births)
    files = bundle.files | {"users.csv": users, "demographics.csv": demographics}
    return replace(bundle, files=files)


def changed(table: bytes, chosen: Callable[[dict[str, str]], bool], values: dict[str, str]) -> bytes:
    """Return a CSV file with other values in the chosen rows."""
    reader = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""))
    rows = [row | values if chosen(row) else row for row in reader]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, reader.fieldnames or ())
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@dataclass(frozen=True)
class Heard:
    """All that was said, by where."""

    logs: Mapping[str, str]
    metrics: Mapping[str, str]
    answers: Mapping[str, str]
    errors: Mapping[str, str]
    imported: str
    """What is in the received record: the place where the names belong."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def heard(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Heard]:
    folder = tmp_path_factory.mktemp("told")
    bundle = to_zip(seeded().files)
    async with federation(folder, bundle=bundle, automatic_import=True) as live, ClientSession() as session:
        for place in live.federation.places:
            place.config.write_text(place.config.read_text("utf-8") + '\n[logs]\nlevel = "debug"\n', "utf-8")
        await live.processes.begin(live.federation.maple, live.federation.cedar)
        errors = await a_transfer_with_everything_that_goes_wrong(live)
        oak = await admitted(live, session, "Oak")
        answers = await bad_requests(live, oak)
        metrics = {
            place.name: await text(session, f"{place.url}/metrics") for place in live.federation.places
        }
        live.processes.stop()
        yield Heard(
            logs={place.name: place.log.read_text("utf-8") for place in live.federation.places},
            metrics=metrics,
            answers=answers,
            errors=errors,
            imported="".join(file.read_text("utf-8") for file in imported(live)),
        )


def imported(live: Live) -> Iterable[Path]:
    return live.federation.cedar.imports.glob("R-*/backpack.json")


async def text(session: ClientSession, url: str) -> str:
    async with session.get(url) as answer:
        assert answer.status == 200
        return await answer.text()


async def a_transfer_with_everything_that_goes_wrong(live: Live) -> dict[str, str]:
    """Move the student, with a record that is damaged on its way; return what commands said on stderr."""
    maple, cedar = live.federation.maple, live.federation.cedar
    whom = json.dumps(SUBJECT)
    said = {
        "publish": await backpack(maple, "student", "publish"),
        "request": await backpack(cedar, "transfer", "request", "--subject", "-", "--json", stdin=whom),
    }
    asked = TransferId(json.loads(said["request"].out)["id"])
    await until_state(live.cedar, asked, State.REQUESTED)
    held = (await live.held(asked)).id
    await until_state(live.maple, held, State.REVIEW)
    live.processes.kill(cedar)
    said["approve"] = await backpack(maple, "transfer", "approve", held)
    await until_state(live.maple, held, State.RELEASED)
    await live.maple.store.write(lambda tx: damage(tx, held))
    await live.processes.begin(cedar)
    await until_state(live.cedar, asked, State.REJECTED, State.RECEIPTED)
    await until_state(live.cedar, asked, State.RECEIPTED)
    assert "request.rejected" in await leaves(live.cedar, asked)
    return {name: one.err for name, one in (said | await failing_commands(live)).items()}


def damage(tx: Tx, id_: TransferId) -> None:
    """Change the sealed record at its holder, so that it can be fetched and not opened."""
    transfer = tx.transfers.get(id_)
    parcel = tx.parcels.get(id_, transfer.version)
    jwe = parcel.jwe[:-30] + b"A" * 30
    tx.parcels.put(Parcel(transfer=id_, version=transfer.version, jwe=jwe, digest=digest(jwe)))
    tx.transfers.move(transfer, transfer.stay(at=transfer.changed_at, parcel_digest=digest(jwe)))


async def failing_commands(live: Live) -> dict[str, Said]:
    """What a registrar may do wrong with the student's attributes."""
    maple, cedar = live.federation.maple, live.federation.cedar
    subjects = {
        "no JSON": json.dumps(SUBJECT)[:-2],
        "a list": json.dumps([*SUBJECT.values()]),
        "no birth date": json.dumps({**SUBJECT, "birth_date": FAMILY}),
        "a long name": json.dumps({**SUBJECT, "middle_name": FAMILY * 20}),
        "an unknown field": json.dumps({**SUBJECT, CHOSEN: FAMILY}),
        "nobody knows": json.dumps(STRANGER),
        "no state id": json.dumps(
            {name: SUBJECT[name] for name in ("given_name", "family_name", "birth_date")}
        ),
    }
    request = ("transfer", "request", "--subject", "-")
    told = await asyncio.gather(*(backpack(cedar, *request, stdin=subject) for subject in subjects.values()))
    said = dict(zip(subjects, told, strict=True))
    unknown = json.dumps(STRANGER)
    holder = ("--subject", "-", "--holder", maple.url, "--json")
    said["at the holder"] = await backpack(cedar, "transfer", "request", *holder, stdin=unknown)
    await until_nobody_was_found(live, TransferId(json.loads(said["at the holder"].out)["id"]))
    said["find"], said["show"], said["map"] = await asyncio.gather(
        backpack(maple, "student", "find", "-", stdin=FAMILY),
        backpack(maple, "student", "show", "-", stdin=FAMILY),
        backpack(maple, "map", "run"),
    )
    assert all(one.code for name, one in said.items() if name in {*subjects, "show"})
    return said


async def until_nobody_was_found(live: Live, asked: TransferId) -> None:
    await until_state(live.cedar, asked, State.REQUESTED, State.NEEDS_INFO)

    async def looked() -> bool:
        return (await live.held(asked)).state in {State.NO_MATCH, State.NEEDS_INFO}

    await until(looked)


async def bad_requests(live: Live, oak: Outsider) -> dict[str, str]:
    """Send the names in every place where a peer could put them; return what was answered."""
    maple = live.federation.maple.url
    token = await oak.token(maple)
    url = f"{maple}{TRANSFERS}"
    plain = {"given_name": "Ottoline", "family_name": FAMILY}
    bodies = {
        "birth date": oak.request(maple, plain | {"birth_date": FAMILY}),
        "no birth date": oak.request(maple, plain),
        "legal basis": oak.request(maple, SUBJECT, basis={"enrollment_date": FAMILY}),
        "actor": oak.request(maple, SUBJECT, actor={"id": FAMILY * 20, "role": FAMILY}),
        "audience": oak.request(maple, SUBJECT, aud=f"https://{FAMILY}.example"),
        "key": oak.request(maple, SUBJECT, response_encryption={"jwk": {"kty": FAMILY, "kid": FAMILY}}),
        "id": oak.request(maple, SUBJECT, jti=FAMILY),
        "expired": oak.request(maple, SUBJECT, exp=1),
        "no token": json.dumps(SUBJECT),
        "signature": oak.request(maple, SUBJECT)[:-8] + "AAAAAAAA",
        "two of the same": oak.request(maple, SUBJECT, authorization_details=[SUBJECT, SUBJECT]),
    }
    bodies["field"] = oak.request(maple, SUBJECT | {CHOSEN: "x"})
    calls = {name: oak.call("POST", url, token, body) for name, body in bodies.items()}
    names = quote(FAMILY + " Ottoline")
    calls |= {
        "path": Sent("GET", f"{maple}/{names}", {}),
        "query": Sent("GET", f"{maple}/healthz?student={names}", {}),
        "transfer": oak.call("GET", f"{url}/{names}", token),
        "headers": Sent("GET", url, {"User-Agent": FAMILY, "Cookie": f"a={FAMILY}", "Referer": FAMILY}),
        "authorization": Sent("POST", url, {"Authorization": f"DPoP {FAMILY}", "DPoP": FAMILY}),
        "form": form(maple, f"grant_type={names}&scope={names}&client_id={names}&{names}=1&{names}=2"),
        "assertion": form(maple, f"grant_type=client_credentials&client_assertion={names}"),
        "client": oak.token_request(maple, sub=FAMILY, iss=FAMILY),
        "event": Sent("POST", f"{maple}/exchange/v1/events", SET, bodies["birth date"].encode()),
        "transfer id": oak.call("GET", f"{url}/{CHOSEN}", token),
        "detail": oak.token_request(maple, FETCH, CHOSEN),
        "request id": Sent("GET", f"{maple}/nothing", {"X-Request-Id": CHOSEN}),
        "method": Sent(FAMILY.replace("-", "").upper(), url, {}),
    }
    told = {name: await oak.send(call) for name, call in calls.items()}
    assert {name for name, answer in told.items() if answer.status < 400} == {"query"}
    return {name: f"{answer.headers} {answer.body.decode()}" for name, answer in told.items()}


def form(node: str, body: str) -> Sent:
    return Sent("POST", f"{node}/oauth/token", FORM, body.encode())


def leaks(texts: Mapping[str, str], secrets: Sequence[str] = SECRETS) -> list[str]:
    """Return where something of the student is said, however it is spelt."""
    return [
        f"{where}: {secret}" for where, text in texts.items() for secret in secrets if is_in(secret, text)
    ]


def is_in(secret: str, text: str) -> bool:
    plain = {secret, json.dumps(secret)[1:-1], quote(secret), quote_plus(secret)}
    lower = text.casefold()
    return any(one.casefold() in lower for one in plain) or any(one in text for one in in_base64(secret))


def in_base64(secret: str) -> set[str]:
    """Return what base64 makes of the secret at each of the three places where it may begin."""
    raw = secret.encode()
    made = [base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 : -4] for shift in range(3)]
    both = {one.decode() for one in made} | {
        one.translate(bytes.maketrans(b"+/", b"-_")).decode() for one in made
    }
    return {one for one in both if len(one) >= 8}


@pytest.mark.parametrize("place", ["Agency", "Maple", "Cedar"])
def test_no_log_says_anything_of_the_student(heard: Heard, place: str) -> None:
    assert heard.logs[place].count("\n") > 10
    assert leaks({place: heard.logs[place]}) == []


def test_no_metric_says_anything_of_the_student(heard: Heard) -> None:
    assert all("backpack_" in text for text in heard.metrics.values())
    assert leaks(heard.metrics) == []


def test_no_answer_to_a_peer_says_anything_of_the_student(heard: Heard) -> None:
    assert leaks(heard.answers) == []


def test_no_message_on_a_terminal_says_anything_of_the_student(heard: Heard) -> None:
    assert sum(bool(said) for said in heard.errors.values()) > 5
    assert leaks(heard.errors) == []


def test_no_log_repeats_what_others_chose_as_an_id(heard: Heard) -> None:
    assert leaks(heard.logs, [CHOSEN]) == []


def test_no_error_repeats_what_others_chose_as_the_name_of_a_field(heard: Heard) -> None:
    said = {name: text for name, text in heard.answers.items() if name != "request id"}

    assert leaks(said | dict(heard.errors), [CHOSEN]) == []


def test_the_names_did_travel_and_are_found_where_they_belong(heard: Heard) -> None:
    found = {secret for secret in SECRETS if leaks({"record": heard.imported}, [secret])}

    assert found >= {FAMILY, "Ottoline", "Quenby", SUBJECT["birth_date"], SUBJECT["state_id"]}


@pytest.mark.parametrize("secret", SECRETS)
def test_the_search_finds_each_of_them_in_every_spelling(secret: str) -> None:
    encoded = [base64.b64encode(b"x" * at + secret.encode() + b"y" * at).decode() for at in range(4)]
    planted = [secret, secret.upper(), quote(secret), quote_plus(secret), json.dumps({"a": secret})]
    if len(secret) > 10:
        planted += encoded

    for text in planted:
        assert leaks({"log": f'{{"event": "request {text}"}}'}, [secret]), text
    assert not leaks({"log": '{"event": "request", "transfer": "T-JqhW-ilRIfCKSOZseb5oEw"}'}, [secret])
