"""LangSmith: show an experiment's results there, and find from either side what the other has.

Both ways: a result keeps the LangSmith run it came from in its metadata (`traced`, `find_traced`);
an uploaded row keeps the evalsite experiment, task and repetition in its own (`evalsite`), and
scores can be put on the traced runs themselves as feedback.

The key is read from LANGSMITH_API_KEY, the address from LANGSMITH_ENDPOINT, the workspace, where a
key has several, from LANGSMITH_WORKSPACE_ID.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx2
from pydantic import SecretStr

from evalsite_client.describe import json_body
from evalsite_client.errors import KeyMissing
from evalsite_client.models import Experiment, Result, Run, Told
from evalsite_client.retry import Retries
from evalsite_client.senders import SecretHeader, SyncSender, transport
from evalsite_client.steps import Flow, Request
from evalsite_client.verbs import Room, S, verb

R = TypeVar("R", Run, Result)
RUN_ID: Final = "langsmith_run_id"
TRACE_ID: Final = "langsmith_trace_id"
_ENDPOINT: Final = "https://api.smith.langchain.com"
_UPLOAD: Final = "api/v1/datasets/upload-experiment"
_FEEDBACK: Final = "api/v1/feedback"


class Uploaded(Told):
    """What LangSmith made of an upload."""

    dataset: dict[str, Any]
    experiment: dict[str, Any]


class Scored(Told):
    """A score that LangSmith took."""

    id: UUID


def traced(run_id: UUID | str, *, trace_id: UUID | str | None = None) -> dict[str, str]:
    """Answer the metadata of a result that came from a LangSmith run."""
    trace = {} if trace_id is None else {TRACE_ID: str(trace_id)}
    return {RUN_ID: str(run_id), **trace}


def find_traced(rows: Iterable[R], *, id: UUID | str) -> Iterator[R]:
    """Yield the results, or the runs, that came from a LangSmith run or from any of a trace."""
    wanted = str(id)
    return (r for r in rows if wanted in (r.metadata.get(RUN_ID), r.metadata.get(TRACE_ID)))


def row_id(dataset: str, *, task: str, repetition: int = 0) -> UUID:
    """Answer the id of a task's row: the same in each upload, so that they line up."""
    turn = f"#{repetition}" if repetition else ""
    return uuid5(NAMESPACE_URL, f"evalsite:{dataset}/{task}{turn}")


class Uploads(Room[S]):
    """What can be sent to LangSmith."""

    @verb
    def upload(
        self,
        experiment: Experiment,
        results: Iterable[Result],
        *,
        dataset: str,
        inputs: Mapping[str, Any] | None = None,
        expected: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        version: str = "",
    ) -> Flow[Uploaded]:
        """Show results as an experiment of a dataset that LangSmith keeps for them.

        `inputs`, `expected` and `outputs` are looked up by task. All goes in one request, which is
        the only way that there is, so it is held in memory; it is not sent twice on its own.
        """
        texts = {"inputs": inputs or {}, "expected": expected or {}, "outputs": outputs or {}}
        rows = [_row(r, experiment=experiment, dataset=dataset, texts=texts) for r in results]
        now = datetime.now(UTC).isoformat()
        body = {
            "experiment_name": f"{experiment.name} {version}".strip(),
            "dataset_name": dataset,
            "experiment_start_time": min((row["start_time"] for row in rows), default=now),
            "experiment_end_time": max((row["end_time"] for row in rows), default=now),
            "experiment_metadata": {"evalsite": {"experiment": str(experiment.id)}},
            "results": rows,
        }
        sent = Request(method="POST", path=_UPLOAD, body=json_body(body), safe_again=False)
        return self.ask(sent, Uploaded)

    @verb
    def score(self, result: Result) -> Flow[Scored]:
        """Put a result's score on the LangSmith run that it came from; again changes nothing.

        Raises KeyError for a result that knows of none.
        """
        run = result.metadata[RUN_ID]
        name = f"evalsite:{run}/{result.task}#{result.repetition}"
        body = {"id": str(uuid5(NAMESPACE_URL, name)), "run_id": run, **_score(result)}
        return self.ask(Request(method="POST", path=_FEEDBACK, body=json_body(body)), Scored)


class LangSmith(Uploads[SyncSender]):
    """Talks to LangSmith and waits for it; raises KeyMissing."""

    def __init__(self, *, retries: Retries | None = None) -> None:
        key = os.environ.get("LANGSMITH_API_KEY", "").strip()
        if not key:
            raise KeyMissing("no LangSmith key is given", hint="set LANGSMITH_API_KEY")
        base = os.environ.get("LANGSMITH_ENDPOINT", _ENDPOINT).rstrip("/") + "/"
        made = transport(base, auth=SecretHeader(SecretStr(key), name="X-Api-Key"))
        if workspace := os.environ.get("LANGSMITH_WORKSPACE_ID"):
            made["headers"] |= {"X-Tenant-Id": workspace}
        super().__init__(SyncSender(httpx2.Client(**made), retries=retries or Retries()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connections."""
        self.sender.http.close()


def _row(
    result: Result, *, experiment: Experiment, dataset: str, texts: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    end = result.recorded_at or datetime.now(UTC)
    begin = end - timedelta(milliseconds=result.latency_ms or 0)
    where = {"experiment": str(experiment.id), "result": result.id and str(result.id)}
    natural = result.model_dump(include={"task", "group", "version", "repetition"})
    row = {
        "row_id": str(row_id(dataset, task=result.task, repetition=result.repetition)),
        "inputs": _object(texts["inputs"].get(result.task), name="task", otherwise=result.task),
        "evaluation_scores": [_score(result)],
        "start_time": begin.isoformat(),
        "end_time": end.isoformat(),
        "run_name": result.task,
        "run_metadata": {**result.metadata, "evalsite": {**where, **natural}},
    }
    for theirs, ours in (("expected_outputs", "expected"), ("actual_outputs", "outputs")):
        if result.task in texts[ours]:
            row[theirs] = _object(texts[ours][result.task], name="answer")
    return row


def _score(result: Result) -> dict[str, Any]:
    """Tell a score; one that could not be given is told as such, and is no zero."""
    if result.score is None:
        return {"key": "evalsite", "value": "unscored", "comment": result.reason}
    return {"key": "evalsite", "score": result.score}


def _object(value: Any, *, name: str, otherwise: Any = None) -> dict[str, Any]:
    """LangSmith wants objects: what is none gets a name."""
    if isinstance(value, dict):
        return value
    return {name: otherwise if value is None else value}
