"""Putting a model judge's question into words: orders in the system part, data inside fences."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

from judges.fence import Fence, visible
from judges.models import cache_key
from judges.rubrics import PROMPTS, Rubric
from judges.text import as_text

ReplyForm = Literal["json", "text"]
_LETTER_OR_DIGIT: Final = re.compile(r"[^\W_]")
_NAME: Final = re.compile(r"\$[a-z_]+")
_LONGEST_FLAW: Final = 80
_FRAME: Final = PROMPTS / "frame.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a model is asked: by which rubric, about which texts, in which form it shall reply.

    `patterns` are for a reply in plain text: see judges.sides.
    """

    rubric: Rubric
    parts: Mapping[str, str]
    form: ReplyForm = "json"
    patterns: Mapping[str, str] = field(default_factory=dict)

    def messages(self, fence: Fence, *, flaw: str = "") -> list[dict[str, str]]:
        """Give the messages; `flaw` says what was wrong with an earlier reply."""
        data = "\n\n".join(fence.around(name, text) for name, text in self.parts.items())
        return [
            {"role": "system", "content": self._orders(fence, flaw=flaw)},
            {"role": "user", "content": data},
        ]

    def material(self) -> dict[str, Any]:
        """Give all of it that matters to the reply, without what is random."""
        return {
            "prompt": prompt_hash(),
            "rubric": self.rubric.digest,
            "parts": list(self.parts.items()),
            "form": self.form,
        }

    def _orders(self, fence: Fence, *, flaw: str) -> str:
        rubric, frame = self.rubric, _frame()
        parts = [
            rubric.orders,
            rubric.offers.join(frame["choices"]) if self.form == "json" else "",
            fence.mark.join(frame["data"]),
            fence.verdict_id.join(frame[f"reply_{self.form}"]),
            flaw.join(frame["again"]) if flaw else "",
        ]
        return "\n\n".join(part for part in parts if part)


def shown_input(value: Any) -> str:
    """Give a case's input as the judge sees it: a lone question as its text, the rest as JSON."""
    if isinstance(value, dict) and list(value) == ["question"]:
        value = value["question"]
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=1)
    return as_text(value)


def has_words(text: str) -> bool:
    """Tell whether a text holds a letter or digit that a person sees."""
    return bool(_LETTER_OR_DIGIT.search(visible(text)))


def prompt_bytes(rubric: Rubric) -> int:
    """Give how many bytes a prompt by this rubric has beside the case's own texts, at most."""
    question = Question(rubric=rubric, parts=dict.fromkeys(("input", "expected", "answer"), ""))
    messages = question.messages(Fence.of(""), flaw=" " * _LONGEST_FLAW)
    return sum(len(message["content"].encode()) for message in messages)


@cache
def prompt_hash() -> str:
    """Give the hash of the words around every rubric."""
    return cache_key(frame=_FRAME.read_text(encoding="utf-8"))


@cache
def _frame() -> dict[str, list[str]]:
    """Give each text in pieces: what is asked for goes between them, as none has two names."""
    frame = tomllib.loads(_FRAME.read_text(encoding="utf-8"))
    return {name: _NAME.split(text.strip()) for name, text in frame.items()}
