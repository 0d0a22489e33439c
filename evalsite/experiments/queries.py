"""Questions about experiments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min, Q

from evalsite.errors import EvalsiteError
from evalsite.experiments.choices import ExperimentState
from evalsite.experiments.models import Arm, Decision, Experiment, Result

if TYPE_CHECKING:
    from evalsite.experiments.check import CheckedResult


class ExperimentUnknown(EvalsiteError):
    """The tenant has no experiment of that name."""

    code = "experiment_unknown"
    hint = "manage.py createexperiment NAME makes one; the admin lists what there is"
    exit_code = 2
    http_status = 404


class ExperimentOver(EvalsiteError):
    """The experiment is decided or closed, and takes no more results."""

    code = "experiment_over"
    hint = "make a new experiment for the next question"
    exit_code = 2


def find_experiment(name: str) -> Experiment:
    """Answer the experiment of that name; raises ExperimentUnknown."""
    found = Experiment.objects.filter(name=name).select_related("suite").first()
    if found is None:
        raise ExperimentUnknown(f"there is no experiment {name!r}")
    return found


def require_open(experiment: Experiment) -> None:
    """Raise ExperimentOver unless the experiment still takes results."""
    if experiment.state != ExperimentState.OPEN:
        raise ExperimentOver(f"experiment {experiment.name!r} is {experiment.state}")


def hold_open(experiment: Experiment) -> bool:
    """Answer whether it still takes results; if so it does until this transaction ends."""
    held = Experiment.objects.select_for_update(no_key=True).only("state").get(pk=experiment.pk)
    return held.state == ExperimentState.OPEN


def newest_version(experiment: Experiment, *, group: str) -> str:
    """Answer the version of a group whose first result came last; "" of an empty group."""
    versions = Result.objects.filter(experiment=experiment, group=group).values("version")
    newest = versions.annotate(began=Min("created_at")).order_by("-began", "-version").first()
    return str(newest["version"]) if newest else ""


def newest_decision(experiment: Experiment) -> Decision | None:
    """Answer what was decided last, if anything was."""
    found = Decision.objects.filter(experiment=experiment)
    return found.order_by("-decided_at", "-pk").first()


def newest_decisions(experiments: Iterable[Experiment]) -> dict[UUID, Decision]:
    """Answer by experiment what was decided last, in one query."""
    found = Decision.objects.filter(experiment__in=list(experiments))
    newest = found.order_by("experiment", "-decided_at", "-pk").distinct("experiment")
    return {decision.experiment_id: decision for decision in newest}


def tallies(experiment: Experiment) -> list[dict[str, Any]]:
    """Answer per group and version: tasks, results, unscored ones, and when the last came."""
    rows = Result.objects.filter(experiment=experiment).values("group", "version")
    counted = rows.annotate(
        tasks=Count("task", distinct=True),
        results=Count("pk"),
        unscored=Count("pk", filter=Q(score__isnull=True)),
        recorded_at=Max("recorded_at"),
        began=Min("created_at"),
    )
    return [dict(row) for row in counted.order_by("group", "began")]


def result_of(experiment: Experiment, checked: CheckedResult) -> Result:
    """Answer the row that is recorded under a result's natural key."""
    natural = ("task", "group", "version", "repetition")
    key = {name: getattr(checked, name) for name in natural}
    return Result.objects.get(experiment=experiment, **key)


def has_arm(batch_id: UUID) -> bool:
    """Whether a batch belongs to an experiment: few do, and every chunk and close asks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM experiments_arm WHERE batch_id = %s)", [batch_id]
        )
        return bool(cursor.fetchone()[0])


def arm_of(batch_id: UUID) -> Arm | None:
    """Answer what a batch writes to, if it belongs to an experiment."""
    if not has_arm(batch_id):
        return None
    return Arm.objects.filter(batch=batch_id).select_related("experiment").first()
