"""Cases as batches leave them: failures with all that a page shows of them."""

from __future__ import annotations

from typing import Any

import orjson

from evalsite.cases.check import CheckedCase, check_case
from evalsite.cases.models import Suite, TestCase
from evalsite.scoring.models import Scorecard
from packs.evaluator import Evaluator
from packs.prepare import prepare
from packs.registry import PACKS
from tests.factories import (
    make_batch,
    make_output,
    make_revision,
    make_run,
    make_scorecard,
    make_suite,
)

NL2API = {
    "input": {
        "query": "Book a table for four in Lyon tomorrow at 19:30, by the window",
        "tools": [
            {
                "name": "book_table",
                "description": "Book a table in a restaurant",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "city": {"type": "string"},
                        "guests": {"type": "integer"},
                        "at": {"type": "string"},
                        "place": {"type": "string", "enum": ["inside", "window", "terrace"]},
                    },
                    "required": ["city", "guests"],
                },
            },
            {"name": "search", "parameters": {"type": "object", "properties": {}}},
        ],
    },
    "expected": {
        "calls": [
            {"name": "search", "arguments": {}},
            {
                "name": "book_table",
                "accepted": {
                    "city": ["Lyon", "Lyon, France"],
                    "guests": [4],
                    "at": ["2026-11-22T19:30"],
                    "place": ["window", ""],
                },
            },
        ],
        "answer": "Your table for four in Lyon is booked for tomorrow at 19:30.",
    },
}
CALLED = {
    "calls": [
        {
            "name": "book_table",
            "arguments": '{"city": "Paris", "guests": 4, "at": "2026-11-22T20:30"}',
            "result": {"ok": True},
        }
    ],
    "answer": "Your table for four in Paris is booked for tomorrow at 20:30.",
}


def make_card(
    *,
    pack: str,
    case: dict[str, Any],
    answer: Any,
    options: dict[str, Any] | None = None,
    is_judged: bool = True,
    **of: Any,
) -> Scorecard:
    """A case of a pack with an answer, judged by the pack itself if not told otherwise."""
    evaluator = prepare(pack, options)
    checked = check_case({"key": of.pop("key", "case-1"), **case}, pack=PACKS.load(pack).value)
    suite = of.pop("suite", None) or make_suite(name=f"{pack}-suite", pack=pack)
    run = of.pop("run", None) or make_run(client_version="1.4")
    frozen = {
        "options": options or {},
        "manifest": orjson.loads(orjson.dumps(evaluator.manifest())),
    }
    batch = make_batch(
        suite=suite, pack=pack, run=run, state="finished", **frozen, **of.pop("of_batch", {})
    )
    revision = _revision(suite, checked._asdict())
    make_output(run=run, case=revision.case, answer=answer)
    figures = {"latency_ms": 812.4, "tokens_in": 640, "tokens_out": 88}
    verdict = _judged(evaluator, checked, answer) if is_judged else {}
    return make_scorecard(batch=batch, revision=revision, **{**figures, **verdict, **of})


def _judged(evaluator: Evaluator, case: CheckedCase, answer: Any) -> dict[str, Any]:
    results = evaluator.score(input=case.input, expected=case.expected, output=answer)
    verdict = evaluator.fold(results)
    return {
        "status": verdict.status,
        "overall_score": verdict.overall_score,
        "overall_passed": verdict.overall_passed,
        "stages": {
            r.stage: {"status": r.status, "score": r.score, "code": r.code} for r in results
        },
        "details": {r.stage: {"reason": r.reason, "details": dict(r.details)} for r in results},
    }


def make_booking(**of: Any) -> Scorecard:
    """A booking in the wrong city, at the wrong time, without the search before."""
    return make_card(pack="nl2api", case=NL2API, answer=CALLED, **of)


def make_answer(answer: Any, **of: Any) -> Scorecard:
    """An answer of the exact pack to a question, judged; a text stands for its answer."""
    case = {"input": {"question": "What is it?"}, "expected": {"answer": "the right one"}}
    whole = answer if isinstance(answer, dict) else {"answer": answer}
    return make_card(pack="exact", case=case, answer=whole, **of)


def _revision(suite: Suite, fields: dict[str, Any]) -> Any:
    key = fields.pop("key")
    case, _ = TestCase.objects.get_or_create(suite=suite, key=key, defaults=fields)
    return make_revision(case=case, **fields)


PROGRAM = """def rolling_max(numbers):
    best = 0
    found = []
    for number in numbers:
        best = max(best, number)
        found.append(best)
    return found
"""


def make_program(**of: Any) -> Scorecard:
    """A program that is wrong for negative numbers, as the sandbox told."""
    case = {
        "input": {
            "prompt": "Write rolling_max(numbers): the greatest number seen so far, at each place.",
            "entry_point": "rolling_max",
        },
        "expected": {
            "cases": [
                {"args": [[1, 3, 2]], "returns": [1, 3, 3]},
                {"args": [[-3, -1]], "returns": [-3, -1]},
            ]
        },
    }
    reason = "1 of 2 cases failed: rolling_max([-3, -1]) gave [0, 0], expected [-3, -1]"
    stages = {
        "syntax": {"status": "passed", "score": 1.0},
        "execution": {"status": "failed", "score": 0.5},
    }
    said = {"execution": {"reason": reason, "details": {"passed": 1, "failed": 1}}}
    verdict = {"status": "failed", "overall_score": 0.75, "overall_passed": False}
    return make_card(
        pack="codegen",
        case=case,
        answer={"code": PROGRAM},
        is_judged=False,
        **{"stages": stages, "details": said, **verdict, **of},
    )
