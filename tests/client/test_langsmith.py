"""LangSmith's documented endpoints, recorded as a fake that is as strict as they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from evalsite_client.errors import ClientError, KeyMissing
from evalsite_client.langsmith import LangSmith, find_traced, row_id, traced
from evalsite_client.models import Experiment, Result, Run
from tests.client.conftest import QUICK
from tests.client.fake_server import Asked, FakeServer, Reply, Respond, problem

Serve = Callable[[Respond], FakeServer]
SECRET = "lsv2_pt_NobodyMaySeeThis"
EXPERIMENT = Experiment(id=uuid4(), name="prompt-v2")
RUN, TRACE = str(uuid4()), str(uuid4())
_BODY = {
    *("experiment_name", "experiment_start_time", "experiment_end_time", "results"),
    *("dataset_name", "experiment_metadata"),
}
_ROW = {"row_id", "inputs", "start_time", "end_time", "run_name", "evaluation_scores"}
_MAY = {"expected_outputs", "actual_outputs", "run_metadata", "error"}


def result(task: str, **fields: Any) -> Result:
    """A result as the server tells it."""
    told = {"group": "variant", "version": "1.5", "id": uuid4(), "latency_ms": 1500.0}
    return Result(task=task, recorded_at=datetime(2026, 11, 21, 18, tzinfo=UTC), **told | fields)


@pytest.fixture
def fake(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """A LangSmith that refuses what the real one refuses."""
    started = serve(_langsmith)
    monkeypatch.setenv("LANGSMITH_ENDPOINT", started.url)
    monkeypatch.setenv("LANGSMITH_API_KEY", SECRET)
    monkeypatch.setenv("LANGSMITH_WORKSPACE_ID", "w1")
    return started


def test_an_experiment_is_uploaded(fake: FakeServer) -> None:
    rows = [result("a", score=1.0), result("b", score=0.25, metadata=traced(RUN))]
    with LangSmith() as smith:
        made = smith.upload(
            EXPERIMENT, rows, dataset="sums", inputs={"a": {"n": 1}}, outputs={"a": 2}
        )
    assert made.experiment["name"] == "prompt-v2"
    (asked,) = fake.asked
    assert asked.headers["x-tenant-id"] == "w1"
    first, second = asked.json["results"]
    assert (first["inputs"], first["actual_outputs"]) == ({"n": 1}, {"answer": 2})
    assert second["inputs"] == {"task": "b"}
    assert second["evaluation_scores"] == [{"key": "evalsite", "score": 0.25}]


def test_either_side_knows_the_other(fake: FakeServer) -> None:
    rows = [result("a", score=1.0, metadata=traced(RUN, trace_id=TRACE)), result("b", score=0)]
    with LangSmith() as smith:
        smith.upload(EXPERIMENT, rows, dataset="sums")
    told = fake.asked[0].json["results"][0]["run_metadata"]
    assert told["evalsite"]["experiment"] == str(EXPERIMENT.id)
    assert told["evalsite"]["result"] == str(rows[0].id)
    assert told["langsmith_run_id"] == RUN
    for known in (RUN, TRACE):
        assert [row.task for row in find_traced(rows, id=known)] == ["a"]


def test_a_whole_run_can_be_a_trace() -> None:
    run = Run(id=uuid4(), name="r", target=uuid4(), status="completed", metadata=traced(RUN))
    assert [*find_traced([run], id=RUN)] == [run]
    assert not [*find_traced([run], id=TRACE)]


def test_no_score_is_no_zero(fake: FakeServer) -> None:
    with LangSmith() as smith:
        smith.upload(EXPERIMENT, [result("a", reason="judge away")], dataset="sums")
    (score,) = fake.asked[0].json["results"][0]["evaluation_scores"]
    assert score == {"key": "evalsite", "value": "unscored", "comment": "judge away"}


def test_uploads_line_up_by_task() -> None:
    assert row_id("sums", task="a") == row_id("sums", task="a")
    ids = {row_id(d, task=t, repetition=r) for d in "de" for t in "ab" for r in (0, 1)}
    assert len(ids) == 8


def test_a_score_is_put_on_the_traced_run_once(fake: FakeServer) -> None:
    row = result("a", score=0.5, metadata=traced(RUN))
    with LangSmith() as smith:
        smith.score(row)
        smith.score(row)
    first, second = (asked.json for asked in fake.asked)
    assert first == second
    assert (first["run_id"], first["score"]) == (RUN, 0.5)


def test_a_lost_upload_is_not_sent_again(fake: FakeServer) -> None:
    fake.respond = lambda asked: Reply(drop=True)
    with LangSmith(retries=QUICK) as smith:
        with pytest.raises(ClientError):
            smith.upload(EXPERIMENT, [result("a", score=1.0)], dataset="sums")
    assert len(fake.asked) == 1


def test_the_key_comes_from_the_environment_and_stays_secret(
    fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LangSmith() as smith:
        with pytest.raises(ClientError, match="no such dataset") as caught:
            smith.upload(EXPERIMENT, [], dataset="theirs")
    assert fake.asked[0].headers["x-api-key"] == SECRET
    assert SECRET not in repr(caught.value.__dict__) + repr(smith.__dict__)
    monkeypatch.delenv("LANGSMITH_API_KEY")
    with pytest.raises(KeyMissing):
        LangSmith()


def _langsmith(asked: Asked) -> Reply:
    body = asked.json
    if asked.path == "/api/v1/feedback":
        return Reply(body={"id": body["id"], "run_id": body["run_id"], "key": body["key"]})
    assert asked.path == "/api/v1/datasets/upload-experiment"
    assert set(body) == _BODY
    if body["dataset_name"] == "theirs":
        return problem(404, detail="no such dataset")
    for row in body["results"]:
        assert _ROW <= set(row) <= _ROW | _MAY
        assert body["experiment_start_time"] <= row["start_time"] <= row["end_time"]
        assert row["end_time"] <= body["experiment_end_time"]
        assert all(isinstance(row.get(name, {}), dict) for name in ("inputs", "actual_outputs"))
    experiment = {"id": str(uuid4()), "name": body["experiment_name"]}
    return Reply(body={"dataset": {"name": body["dataset_name"]}, "experiment": experiment})
