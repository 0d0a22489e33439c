"""The evaluator: prepare once, score case after case."""

from __future__ import annotations

from packs.evaluate import prepare


def test_it_scores_one_case_by_each_judge() -> None:
    evaluator = prepare("exact", {"judges": ["exact", "normalised"]})
    results = evaluator.score(input={}, expected={"answer": "Paris"}, output={"answer": "paris."})
    assert [(r.stage, r.status) for r in results] == [("exact", "failed"), ("normalised", "passed")]
