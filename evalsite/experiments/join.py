"""Let a batch that is being started write its results to an experiment."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from evalsite.batches.models import Batch
from evalsite.errors import EvalsiteError
from evalsite.experiments.choices import Group
from evalsite.experiments.models import Arm, Experiment, Result
from evalsite.experiments.queries import newest_version, require_open
from evalsite.experiments.record_batch import judges_of


class SuiteNotOfExperiment(EvalsiteError):
    """The experiment is about another suite."""

    code = "experiment_suite_differs"
    hint = "run the experiment's own suite, or make an experiment for this one"
    exit_code = 2


class NotPeekable(EvalsiteError):
    """A batch cannot be watched: there is nothing sound to hold it to while it runs."""

    code = "not_peekable"
    hint = "run the baseline group first, by the same judges and over cases that stand alone"
    exit_code = 2


def is_watched(experiment: Experiment, *, group: str) -> bool:
    """Say whether a batch of the group is looked at while it runs, in an order of chance."""
    return experiment.peek_safe and group == Group.VARIANT


def require_joinable(experiment: Experiment, *, group: str) -> None:
    """Raise ExperimentOver, or NotPeekable where a watched batch has no sound baseline."""
    require_open(experiment)
    if not is_watched(experiment, group=group):
        return
    rows = _baseline(experiment)
    if not rows.exists():
        raise NotPeekable(f"experiment {experiment.name!r} has no baseline yet")
    shared = rows.exclude(cluster="").values("cluster").annotate(n=Count("task", distinct=True))
    if shared.filter(n__gt=1).exists():
        raise NotPeekable(f"the cases of experiment {experiment.name!r} come in clusters")


def join(batch: Batch, experiment: Experiment, *, group: str, version: str) -> Arm:
    """Remember, in the transaction that starts a batch, where its results go.

    The audit entry of the start tells it too. Raises ExperimentOver, SuiteNotOfExperiment and
    NotPeekable.
    """
    require_joinable(experiment, group=group)
    if is_watched(experiment, group=group):
        _require_same_judges(batch, experiment)
    if experiment.suite_id not in (None, batch.suite_id):
        raise SuiteNotOfExperiment(
            f"experiment {experiment.name!r} is about the suite {experiment.suite}"
        )
    against = newest_version(experiment, group=Group.BASELINE) if group == Group.VARIANT else ""
    return Arm.objects.create(
        experiment=experiment, batch=batch, group=group, version=version, against=against
    )


def _require_same_judges(batch: Batch, experiment: Experiment) -> None:
    by = set(_baseline(experiment).values_list("judged_by", flat=True).distinct())
    if by != {judges_of(batch.manifest)}:
        raise NotPeekable(f"the baseline of {experiment.name!r} was judged by other judges")


def _baseline(experiment: Experiment) -> QuerySet[Result]:
    against = newest_version(experiment, group=Group.BASELINE)
    return Result.objects.filter(experiment=experiment, group=Group.BASELINE, version=against)
