"""Every built-in pack passes the kit; the kit finds what is wrong with a bad one."""

from __future__ import annotations

from typing import Any

import pytest

from packs.conformance import PackExample, check_pack
from packs.exact import PACK, Exact
from packs.protocol import Stage
from packs.registry import BUILTIN_PACKS, PACKS

CALL = {"name": "f", "arguments": {"a": 1}}
EXAMPLES = {
    "codegen": PackExample(
        input={"prompt": "def add(a, b):\n", "entry_point": "add"},
        expected={"cases": [{"args": [1, 2], "returns": 3}], "reference": "def add(a, b): ..."},
        right={"completion": "    return a + b\n"},
        wrong={"completion": "    return a - b\n"},
        options={"quality": "python_quality"},
    ),
    "exact": PackExample(
        input={"question": "?"},
        expected={"answer": "x"},
        right={"answer": "x"},
        wrong={"answer": "y"},
    ),
    "nl2api": PackExample(
        input={"query": "?", "tools": [{"name": "f", "parameters": {"properties": {"a": {}}}}]},
        expected={"calls": [CALL], "response": 1, "answer": "done"},
        right={"calls": [CALL], "response": 1, "answer": "Done."},
        wrong={"calls": [{"name": "g", "arguments": {}}], "response": 1, "answer": "done"},
    ),
    "rag": PackExample(
        input={"question": "?", "history": [{"role": "user", "content": "Hi"}]},
        expected={"answer": "In Bern.", "sources": {"a": 2}, "answerable": True},
        right={"answer": "Bern", "contexts": [{"id": "a", "text": "It is Bern."}, "Other."]},
        wrong={"answer": "Zug", "contexts": ["It is Bern."], "sources": ["b", "c"]},
    ),
}


@pytest.mark.parametrize("name", sorted(BUILTIN_PACKS))
def test_every_builtin_conforms(name: str) -> None:
    assert check_pack(PACKS.load(name).value, [EXAMPLES[name]]) == []
    assert PACKS.load(name).value.name == name


class Nameless(Exact):
    """A pack that forgot its title."""

    title = ""


class Twice(Exact):
    """A pack with two stages of one name."""

    def stages(self, options: Any) -> tuple[Stage, ...]:
        """Give the stage twice."""
        return super().stages(options) * 2


@pytest.mark.parametrize(
    ("pack", "problem"),
    [(Nameless(), "title is empty"), (Twice(), "cannot be prepared"), (object(), "protocol")],
)
def test_the_kit_finds_what_is_wrong(pack: Any, problem: str) -> None:
    assert any(problem in text for text in check_pack(pack, [EXAMPLES["exact"]]))


def test_the_kit_finds_an_example_that_is_wrong() -> None:
    example = PackExample(input={}, expected={"answer": 1}, right={"answer": 2}, wrong=5)
    problems = " | ".join(check_pack(PACK, [example]))
    assert "its input is refused" in problems
    assert "failed, expected passed" in problems
    assert "errored, expected failed" in problems


def test_the_kit_wants_examples() -> None:
    assert check_pack(PACK, []) == ["no examples were given"]
