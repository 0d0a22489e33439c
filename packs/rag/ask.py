"""How rag asks a chat model: what was said before, the passages of the case, the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from packs.asking import Question, user_message

_RESTING = "Answer from the passages below. If they do not hold the answer, say so."


def question(input: Any) -> Question:
    """Give the history and the question; passages of the case go before it, numbered."""
    history = [
        {"role": turn["role"], "content": turn["content"]} for turn in input.get("history") or ()
    ]
    asked = str(input["question"])
    passages = [_text(context) for context in input.get("contexts") or ()]
    if passages:
        numbered = "\n\n".join(f"[{n}] {text}" for n, text in enumerate(passages, start=1))
        asked = f"{_RESTING}\n\n{numbered}\n\nQuestion: {asked}"
    return Question(messages=[*history, user_message(asked)])


def output(text: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give what was said as the answer; a chat model names no sources."""
    return {"answer": text.strip()}


def _text(context: Any) -> str:
    return context if isinstance(context, str) else str(context["text"])
