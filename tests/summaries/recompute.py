"""The summary once more, slowly and in plain Python, from the scorecards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from statistics import fmean, stdev
from typing import Any

from evalsite.batches.models import Batch
from evalsite.scoring.models import Scorecard
from evalsite.stats.intervals import bounded_mean, wilson

Cards = list[Scorecard]
WORST_FIRST = ("errored", "unscored", "failed", "skipped", "passed", "not_applicable")


def recompute(batch: Batch) -> dict[tuple[str, str], dict[str, Any]]:
    """Answer every figure of every slice."""
    cards = Scorecard.objects.filter(batch=batch).exclude(status="open")
    slices: dict[tuple[str, str], list[Cards]] = defaultdict(list)
    for case in _cases(cards.select_related("revision")):
        for key in _slices_of(case[0].revision):
            slices[key].append(case)
    names = [stage["name"] for stage in batch.manifest["stages"]]
    return {key: _figures(cases, names, batch.repetitions) for key, cases in slices.items()}


def _cases(cards: Iterable[Scorecard]) -> Iterable[Cards]:
    ordered = sorted(cards, key=lambda card: card.revision_id)
    return [list(group) for _, group in groupby(ordered, key=lambda card: card.revision_id)]


def _slices_of(revision: Any) -> set[tuple[str, str]]:
    keys = {("all", "")} | {("tag", tag) for tag in revision.tags}
    if revision.category:
        keys.add(("category", revision.category))
    if revision.complexity is not None:
        keys.add(("complexity", str(revision.complexity)))
    return keys


def _figures(cases: list[Cards], stages: list[str], repetitions: int) -> dict[str, Any]:
    statuses = [_worst(card.status for card in case) for case in cases]
    counts = {name: statuses.count(name) for name in ("passed", "failed", "unscored", "errored")}
    judged = [c for c, s in zip(cases, statuses, strict=True) if s in ("passed", "failed")]
    shares = [fmean(card.status == "passed" for card in case) for case in judged]
    rate = _mean(shares)
    if repetitions == 1 and judged:
        rate = (counts["passed"] / len(judged), *wilson(counts["passed"], len(judged)))
    mean = _mean(_averages([[card.overall_score for card in case] for case in cases]))
    return {
        "n": len(cases),
        **counts,
        **dict(zip(("pass_rate", "pass_low", "pass_high"), rate, strict=True)),
        **dict(zip(("mean_score", "score_low", "score_high"), mean, strict=True)),
        **_usage(cases),
        "stages": {name: _stage(cases, name) for name in stages},
    }


def _worst(statuses: Iterable[str]) -> str:
    return min(statuses, key=WORST_FIRST.index)


def _averages(values: list[list[float | None]]) -> list[float]:
    known = [[value for value in case if value is not None] for case in values]
    return [fmean(case) for case in known if case]


def _mean(values: list[float]) -> tuple[float | None, float | None, float | None]:
    if not values:
        return None, None, None
    sd = stdev(values) if len(values) > 1 else None
    return (fmean(values), *bounded_mean(fmean(values), sd=sd, n=len(values)))


def _stage(cases: list[Cards], name: str) -> dict[str, Any]:
    results = [[c.stages[name] for c in case if name in c.stages] for case in cases]
    statuses = [_worst(r["status"] for r in case) for case in results if case]
    averages = _averages([[r["score"] for r in case] for case in results])
    mean, low, high = _mean(averages)
    counts = {status: statuses.count(status) for status in WORST_FIRST}
    spread = {"scored": len(averages), "mean": mean, "low": low, "high": high}
    return {"n": len(statuses), **counts, **spread}


def _usage(cases: list[Cards]) -> dict[str, Any]:
    cards = [card for case in cases for card in case]
    latencies = sorted(card.latency_ms for card in cards if card.latency_ms is not None)
    return {
        **{f"latency_p{p}": _percentile(latencies, p / 100) for p in (50, 95, 99)},
        **{name: _sum(cards, name) for name in ("tokens_in", "tokens_out", "cost_usd")},
        "cost_known": sum(all(card.cost_usd is not None for card in case) for case in cases),
    }


def _sum(cards: Cards, name: str) -> Any:
    known = [getattr(card, name) for card in cards if getattr(card, name) is not None]
    return sum(known) if known else None


def _percentile(ordered: list[float], share: float) -> float | None:
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
