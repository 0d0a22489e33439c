"""The two groups of an experiment side by side, task by task, without deciding anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from evalsite.errors import UsageError
from evalsite.experiments.choices import Group
from evalsite.experiments.figures import Count, Figure, count, figure
from evalsite.experiments.models import Experiment
from evalsite.experiments.pairs import METRICS, load_pairs
from evalsite.experiments.queries import newest_decision, newest_version
from evalsite.trends.selection import NoResults, Selection

# How a trend calls the metrics that experiments have other names for.
_ALSO_CALLED: Final = {"pass_rate": "success", "tokens": "tokens_used"}


class FilterUnfit(UsageError):
    """A filter makes no sense for what was asked."""

    code = "filter_unfit"
    hint = "leave it out"


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """The newest versions of both groups: wins, losses and ties of the variant by the primary
    metric, each metric's means and improvement, and the verdict if there is one."""

    experiment: str
    primary_metric: str
    baseline_version: str
    variant_version: str
    baseline_results: int
    variant_results: int
    count: Count
    figures: list[Figure]
    verdict: str | None

    def as_json(self) -> dict[str, Any]:
        """Answer it as plain JSON."""
        return asdict(self)


def side_by_side(selection: Selection, *, metric: str | None = None) -> list[SideBySide]:
    """Compare the groups of each experiment that the selection leaves, by all metrics or one.

    Raises NoResults; FilterUnfit for a filter that would tear pairs apart, and for a metric that
    results do not have.
    """
    for name in ("group", "agent", "model", "days"):
        if getattr(selection, name) is not None:
            raise FilterUnfit(f"--{name} leaves one side of the pairs out")
    wanted = METRICS if metric is None else (_ALSO_CALLED.get(metric, metric),)
    if not set(wanted) <= set(METRICS):
        raise FilterUnfit(f"results have no {metric}", hint=f"one of {', '.join(METRICS)}")
    chosen = selection.results().values("experiment").distinct()
    found = Experiment.objects.filter(pk__in=chosen).order_by("name")
    compared = [_compare(experiment, metrics=wanted) for experiment in found]
    if not compared:
        raise NoResults("no result of an experiment fits")
    return compared


def _compare(experiment: Experiment, *, metrics: tuple[str, ...]) -> SideBySide:
    baseline = newest_version(experiment, group=Group.BASELINE)
    variant = newest_version(experiment, group=Group.VARIANT)
    pairs = load_pairs(experiment, baseline=baseline, variant=variant)
    primary, decision = experiment.primary_metric, newest_decision(experiment)
    figures = [figure(pairs, name, confidence=0.95) for name in metrics]
    return SideBySide(
        experiment=experiment.name,
        primary_metric=primary,
        baseline_version=baseline,
        variant_version=variant,
        baseline_results=pairs.baseline.results,
        variant_results=pairs.variant.results,
        count=count(pairs.sides(primary), metric=primary, tie_band=experiment.tie_band),
        figures=[each for each in figures if each.n],
        verdict=decision.verdict if decision else None,
    )
