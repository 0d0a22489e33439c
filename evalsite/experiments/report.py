"""A decision, and an experiment, as people and as programs read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from evalsite.experiments.choices import UNITS, Claim, Metric
from evalsite.experiments.declare import declaration_of
from evalsite.experiments.models import Decision, Experiment
from evalsite.experiments.queries import newest_decision, tallies
from evalsite.experiments.savings import savings_in_words
from evalsite.figures import DASH, between, level, moved, size
from evalsite.terminal import add_row, page, table

_SHOWN: Final = (
    *("verdict", "reasons", "declaration", "figures", "baseline_version", "variant_version"),
    *("n_pairs", "wins", "losses", "ties", "effect", "effect_low", "effect_high", "p_value"),
    *("method", "more_cases", "decided_by"),
)


def as_json(decision: Decision) -> dict[str, Any]:
    """Answer the decision as plain JSON."""
    return {
        "event": "decision",
        "id": str(decision.pk),
        "experiment": decision.experiment.name,
        "decided_at": decision.decided_at.isoformat(),
        **{name: getattr(decision, name) for name in _SHOWN},
    }


def as_text(decision: Decision, *, colour: bool = False) -> str:
    """Answer the decision as a page of 100 columns, the verdict first."""
    return page(_decision(decision), colour=colour)


def described_as_json(experiment: Experiment) -> dict[str, Any]:
    """Answer the experiment, its groups and what was decided last, as plain JSON."""
    decision = newest_decision(experiment)
    return {
        "event": "experiment",
        "name": experiment.name,
        "description": experiment.description,
        "suite": experiment.suite.name if experiment.suite else None,
        "state": experiment.state,
        "declaration": declaration_of(experiment),
        "locked_at": experiment.locked_at.isoformat() if experiment.locked_at else None,
        "groups": [_plain(row) for row in tallies(experiment)],
        "decision": as_json(decision) if decision else None,
    }


def described(experiment: Experiment, *, colour: bool = False) -> str:
    """Answer the experiment as a page: what is claimed, what is there, what was decided."""
    return page(_description(experiment), colour=colour)


def claim_in_words(experiment: Experiment) -> str:
    """Say what must be shown for the variant to be deployed."""
    metric, margin = experiment.primary_metric, experiment.margin
    unit = UNITS[Metric(metric)]
    if experiment.claim == Claim.NON_INFERIORITY:
        return f"{metric} of the variant is not worse by {size(margin, unit)} or more"
    more = f" by more than {size(margin, unit)}" if margin else ""
    return f"{metric} of the variant is better{more}"


def _description(experiment: Experiment) -> Iterator[Any]:
    yield f"[bold]{experiment.name}[/]  {experiment.state}"
    held = "locked by its results" if experiment.locked_at else "may still change"
    yield f"Claim: {claim_in_words(experiment)}; alpha {experiment.alpha:g}; {held}."
    if experiment.peek_safe:
        yield "A variant's batch is looked at while it runs, and stopped once this is settled."
    groups = table("group", "version", ">tasks", ">results", ">unscored", "last recorded")
    for each in tallies(experiment):
        last = each["recorded_at"].strftime("%Y-%m-%d %H:%M")
        counts = (str(each[name]) for name in ("tasks", "results", "unscored"))
        add_row(groups, each["group"], each["version"], *counts, last)
    yield groups if groups.rows else "It has no results yet."
    if decision := newest_decision(experiment):
        yield f"Decided last at {decision.decided_at:%Y-%m-%d %H:%M}:"
        yield from _decision(decision)


def _decision(decision: Decision) -> Iterator[Any]:
    from rich.markup import escape

    yield f"[bold]{decision.verdict}[/]. Claimed: {claim_in_words(decision.experiment)}."
    for reason in decision.reasons:
        yield f"  {reason['code']}: {escape(reason['text'])}"
    yield (
        f"variant {escape(decision.variant_version) or DASH} against baseline "
        f"{escape(decision.baseline_version) or DASH}, {decision.n_pairs} tasks in pairs: "
        f"{decision.wins} wins, {decision.losses} losses, {decision.ties} ties"
    )
    if metrics := decision.figures["metrics"]:
        yield _metrics(metrics, confidence=1 - 2 * decision.declaration["alpha"])
    yield f"method: {decision.method}"
    if decision.more_cases and decision.p_value is None:
        yield f"a test needs {decision.more_cases:,} more tasks in pairs"
    elif decision.more_cases:
        yield f"about {decision.more_cases:,} more tasks would settle it"
    if saved := savings_in_words(decision.figures["saved"]):
        yield saved


def _metrics(metrics: list[Mapping[str, Any]], *, confidence: float) -> Any:
    sure = f">{100 * confidence:g} % interval"
    heads = (">n", ">baseline", ">variant", ">difference", sure, ">improved", sure)
    made = table("metric", *heads)
    for each in metrics:
        unit = UNITS[Metric(each["metric"])]
        add_row(
            made,
            each["metric"],
            str(each["n"]),
            level(each["baseline"], unit),
            level(each["variant"], unit),
            moved(each["difference"], unit),
            between(each["low"], each["high"], unit=unit),
            _per_cent(each["per_cent"], " %"),
            _per_cent(each["per_cent_low"], " to ") + _per_cent(each["per_cent_high"]),
        )
    return made


def _per_cent(value: float | None, unit: str = "") -> str:
    return "" if value is None else f"{value:+.1f}{unit}"


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row.items()
    }
