"""Compare a batch with the one before it, case by case, and write down what was found."""

from __future__ import annotations

from typing import Any, NamedTuple

from evalsite.batches.models import Batch, BatchState, Preflight
from evalsite.env import load
from evalsite.regressions.models import Comparison, Regression, Verdict
from evalsite.regressions.pairs import select
from evalsite.stats.paired import PairedResult, compare_pass

METRIC = "pass_rate"
ALPHA = 0.05

_COUNT = """
    SELECT count(*) FILTER (WHERE judged AND passed_before AND NOT passed_now),
        count(*) FILTER (WHERE judged AND NOT passed_before AND passed_now),
        count(*) FILTER (WHERE judged AND passed_before AND passed_now),
        count(*) FILTER (WHERE judged AND NOT passed_before AND NOT passed_now),
        count(*) FILTER (WHERE judged IS NOT TRUE),
        coalesce(avg((NOT judged_now)::int::float8), 0),
        coalesce(avg((NOT judged_before)::int::float8), 0)
    FROM pairs
"""


class Counts(NamedTuple):
    """How the cases of two batches fell, and each batch's share of cases without a verdict."""

    worse: int
    better: int
    both_passed: int
    both_failed: int
    left_out: int
    unjudged_now: float
    unjudged_before: float

    def paired(self) -> PairedResult:
        """Compare the pairs."""
        return compare_pass(
            worse=self.worse,
            better=self.better,
            both_passed=self.both_passed,
            both_failed=self.both_failed,
        )


def find_baseline(batch: Batch) -> Batch | None:
    """Answer the finished batch before this one of the same suite, pack and client type."""
    earlier = Batch.objects.filter(
        suite=batch.suite_id,
        pack=batch.pack,
        run__client_type=batch.run.client_type,
        state=BatchState.FINISHED,
        created_at__lt=batch.created_at,
    )
    return earlier.order_by("-created_at", "-pk").first()


def compare(batch: Batch) -> Comparison | None:
    """Write and answer how the batch's pass rate compares with its baseline; None without one.

    Only cases with a verdict in both batches are compared. Doing it again with the same rows
    changes nothing.
    """
    baseline = find_baseline(batch)
    if baseline is None:
        return None
    counts = _count(batch, baseline)
    found = _findings(counts, doubt=_doubt(batch, baseline))
    verdict = found["verdict"]
    reason = found["method"] if verdict == Verdict.INCONCLUSIVE else ""
    comparison, _ = Comparison.objects.update_or_create(
        batch=batch,
        is_own=True,
        defaults={"baseline": baseline, "verdict": verdict, "reason": reason},
    )
    Regression.objects.update_or_create(comparison=comparison, metric=METRIC, defaults=found)
    return comparison


def _findings(counts: Counts, *, doubt: str) -> dict[str, Any]:
    paired = counts.paired()
    low, high = paired.interval or (None, None)
    unjudged = max(counts.unjudged_now, counts.unjudged_before)
    verdict, method = _judge(paired, unjudged=unjudged, doubt=doubt)
    return {
        "verdict": verdict,
        "n_pairs": paired.n,
        "left_out": counts.left_out,
        "worse": counts.worse,
        "better": counts.better,
        "before": _rate(counts.both_passed + counts.worse, paired.n),
        "after": _rate(counts.both_passed + counts.better, paired.n),
        "effect": paired.effect,
        "effect_low": low,
        "effect_high": high,
        "p_value": paired.p_value,
        "method": method,
    }


def _count(batch: Batch, baseline: Batch) -> Counts:
    (row,) = select(_COUNT, now=batch.pk, before=baseline.pk)
    return Counts(*row)


def _doubt(batch: Batch, baseline: Batch) -> str:
    """Say which side was judged by a judge that its preflight found out, or nothing."""
    sides = {"batch": batch, "baseline": baseline}
    caught = [name for name, side in sides.items() if side.preflight == Preflight.UNTRUSTED]
    return f"judge_untrusted: the judges of the {' and the '.join(caught)}" if caught else ""


def _judge(paired: PairedResult, *, unjudged: float, doubt: str) -> tuple[Verdict, str]:
    """Where many cases have no verdict, what is left need not be like the whole.

    What an untrusted judge says is no evidence, in whatever number.
    """
    if doubt:
        return Verdict.INCONCLUSIVE, doubt
    limit = load().unscored_limit
    if unjudged > limit:
        many = f"no verdict: {unjudged:.0%} of the cases are unscored or errored, over {limit:.0%}"
        return Verdict.INCONCLUSIVE, many
    if paired.p_value is None or paired.effect is None:
        return Verdict.INCONCLUSIVE, paired.method
    if paired.p_value >= ALPHA:
        return Verdict.NO_DIFFERENCE, paired.method
    return (Verdict.REGRESSED if paired.effect < 0 else Verdict.IMPROVED), paired.method


def _rate(passed: int, n: int) -> float | None:
    return passed / n if n else None
