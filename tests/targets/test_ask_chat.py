"""A chat model, and a function, as targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evalsite.env import ROOT
from tests.fake_model import FAILED, Call, fake_model
from tests.targets.asked import asked, open_loopback

TOOL = {"name": "add", "parameters": {"type": "dict", "properties": {"a": {"type": "float"}}}}
WIRE_CALL = {"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


@pytest.fixture(autouse=True)
def _loopback(knobs: Callable[..., None]) -> None:
    open_loopback(knobs)


def said(call: Call) -> dict[str, Any]:
    return {"content": "three", "tool_calls": [WIRE_CALL]}


def test_a_question_becomes_a_message_and_the_text_the_answer() -> None:
    with fake_model(" 4\n") as fake:
        connection = {"kind": "chat", "model": "m", "system": "short", "parameters": {"seed": 1}}
        reply = asked(connection, {"question": "2 + 2?"}, model_url=fake.base_url)
    assert reply.output == {"answer": "4"}
    assert (reply.tokens_in, reply.tokens_out) == (4, 1)
    assert fake.calls[0].body == {
        "model": "m",
        "seed": 1,
        "messages": [
            {"role": "system", "content": "short"},
            {"role": "user", "content": "2 + 2?"},
        ],
    }


def test_a_question_that_is_no_text_is_told_as_json() -> None:
    with fake_model() as fake:
        asked({"kind": "chat", "model": "m"}, {"question": ["é"]}, model_url=fake.base_url)
    assert fake.calls[0].prompt == '["é"]'


def test_the_cases_tools_are_offered_and_the_calls_recorded() -> None:
    with fake_model(said) as fake:
        given = {"query": "1 + 2", "tools": [TOOL]}
        reply = asked({"kind": "chat", "model": "m"}, given, model_url=fake.base_url, pack="nl2api")
    assert reply.output == {"calls": [{"name": "add", "arguments": {"a": 1}}], "answer": "three"}
    offered = fake.calls[0].body["tools"][0]["function"]
    assert offered["parameters"]["properties"] == {"a": {"type": ["number"]}}


def test_a_model_that_fails_is_an_error() -> None:
    with fake_model(FAILED) as fake:
        reply = asked({"kind": "chat", "model": "m"}, {"question": "q"}, model_url=fake.base_url)
    assert reply.error.startswith("model_failed")


def test_a_pack_that_cannot_ask_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from packs.registry import BUILTIN_PACKS

    monkeypatch.setitem(BUILTIN_PACKS, "lanes", "tests.pipeline.lanes_pack:PACK")
    reply = asked({"kind": "chat", "model": "m"}, {}, pack="lanes")
    assert reply.error.startswith("pack_not_asking")


def answer(given: Any) -> dict[str, Any]:
    return {"answer": given["question"]}


async def answer_later(given: Any) -> dict[str, Any]:
    return {"answer": given["question"]}


def fall(given: Any) -> None:
    raise RuntimeError("no\x00 way")


@pytest.mark.parametrize("name", ["answer", "answer_later"])
def test_a_function_is_called(name: str, knobs: Callable[..., None]) -> None:
    knobs(callable_targets="true")
    connection = {"kind": "callable", "path": f"tests.targets.test_ask_chat:{name}"}
    assert asked(connection, {"question": "q"}).output == {"answer": "q"}


def test_a_function_that_falls_is_an_error(knobs: Callable[..., None]) -> None:
    knobs(callable_targets="true")
    connection = {"kind": "callable", "path": "tests.targets.test_ask_chat:fall"}
    assert (
        asked(connection, {"question": "q"}).error == "target_crashed: RuntimeError: no\ufffd way"
    )


@pytest.mark.parametrize("path", ["tests.targets.test_ask_chat:answer", "no_such_module:f"])
def test_no_function_is_called_unless_the_operator_says_so(path: str) -> None:
    reply = asked({"kind": "callable", "path": path}, {"question": "q"})
    assert reply.error.startswith("callable_refused")
    assert str(ROOT) not in reply.error
