from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from evalsite.audit.models import Entry
from evalsite.cases.check import CaseRefused
from evalsite.experiments.check import ResultRefused, check_result
from evalsite.experiments.declare import close_experiment
from evalsite.experiments.models import Experiment, Result
from evalsite.experiments.queries import ExperimentOver, newest_version
from evalsite.experiments.record import Recorded, record_result, record_results
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_experiment

ONE: dict[str, Any] = {"task": "a", "group": "baseline", "version": "1.0", "score": 0.5}


@pytest.fixture
def experiment(as_acme: Tenant) -> Experiment:
    return make_experiment()


def test_a_result_is_recorded_once(experiment: Experiment) -> None:
    done = [record_result(experiment, **ONE) for _ in range(2)]
    assert done == [Recorded(new=1), Recorded(unchanged=1)]
    assert Result.objects.get().score == 0.5


def test_another_score_replaces_it(experiment: Experiment) -> None:
    record_result(experiment, **ONE)
    before = Result.objects.get()
    assert record_result(experiment, **{**ONE, "score": 0.75}) == Recorded(changed=1)
    after = Result.objects.get()
    assert (after.pk, after.score, after.created_at) == (before.pk, 0.75, before.created_at)


def test_each_repetition_version_and_group_stands_alone(experiment: Experiment) -> None:
    for more in ({}, {"repetition": 1}, {"version": "1.1"}, {"group": "variant"}):
        assert record_result(experiment, **{**ONE, **more}) == Recorded(new=1)


def test_every_field_comes_back(experiment: Experiment) -> None:
    told = {
        **ONE,
        "success": True,
        "reason": "nearly",
        "latency_ms": 12.5,
        "tokens_used": 345,
        "cost_usd": 0.000125,
        "model_version": "m-1",
        "agent_name": "assistant",
        "cluster": "doc-7",
        "judged_by": "panel",
        "metadata": {"seed": 1},
    }
    record_result(experiment, **told)
    kept = Result.objects.get()
    assert {name: getattr(kept, name) for name in told} == told


def test_passed_is_a_score_too(experiment: Experiment) -> None:
    assert check_result({**ONE, "score": None, "success": False}).score == 0.0


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"score": 1.5}, "score", "result_field_invalid"),
        ({"score": "0.5"}, "score", "result_field_invalid"),
        ({"score": True}, "score", "result_field_invalid"),
        ({"score": float("nan")}, "score", "result_field_invalid"),
        ({"group": "control"}, "group", "result_field_invalid"),
        ({"version": ""}, "version", "result_field_invalid"),
        ({"version": "1\x1b[2J"}, "version", "result_field_invalid"),
        ({"agent_name": "a\nb"}, "agent_name", "result_field_invalid"),
        ({"reason": "\u202e"}, "reason", "result_field_invalid"),
        ({"latency_ms": -1}, "latency_ms", "result_field_invalid"),
        ({"latency_ms": 1e200}, "latency_ms", "result_field_invalid"),
        ({"latency": 1}, "latency", "result_field_unknown"),
        ({"score": None}, "score", "result_empty"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, Any], path: str, code: str) -> None:
    with pytest.raises(ResultRefused) as caught:
        check_result({**ONE, **change})
    assert (caught.value.path, caught.value.code) == (path, code)


def test_a_task_is_named_like_a_case() -> None:
    with pytest.raises(CaseRefused):
        check_result({**ONE, "task": " a"})


def test_a_repeated_line_is_told_and_left_out(experiment: Experiment) -> None:
    told: list[tuple[int, str]] = []
    rows = [(n, check_result({**ONE, "score": score})) for n, score in ((1, 0.1), (2, 0.2))]
    record_results(experiment, rows, on_repeated=lambda line, task: told.append((line, task)))
    assert told == [(2, "a")]
    assert Result.objects.get().score == 0.1


def test_a_closed_experiment_takes_nothing(experiment: Experiment) -> None:
    close_experiment(experiment)
    experiment.refresh_from_db()
    with pytest.raises(ExperimentOver):
        record_result(experiment, **ONE)


def test_recording_is_in_the_audit_trail(experiment: Experiment) -> None:
    record_result(experiment, **ONE, actor="alice")
    entry = Entry.objects.get(action="results.recorded")
    assert (entry.actor, entry.details) == ("alice", {"new": 1, "changed": 0})


def test_ten_thousand_results_in_one_statement(experiment: Experiment) -> None:
    rows = [(n, check_result({**ONE, "task": f"t{n}"})) for n in range(10_000)]
    with CaptureQueriesContext(connection) as queries:
        assert record_results(experiment, rows) == Recorded(new=10_000)
    written = [q for q in queries if "INSERT INTO experiments_result " in q["sql"]]
    assert len(written) == 1
    assert any("refresh_statistics" in q["sql"] for q in queries)


def test_the_newest_version_is_the_one_begun_last(experiment: Experiment) -> None:
    for version in ("1.9", "1.10"):
        record_result(experiment, **{**ONE, "version": version})
    record_result(experiment, **{**ONE, "version": "1.9", "score": 0.9})
    assert newest_version(experiment, group="baseline") == "1.10"


def test_another_tenant_may_use_the_same_keys(experiment: Experiment, globex: Tenant) -> None:
    record_result(experiment, **ONE)
    with tenant(globex.pk):
        assert not Result.objects.exists()
        assert record_result(make_experiment(name=experiment.name), **ONE) == Recorded(new=1)


def test_writers_at_the_same_time_leave_one_row(committed_db: None) -> None:
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk):
        experiment = make_experiment()
    start, done = threading.Barrier(4), []

    def write(score: float) -> None:
        rows = [(n, check_result({**ONE, "task": f"t{n}", "score": score})) for n in range(50)]
        with tenant(acme.pk):
            start.wait()
            # Each in an order of its own: taken as they come, they would wait in a ring.
            done.append(record_results(experiment, rows if score < 0.5 else rows[::-1]))
        connections.close_all()

    threads = [threading.Thread(target=write, args=(n / 4,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant(acme.pk):
        assert Result.objects.count() == 50
        assert Result.objects.values("score").distinct().count() == 1
    assert sorted(one.new for one in done) == [0, 0, 0, 50]
