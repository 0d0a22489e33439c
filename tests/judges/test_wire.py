"""The wire against a server that fails in every way it can."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

import judges.wire
from judges.models import ChatReply, ChatRequest, EmbedReply, EmbedRequest, ModelError
from judges.post import Poster
from judges.trouble import RateLimited, retry_after
from judges.wire import LONGEST_CHAT, OpenAIWire
from tests.fake_model import FAILED, RESET, TRUNCATED, FakeModel, Fault, fake_model, rate_limited

KEY = "sk-secret-0123456789"
ASKED = [{"role": "user", "content": "Capital?"}]
SCHEMA = {"type": "object"}


@pytest.fixture
def fake() -> Iterator[FakeModel]:
    judges.wire._taken.clear()
    with fake_model("Paris") as running:
        yield running


def asked(fake: FakeModel, *, timeout_s: float = 20, **request: Any) -> ChatReply:
    async def ask() -> ChatReply:
        async with aclosing(Poster()) as poster:
            wire = OpenAIWire(fake.base_url, key=KEY, poster=poster, timeout_s=timeout_s)
            return await wire.chat(ChatRequest(**{"model": "m", "messages": ASKED, **request}))

    return asyncio.run(ask())


def embedded(fake: FakeModel, *texts: str) -> EmbedReply:
    async def ask() -> EmbedReply:
        async with aclosing(Poster()) as poster:
            wire = OpenAIWire(fake.base_url + "/", key=None, poster=poster, timeout_s=20)
            return await wire.embed(EmbedRequest(model="e", texts=texts))

    return asyncio.run(ask())


def test_a_reply_comes_with_its_usage(fake: FakeModel) -> None:
    reply = asked(fake)
    assert (reply.text, reply.usage.model) == ("Paris", "m")
    assert (reply.usage.tokens_in, reply.usage.tokens_out) == (1, 1)
    assert reply.usage.cost_usd is None
    assert reply.usage.latency_ms is not None


def test_the_request_is_sent_as_asked(fake: FakeModel) -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    asked(fake, parameters={"temperature": 0, "stream": True, "model": "x"}, tools=tools)
    assert fake.calls[0].path == "/v1/chat/completions"
    assert fake.calls[0].headers["Authorization"] == f"Bearer {KEY}"
    assert fake.calls[0].body == {
        "model": "m",
        "messages": ASKED,
        "temperature": 0,
        "tools": tools,
    }


def test_text_arrives_as_it_is_and_nan_is_not_sent(fake: FakeModel) -> None:
    said = [{"role": "user", "content": "null \ud800 \u27e6\0\N{ROCKET}"}]
    for messages in (ASKED, said):
        asked(fake, messages=messages, parameters={"top_p": None})
        assert fake.calls[-1].body == {"model": "m", "messages": messages, "top_p": None}
    with pytest.raises(ValueError, match="not JSON compliant"):
        asked(fake, parameters={"logit_bias": {"5": float("nan")}})


def test_tool_calls_come_back_as_the_wire_has_them(fake: FakeModel) -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    fake.say = {"content": None, "tool_calls": calls}
    reply = asked(fake)
    assert (reply.text, list(reply.tool_calls)) == ("", calls)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": [{"type": "text", "text": "Pa"}, {"type": "text", "text": "ris"}]}, "Paris"),
        ({"content": None, "refusal": "I can't."}, "I can't."),
        ({"content": ""}, ""),
    ],
)
def test_other_forms_of_content_are_read(fake: FakeModel, message: Any, text: str) -> None:
    fake.say = message
    assert asked(fake).text == text


def test_a_schema_is_asked_for(fake: FakeModel) -> None:
    asked(fake, schema=SCHEMA)
    form = fake.calls[0].body["response_format"]
    assert (form["type"], form["json_schema"]["schema"]) == ("json_schema", SCHEMA)


def test_a_server_that_refuses_schemas_is_asked_otherwise_and_remembered(fake: FakeModel) -> None:
    fake.takes_schema = False
    for _ in range(2):
        assert asked(fake, schema=SCHEMA).text == "Paris"
    forms = [call.body["response_format"]["type"] for call in fake.calls]
    assert forms == ["json_schema", "json_object", "json_object"]
    assert asked(fake, schema=SCHEMA, model="other").text == "Paris"
    assert len(fake.calls) == 5


def test_a_refusal_for_another_reason_is_not_remembered(fake: FakeModel) -> None:
    fake.say = Fault(status=400, body="context length exceeded")
    with pytest.raises(ModelError, match="context length"):
        asked(fake, schema=SCHEMA)
    fake.say = "Paris"
    asked(fake, schema=SCHEMA)
    assert fake.calls[-1].body["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (RESET, "model_unreachable"),
        (Fault(wait_s=5), "model_timeout"),
        (FAILED, "model_failed"),
        (Fault(status=503), "model_failed"),
        (Fault(status=401, body="bad key"), "model_refused"),
        (Fault(status=404, body="no such model"), "model_refused"),
        (Fault(status=302, headers={"Location": "http://127.0.0.1:1/"}), "model_refused"),
        (rate_limited(3), "model_rate_limited"),
        (TRUNCATED, "model_reply_invalid"),
        (Fault(body=""), "model_reply_invalid"),
        (Fault(body="<html>"), "model_reply_invalid"),
        (Fault(body='{"choices": []}'), "model_reply_invalid"),
        (Fault(body='{"error": {"message": "x"}}'), "model_reply_invalid"),
        (Fault(body="[" * 100_000), "model_reply_invalid"),
        (Fault(body=" " * (LONGEST_CHAT + 1)), "model_reply_invalid"),
    ],
)
def test_each_failure_has_its_code(fake: FakeModel, fault: Fault, code: str) -> None:
    fake.say = fault
    with pytest.raises(ModelError) as caught:
        asked(fake, timeout_s=0.5 if fault.wait_s else 20)
    assert caught.value.code == code
    assert caught.value.hint
    assert KEY not in str(caught.value)


def test_nobody_there_is_unreachable() -> None:
    with fake_model() as gone:
        pass
    with pytest.raises(ModelError, match="model_unreachable"):
        asked(gone)


@pytest.mark.parametrize("status", [401, 500, 400])
def test_a_key_that_the_server_repeats_is_crossed_out(fake: FakeModel, status: int) -> None:
    fake.say = Fault(status=status, body=f"Incorrect key: {KEY}")
    with pytest.raises(ModelError, match=re.escape("Incorrect key: ***")) as caught:
        asked(fake)
    assert KEY not in repr(caught.getrepr(chain=True, showlocals=False))
    fake.say = f"Your key is {KEY}"
    assert asked(fake).text == "Your key is ***"


def test_the_key_is_in_no_repr() -> None:
    wire = OpenAIWire("http://x/v1", key=KEY, poster=None, timeout_s=1)  # type: ignore[arg-type]
    assert KEY not in f"{wire!r} {vars(wire)!r}"


def test_too_many_requests_tell_how_long_to_wait(fake: FakeModel) -> None:
    fake.say = rate_limited(2.5)
    with pytest.raises(RateLimited) as caught:
        asked(fake)
    assert caught.value.retry_after == 2.5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "7", "retry-after-ms": "1500"}, 1.5),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert retry_after({"Retry-After": date}) == pytest.approx(3600, abs=60)


def test_embeddings_come_in_the_order_of_the_texts(fake: FakeModel) -> None:
    ones, twos = {"index": 1, "embedding": [1, 1]}, {"index": 0, "embedding": [2.0, 2.5]}
    fake.say = lambda call: Fault(body=f'{{"data": [{_json(ones)}, {_json(twos)}]}}')
    reply = embedded(fake, "a", "b")
    assert reply.vectors == [[2.0, 2.5], [1.0, 1.0]]
    assert (reply.usage.tokens_in, fake.calls[0].path) == (None, "/v1/embeddings")
    assert "Authorization" not in fake.calls[0].headers


@pytest.mark.parametrize(
    "data",
    [
        "[]",
        '[{"index": 0, "embedding": [1]}]',
        '[{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]',
        '[{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]',
        '[{"index": 0, "embedding": ["x"]}, {"index": 1, "embedding": [1]}]',
        '[{"index": 0, "embedding": [NaN]}, {"index": 1, "embedding": [1]}]',
        '[{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]',
    ],
)
def test_embeddings_that_do_not_fit_are_refused(fake: FakeModel, data: str) -> None:
    fake.say = Fault(body=f'{{"data": {data}}}')
    with pytest.raises(ModelError, match="model_reply_invalid"):
        embedded(fake, "a", "b")


def _json(item: dict[str, Any]) -> str:
    return str(item).replace("'", '"')
