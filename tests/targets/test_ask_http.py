"""A service over HTTP: what it is sent, and what becomes of what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.targets.asked import asked, open_loopback
from tests.targets.service import GOOD, Service, serving

ASK = {"kind": "http", "path": "/ask", "output": {"answer": "$.data.answer"}}
INPUT = {"question": "2 + 2?"}


@pytest.fixture
def service(knobs: Callable[..., None]) -> Iterator[Service]:
    """The service, running on loopback."""
    open_loopback(knobs)
    with serving(Service()) as running:
        yield running


def test_the_answer_is_picked_out(service: Service) -> None:
    reply = asked(ASK, INPUT, url=service.url)
    assert (reply.output, reply.error) == ({"answer": "4"}, "")
    assert reply.latency_ms is not None
    assert (reply.tokens_in, reply.cost_usd) == (None, None)


def test_the_template_is_sent(service: Service) -> None:
    connection = {
        **ASK,
        "path": "/ask/{{input.id}}",
        "query": {"q": "{{input.question}}"},
        "headers": {"X-Trace": "run {{input.id}}"},
        "body": {"messages": [{"text": "{{input.question}}"}], "k": 3},
    }
    asked(connection, {"question": "a&b?", "id": "x/../y"}, url=f"{service.url}/v1/")
    method, path, headers, body = service.got[0]
    assert (method, path) == ("POST", "/v1/ask/x%2F..%2Fy?q=a%26b?")
    assert headers["X-Trace"] == "run x/../y"
    assert json.loads(body) == {"messages": [{"text": "a&b?"}], "k": 3}


def test_the_secret_is_sent_in_its_header(service: Service) -> None:
    connection = {**ASK, "secret_header": "X-Api-Key", "secret_prefix": ""}
    asked(connection, INPUT, url=service.url, secret="s3cret")
    asked(ASK, INPUT, url=service.url, secret="s3cret")
    assert service.got[0][2]["X-Api-Key"] == "s3cret"
    assert service.got[1][2]["Authorization"] == "Bearer s3cret"


def test_usage_is_read_where_it_is_told(service: Service) -> None:
    usage = {"tokens_in": "$.usage.in", "tokens_out": "$.usage.gone", "cost_usd": "$.usage.usd"}
    reply = asked({**ASK, "usage": usage}, INPUT, url=service.url)
    assert (reply.tokens_in, reply.tokens_out, reply.cost_usd) == (5, None, 0.25)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, b"oops"), "target_failed: The target answered 500: oops"),
        ((302, b""), "endpoint_redirected"),
        ((200, b"<html>"), "target_reply_invalid"),
        ((200, b'{"data": {}}'), "target_reply_invalid: there is no $.data.answer"),
        ((200, b'{"data": {"answer": "\\u0000"}}'), "target_reply_invalid"),
        ((200, b'"' + b"x" * 5 * 2**20 + b'"'), "target_reply_invalid"),
    ],
    ids=["status", "redirect", "html", "nothing", "nul", "long"],
)
def test_a_bad_reply_is_the_cases_error(
    service: Service, answer: tuple[int, bytes], code: str
) -> None:
    service.answer = answer
    reply = asked(ASK, INPUT, url=service.url)
    assert reply.output is None
    assert reply.error.startswith(code)


def test_a_status_may_be_expected(service: Service) -> None:
    service.answer = (404, GOOD[1])
    assert asked({**ASK, "statuses": [200, 404]}, INPUT, url=service.url).output == {"answer": "4"}


def test_a_secret_that_is_sent_back_is_crossed_out(service: Service) -> None:
    service.answer = (401, b"bad key s3cret-4711")
    reply = asked(ASK, INPUT, url=service.url, secret="s3cret-4711")
    assert "***" in reply.error
    assert "s3cret" not in reply.error


def test_a_secret_in_an_answer_is_crossed_out(service: Service) -> None:
    service.answer = (200, b'{"data": {"answer": {"s3cret-4711": ["my key: s3cret-4711"]}}}')
    reply = asked(ASK, INPUT, url=service.url, secret="s3cret-4711")
    assert reply.output == {"answer": {"***": ["my key: ***"]}}


def test_a_path_is_one_line_of_the_request(service: Service) -> None:
    asked({**ASK, "path": "/a b\r\nX-Evil: 1/{{ input.id }}"}, {"id": "ü%"}, url=service.url)
    assert service.got[0][1] == "/a%20b%0D%0AX-Evil:%201/%C3%BC%25"
    assert "X-Evil" not in service.got[0][2]


@pytest.mark.parametrize("given", [{"question": "q"}, {"question": "q", "id": ".."}])
def test_an_input_that_does_not_fit_is_not_sent(service: Service, given: dict[str, str]) -> None:
    reply = asked({**ASK, "path": "/a/{{input.id}}"}, given, url=service.url)
    assert reply.error.startswith(("target_reply_invalid", "target_input_invalid"))
    assert service.got == []


def test_an_output_that_the_pack_refuses_is_an_error(service: Service) -> None:
    connection = {**ASK, "output": {"calls": "$.data.answer"}}
    reply = asked(connection, INPUT, url=service.url, pack="nl2api")
    assert reply.error.startswith("output_invalid")


def test_nobody_there_is_an_error(service: Service) -> None:
    reply = asked(ASK, INPUT, url="http://127.0.0.1:1")
    assert reply.error.startswith("target_unreachable")


def test_loopback_is_no_target_unless_it_is_allowed(
    service: Service, knobs: Callable[..., None]
) -> None:
    from evalsite.endpoints.guard import EndpointBlocked

    knobs(outbound_allow="[]")
    with pytest.raises(EndpointBlocked):
        asked(ASK, INPUT, url=service.url)
    assert service.got == []
