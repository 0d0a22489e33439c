"""All of bfcl through importcases, importoutputs and runbatch: the recorded verdict on each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalsite import env
from evalsite.batches.models import Batch
from evalsite.scoring.models import Scorecard
from tests.journeys.workshop import Workshop, assert_sound
from tests.services import Services

DATA = env.ROOT.parent / "shared" / "data" / "bfcl" / "cases.jsonl.gz"
SUITE = ("--tenant", "acme", "--suite", "bfcl")

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the public data folder is absent")


def candidates() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield each candidate with a key of its own."""
    with gzip.open(DATA, "rt") as lines:
        for line in lines:
            case = json.loads(line)
            for number, candidate in enumerate(case["candidates"]):
                yield f"{case['id']}/{number:02}-{candidate['kind']}", case, candidate


def case_line(key: str, case: dict[str, Any]) -> dict[str, Any]:
    accepted = [{"name": call["name"], "accepted": call["arguments"]} for call in case["accepted"]]
    given = {"messages": case["messages"], "tools": case["functions"]}
    return {
        "key": key,
        "input": given,
        "expected": {"calls": accepted},
        "category": case["category"],
    }


def write(path: Path, rows: Iterator[dict[str, Any]]) -> str:
    with gzip.open(path, "wt") as file:
        file.writelines(f"{json.dumps(row)}\n" for row in rows)
    return str(path)


def test_every_candidate_gets_its_recorded_verdict(workshop: Workshop, services: Services) -> None:
    workshop.environment = services.embedded_environment()
    cases = write(
        workshop.tmp / "c.jsonl.gz", (case_line(key, case) for key, case, _ in candidates())
    )
    answers = ((key, {"calls": candidate["calls"]}) for key, _, candidate in candidates())
    rows = ({"key": key, "answer": answer} for key, answer in answers)
    outputs = write(workshop.tmp / "o.jsonl.gz", rows)
    workshop.manage("importcases", cases, *SUITE, "--pack", "nl2api")
    workshop.manage("importoutputs", outputs, *SUITE, "--run", "candidates")
    run = ("--run", "candidates", "--option", "profile=bfcl")
    workshop.manage("runbatch", *SUITE, *run)
    assert_sound(Batch.objects.get())
    passed = dict(Scorecard.objects.values_list("revision__case__key", "overall_passed"))
    recorded = {key: candidate["valid"] for key, _, candidate in candidates()}
    assert len(recorded) == 4422
    assert passed == recorded
