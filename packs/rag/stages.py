"""What each stage of rag gives to its judge, and when it has nothing to judge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from judges.answerability import tells
from judges.protocol import Score
from packs.alternatives import best_of
from packs.protocol import CaseJudge, not_applicable

Given = Score | Awaitable[Score]


def _retrieval(judge: CaseJudge) -> CaseJudge:
    """Judge (relevant sources, ranked sources)."""

    def judge_case(expected: Any, output: Any, *, input: Any) -> Given:
        wanted = expected.get("sources")
        if not (any(wanted.values()) if isinstance(wanted, dict) else wanted):
            return not_applicable("The case expects no sources.")
        found = _ranked(output)
        if found is None:
            return Score.unscored("sources_missing", "The output records no sources with an id.")
        return judge(wanted, found, input=input)

    return judge_case


def _faithfulness(judge: CaseJudge) -> CaseJudge:
    """Judge (texts of the contexts as a list, answer).

    The contexts that count stand in the input too, for a judge that looks for its material there.
    """

    def judge_case(expected: Any, output: Any, *, input: Any) -> Given:
        holder = output if "contexts" in output else input
        if "contexts" not in holder:
            return not_applicable("Neither the output nor the case records contexts.")
        answer = output.get("answer")
        if answer is None:
            return _answer_missing()
        if isinstance(answer, str) and not tells(answer):
            return not_applicable("The answer claims nothing.")
        texts = [_text(context) for context in holder["contexts"]]
        return judge(texts, answer, input={**input, "contexts": texts})

    return judge_case


def _correctness(judge: CaseJudge) -> CaseJudge:
    """Judge (reference, answer), for the reference and its alternatives: the best counts."""

    def judge_case(expected: Any, output: Any, *, input: Any) -> Given:
        if "answer" not in expected:
            return not_applicable("The case expects no answer.")
        if expected.get("answerable") is False:
            return not_applicable("The right answer is a refusal, which answerability judges.")
        answer = output.get("answer")
        if answer is None:
            return _answer_missing()
        references = [expected["answer"], *expected.get("alternatives", [])]
        return best_of(judge(reference, answer, input=input) for reference in references)

    return judge_case


def _answerability(judge: CaseJudge) -> CaseJudge:
    """Judge (answerable or not, answer)."""

    def judge_case(expected: Any, output: Any, *, input: Any) -> Given:
        if "answerable" not in expected:
            return not_applicable("The case does not say whether it can be answered.")
        answer = output.get("answer")
        if answer is None:
            return _answer_missing()
        return judge(expected["answerable"], answer, input=input)

    return judge_case


JUDGED: dict[str, Callable[[CaseJudge], CaseJudge]] = {
    "retrieval": _retrieval,
    "faithfulness": _faithfulness,
    "correctness": _correctness,
    "answerability": _answerability,
}


def _ranked(output: Any) -> list[Any] | None:
    """Give the sources, or the contexts with an id; none recorded is not none found."""
    if "sources" in output:
        return list(output["sources"])
    if output.get("contexts") == []:
        return []
    contexts = output.get("contexts", [])
    ranked = [c for c in contexts if isinstance(c, dict) and c.get("id") is not None]
    return ranked or None


def _text(context: Any) -> str:
    return context if isinstance(context, str) else str(context["text"])


def _answer_missing() -> Score:
    return Score.unscored("answer_missing", "The output records no answer.")
