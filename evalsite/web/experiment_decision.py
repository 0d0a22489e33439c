"""A decision's figures as an experiment's page writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from evalsite.experiments.choices import BOUNDED, UNITS, Claim, Metric
from evalsite.experiments.models import Decision
from evalsite.experiments.savings import savings_in_words
from evalsite.figures import DASH, between, change, level, moved, probability, size
from evalsite.web.charts.forest import ForestRow

PER_CENT: Final = "%"
_GUARDS: Final = {"max_slower": Metric.LATENCY_MS, "max_dearer": Metric.COST_USD}


class MetricRow(NamedTuple):
    """One metric, written."""

    name: str
    n: int
    baseline: str
    variant: str
    difference: str
    interval: str
    improved: str
    p_value: str
    method: str


class GuardRow(NamedTuple):
    """What must not get worse by more than was declared, and what came of it."""

    name: str
    limit: str
    measured: str
    answer: str


def decision_in_figures(decision: Decision) -> dict[str, Any]:
    """Answer the decision, and all of its figures written and as rows of charts."""
    declared, metrics = decision.declaration, decision.figures.get("metrics", [])
    metric = Metric(declared["primary_metric"])
    unit = UNITS[metric]
    name = _spaced(metric)
    ends = (decision.effect_low, decision.effect, decision.effect_high)
    return {
        "decision": decision,
        "unit": unit,
        "effect": change(decision.effect, unit),
        "interval": between(decision.effect_low, decision.effect_high, unit=unit),
        "confidence": f"{100 * (1 - 2 * declared['alpha']):g} %",
        "margin": _margin(declared, metric),
        "effects": [(f"{name}, variant - baseline", *ends, "")],
        "improvements": [_improvement(row) for row in metrics if row["per_cent"] is not None],
        "metrics": [_metric(row) for row in metrics],
        "guards": list(_guards(decision)),
        "groups": sorted(decision.figures.get("groups", {}).items()),
        "more": more_in_words(decision),
        "saved": savings_in_words(decision.figures.get("saved", {})),
    }


def more_in_words(decision: Decision) -> str:
    """Say how many more tasks would settle it."""
    if decision.more_cases is None:
        return "not known"
    return f"about {decision.more_cases:,} more" if decision.more_cases else "settled"


def _margin(declared: Mapping[str, Any], metric: Metric) -> float:
    """Answer the difference that the claim is about: less is better where there is no scale."""
    gain = declared["margin"] * (-1 if declared["claim"] == Claim.NON_INFERIORITY else 1)
    return float(gain if metric in BOUNDED else -gain)


def _improvement(row: Mapping[str, Any]) -> ForestRow:
    ends = (row["per_cent_low"], row["per_cent"], row["per_cent_high"])
    return (f"{_spaced(row['metric'])} ({row['n']} tasks)", *ends, "")


def _metric(row: Mapping[str, Any]) -> MetricRow:
    unit = UNITS[Metric(row["metric"])]
    return MetricRow(
        _spaced(row["metric"]),
        row["n"],
        level(row["baseline"], unit),
        level(row["variant"], unit),
        moved(row["difference"], unit),
        between(row["low"], row["high"], unit=unit),
        _worth(row),
        probability(row["p_value"]),
        row["method"],
    )


def _worth(row: Mapping[str, Any], *, sign: int = 1) -> str:
    """Write per cent of the baseline's mean: more is better, unless turned."""
    if row["per_cent"] is None:
        return DASH
    low, high = row["per_cent_low"], row["per_cent_high"]
    told = change(sign * row["per_cent"], PER_CENT)
    if low is None or high is None:
        return f"{told}, no interval"
    low, high = sorted((sign * low, sign * high))
    return f"{told} ({between(low, high, unit=PER_CENT)})"


def _guards(decision: Decision) -> Iterator[GuardRow]:
    measured = {row["metric"]: row for row in decision.figures.get("metrics", [])}
    said = [(reason["code"], reason["text"]) for reason in decision.reasons]
    for field, metric in _GUARDS.items():
        limit = decision.declaration.get(field)
        if limit is None:
            continue
        row = measured.get(metric)
        worse = _worth(row, sign=-1) if row else DASH
        told = f"by at most {size(100 * limit, PER_CENT)}"
        yield GuardRow(_spaced(metric), told, worse, _answer(said, metric))


def _answer(said: list[tuple[str, str]], metric: str) -> str:
    codes = [code for code, text in said if code.startswith("guard_") and metric in text]
    return {"guard_harmed": "harmed", "guard_unmeasured": "not measured"}.get(
        codes[0] if codes else "", "no harm shown"
    )


def _spaced(code: str) -> str:
    return code.replace("_", " ")
