"""What the codes mean that stand in the place of a score, in the words of docs/judges.md."""

from __future__ import annotations

from typing import Final

_KIND: Final = "The case expects a value of a kind that this judge does not compare."
_FAILED_CALL: Final = "The call to the model failed. Retry the errored cases once it answers again."
_NO_VERDICT: Final = "The model gave no verdict, twice."

MEANINGS: Final = {
    "expected_missing": "Null is expected, which has no text.",
    "expected_empty": "An empty text is expected to be included; every answer includes it.",
    **dict.fromkeys(
        (
            *("expected_not_number", "expected_not_list", "expected_not_calls"),
            *("expected_not_tools", "expected_not_sources", "expected_not_boolean"),
        ),
        _KIND,
    ),
    "nothing_relevant": "No expected source has a grade above 0.",
    "answer_not_ranking": "The answer is no list of ids, nor of objects with an id.",
    "nothing_claimed": "The answer has no words to check.",
    "nothing_to_embed": "The expected text or the answer has no words.",
    "embedding_unavailable": "The local model is not installed, or the endpoint gave no vectors.",
    "regex_refused": "The pattern is not RE2.",
    "schema_refused": "The schema is not JSON Schema 2020-12, or refers outside itself.",
    "text_too_long": "A text is longer than what this judge reads.",
    "list_too_long": "More than 500 elements would have to be paired.",
    "input_missing": "The rubric needs the case's input.",
    "judge_reply_invalid": _NO_VERDICT,
    "judge_refused": _NO_VERDICT,
    "jury_no_quorum": "Too few judges of the jury gave a score.",
    "output_missing": "The run has no output for this case.",
    "answer_missing": "The output records no answer.",
    "response_missing": "The output records no response.",
    "sources_missing": "The output records no sources with an id.",
    "answer_empty": "The answer holds no letter and no digit.",
    "target_error": "The system under test gave an error in the place of an answer.",
    "not_applicable": "The case expects nothing that this stage judges. It counts neither way.",
    "plugin_crashed": "The judge raised an error. Repair it, then retry the errored cases.",
    "score_invalid": "The judge gave a score that is none.",
    **dict.fromkeys(
        (
            *("model_unreachable", "model_timeout", "model_refused", "model_rate_limited"),
            *("model_failed", "model_reply_invalid"),
        ),
        _FAILED_CALL,
    ),
    "model_unconfigured": "The judge asks a model, and no endpoint is set.",
}


def meaning(code: str) -> str:
    """Answer what a code means; blank for one that a judge of somebody else's gives."""
    return MEANINGS.get(code, "")
