"""How codegen asks a chat model for a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from packs.asking import Question, user_message


def question(input: Any) -> Question:
    """Give the task, and that one whole program is wanted."""
    wanted = "Write the whole Python program in one fenced code block."
    if input.get("entry_point"):
        wanted += f" It defines {input['entry_point']}."
    return Question(messages=[user_message(f"{wanted}\n\n{input['prompt']}")])


def output(text: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give what was said as code; the pack takes the program out of its fence."""
    return {"code": text}
