"""What was answered to a case: by the batch's run, and by the run that it was compared with."""

from __future__ import annotations

from typing import Any, NamedTuple

from evalsite.regressions.models import Comparison
from evalsite.regressions.queries import own_comparison
from evalsite.scoring.models import Scorecard
from evalsite.targets.models import Output, Run


class Answer(NamedTuple):
    """An output's answer or error; `missing` says why there is neither."""

    run: Run
    answer: Any
    error: str
    missing: str


class Answers(NamedTuple):
    """The answer that was judged, and the baseline's; no comparison: no baseline."""

    now: Answer
    before: Answer | None
    comparison: Comparison | None


def answers_of(card: Scorecard) -> Answers:
    """Answer both, in three queries at most; raises BlobMissing and BlobDamaged."""
    comparison = own_comparison(card.batch_id)
    runs = [card.batch.run, *([comparison.baseline.run] if comparison else [])]
    outputs = Output.objects.filter(run__in=runs, case=card.revision.case_id)
    wanted = outputs.filter(repetition__in={0, card.repetition}).order_by("repetition")
    found = {(output.run_id, output.repetition): output for output in wanted}
    now = _answer(runs[0], found.get((runs[0].pk, card.repetition)))
    if comparison is None:
        return Answers(now, None, None)
    known = found.get((runs[1].pk, card.repetition)) or found.get((runs[1].pk, 0))
    return Answers(now, _answer(runs[1], known), comparison)


def _answer(run: Run, output: Output | None) -> Answer:
    if output is not None:
        return Answer(run, output.answer, output.error, "")
    at = run.outputs_purged_at
    missing = f"Purged on {at:%Y-%m-%d}." if at else "Nothing is recorded."
    return Answer(run, None, "", missing)
