"""Compare a batch with a baseline, case by case, and write down what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.db import connection, transaction

from evalsite.batches.models import Batch, Preflight
from evalsite.env import load
from evalsite.regressions.attribute import attribute
from evalsite.regressions.choose import choose_baseline
from evalsite.regressions.find import Finding, find
from evalsite.regressions.frame import MOST_SLICES, Frame, load_frame
from evalsite.regressions.losses import losses, unjudged
from evalsite.regressions.metrics import HEADLINE
from evalsite.regressions.models import ChosenBy, Comparison, Regression, Verdict
from evalsite.regressions.pairs import keep_pairs
from evalsite.regressions.vet import Warned, vet
from evalsite.regressions.worst import worst

_DISOWN: Final = """
    UPDATE regressions_comparison SET is_own = false
    WHERE batch_id = %s AND is_own AND baseline_id <> %s
"""
_KEY: Final = ("tenant", "comparison", "metric", "slice_kind", "slice_value")
_VALUES: Final = [f.attname for f in Regression._meta.local_fields if f.name not in ("id", *_KEY)]


def compare(batch: Batch) -> Comparison | None:
    """Compare a batch with the baseline due to it, as is done when it is closed; None without one.

    Doing it again, as after a retry, replaces what was found; the same rows give the same figures.
    """
    choice = choose_baseline(batch)
    if choice is None:
        return None
    baseline, chosen_by = choice
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            cursor.execute(_DISOWN, [batch.pk, baseline.pk])
        return _compare(batch, baseline, how={"chosen_by": chosen_by, "is_own": True})


def compare_with(
    batch: Batch, baseline: Batch, *, chosen_by: ChosenBy = ChosenBy.NAMED
) -> Comparison:
    """Compare a batch with any other of its suite and pack; raises ComparisonRefused.

    Its own comparison stays its own, if it is with the same baseline.
    """
    with transaction.atomic():
        is_own = Comparison.objects.filter(batch=batch, baseline=baseline, is_own=True).exists()
        return _compare(batch, baseline, how={} if is_own else {"chosen_by": chosen_by})


def _compare(batch: Batch, baseline: Batch, *, how: dict[str, Any]) -> Comparison:
    warnings = vet(batch, baseline)
    frame = load_frame(batch, baseline)
    findings = find(frame, doubt=_doubt_of(batch, baseline, frame=frame))
    headline = next(found for found in findings if found.is_headline)
    comparison, is_new = Comparison.objects.update_or_create(
        batch=batch,
        baseline=baseline,
        defaults={
            **how,
            "verdict": headline.verdict,
            "reason": _reason(headline),
            "warnings": [one._asdict() for one in (*warnings, *_edits(frame))],
            "losses": losses(frame),
            "attribution": attribute(frame),
            "worst": worst(frame),
        },
    )
    rows = [_row(comparison, found) for found in findings]
    if not is_new:
        _forget(comparison, kept=rows)
    _keep(rows)
    keep_pairs(comparison, frame)
    return comparison


def _doubt_of(batch: Batch, baseline: Batch, *, frame: Frame) -> Callable[[str, str], str]:
    """What an untrusted judge says is no evidence, in whatever number.

    Where many cases have no verdict, what is left need not be like the whole.
    """
    sides = {"batch": batch, "baseline": baseline}
    caught = [name for name, side in sides.items() if side.preflight == Preflight.UNTRUSTED]
    limit = load().unscored_limit

    def doubt(kind: str, value: str) -> str:
        if caught:
            return f"judge_untrusted: the judges of the {' and the '.join(caught)}"
        lacking = unjudged(frame, kind=kind, value=value)
        if lacking > limit:
            return (
                f"no verdict: {lacking:.0%} of the cases are unscored or errored, over {limit:.0%}"
            )
        return ""

    return doubt


def _edits(frame: Frame) -> Iterator[Warned]:
    """What was edited between the batches: a new question has no pair, a new answer key has."""
    n_input = int(frame.other_input.sum())
    if n_input:
        text = f"{n_input} cases have another input than before: they are left out"
        yield Warned("input_changed", text)
    edited = frame.other_expected & frame.paired(HEADLINE)
    if edited.any():
        now, before = frame.now.values(HEADLINE), frame.before.values(HEADLINE)
        flipped = int((now[edited] != before[edited]).sum())
        text = f"{int(edited.sum())} cases have another expected answer than before"
        yield Warned("expected_changed", f"{text}; {flipped} of them changed their verdict")
    if frame.n_slices > MOST_SLICES:
        text = f"only the {MOST_SLICES} largest of {frame.n_slices} slices are looked at"
        yield Warned("slices_cut", text)


def _reason(found: Finding) -> str:
    inconclusive = found.verdict == Verdict.INCONCLUSIVE
    return (found.doubt or found.paired.method) if inconclusive else ""


def _row(comparison: Comparison, found: Finding) -> Regression:
    low, high = found.paired.interval or (None, None)
    return Regression(
        comparison=comparison,
        metric=found.metric,
        slice_kind=found.kind,
        slice_value=found.value,
        verdict=found.verdict,
        n_pairs=found.paired.n,
        left_out=found.left_out,
        worse=found.worse,
        better=found.better,
        before=found.before,
        after=found.after,
        effect=found.paired.effect,
        effect_low=low,
        effect_high=high,
        p_value=found.paired.p_value,
        p_corrected=found.p_corrected,
        method=(found.doubt or found.paired.method)[:300],
        n_clusters=found.paired.clusters,
        more_cases=found.more_cases,
    )


def _forget(comparison: Comparison, *, kept: Sequence[Regression]) -> None:
    """Delete what was found before and is not found again."""
    places = {(row.metric, row.slice_kind, row.slice_value) for row in kept}
    known = comparison.findings.values_list("pk", "metric", "slice_kind", "slice_value")
    vanished = [pk for pk, *place in known if tuple(place) not in places]
    comparison.findings.filter(pk__in=vanished).delete()


def _keep(rows: Sequence[Regression]) -> None:
    Regression.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=_KEY,
        update_fields=_VALUES,
    )
