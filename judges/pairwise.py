"""The judge `pairwise`: which of two answers is better, asked blind and in both orders."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from judges.ask import Asked, Opinion, ask
from judges.models import Ask
from judges.prompt import Question, ReplyForm, has_words, prompt_hash, shown_input
from judges.protocol import JudgeError, Lane, Score, Threshold
from judges.rubric import (
    LONGEST_REASON,
    MAX_TOKENS,
    MaxChars,
    MaxTokens,
    Parameters,
    Temperature,
    foreseen,
    too_long,
    unscored,
)
from judges.rubrics import Rubric, rubric_of
from judges.text import as_text
from judges.together import together

TIE: Final = "tie"
# Who stands where: first as given, the answer as output_a; then swapped.
_ORDERS: Final = ({"a": "answer", "b": "other"}, {"a": "other", "b": "answer"})
_WORTH: Final = {"answer": 1.0, "other": 0.0}


class PairwiseJudge:
    """Compares the answer with the expected one, which may be another system's.

    The value is 1 if the answer is preferred in both orders, 0 if the other one is, and else 0.5:
    a verdict that changes with the order is a tie.
    """

    lane: ClassVar[Lane] = "model"

    async def __call__(
        self,
        expected: Any,
        answer: Any,
        *,
        input: Any = None,
        rubric: str | dict[str, Any] = "pairwise",
        model: str = "",
        endpoint: str = "",
        threshold: Threshold = 0.5,
        temperature: Temperature | None = 0.0,
        max_tokens: MaxTokens | None = MAX_TOKENS,
        parameters: Parameters | None = None,
        reply: ReplyForm = "json",
        patterns: dict[str, str] | None = None,
        max_chars: MaxChars = 100_000,
    ) -> Score:
        """Score an answer against another; raises ModelError, and JudgeError for a bad rubric."""
        chosen = _pair_rubric(rubric)
        texts = {"answer": as_text(answer), "other": as_text(expected)}
        above = {"input": shown_input(input)} if "input" in chosen.sees and input else {}
        settled = _settle_without_model(texts, threshold=threshold)
        if max(map(len, {**above, **texts}.values())) > max_chars:
            settled = too_long(max_chars)
        if settled:
            return settled
        asked = Asked(
            model=model,
            endpoint=endpoint,
            temperature=temperature,
            max_tokens=max_tokens,
            parameters=parameters or {},
        )

        async def compare(order: dict[str, str]) -> Opinion:
            pair = {f"output_{side}": texts[author] for side, author in order.items()}
            question = Question(
                rubric=chosen, parts={**above, **pair}, form=reply, patterns=patterns or {}
            )
            return await ask(question, of=asked)

        return _verdict(await together(compare, _ORDERS, at_once=2), threshold=threshold)

    def pins(self, **options: Any) -> dict[str, str]:
        """Give what fixes the verdict: the hashes of prompt and rubric; raises JudgeError."""
        rubric = _pair_rubric(options.get("rubric", "pairwise"))
        return {"prompt": prompt_hash(), "rubric": rubric.digest}

    def calls(self, **options: Any) -> list[Ask]:
        """Tell what a case asks: one call for each order, and one more for each repair."""
        chosen = _pair_rubric(options.get("rubric", "pairwise"))
        return [foreseen(chosen, calls=len(_ORDERS), options=options)]


def _pair_rubric(given: str | dict[str, Any]) -> Rubric:
    rubric = rubric_of(given)
    if set(rubric.choices) - {TIE} != {"a", "b"}:
        raise JudgeError(
            "A rubric for pairs has the choices a and b, and may have tie.",
            code="rubric_invalid",
            hint="The built-in one is pairwise.",
        )
    return rubric


def _settle_without_model(texts: dict[str, str], *, threshold: float) -> Score | None:
    """Give the score of what no model is asked about: nothing to compare with, or no two texts.

    Of two texts that are the same none is better; one without a letter or digit is worse.
    """
    answer, other = texts["answer"].strip(), texts["other"].strip()
    if not other:
        return Score.unscored("expected_missing", "There is no other answer to compare with.")
    if answer == other:
        return Score.of(0.5, threshold=threshold, reason="both are the same")
    if not has_words(answer):
        return Score(0.0, False, "The answer holds no letter and no digit.", {}, "answer_empty")
    return None if has_words(other) else Score(1.0, True)


def _verdict(opinions: list[Opinion], *, threshold: float) -> Score:
    preferred = [
        {**order, TIE: TIE}.get(opinion.choice)
        for opinion, order in zip(opinions, _ORDERS, strict=True)
    ]
    found = {"as_given": preferred[0], "swapped": preferred[1]}
    for opinion in opinions:
        if not opinion.choice:
            blank = unscored(opinion)
            return Score(None, None, blank.reason, {**blank.details, **found}, blank.code)
    first, second = opinions
    details = {
        **found,
        "order_bias": _bias(first.choice, second.choice),
        "reasoning": [first.words(), second.words()],
        **first.label(),
    }
    value = _WORTH.get(str(preferred[0]), 0.5) if preferred[0] == preferred[1] else 0.5
    what = "the other one is preferred" if value == 0 else "none is preferred in both orders"
    reason = "" if value >= threshold else f"{what}: {first.words()}"[:LONGEST_REASON]
    return Score(value, value >= threshold, reason, details)


def _bias(as_given: str, swapped: str) -> str | None:
    """Name the place that was preferred whoever stood there."""
    return {"a": "first", "b": "second"}.get(as_given) if as_given == swapped else None


pairwise = PairwiseJudge()
