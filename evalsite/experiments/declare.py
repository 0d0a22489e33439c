"""Declare an experiment, and hold it to what was declared."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError
from evalsite.experiments.choices import ExperimentState
from evalsite.experiments.models import DECLARED, Experiment
from evalsite.experiments.queries import ExperimentOver, hold_open


class ExperimentInvalid(EvalsiteError):
    """A value of the declaration makes no sense; the message names the field."""

    code = "experiment_invalid"
    hint = "docs/experiments.md says what each field means"
    exit_code = 2
    http_status = 422


class ExperimentExists(EvalsiteError):
    """The name is taken."""

    code = "experiment_exists"
    hint = "choose another name, or go on with the experiment that has it"
    exit_code = 2


class ExperimentLocked(EvalsiteError):
    """What decides cannot change once there are results: it would be chosen to please."""

    code = "experiment_locked"
    hint = "make a new experiment with the declaration that you want"
    exit_code = 2


def create_experiment(
    name: str, *, margin: float, suite: Suite | None = None, actor: object = "", **declared: Any
) -> Experiment:
    """Create an open experiment; `declared` are other fields of the model.

    `margin` is in the unit of the primary metric, 0 or more. Raises ExperimentInvalid and
    ExperimentExists.
    """
    made = Experiment(name=name, margin=margin, suite=suite, created_by=str(actor), **declared)
    _check(made)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            record("experiment.created", made, actor=actor, after=declaration_of(made))
    except IntegrityError as error:
        if "experiments_experiment_name" not in str(error):
            raise
        raise ExperimentExists(f"there is an experiment {name!r} already") from None
    return made


@transaction.atomic
def amend(experiment: Experiment, *, actor: object = "", **changes: Any) -> Experiment:
    """Change fields of an experiment.

    Raises ExperimentLocked for one of its declaration after the first result, ExperimentInvalid.
    """
    locked = Experiment.objects.select_for_update().get(pk=experiment.pk)
    changed = {name: new for name, new in changes.items() if getattr(locked, name) != new}
    if locked.locked_at and (held := sorted(set(changed) & set(DECLARED))):
        raise ExperimentLocked(f"{', '.join(held)} of {locked.name!r} was locked by its results")
    before = shown(locked, *changed)
    for name, new in changed.items():
        setattr(locked, name, new)
    _check(locked)
    if changed:
        locked.save(update_fields=list(changed))
        record("experiment.changed", locked, actor=actor, **change(before, changed))
    return locked


@transaction.atomic
def close_experiment(experiment: Experiment, *, actor: object = "") -> Experiment:
    """Give an open experiment up: it takes no more results. Raises ExperimentOver."""
    if not hold_open(experiment):
        raise ExperimentOver(f"experiment {experiment.name!r} is over already")
    return amend(experiment, actor=actor, state=ExperimentState.CLOSED)


def declaration_of(experiment: Experiment) -> dict[str, Any]:
    """Answer what the experiment declared, as plain JSON."""
    return {name: getattr(experiment, name) for name in DECLARED}


def _check(experiment: Experiment) -> None:
    try:
        experiment.clean_fields()
        experiment.clean()
    except ValidationError as error:
        field, problems = next(iter(error.message_dict.items()))
        raise ExperimentInvalid(f"{field}: {problems[0]}") from None
