"""What each stage of a case came to, and why: for a person to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from evalsite.alerts.printable import spelt
from evalsite.errors import EvalsiteError
from evalsite.scoring.models import Scorecard
from evalsite.web.card.codes import meaning
from evalsite.web.card.values import LONGEST, Shown, members
from judges.protocol import VerdictError

if TYPE_CHECKING:
    from evalsite.scoring.asked import Asked

_LONGEST_REASON: Final = 2_000
_MOST: Final = 20
# Where more is said of a stage, it has a place of its own on the page.
_APART: Final = frozenset({"problems", "jury", "calls", "votes"})
_NOTHING: Final = {"status": "open", "score": None, "code": ""}
_JUDGED: Final = frozenset({"passed", "failed", "unscored"})


class Message(NamedTuple):
    """A part of a prompt, or a reply."""

    role: str
    text: str


class Talk(NamedTuple):
    """A prompt and the raw reply to it; None where it is not kept."""

    model: str
    prompt: list[Message]
    reply: str | None


class Spent(NamedTuple):
    """What the model calls of a stage took together; a figure that is not known is None."""

    n: int
    cached: int
    tokens: int | None
    cost_usd: float | None
    latency_ms: float | None
    models: str


class StageShown(NamedTuple):
    """One stage; `why_no_talk` says why a prompt cannot be shown."""

    name: str
    judge: str
    version: str
    lane: str
    weight: float | None
    is_gate: bool
    status: str
    score: float | None
    reason: str
    code: str
    meaning: str
    problems: list[str]
    jurors: list[Mapping[str, Any]]
    votes: list[str]
    facts: list[Shown]
    spent: Spent | None
    talks: list[Talk]
    why_no_talk: str


def stages_of(card: Scorecard, *, answer: Any) -> list[StageShown]:
    """Answer the stages in the order of the batch's manifest, and what was said beside them."""
    frozen = {stage["name"]: stage for stage in card.batch.manifest["stages"]}
    names = [*frozen, *(name for name in card.stages if name not in frozen)]
    return [_stage(card, frozen.get(name, {"name": name}), answer=answer) for name in names]


def _stage(card: Scorecard, frozen: Mapping[str, Any], *, answer: Any) -> StageShown:
    name = frozen["name"]
    verdict = {**_NOTHING, **card.stages.get(name, {})}
    said = card.details.get(name) or {}
    details = said.get("details") or {}
    talks, why_no_talk = _talks(card, frozen, status=verdict["status"], answer=answer)
    return StageShown(
        name=name,
        judge=frozen.get("judge", ""),
        version=frozen.get("judge_version", ""),
        lane=frozen.get("lane", ""),
        weight=frozen.get("weight"),
        is_gate=bool(frozen.get("gate")),
        status=verdict["status"],
        score=verdict["score"],
        reason=_text(said.get("reason", "")),
        code=verdict["code"],
        meaning=meaning(verdict["code"]),
        problems=[_text(each) for each in _list(details, "problems")],
        jurors=[each for each in _list(details, "jury") if isinstance(each, dict)],
        votes=[_text(each) if each else "no verdict" for each in _list(details, "votes")],
        facts=members(facts) if (facts := _facts(details)) else [],
        spent=_spent(_list(details, "calls", most=1_000)),
        talks=talks,
        why_no_talk=why_no_talk,
    )


def _talks(
    card: Scorecard, frozen: Mapping[str, Any], *, status: str, answer: Any
) -> tuple[list[Talk], str]:
    if frozen.get("lane") != "model" or status not in _JUDGED or answer is None:
        return [], ""
    from evalsite.scoring.asked import asked_of

    try:
        asked = asked_of(card, stage=frozen["name"], answer=answer)
    except (EvalsiteError, VerdictError) as error:
        return [], f"{error.code}: {error.message}"
    return [_talk(one) for one in asked[:_MOST]], ""


def _talk(asked: Asked) -> Talk:
    room = LONGEST // 2
    prompt = [
        Message(str(message.get("role", "")), _text(message.get("content", ""), longest=room))
        for message in asked.messages
    ]
    reply = None if asked.reply is None else _text(asked.reply, longest=room)
    return Talk(asked.model, prompt, reply)


def _facts(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if name not in _APART and value != ""}


def _spent(calls: list[Any]) -> Spent | None:
    known = [call for call in calls if isinstance(call, dict)]
    if not known:
        return None
    tokens = _total(known, "tokens_in", "tokens_out")
    return Spent(
        n=len(known),
        cached=sum(bool(call.get("cached")) for call in known),
        tokens=None if tokens is None else int(tokens),
        cost_usd=_total(known, "cost_usd"),
        latency_ms=_total(known, "latency_ms"),
        models=", ".join(
            dict.fromkeys(_text(call.get("model", ""), longest=100) for call in known)
        ),
    )


def _total(calls: Iterable[Mapping[str, Any]], *names: str) -> float | None:
    """Add up; what is not known of one call is not known of all."""
    values = [call.get(name) for call in calls for name in names]
    numbers = [value for value in values if isinstance(value, int | float)]
    return sum(numbers) if len(numbers) == len(values) else None


def _list(details: Mapping[str, Any], name: str, *, most: int = _MOST) -> list[Any]:
    found = details.get(name)
    return found[:most] if isinstance(found, list) else []


def _text(value: Any, *, longest: int = _LONGEST_REASON) -> str:
    text = value if isinstance(value, str) else str(value)
    return spelt(text[:longest]) + ("…" if len(text) > longest else "")
