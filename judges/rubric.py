"""The judge `rubric`: a model chooses from a rubric's table, once or by several votes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, Field

from judges.ask import ATTEMPTS, Asked, Opinion, ask
from judges.models import Ask
from judges.prompt import Question, has_words, prompt_bytes, prompt_hash, shown_input
from judges.protocol import PASS, Lane, Score, Threshold
from judges.rubrics import Rubric, rubric_of
from judges.text import as_text, normalised
from judges.together import together
from judges.verdict import Flaw
from judges.votes import agreement
from judges.wire import RESERVED

LONGEST_REASON: Final = 500
MAX_TOKENS: Final = 1024

Temperature = Annotated[float, Field(ge=0, le=2)]
MaxTokens = Annotated[int, Field(ge=1, le=1_000_000)]
Votes = Annotated[int, Field(ge=1, le=15)]
MaxChars = Annotated[int, Field(ge=1, le=10_000_000)]


def _none_reserved(parameters: dict[str, Any]) -> dict[str, Any]:
    if taken := RESERVED & parameters.keys():
        raise ValueError(f"not a parameter of a judge: {', '.join(sorted(taken))}")
    return parameters


Parameters = Annotated[dict[str, Any], AfterValidator(_none_reserved)]


class RubricJudge:
    """Asks a model, by default whether the answer is correct."""

    lane: ClassVar[Lane] = "model"

    async def __call__(
        self,
        expected: Any,
        answer: Any,
        *,
        input: Any = None,
        rubric: str | dict[str, Any] = "correctness",
        model: str = "",
        endpoint: str = "",
        threshold: Threshold | None = None,
        temperature: Temperature | None = 0.0,
        max_tokens: MaxTokens | None = MAX_TOKENS,
        parameters: Parameters | None = None,
        votes: Votes = 1,
        max_chars: MaxChars = 100_000,
    ) -> Score:
        """Score an answer by a rubric; raises ModelError, and JudgeError for a bad rubric."""
        chosen = rubric_of(rubric)
        parts = parts_of(chosen, input=input, expected=expected, answer=answer)
        settled = settle_without_model(chosen, parts=parts, max_chars=max_chars)
        if settled:
            return settled
        asked = Asked(
            model=model,
            endpoint=endpoint,
            temperature=temperature,
            max_tokens=max_tokens,
            parameters=parameters or {},
        )
        question = Question(rubric=chosen, parts=parts)

        async def vote(number: int) -> Opinion:
            return await ask(question, of=asked, vote=number)

        opinions = await together(vote, range(votes), at_once=votes)
        return _verdict(opinions, rubric=chosen, threshold=threshold)

    def pins(self, **options: Any) -> dict[str, str]:
        """Give what fixes the verdict: the hashes of prompt and rubric; raises JudgeError."""
        rubric = rubric_of(options.get("rubric", "correctness"))
        return {"prompt": prompt_hash(), "rubric": rubric.digest}

    def calls(self, **options: Any) -> list[Ask]:
        """Tell what a case asks: one call a vote, and one more for each that must be repaired."""
        chosen = rubric_of(options.get("rubric", "correctness"))
        return [foreseen(chosen, calls=options.get("votes", 1), options=options)]


def foreseen(rubric: Rubric, *, calls: int, options: Mapping[str, Any]) -> Ask:
    """Tell what so many questions about one case will ask."""
    other = (options.get("parameters") or {}).get("max_completion_tokens")
    return Ask(
        calls=calls,
        at_most=ATTEMPTS * calls,
        model=options.get("model", ""),
        endpoint=options.get("endpoint", ""),
        prompt_bytes=prompt_bytes(rubric),
        max_tokens=other or options.get("max_tokens", MAX_TOKENS),
    )


def parts_of(rubric: Rubric, *, input: Any, expected: Any, answer: Any) -> dict[str, str]:
    """Give the texts that the rubric sees, by name; what the case does not have is left out."""
    whole = {"input": shown_input(input), "expected": as_text(expected)}
    seen: dict[str, str] = {name: whole[name] for name in rubric.sees if whole[name]}
    return {**seen, "answer": as_text(answer)}


def settle_without_model(rubric: Rubric, *, parts: dict[str, str], max_chars: int) -> Score | None:
    """Give the score of what no model is asked about, or None.

    A part that the rubric needs and the case lacks, or a text too long to be read whole, is
    unscored. An answer without a letter or digit fails: an answer was due and none is there. But
    if exactly this was expected, it passes.
    """
    for part in rubric.needs:
        if part not in parts:
            return Score.unscored(f"{part}_missing", f"The rubric needs the case's {part}.")
    if max(map(len, parts.values())) > max_chars:
        return too_long(max_chars)
    if has_words(parts["answer"]):
        return None
    expected = parts.get("expected", "")
    if expected and normalised(expected, parts["answer"]).passed:
        return PASS
    return Score(0.0, False, "The answer holds no letter and no digit.", {}, "answer_empty")


def _verdict(opinions: list[Opinion], *, rubric: Rubric, threshold: float | None) -> Score:
    votes = [opinion for opinion in opinions if opinion.choice]
    if len(votes) * 2 <= len(opinions):
        return unscored(next(o for o in opinions if not o.choice))
    worth = {name: choice.score for name, choice in rubric.choices.items()}
    ranked = sorted(votes, key=lambda opinion: worth[opinion.choice])
    # The lower median: for two choices the majority, and never a value that no choice has.
    decided = ranked[(len(ranked) - 1) // 2]
    details = {"choice": decided.choice, "reasoning": decided.words(), **decided.label()}
    if len(opinions) > 1:
        details["votes"] = [opinion.choice or None for opinion in opinions]
        details["agreement"] = agreement([opinion.choice for opinion in votes])
        details["spread"] = worth[ranked[-1].choice] - worth[ranked[0].choice]
    value = worth[decided.choice]
    passed = value >= (rubric.pass_mark if threshold is None else threshold)
    reason = "" if passed else f"{decided.choice}: {decided.words()}"[:LONGEST_REASON]
    return Score(value, passed, reason, details)


def too_long(max_chars: int) -> Score:
    """Give the score of a case with a text that the judge would not read whole."""
    why = f"A text is longer than the {max_chars} characters that the judge reads."
    return Score.unscored("text_too_long", why)


def unscored(opinion: Opinion) -> Score:
    """Give the score of a reply that was no verdict; what the model said stands beside it."""
    if not isinstance(opinion.found, Flaw):
        raise ValueError("this opinion is a verdict")
    details = {"reply": opinion.words(), **opinion.label()}
    why = f"The judge gave no verdict: {opinion.found.why}."
    return Score(None, None, why, details, opinion.found.code)


rubric = RubricJudge()
