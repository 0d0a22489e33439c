"""A comparison's verdict as one sentence for people who know no statistics."""

from __future__ import annotations

from evalsite.figures import between, level
from evalsite.regressions.models import Comparison, Regression, Verdict


def title(comparison: Comparison) -> str:
    """Say the verdict and what it is about: Regressed: sums, v12 against v11."""
    batch = comparison.batch
    verdict = comparison.get_verdict_display()
    return f"{verdict}: {batch.suite}, {batch.run} against {comparison.baseline.run}"


def plain_sentence(comparison: Comparison, whole: Regression) -> str:
    """Say what was found about the pass rate; `whole` is the comparison's headline."""
    now, before = comparison.batch.run.name, comparison.baseline.run.name
    if whole.effect is None:
        return f"Nothing can be said: no case has a verdict under both {now} and {before}."
    rates = f"{level(whole.after)} of {whole.n_pairs:,} cases, {level(whole.before)} before"
    points = f"{100 * abs(whole.effect):.1f} points"
    if whole.verdict == Verdict.REGRESSED:
        return f"{now} passes fewer cases than {before}: {rates}, {points} less."
    if whole.verdict == Verdict.IMPROVED:
        return f"{now} passes more cases than {before}: {rates}, {points} more."
    if whole.verdict == Verdict.NO_DIFFERENCE:
        return f"No difference was shown between {now} and {before}: {rates}.{_range(whole)}"
    return f"Too little to tell {now} from {before}: {rates}. {_because(comparison, whole)}"


def _range(whole: Regression) -> str:
    if whole.effect_low is None:
        return ""
    ends = between(whole.effect_low, whole.effect_high)
    return f" The true change may be anything from {ends} points."


def _because(comparison: Comparison, whole: Regression) -> str:
    why = (comparison.reason or whole.method).strip().rstrip(".")
    return f"{why[:1].upper()}{why[1:]}."
