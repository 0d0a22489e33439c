"""The judge `jury`: several judges, one verdict, and how much they agreed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from inspect import isawaitable
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from judges.guard import Crash, attempt, attempt_later
from judges.models import Ask
from judges.named import NamedJudge
from judges.protocol import Judge, JudgeError, Lane, Score, Threshold, is_sound
from judges.registry import JUDGES, Loaded
from judges.together import together
from judges.trouble import PASSING
from judges.votes import agreement

Rule = Literal["mean", "majority", "unanimous"]
Quorum = Annotated[int, Field(ge=1)]
_LONGEST_TOLD: Final = 200


class Juror(NamedJudge):
    """One judge of the jury."""

    def asks(self) -> list[Ask]:
        """Tell what the judge will ask for a case: one call of a model that does not say."""
        loaded, options = self.bound(), self.judge_options()
        told = getattr(JUDGES.load(self.name).value, "calls", None)
        if told is not None:
            asked = told(**options)
            return [Ask(calls=asked)] if isinstance(asked, int) else list(asked)
        return [Ask(calls=1)] if loaded.lane == "model" else []


_JURORS: Final = TypeAdapter(list[Juror])


class JuryJudge:
    """Asks several judges at once; one that gives no score is left out and counted.

    An endpoint that fails for now leaves the whole verdict to be given by a retry.
    """

    lane: ClassVar[Lane] = "model"

    async def __call__(
        self,
        expected: Any,
        answer: Any,
        *,
        input: Any = None,
        judges: list[str | dict[str, Any]],
        rule: Rule = "majority",
        threshold: Threshold = 0.5,
        quorum: Quorum | None = None,
    ) -> Score:
        """Score by rule; raises JudgeError for a juror that cannot be had, or not now.

        `mean`: the mean value, which passes from the threshold on. `majority` and `unanimous`: the
        share of jurors that pass the answer, which passes when it is above a half, or all of them.
        """
        jury = _jury(json.dumps(judges))

        async def judge(juror: Loaded[Judge]) -> Score:
            return await _judge(juror, (expected, answer), input=input)

        scores = await together(judge, jury, at_once=len(jury))
        details = _details(jury, scores)
        given = [score for score in scores if score.value is not None]
        wanted = quorum or len(jury) // 2 + 1
        if len(given) < wanted:
            why = f"{len(given)} of {len(jury)} judges gave a score; {wanted} are wanted."
            return Score(None, None, why, details, "jury_no_quorum")
        return _verdict(given, rule=rule, threshold=threshold, details=details)

    def pins(self, **options: Any) -> dict[str, str]:
        """Give each juror's version and pins, by its place and name; raises JudgeError."""
        found: dict[str, str] = {}
        for place, juror in enumerate(_jury(json.dumps(options.get("judges", ())))):
            found[f"{place}.{juror.name}"] = juror.version
            found |= {f"{place}.{juror.name}.{key}": pin for key, pin in juror.pins.items()}
        return found

    def lane_of(self, **options: Any) -> Lane:
        """Give the lane: that of models if any juror asks one, else the common one."""
        lanes = {juror.lane for juror in _jury(json.dumps(options.get("judges", ())))}
        return "model" if "model" in lanes else "cpu"

    def calls(self, **options: Any) -> list[Ask]:
        """Tell what all jurors together ask for a case."""
        jurors = _JURORS.validate_python(options.get("judges", []))
        return [ask for juror in jurors for ask in juror.asks()]


@lru_cache(maxsize=64)
def _jury(judges: str) -> tuple[Loaded[Judge], ...]:
    try:
        jurors = _JURORS.validate_json(judges)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise _invalid(f"{'.'.join(map(str, first['loc']))} {first['msg']}") from error
    if not jurors:
        raise _invalid("it has no judges")
    jury = tuple(juror.bound() for juror in jurors)
    for juror in jury:
        if juror.lane == "sandbox":
            raise _invalid(f"{juror.name} runs code, which is a stage of its own")
    return jury


async def _judge(juror: Loaded[Judge], case: tuple[Any, Any], *, input: Any) -> Score:
    known = {"input": input} if juror.wants_input else {}
    given = attempt(juror.value, *case, **known)
    if not isinstance(given, Score | Crash) and isawaitable(given):
        given = await attempt_later(given)
    if isinstance(given, Crash):
        if given.code in PASSING:  # without this juror the verdict would be an outage's
            raise JudgeError(f"{juror.name}: {given.reason}", code=given.code)
        return Score.unscored(given.code, given.reason)
    if not isinstance(given, Score) or not is_sound(given):
        return Score.unscored("score_invalid", f"{given!r}"[:_LONGEST_TOLD])
    return given


def _verdict(
    scores: Sequence[Score], *, rule: Rule, threshold: float, details: dict[str, Any]
) -> Score:
    n = len(scores)
    if rule == "mean":
        value = sum(score.value or 0.0 for score in scores) / n
        passed = value >= threshold
    else:
        votes = sum(bool(score.passed) for score in scores)
        value = votes / n
        passed = votes == n if rule == "unanimous" else 2 * votes > n
    against = sum(not score.passed for score in scores)
    reason = "" if passed else f"{against} of {n} judges do not pass it ({rule})"
    return Score(value, passed, reason, details)


def _details(jury: Sequence[Loaded[Judge]], scores: Sequence[Score]) -> dict[str, Any]:
    told = [
        {
            "judge": juror.name,
            "value": score.value,
            "passed": score.passed,
            "code": score.code,
            "reason": score.reason[:_LONGEST_TOLD],
            **({"mock": True} if score.details.get("mock") else {}),
        }
        for juror, score in zip(jury, scores, strict=True)
    ]
    votes = [score.passed for score in scores if score.value is not None]
    return {"jury": told, "agreement": agreement(votes), "unscored": len(scores) - len(votes)}


def _invalid(why: str) -> JudgeError:
    hint = 'Give a list such as ["normalised", {"name": "rubric", "options": {"votes": 3}}].'
    return JudgeError(f"The jury is not usable: {why}", code="jury_invalid", hint=hint)


jury = JuryJudge()
