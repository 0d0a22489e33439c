"""A batch writes its results to the experiment that it was started for."""

from __future__ import annotations

from typing import Any

import pytest

from evalsite.batches.models import Batch
from evalsite.experiments.decide import decide
from evalsite.experiments.models import Experiment, Result
from evalsite.experiments.record import Recorded
from evalsite.experiments.record_batch import judges_of, record_batch
from evalsite.tenants.models import Tenant
from tests.factories import make_experiment, make_run, make_suite, make_target
from tests.summaries.filled import Card, make_filled

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def experiment(as_acme: Tenant) -> Experiment:
    return make_experiment()


def recorded(experiment: Experiment, batch: Batch) -> Recorded:
    return record_batch(batch, experiment=experiment, group="variant", version="2.0")


def filled(*cards: Card, **fields: Any) -> Batch:
    fields.setdefault("suite", None)
    return make_filled(fields.pop("suite") or make_suite(), cards, **fields)


def test_each_case_becomes_a_result(experiment: Experiment) -> None:
    usage = {"latency_ms": 12.5, "tokens_in": 7, "tokens_out": 3, "cost_usd": 0.01}
    run = make_run(target=make_target(name="helper"), metadata={"model_version": "m-2"})
    batch = filled(Card("a", score=0.75, fields=usage), run=run)
    assert recorded(experiment, batch) == Recorded(new=1)
    result = Result.objects.get()
    assert (result.task, result.score, result.success) == ("a", 0.75, True)
    assert (result.latency_ms, result.tokens_used, result.cost_usd) == (12.5, 10, 0.01)
    assert (result.agent_name, result.model_version) == ("helper", "m-2")
    assert (result.batch, result.judged_by) == (batch, judges_of(batch.manifest))


def test_an_untrusted_judge_is_no_evidence(experiment: Experiment) -> None:
    suite = make_suite()
    cards = [Card(f"case-{n:02}") for n in range(20)]
    record_batch(
        filled(*cards, suite=suite), experiment=experiment, group="baseline", version="1.0"
    )
    recorded(experiment, filled(*cards, suite=suite, preflight="untrusted"))
    decision = decide(experiment)
    assert decision.verdict == "needs_review"
    assert [reason["code"] for reason in decision.reasons] == ["judge_untrusted"]


def test_writing_it_again_changes_nothing(experiment: Experiment) -> None:
    batch = filled(Card("a"), Card("b", "failed"))
    assert [recorded(experiment, batch) for _ in range(2)] == [
        Recorded(new=2),
        Recorded(unchanged=2),
    ]


@pytest.mark.parametrize("status", ["unscored", "errored"])
def test_no_score_is_no_zero(experiment: Experiment, status: str) -> None:
    stages = {"logic": {"status": status, "score": None, "code": "model_timeout"}}
    recorded(experiment, filled(Card("a", status, fields={"stages": stages})))
    result = Result.objects.get()
    assert (result.score, result.success, result.reason) == (None, None, "model_timeout")


def test_an_open_case_is_no_result(experiment: Experiment) -> None:
    assert recorded(experiment, filled(Card("a", "open"), Card("b"))) == Recorded(new=1)


def test_repetitions_stand_alone(experiment: Experiment) -> None:
    recorded(experiment, filled(Card("a"), Card("a", repetition=1), repetitions=2))
    assert set(Result.objects.values_list("repetition", flat=True)) == {0, 1}


def test_the_cluster_is_the_suites(experiment: Experiment) -> None:
    card = Card("a", case={"metadata": {"document": "d7", "other": "x"}})
    recorded(experiment, filled(card, suite=make_suite(cluster_key="document")))
    assert Result.objects.get().cluster == "d7"


def test_other_options_are_other_judges() -> None:
    manifest = {"pack": "exact", "pack_version": "1", "options": {}, "stages": []}
    assert judges_of(manifest) != judges_of({**manifest, "options": {"strict": True}})
    assert judges_of(manifest) == judges_of({**manifest, "later": 1})
