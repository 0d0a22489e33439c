from __future__ import annotations

import pytest

from evalsite.audit.models import Entry
from evalsite.experiments.declare import (
    ExperimentExists,
    ExperimentInvalid,
    ExperimentLocked,
    amend,
    create_experiment,
)
from evalsite.experiments.models import Experiment
from tests.factories import make_experiment, make_result

pytestmark = pytest.mark.usefixtures("as_acme")


def test_creating_is_audited_with_the_declaration() -> None:
    create_experiment("study", margin=0.02, actor="alice")
    entry = Entry.objects.get(action="experiment.created")
    assert (entry.actor, (entry.after or {})["margin"]) == ("alice", 0.02)


def test_two_of_a_name_are_refused() -> None:
    create_experiment("study", margin=0.02)
    with pytest.raises(ExperimentExists):
        create_experiment("study", margin=0.5)


def test_before_a_result_the_declaration_may_change() -> None:
    changed = amend(make_experiment(margin=0.2), margin=0.1, actor="alice")
    assert Experiment.objects.get(pk=changed.pk).margin == 0.1
    entry = Entry.objects.get(action="experiment.changed")
    assert (entry.before, entry.after) == ({"margin": 0.2}, {"margin": 0.1})


def test_after_it_the_verb_refuses_and_names_the_fields() -> None:
    experiment = make_result().experiment
    with pytest.raises(ExperimentLocked, match="alpha, margin of"):
        amend(experiment, margin=0.1, alpha=0.1)


def test_saying_the_same_again_is_no_change() -> None:
    experiment = make_result().experiment
    amend(experiment, margin=experiment.margin, description="why")
    assert Entry.objects.get(action="experiment.changed").after == {"description": "why"}


@pytest.mark.parametrize("margin", [-0.1, 1, float("nan"), float("inf")])
def test_a_margin_is_an_amount_that_demands_something(margin: float) -> None:
    with pytest.raises(ExperimentInvalid, match="margin"):
        create_experiment("study", margin=margin)
