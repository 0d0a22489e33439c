"""A completed run is evaluated once, however often it is asked, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections

from evalsite.batches.models import Batch, Step
from evalsite.cases.queries import Selection
from evalsite.celery import app
from evalsite.errors import EvalsiteError
from evalsite.pipeline import launch
from evalsite.pipeline.evaluate import MOST_WAITED_FOR, evaluate
from evalsite.pipeline.models import OutboxMessage
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from judges.protocol import VerdictError
from tests.factories import make_run
from tests.pipeline.bench import statuses, told
from tests.pipeline.completed import filled, wanted


@pytest.mark.parametrize("status", ["pending", "running", "failed", "dry_run"])
def test_a_run_that_is_not_completed_is_refused(status: str, as_acme: Tenant) -> None:
    run, evaluation = wanted([told("passed")], status=status)
    with pytest.raises(EvalsiteError, match=status) as refused:
        evaluate(run, evaluation)
    assert refused.value.code == "run_not_completed"
    assert refused.value.hint
    assert not Batch.objects.exists()


def test_an_evaluation_of_another_target_is_refused(as_acme: Tenant) -> None:
    _, evaluation = wanted([told("passed")])
    with pytest.raises(EvalsiteError) as refused:
        evaluate(make_run(), evaluation)
    assert refused.value.code == "evaluation_mismatch"


def test_asking_twice_gives_the_same_batch(as_acme: Tenant) -> None:
    run, evaluation = wanted([told("passed")])
    first, second = evaluate(run, evaluation), evaluate(run, evaluation)
    assert first.pk == second.pk
    assert Batch.objects.count() == 1
    assert OutboxMessage.objects.count() == 1


def test_another_run_is_another_batch(as_acme: Tenant) -> None:
    run, evaluation = wanted([told("passed")])
    other = make_run(target=run.target)
    assert evaluate(run, evaluation).pk != evaluate(other, evaluation).pk


def test_a_changed_evaluation_is_another_wish(as_acme: Tenant) -> None:
    run, evaluation = wanted([told("passed")])
    before = evaluate(run, evaluation)
    evaluation.repetitions = 2
    assert evaluate(run, evaluation).pk != before.pk


def test_batches_without_a_request_do_not_collide(as_acme: Tenant) -> None:
    run, suite = filled([told("passed")])
    given: dict[str, Any] = {"pack": "lanes", "options": {}, "selection": Selection()}
    assert launch.start(suite=suite, run=run, **given) != launch.start(
        suite=suite, run=run, **given
    )


def test_another_judge_is_another_batch(as_acme: Tenant) -> None:
    run, evaluation = wanted([{"answer": "4"}], pack="exact")
    plain = evaluate(run, evaluation)
    other = evaluate(run, evaluation, judges=["normalised"])
    assert plain.pk != other.pk
    assert evaluate(run, evaluation, judges=['{"name": "normalised"}']).pk == other.pk


@pytest.mark.parametrize(
    ("judge", "code"), [("no_such", "judge_unknown"), ("nowhere=exact", "judge_not_replaceable")]
)
def test_a_bad_override_is_refused_before_anything_starts(
    judge: str, code: str, as_acme: Tenant
) -> None:
    run, evaluation = wanted([{"answer": "4"}], pack="exact")
    with pytest.raises(VerdictError) as refused:
        evaluate(run, evaluation, judges=[judge])
    assert refused.value.code == code
    assert not Batch.objects.exists()


def test_a_tiny_one_is_scored_while_one_waits(as_acme: Tenant) -> None:
    run, evaluation = wanted([told("passed"), told("passed", "failed"), told("failed")])
    batch = evaluate(run, evaluation, wait=True)
    assert batch.state == "finished"
    assert list(statuses(batch).values()) == ["passed", "failed", "failed"]
    assert set(Step.objects.values_list("finished_by", flat=True)) == {"wait"}
    assert not OutboxMessage.objects.filter(task="pipeline.dispatch").exists()


def test_waiting_again_scores_nothing_again(as_acme: Tenant) -> None:
    run, evaluation = wanted([told("passed")])
    batch = evaluate(run, evaluation, wait=True)
    scored_at = Scorecard.objects.get(batch=batch).scored_at
    assert evaluate(run, evaluation, wait=True).pk == batch.pk
    assert Scorecard.objects.get(batch=batch).scored_at == scored_at


def test_a_large_one_is_not_waited_for(as_acme: Tenant) -> None:
    run, evaluation = wanted([told("passed")] * 2)
    evaluation.repetitions = MOST_WAITED_FOR // 2 + 1
    with pytest.raises(EvalsiteError) as refused:
        evaluate(run, evaluation, wait=True)
    assert refused.value.code == "evaluation_too_large"
    assert f"runbatch --suite {evaluation.suite.name} --run {run.name}" in refused.value.hint
    assert not Batch.objects.exists()


@pytest.fixture
def committed_acme(committed_db: None) -> Iterator[Tenant]:
    """A tenant that other connections see."""
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk):
        yield acme


def test_what_is_waited_for_needs_no_broker(
    committed_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(task: str, **_: object) -> None:
        asked.append(task)
        raise ConnectionError("there is no broker")

    monkeypatch.setattr(app, "send_task", refuse)
    monkeypatch.setattr("evalsite.pipeline.hurry._away_until", {})
    run, evaluation = wanted([told("passed")])
    assert evaluate(run, evaluation, wait=True).state == "finished"
    assert not {"pipeline.dispatch", "pipeline.score_chunk"} & set(asked)


def test_of_two_who_ask_at_once_both_get_one_batch(committed_acme: Tenant) -> None:
    run, evaluation = wanted([told("passed")])
    start, got = Barrier(6), []

    def ask() -> None:
        with tenant(committed_acme.pk):
            start.wait()
            got.append(evaluate(run, evaluation, wait=True).pk)
        connections["default"].close()

    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(got) == {Batch.objects.get().pk}
    assert len(got) == 6
    assert Scorecard.objects.count() == 1
