import orjson
import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from gateway.domain import errors
from gateway.domain.errors import GatewayError
from gateway.domain.ids import EntityId
from gateway.peers import problems
from gateway.peers.calls import Answer

PEER = EntityId("https://exchange.maple.k12.st-a.example")
SECRET = "Zyxwv Qwertz, born 2014-05-02"


def answer(status: int, body: object) -> Answer:
    content = orjson.dumps(body)
    return Answer(status=status, headers=CIMultiDictProxy(CIMultiDict()), body=content, sha256=b"")


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "malformed", errors.Malformed),
        (400, "refused", errors.Refused),
        (403, "forbidden", errors.Forbidden),
        (403, "untrusted", errors.Untrusted),
        (404, "not_found", errors.Unknown),
        (409, "conflict", errors.Conflict),
        (410, "gone", errors.Gone),
        (413, "too_large", errors.TooLarge),
        (429, "over_budget", errors.OverBudget),
        (503, "peer_unavailable", errors.PeerUnavailable),
    ],
)
def test_a_problem_becomes_the_class_that_was_raised(
    status: int, code: str, expected: type[GatewayError]
) -> None:
    error = problems.of_answer(answer(status, {"code": code}), PEER)

    assert type(error) is expected


@pytest.mark.parametrize("code", ["misconfigured", "moved", "try_later", "error"])
def test_what_is_the_other_sides_own_affair_is_tried_again(code: str) -> None:
    error = problems.of_answer(answer(503, {"code": code}), PEER)

    assert type(error) is errors.PeerUnavailable


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (302, errors.PeerUnavailable),
        (400, errors.Refused),
        (401, errors.Untrusted),
        (404, errors.Unknown),
        (410, errors.Gone),
        (418, errors.Refused),
        (429, errors.PeerUnavailable),
        (500, errors.PeerUnavailable),
        (502, errors.PeerUnavailable),
    ],
)
def test_an_answer_that_is_no_problem_document_counts_by_its_status(
    status: int, expected: type[GatewayError]
) -> None:
    error = problems.of_answer(answer(status, ["<html>"]), PEER)

    assert type(error) is expected


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, "invalid_client", errors.Untrusted),
        (401, "invalid_client", errors.Untrusted),
        (400, "access_denied", errors.Forbidden),
        (400, "unauthorized_client", errors.Forbidden),
        (400, "invalid_scope", errors.Refused),
        (400, "use_dpop_nonce", errors.PeerUnavailable),
        (503, "temporarily_unavailable", errors.PeerUnavailable),
        (500, "invalid_client", errors.PeerUnavailable),
        (429, "", errors.PeerUnavailable),
    ],
)
def test_a_refused_token_says_what_to_do_next(status: int, error: str, expected: type[GatewayError]) -> None:
    raised = problems.of_token_endpoint(answer(status, {"error": error}), PEER)

    assert type(raised) is expected


def test_nothing_of_the_answer_is_in_the_error() -> None:
    body = {"code": "conflict", "detail": SECRET, "title": SECRET, "error": "x", "error_description": SECRET}

    raised = [
        problems.of_answer(answer(409, body), PEER),
        problems.of_token_endpoint(answer(400, body), PEER),
    ]

    assert all("Zyxwv" not in repr(error) for error in raised)
