"""runbatch --experiment: both sides, and what is refused before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch
from evalsite.errors import EvalsiteError
from evalsite.experiments.declare import close_experiment
from evalsite.experiments.models import Arm, Experiment, Result
from evalsite.pipeline.launch import cancel
from evalsite.tenants.models import Tenant
from tests.experiments.suites import answered, begun, deliver
from tests.factories import make_experiment, make_suite

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def experiment(as_acme: Tenant) -> Experiment:
    return make_experiment(name="study")


def test_a_finished_batch_records_its_side(experiment: Experiment) -> None:
    suite = make_suite()
    for group, right in (("baseline", 3), ("variant", 5)):
        deliver(begun(suite, answered(suite, n=6, right=right), group=group))
    results = Result.objects.filter(experiment=experiment)
    passed = {g: results.filter(group=g, success=True).count() for g in ("baseline", "variant")}
    assert passed == {"baseline": 3, "variant": 5}
    assert results.count() == 12


def test_a_running_batch_has_recorded_nothing(experiment: Experiment) -> None:
    suite = make_suite()
    batch = begun(suite, answered(suite, n=3, right=3), group="baseline")
    assert not Result.objects.exists()
    assert Arm.objects.get(batch=batch).experiment == experiment


def test_a_cancelled_batch_records_nothing(experiment: Experiment) -> None:
    suite = make_suite()
    cancel(begun(suite, answered(suite, n=3, right=3), group="baseline").pk)
    assert not Result.objects.exists()


def test_the_version_may_be_the_runs_own(experiment: Experiment) -> None:
    suite = make_suite()
    run = answered(suite, n=3, right=3, client_version="7.1")
    batch = begun(suite, run, group="variant", client_version=None)
    assert Arm.objects.get(batch=batch).version == "7.1"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"experiment": "nobody"}, "experiment_unknown"),
        ({"group": None}, "experiment_arguments"),
        ({"client_version": None}, "experiment_arguments"),
        ({"experiment": None}, "experiment_arguments"),
        ({"resume": "0"}, "experiment_arguments"),
    ],
)
def test_a_wrong_place_is_refused_before_the_start(
    experiment: Experiment, change: dict[str, Any], code: str
) -> None:
    suite = make_suite()
    run = answered(suite, n=1, right=1)
    with pytest.raises(EvalsiteError) as caught:
        begun(suite, run, **{"group": "variant", **change})
    assert caught.value.code == code
    assert not Batch.objects.exists()


def test_a_decided_experiment_takes_no_batch(experiment: Experiment) -> None:
    close_experiment(experiment)
    suite = make_suite()
    with pytest.raises(EvalsiteError) as caught:
        begun(suite, answered(suite, n=1, right=1), group="variant")
    assert caught.value.code == "experiment_over"


def test_an_experiment_keeps_what_it_was_decided_by(experiment: Experiment) -> None:
    suite = make_suite()
    late = begun(suite, answered(suite, n=3, right=3), group="variant")
    close_experiment(experiment)
    assert deliver(late).state == "finished"
    assert not Result.objects.exists()
    assert Entry.objects.get(action="results.refused").details == {"group": "variant"}


def test_an_experiment_keeps_to_its_suite() -> None:
    make_experiment(name="study", suite=make_suite())
    other = make_suite()
    with pytest.raises(EvalsiteError) as caught:
        begun(other, answered(other, n=1, right=1), group="variant")
    assert caught.value.code == "experiment_suite_differs"
    assert not Batch.objects.exists()
