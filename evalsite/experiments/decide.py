"""Decide an experiment: deploy, reject, or needs_review, with every figure that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import transaction

from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.experiments.choices import BOUNDED, ExperimentState, Group, Side, Verdict
from evalsite.experiments.declare import declaration_of
from evalsite.experiments.figures import Figure, count, figure
from evalsite.experiments.models import Arm, Decision, Experiment
from evalsite.experiments.pairs import METRICS, Pairs, load_pairs
from evalsite.experiments.queries import ExperimentOver, newest_decision, newest_version
from evalsite.experiments.savings import savings
from evalsite.experiments.weigh import Reason, Weight, harmed_guards, obstacles, weigh
from evalsite.stats.estimates import ENOUGH_PAIRS

_SAID: Final = {
    Side.ABOVE: Reason("claim_shown", "what was claimed is shown"),
    Side.BELOW: Reason("harm_shown", "the opposite of what was claimed is shown"),
    Side.OPEN: Reason("not_settled", "neither the claim nor its opposite is shown"),
}


@transaction.atomic
def decide(
    experiment: Experiment,
    *,
    baseline_version: str = "",
    variant_version: str = "",
    actor: object = "",
) -> Decision:
    """Decide by what is recorded, and freeze it; the newest version of a group unless named.

    A decided experiment stays decided: what was decided is the answer. needs_review leaves it
    open for more results. Raises ExperimentOver for a closed one.
    """
    locked = Experiment.objects.select_for_update().get(pk=experiment.pk)
    decided = newest_decision(locked)
    if locked.state == ExperimentState.DECIDED and decided is not None:
        return decided
    if locked.state != ExperimentState.OPEN:
        raise ExperimentOver(f"experiment {locked.name!r} is {locked.state}")
    baseline = baseline_version or newest_version(locked, group=Group.BASELINE)
    variant = variant_version or newest_version(locked, group=Group.VARIANT)
    made = _decision(locked, baseline=baseline, variant=variant, looked_before=decided is not None)
    made.decided_by = str(actor)
    made.save(force_insert=True)
    before = shown(locked, "state")
    if made.verdict != Verdict.NEEDS_REVIEW:
        locked.state = experiment.state = ExperimentState.DECIDED
        locked.save(update_fields=["state"])
    sides = change(before, shown(locked, "state"))
    told = {"verdict": made.verdict, "pairs": made.n_pairs, **sides}
    record("experiment.decided", locked, actor=actor, **told)
    return made


def _decision(
    experiment: Experiment, *, baseline: str, variant: str, looked_before: bool
) -> Decision:
    pairs = load_pairs(experiment, baseline=baseline, variant=variant)
    arm = _stopped(experiment, version=variant)
    weight = weigh(experiment, pairs, arm=arm)
    verdict, reasons = _verdict(experiment, pairs, weight=weight)
    if looked_before and not experiment.peek_safe:
        text = "it was decided on before, with fewer results: each look adds to the error"
        reasons.append(Reason("looked_before", text))
    figures = _figures(experiment, pairs, weight=weight)
    primary = figures.get(experiment.primary_metric)
    sides = pairs.sides(experiment.primary_metric)
    counted = count(sides, metric=experiment.primary_metric, tie_band=experiment.tie_band)
    more = weight.more_cases if weight else max(0, ENOUGH_PAIRS - len(sides.before)) or None
    return Decision(
        experiment=experiment,
        verdict=verdict,
        reasons=[reason._asdict() for reason in reasons],
        declaration=declaration_of(experiment),
        figures={
            "metrics": [each.as_json() for each in figures.values()],
            "groups": {"baseline": _attrition(pairs, 0), "variant": _attrition(pairs, 1)},
            "saved": savings(arm),
        },
        baseline_version=baseline,
        variant_version=variant,
        n_pairs=len(sides.before),
        wins=counted.wins,
        losses=counted.losses,
        ties=counted.ties,
        effect=primary.difference if primary else None,
        effect_low=primary.low if primary else None,
        effect_high=primary.high if primary else None,
        p_value=weight.p_value if weight else None,
        method=weight.method if weight else "no test: too little",
        more_cases=0 if verdict != Verdict.NEEDS_REVIEW else more,
    )


def _verdict(
    experiment: Experiment, pairs: Pairs, *, weight: Weight | None
) -> tuple[Verdict, list[Reason]]:
    """Deploy: the claim is shown, no guard harmed. Reject: harm is shown. Else a person looks."""
    against = list(obstacles(experiment, pairs))
    if against or weight is None:
        return Verdict.NEEDS_REVIEW, against
    harmed = harmed_guards(experiment, pairs)
    said = [_SAID[weight.side], *harmed]
    if weight.side is Side.BELOW or harmed:
        return Verdict.REJECT, said
    return (Verdict.DEPLOY if weight.side is Side.ABOVE else Verdict.NEEDS_REVIEW), said


def _figures(experiment: Experiment, pairs: Pairs, *, weight: Weight | None) -> dict[str, Figure]:
    confidence = 1 - 2 * experiment.alpha
    order: Sequence[str] = sorted(METRICS, key=lambda name: name != experiment.primary_metric)
    made = {name: figure(pairs, name, confidence=confidence) for name in order}
    found = {name: each for name, each in made.items() if each.n}
    primary = found.get(experiment.primary_metric)
    if weight is not None and primary is not None:
        # One interval for one thing: the one that the verdict rests on.
        low, high = weight.interval
        if experiment.primary_metric not in BOUNDED:
            low, high = -high, -low
        found[primary.metric] = replace(
            primary, low=low, high=high, p_value=weight.p_value, method=weight.method
        )
    return found


def _attrition(pairs: Pairs, place: int) -> dict[str, Any]:
    counted = (pairs.baseline, pairs.variant)[place]
    unpaired = counted.tasks - len(pairs.rows)
    return {
        "results": counted.results,
        "tasks": counted.tasks,
        "unscored": counted.missing,
        "unpaired": unpaired,
    }


def _stopped(experiment: Experiment, *, version: str) -> Arm | None:
    """Answer the arm whose looks count: of a peek-safe experiment, the variant's newest."""
    if not experiment.peek_safe:
        return None
    arms = Arm.objects.filter(experiment=experiment, group=Group.VARIANT, version=version)
    return arms.select_related("batch").order_by("-pk").first()
