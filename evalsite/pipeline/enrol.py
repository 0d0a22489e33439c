"""Which experiment a batch was asked to write to, checked before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from evalsite.errors import UsageError
from evalsite.experiments.join import is_watched, require_joinable
from evalsite.experiments.models import Experiment
from evalsite.experiments.queries import find_experiment
from evalsite.targets.models import Run

_ABOUT: Final = ("experiment", "group", "client_version")


class ExperimentArguments(UsageError):
    """--experiment, --group and --client-version go together, and only with a new batch."""

    code = "experiment_arguments"
    hint = "--experiment E --group baseline|variant --client-version V"


class Place(NamedTuple):
    """Where a batch writes its results; `order_seed` draws the order of a watched one."""

    experiment: Experiment
    group: str
    version: str
    order_seed: int | None


def refuse_mixed(options: Mapping[str, Any]) -> None:
    """Raise ExperimentArguments where a batch that goes on is given another place."""
    goes_on = options["resume"] or options["retry_errored"]
    if goes_on and any(options.get(name) for name in _ABOUT):
        raise ExperimentArguments("a batch that goes on keeps the experiment that it has")


def place_of(options: Mapping[str, Any], run: Run) -> Place | None:
    """Answer where the options of `run_arguments` let a run's results go; None for nowhere.

    Raises ExperimentArguments, ExperimentUnknown, ExperimentOver and NotPeekable.
    """
    name, group, version = (options.get(name) or "" for name in _ABOUT)
    if not name:
        if group or version:
            raise ExperimentArguments("--group and --client-version are of an --experiment")
        return None
    version = version or run.client_version
    if not group or not version:
        raise ExperimentArguments("an experiment needs the group, and the version of the system")
    experiment = find_experiment(name)
    require_joinable(experiment, group=group)
    watched = is_watched(experiment, group=group)
    return Place(experiment, group, version, options["seed"] if watched else None)
