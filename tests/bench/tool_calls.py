"""Recorded tool calls judged by the pack nl2api, beside a bare loop of the same judges.

`python tests/bench/tool_calls.py`: cases as in the Berkeley leaderboard, one request and four
functions each. The loop reads, validates nothing and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.stand import found_tenant, stand, workers
from tests.services import Services

_TOPICS: Final = ("weather", "trains", "concerts", "museums")
UNITS: Final = {
    "scored_s": "first claim to committed summary",
    "wall_us": "the same, us a case",
    "worker_cpu_us": "processor time of the worker, us a case",
    "loop_us": "processor time of the bare loop, us a case",
    "ratio": "worker's processor time to the loop's",
}


def main() -> None:
    """Measure, and print one JSON line on stdout and a table on stderr."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="evalsite-bench-") as folder, stand() as services:
        rounds = _measure(services, Path(folder), asked=asked)
    medians = {name: median(one[name] for one in rounds) for name in UNITS}
    print(json.dumps({"cases": asked.cases, "rounds": rounds, "medians": medians}))
    print(f"{f'{asked.cases:,} cases':<46}{'median':>9}   each of {len(rounds)}", file=sys.stderr)
    for name, what in UNITS.items():
        each = "  ".join(f"{one[name]:.2f}" for one in rounds)
        print(f"{what:<46}{medians[name]:>9.2f}   {each}", file=sys.stderr)


def _measure(
    services: Services, folder: Path, *, asked: argparse.Namespace
) -> list[dict[str, float]]:
    from evalsite.tenants.scope import tenant

    cases = [*_cases(asked.cases)]
    with tenant(found_tenant()), workers(services) as worker:
        _import(cases, folder, runs=asked.rounds + 1)
        _score(worker, n=len(cases), run=asked.rounds)  # each child imports what it needs
        return [
            _beside(_score(worker, n=len(cases), run=run), cases) for run in range(asked.rounds)
        ]


def _cases(n: int) -> Iterator[dict[str, Any]]:
    """Yield cases with their answers: of ten, one has a wrong argument and one calls nothing."""
    tools = [_tool(topic) for topic in _TOPICS]
    for number in range(n):
        topic = _TOPICS[number % len(_TOPICS)]
        wanted = {"city": f"Town {number}", "day": "2026-03-10", "limit": number % 7 + 1}
        given = {**wanted, "day": "2026-03-11"} if number % 10 == 8 else wanted
        request = f"What {topic} are there in Town {number} on 10 March? At most {wanted['limit']}."
        yield {
            "key": f"case-{number:07}",
            "input": {"messages": [{"role": "user", "content": request}], "tools": tools},
            "expected": {"calls": [{"name": f"find_{topic}", "arguments": wanted}]},
            "answer": {
                "calls": []
                if number % 10 == 9
                else [{"name": f"find_{topic}", "arguments": given}],
                "answer": "Here they are.",
            },
        }


def _tool(topic: str) -> dict[str, Any]:
    properties = {
        "city": {"type": "string", "description": "City name in English"},
        "day": {"type": "string", "description": "Local date", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
        "language": {"type": "string", "enum": ["en", "de", "fr"], "default": "en"},
    }
    schema = {"type": "object", "properties": properties, "required": ["city", "day"]}
    return {"name": f"find_{topic}", "description": f"Find {topic}.", "parameters": schema}


def _import(cases: list[dict[str, Any]], folder: Path, *, runs: int) -> None:
    """Bring the cases in, and the outputs for each run: none is compared with another."""
    from io import StringIO

    from django.core.management import call_command

    asked, given = folder / "cases.jsonl", folder / "outputs.jsonl"
    for path, columns in ((asked, ("key", "input", "expected")), (given, ("key", "answer"))):
        with path.open("w") as file:
            file.writelines(f"{json.dumps({c: case[c] for c in columns})}\n" for case in cases)
    quiet = {"suite": "calls", "stderr": StringIO()}
    call_command("importcases", str(asked), pack="nl2api", **quiet)
    for run in range(runs):
        call_command("importoutputs", str(given), run=f"calls-{run}", **quiet)


def _score(worker: int, *, n: int, run: int) -> dict[str, float]:
    from evalsite.batches.models import Batch
    from evalsite.cases.queries import Selection, find_suite
    from evalsite.pipeline import launch
    from evalsite.summaries.queries import headline
    from evalsite.targets.queries import find_run
    from tests.bench import rounds
    from tests.bench.memory import cpu_seconds

    before = cpu_seconds(worker)
    batch = launch.start(
        suite=find_suite("calls"),
        run=find_run(f"calls-{run}"),
        pack="nl2api",
        options={},
        selection=Selection(),
        actor="bench",
    )
    while not Batch.objects.filter(pk=batch.pk, state="finished").exists():
        time.sleep(rounds.POLL_SECONDS)
    scored = time.time() - rounds.first_claim(batch)
    whole = headline(batch.pk)
    assert whole is not None
    assert (whole.n, whole.passed) == (n, sum(number % 10 < 8 for number in range(n)))
    return {
        "scored_s": scored,
        "wall_us": scored / n * 1e6,
        "worker_cpu_us": (cpu_seconds(worker) - before) / n * 1e6,
    }


def _beside(figures: dict[str, float], cases: list[dict[str, Any]]) -> dict[str, float]:
    """Judge all cases in this process, and set the worker's figures beside that."""
    from packs.prepare import prepare

    evaluator = prepare("nl2api")
    started = time.process_time()
    for case in cases:
        evaluator.score(input=case["input"], expected=case["expected"], output=case["answer"])
    loop_us = (time.process_time() - started) / len(cases) * 1e6
    return {**figures, "loop_us": loop_us, "ratio": figures["worker_cpu_us"] / loop_us}


if __name__ == "__main__":
    main()
