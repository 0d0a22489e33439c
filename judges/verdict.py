"""Reading a verdict out of a model's reply: one JSON object with the call's id, or none at all."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

LONGEST_REPLY: Final = 64 * 1024
# What servers leave around an object that was asked for in plain text.
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_CODE_BLOCK = re.compile(r"\A```(?:json)?[ \t]*\n(.*)\n```\Z", re.DOTALL)
_REFUSAL = re.compile(
    r"\A\W*(?:sorry\b|(?:i['\u2019]m|i am) (?:sorry|unable|not able)|as an ai\b|unfortunately, i"
    r"|i (?:cannot|can['\u2019]t|won['\u2019]t|will not|must decline))",
    re.IGNORECASE,
)


class Verdict(BaseModel):
    """What the model decided; anything else in its reply makes it no verdict."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    verdict_id: str
    reasoning: str
    choice: str


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a reply is no verdict: a stable code, and words of ours, none of the reply's."""

    code: str
    why: str


def reply_schema(choices: Collection[str]) -> dict[str, Any]:
    """Give the JSON Schema of a verdict.

    The id is no constant in it: a server that decodes by the schema would write it by itself, and
    it would no longer show that the model read its orders.
    """
    properties: dict[str, Any] = {
        "verdict_id": {"type": "string"},
        "reasoning": {"type": "string"},
        "choice": {"type": "string", "enum": list(choices)},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def read_verdict(text: str, *, verdict_id: str, choices: Collection[str]) -> Verdict | Flaw:
    """Read the one JSON object of a reply; a thought before it or a code block around it is left.

    Anything else is a Flaw, `judge_refused` or `judge_reply_invalid`, and never a low score.
    """
    if len(text) > LONGEST_REPLY:
        return _invalid("it was too long")
    body = _THOUGHT.sub("", text, count=1).strip()
    if block := _CODE_BLOCK.match(body):
        body = block[1]
    if "{" not in body and refuses(body):
        return Flaw("judge_refused", "it refused to judge")
    try:
        verdict = Verdict.model_validate(_DECODER.decode(body))
    except (ValidationError, ValueError, RecursionError):
        return _invalid("it was not one JSON object with the three keys")
    if verdict.verdict_id != verdict_id:
        return _invalid("its verdict_id was another one")
    if verdict.choice not in choices:
        return _invalid("its choice was none of those offered")
    return verdict


def refuses(text: str) -> bool:
    """Tell whether a text begins as a refusal does."""
    return bool(_REFUSAL.match(text))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _invalid(why: str) -> Flaw:
    return Flaw("judge_reply_invalid", why)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
