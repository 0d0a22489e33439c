"""How each pack asks a chat model, and what a reply is as its output."""

from __future__ import annotations

from typing import Any

import pytest

from packs.asking import Asking, asking, plain_calls, wire_tool
from packs.protocol import PackError
from packs.registry import BUILTIN_PACKS, PACKS
from packs.validate import validate_case, validate_output
from tests.pipeline.lanes_pack import LanesPack

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "exact": ({"question": "2 + 2?"}, {"answer": "4"}, "2 + 2?"),
    "nl2api": ({"query": "book it"}, {"calls": []}, "book it"),
    "rag": ({"question": "who?", "contexts": ["Ada did."]}, {"answer": "Ada"}, "[1] Ada did."),
    "codegen": (
        {"prompt": "Add two numbers.", "entry_point": "add"},
        {"cases": [{"args": [1, 2], "returns": 3}]},
        "It defines add.",
    ),
}


def test_every_pack_of_the_house_can_ask() -> None:
    assert set(CASES) == set(BUILTIN_PACKS)


@pytest.mark.parametrize("name", CASES)
def test_a_case_becomes_a_question_and_a_reply_an_output(name: str) -> None:
    given, expected, told = CASES[name]
    pack = asking(PACKS.load(name).value)
    valid, _ = validate_case(name, input=given, expected=expected)
    messages = pack.question(valid).messages
    assert messages[-1]["role"] == "user"
    assert told in messages[-1]["content"]
    assert validate_output(name, pack.output("text", []))


def test_rag_tells_what_was_said_before() -> None:
    history = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    question = asking(PACKS.load("rag").value).question({"question": "who?", "history": history})
    assert [message["content"] for message in question.messages] == ["hi", "hello", "who?"]


def test_nl2api_records_the_last_result_as_response() -> None:
    done = [
        {"name": "a", "arguments": {}, "result": 1},
        {"name": "b", "arguments": {}, "result": 2},
        {"name": "c", "arguments": {}, "result": "no", "error": True},
    ]
    output = asking(PACKS.load("nl2api").value).output("", done)
    assert output == {"calls": done, "response": 2}


@pytest.mark.parametrize(
    ("arguments", "plain"),
    [
        ('{"a": 1}', {"a": 1}),
        ("[1]", "[1]"),
        ("{", "{"),
        ("", {}),
        (None, {}),
        ({"a": 1}, {"a": 1}),
    ],
)
def test_arguments_are_an_object_or_the_text_that_they_are(arguments: Any, plain: Any) -> None:
    wire = [{"id": "1", "function": {"name": "f", "arguments": arguments}}]
    assert plain_calls(wire) == [{"name": "f", "arguments": plain}]


def test_a_tool_without_parameters_takes_an_empty_object() -> None:
    assert wire_tool("f")["function"]["parameters"] == {"type": "object", "properties": {}}


def test_a_pack_that_cannot_ask_is_named() -> None:
    lanes: Any = LanesPack()
    assert not isinstance(lanes, Asking)
    with pytest.raises(PackError, match="lanes"):
        asking(lanes)
