"""Cases as batches leave them: failures with all that a page shows of them."""

from __future__ import annotations

from typing import Any

from evalsite.cases.check import check_case
from evalsite.cases.models import Suite, TestCase
from evalsite.scoring.models import Scorecard
from packs.evaluate import prepare
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
    **of: Any,
) -> Scorecard:
    """A case of a pack with an answer, judged by the pack itself."""
    evaluator = prepare(pack, options)
    checked = check_case({"key": of.pop("key", "case-1"), **case}, pack=PACKS.load(pack).value)
    suite = of.pop("suite", None) or make_suite(name=f"{pack}-suite", pack=pack)
    batch = of.pop("batch", None) or make_batch(
        suite=suite,
        pack=pack,
        options=options or {},
        manifest=evaluator.manifest(),
        run=make_run(client_version="1.4"),
        state="finished",
        **of.pop("of_batch", {}),
    )
    revision = _revision(suite, checked._asdict())
    make_output(run=batch.run, case=revision.case, answer=answer)
    results = evaluator.score(input=checked.input, expected=checked.expected, output=answer)
    verdict = evaluator.fold(results)
    given = {
        "status": verdict.status,
        "overall_score": verdict.overall_score,
        "overall_passed": verdict.overall_passed,
        "stages": {
            r.stage: {"status": r.status, "score": r.score, "code": r.code} for r in results
        },
        "details": {r.stage: {"reason": r.reason, "details": r.details} for r in results},
        "latency_ms": 812.4,
        "tokens_in": 640,
        "tokens_out": 88,
    }
    return make_scorecard(batch=batch, revision=revision, **{**given, **of})


def make_booking(**of: Any) -> Scorecard:
    """A booking in the wrong city, at the wrong time, without the search before."""
    return make_card(pack="nl2api", case=NL2API, answer=CALLED, **of)


def make_answer(answer: Any, **of: Any) -> Scorecard:
    """An answer of the exact pack to a question, judged."""
    case = {"input": {"question": "What is it?"}, "expected": {"answer": "the right one"}}
    return make_card(pack="exact", case={**case, **of.pop("case", {})}, answer=answer, **of)


def _revision(suite: Suite, fields: dict[str, Any]) -> Any:
    key = fields.pop("key")
    case, _ = TestCase.objects.get_or_create(suite=suite, key=key, defaults=fields)
    return make_revision(case=case, **fields)
