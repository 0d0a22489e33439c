"""What the client sends, how often, and what it makes of the answers."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from uuid import uuid4

import pytest

from evalsite_client import Client, Retries
from evalsite_client.errors import (
    AnswerUnfit,
    Invalid,
    KeyMissing,
    NameUnknown,
    NotFound,
    ServerFault,
    TooMany,
    Unreachable,
    UrlMissing,
    WaitedTooLong,
)
from tests.client.conftest import KEY, QUICK
from tests.client.fake_server import Asked, FakeServer, Reply, Respond, in_turn, problem

Connect = Callable[[Respond], tuple[Client, FakeServer]]
SUITE = {"id": str(uuid4()), "name": "sums", "pack": "exact", "version": 1}
BATCH = {"id": str(uuid4()), "state": "running", "suite": str(uuid4()), "run": str(uuid4())}


def test_the_key_goes_in_the_header(connect: Connect) -> None:
    client, fake = connect(in_turn(Reply(body=SUITE)))
    assert client.suites.get(str(SUITE["id"])).name == "sums"
    assert fake.paths == [f"GET /api/v1/suites/{SUITE['id']}"]
    assert fake.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_post_is_tried_again_under_its_one_key(connect: Connect) -> None:
    replies = (Reply(drop=True), problem(503), problem(502), Reply(201, SUITE))
    client, fake = connect(in_turn(*replies))
    client.suites.create(name="sums", pack="exact")
    keys = {one.headers["idempotency-key"] for one in fake.asked}
    assert (len(fake.asked), len(keys)) == (4, 1)


def test_each_call_has_a_key_of_its_own(connect: Connect) -> None:
    client, fake = connect(in_turn(Reply(201, SUITE)))
    client.suites.create(name="sums", pack="exact")
    client.suites.create(name="sums", pack="exact")
    first, second = (one.headers["idempotency-key"] for one in fake.asked)
    assert first != second


def test_tries_end(connect: Connect) -> None:
    client, fake = connect(in_turn(problem(503, code="unavailable")))
    with pytest.raises(ServerFault) as caught:
        client.suites.get("x")
    assert (caught.value.code, len(fake.asked)) == ("unavailable", 5)


def test_what_is_refused_is_not_tried_again(connect: Connect) -> None:
    client, fake = connect(in_turn(problem(404, code="not_found")))
    with pytest.raises(NotFound):
        client.suites.get("x")
    assert len(fake.asked) == 1


def test_a_fault_of_the_server_is_not_tried_again(connect: Connect) -> None:
    client, fake = connect(in_turn(Reply(500, b"<html>")))
    with pytest.raises(ServerFault) as caught:
        client.suites.get("x")
    assert (caught.value.code, len(fake.asked)) == ("http_500", 1)


def test_an_edit_under_an_etag_is_not_sent_again_into_the_dark(connect: Connect) -> None:
    client, fake = connect(in_turn(Reply(drop=True), Reply(body=SUITE)))
    with pytest.raises(Unreachable):
        client.suites.edit("x", etag='"a"', description="new")
    assert fake.asked[0].headers["if-match"] == '"a"'
    assert len(fake.asked) == 1


def test_retry_after_is_waited_for(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("evalsite_client.senders.time.sleep", slept.append)
    throttled = problem(429, code="throttled", **{"Retry-After": "7"})
    client, _ = connect(in_turn(throttled, Reply(body=SUITE)))
    client.suites.get("x")
    assert slept == [7.0]


def test_a_server_that_wants_an_hour_is_not_waited_for(connect: Connect) -> None:
    client, fake = connect(in_turn(problem(429, **{"Retry-After": "3600"})))
    with pytest.raises(TooMany):
        client.suites.get("x")
    assert len(fake.asked) == 1


def test_waits_grow_with_full_jitter() -> None:
    from evalsite_client.steps import Answer, Request

    retries = Retries(first=1.0, longest=6.0, most=9)
    asked, reply = Request(method="GET", path="x"), Answer(503, {}, b"")
    for n, most in enumerate((1, 2, 4, 6, 6)):
        waits = [retries.wait(n, request=asked, reply=reply) or 0 for _ in range(200)]
        assert max(waits) <= most
        assert min(waits) < most / 4 < 3 * most / 4 < max(waits)


def test_a_problem_tells_code_hint_and_fields(connect: Connect) -> None:
    errors = [{"field": "pack", "code": "unknown", "detail": "no such pack"}]
    told = {"code": "invalid", "detail": "bad", "hint": "mend it", "request_id": "r1"}
    client, _ = connect(in_turn(problem(400, **told, errors=errors)))
    with pytest.raises(Invalid) as caught:
        client.suites.create(name="sums", pack="no")
    again = pickle.loads(pickle.dumps(caught.value))
    for error in (caught.value, again):
        assert str(error) == "[invalid] bad (mend it); pack: no such pack [request r1]"
        assert error.errors[0].field == "pack"


def test_pages_are_read_as_they_are_come_to(connect: Connect) -> None:
    client, fake = connect(_two_pages)
    rows = client.suites.list()
    assert next(rows).name == "one"
    assert len(fake.asked) == 1
    assert [suite.name for suite in rows] == ["two"]


def test_a_link_to_elsewhere_is_not_followed(connect: Connect) -> None:
    client, fake = connect(_two_pages)
    assert len([*client.suites.list(pack="exact")]) == 2
    assert fake.asked[1].params == {"cursor": "c2", "pack": "exact", "page_size": "200"}


def test_a_row_is_found_by_its_whole_name(connect: Connect) -> None:
    client, _ = connect(_two_pages)
    assert client.suites.named("two").name == "two"
    with pytest.raises(NameUnknown):
        client.suites.named("tw")


def test_waiting_ends_with_the_batch(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalsite_client.senders.time.sleep", lambda seconds: None)
    done = Reply(body={**BATCH, "state": "paused", "paused_code": "cap_reached"})
    client, fake = connect(in_turn(Reply(body=BATCH), Reply(body=BATCH), done))
    assert client.batches.wait(BATCH["id"]).paused_code == "cap_reached"
    assert len(fake.asked) == 3


def test_waiting_gives_up(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("evalsite_client.senders.time.sleep", slept.append)
    client, _ = connect(in_turn(Reply(body=BATCH)))
    with pytest.raises(WaitedTooLong):
        client.batches.wait(BATCH["id"], timeout=10)
    assert sum(slept) == pytest.approx(10)


def test_what_is_no_answer_of_ours_is_said_to_be_none(connect: Connect) -> None:
    client, _ = connect(in_turn(Reply(body=b"<html>"), Reply(body={"id": 1})))
    for _ in range(2):
        with pytest.raises(AnswerUnfit):
            client.suites.get("x")


def test_nobody_there_is_unreachable() -> None:
    with Client("http://127.0.0.1:9", api_key=KEY, retries=QUICK) as client:
        with pytest.raises(Unreachable, match="in 5 tries: ConnectError"):
            client.suites.get("x")


def test_url_and_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVALSITE_API_KEY", raising=False)
    monkeypatch.delenv("EVALSITE_URL", raising=False)
    with pytest.raises(UrlMissing):
        Client(api_key=KEY)
    with pytest.raises(KeyMissing):
        Client("http://127.0.0.1:9")
    monkeypatch.setenv("EVALSITE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("EVALSITE_API_KEY", KEY)
    Client().close()


def _two_pages(asked: Asked) -> Reply:
    name, follows = ("two", None) if "cursor" in asked.params else ("one", "c2")
    link = f"http://192.0.2.1/api/v1/suites?cursor={follows}" if follows else None
    return Reply(body={"results": [{**SUITE, "name": name}], "next": link, "previous": None})
