"""Tell a change from more of the same: what was good and is bad now, or the other way round.

One row per target and suite is locked by whoever judges a batch, so that of two batches that are
closed at once the second sees what the first has changed.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from django.db import transaction

from evalsite.alerts.models import AlertKind, Condition
from evalsite.batches.models import Batch, Preflight
from evalsite.regressions.models import ChosenBy, Comparison, Verdict
from evalsite.regressions.queries import headline
from evalsite.regressions.vet import ComparisonRefused

log = logging.getLogger(__name__)


class Change(NamedTuple):
    """A condition that has just turned, with the comparison that proves it."""

    condition: Condition
    comparison: Comparison


@transaction.atomic(savepoint=False)
def weigh(batch: Batch, comparison: Comparison) -> Change | None:
    """Judge a closed batch: did the target regress, or recover? None where nothing changed.

    While it is bad each batch is compared with the last good one as well. It has recovered when it
    is better than that one, or when no difference is seen and the interval excludes a fall as
    large as the one that was told. A batch begun before one that was judged already says nothing,
    and neither does an inconclusive comparison.
    """
    condition = _locked(AlertKind.REGRESSION, batch)
    if _is_older(batch, condition):
        return None
    if condition.is_bad and condition.comparison is not None:
        proof = _recovery(batch, comparison, fall=condition.comparison)
    else:
        proof = comparison if comparison.verdict == Verdict.REGRESSED else None
    if proof is not None:
        _turn(condition, batch)
        condition.comparison = proof if condition.is_bad else condition.comparison
    condition.seen_until = batch.created_at
    condition.save()
    return None if proof is None else Change(condition, proof)


@transaction.atomic
def judges_turned(batch: Batch) -> Condition | None:
    """Note whether the batch's judges can be trusted; answers the condition if it turned bad."""
    condition = _locked(AlertKind.JUDGE_UNTRUSTED, batch)
    is_bad = batch.preflight == Preflight.UNTRUSTED
    if _is_older(batch, condition) or condition.is_bad == is_bad:
        return None
    _turn(condition, batch)
    condition.seen_until = batch.created_at
    condition.save()
    return condition if is_bad else None


def _locked(kind: AlertKind, batch: Batch) -> Condition:
    run = batch.run
    of_whom: dict[str, Any] = {
        "kind": kind,
        "suite_id": batch.suite_id,
        "target_id": run.target_id,
        "client_type": run.client_type,
    }
    held = Condition.objects.select_for_update(of=("self",)).filter(**of_whom)
    if (condition := held.first()) is None:
        Condition.objects.get_or_create(**of_whom)
        condition = held.get()
    return condition


def _is_older(batch: Batch, condition: Condition) -> bool:
    return condition.seen_until is not None and batch.created_at < condition.seen_until


def _turn(condition: Condition, batch: Batch) -> None:
    condition.is_bad = not condition.is_bad
    condition.turn += condition.is_bad
    condition.since = batch


def _recovery(batch: Batch, comparison: Comparison, *, fall: Comparison) -> Comparison | None:
    """Compare with the last good batch; a baseline that a person pinned is good by definition."""
    from evalsite.regressions.compare import compare_with

    if fall.baseline_id == batch.pk:
        return None
    if comparison.chosen_by != ChosenBy.PINNED and comparison.baseline_id != fall.baseline_id:
        try:
            comparison = compare_with(batch, fall.baseline)
        except ComparisonRefused as refused:  # the good batch is being retried, for instance
            log.info("batch %s: no proof of recovery: %s", batch.pk, refused)
            return None
    return comparison if _has_recovered(comparison, fall=fall) else None


def _has_recovered(comparison: Comparison, *, fall: Comparison) -> bool:
    if comparison.verdict == Verdict.IMPROVED:
        return True
    # The batch that fell, closed again after its errored cases were retried: it did not fall.
    if comparison.pk == fall.pk:
        return comparison.verdict == Verdict.NO_DIFFERENCE
    low, fell = headline(comparison).effect_low, headline(fall).effect
    excluded = low is not None and fell is not None and low > fell
    return comparison.verdict == Verdict.NO_DIFFERENCE and excluded
