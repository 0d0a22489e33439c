"""Bring a session's results to the server: one run with its outputs, or an experiment's results."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from evalsite_client.client import Client
from evalsite_client.pytest_plugin.verdict import Done

_MEASURES: Final = ("latency_ms", "tokens_in", "tokens_out", "cost_usd")
_NO_SLUG: Final = re.compile(r"[^a-zA-Z0-9_-]+")


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where the results go; `experiment` is empty where outputs of a run are meant."""

    commit: str
    run: str = ""
    target: str = ""
    experiment: str = ""
    group: str = "variant"
    version: str = ""


def upload(client: Client, trials: Sequence[Done], *, to: Destination) -> str:
    """Send everything at once, and say what was sent; raises ClientError."""
    if to.experiment:
        return _upload_results(client, trials, to=to)
    suites: dict[str, list[Done]] = defaultdict(list)
    for trial in trials:
        if trial.suite and not trial.skipped and ("answer" in trial.told or trial.value is None):
            suites[trial.suite].append(trial)
    if not suites:
        return "nothing to upload: no trial of a suite recorded an answer"
    return _upload_outputs(client, suites, to=to)


def _upload_outputs(client: Client, suites: dict[str, list[Done]], *, to: Destination) -> str:
    run = client.runs.create(
        name=to.run or _name(to.commit),
        target=to.target or next(iter(suites)),
        client_type="pytest",
        commit=to.commit,
        metadata={"recorded_by": "pytest"},
    )
    sent = 0
    for name, trials in suites.items():
        client.runs.record(map(_output, trials), run=run.id, suite=name)
        sent += len(trials)
    client.runs.complete(run.id)
    return f"run {run.name}: {sent} outputs uploaded"


def _upload_results(client: Client, trials: Iterable[Done], *, to: Destination) -> str:
    experiment = client.experiments.named(to.experiment)
    rows = list(_results(trials, to=to))
    client.experiments.record(rows, experiment=experiment.id)
    return f"experiment {experiment.name}: {len(rows)} results uploaded"


def _results(trials: Iterable[Done], *, to: Destination) -> Iterator[dict[str, Any]]:
    for trial in trials:
        if trial.skipped:
            continue
        row = {
            "task": trial.key,
            "group": to.group,
            "version": to.version or to.commit or "unknown",
            "repetition": trial.repetition,
            "score": trial.value,
            "success": None if trial.value is None else trial.passed,
            "reason": trial.why[:200] if trial.value is None else "",
            "latency_ms": trial.told.get("latency_ms"),
            "cost_usd": trial.told.get("cost_usd"),
            "metadata": {**trial.told.get("metadata", {}), "commit": to.commit},
        }
        yield {name: value for name, value in row.items() if value is not None}


def _output(trial: Done) -> dict[str, Any]:
    measures: dict[str, Any] = {name: trial.told[name] for name in _MEASURES if name in trial.told}
    answer = {"answer": trial.told["answer"]} if "answer" in trial.told else {"error": trial.why}
    return {"key": trial.key, "repetition": trial.repetition, **answer, **measures}


def _name(commit: str) -> str:
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    return _NO_SLUG.sub("-", f"pytest-{commit[:8] or 'no-commit'}-{now}")
