"""`runbatch` with a gate: refused before the batch, and what it ends with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.batches.models import Batch
from evalsite.gates.demand import Demand
from evalsite.gates.models import GateCheck
from evalsite.gates.queries import held
from evalsite.pipeline.conclude import conclude
from evalsite.pipeline.hold import Answer
from tests.factories import (
    make_batch,
    make_gate,
    make_gate_check,
    make_run,
    make_suite,
    make_summary,
)

pytestmark = pytest.mark.usefixtures("as_acme")


def refused(**options: Any) -> str:
    make_gate(name="release")
    suite, run = make_suite(name="s"), make_run(name="r", status="completed")
    with pytest.raises(CommandError) as caught:
        call_command("runbatch", suite=suite.name, run=run.name, tenant="acme", **options)
    assert caught.value.returncode == 2
    assert not Batch.objects.exists()
    return str(caught.value)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"gate": "nope"}, "gate_unknown"),
        ({"gate": "gone.yaml"}, "gate_unreadable"),
        ({"junit": "gone/junit.xml"}, "file_unwritable"),
        ({"summary": "."}, "file_unwritable"),
        ({"gate": "release", "detach": True}, "gate_needs_end"),
        ({"baseline": "previous", "detach": True}, "gate_needs_end"),
    ],
)
def test_what_cannot_be_held_is_refused_before_the_batch(
    options: dict[str, Any], code: str
) -> None:
    assert f"[{code}]" in refused(**options)


def test_a_gate_for_another_suite_is_refused_before_the_batch(tmp_path: Path) -> None:
    file = tmp_path / "gate.json"
    file.write_text('{"name": "g", "primary": {"metric": "score", "margin": 1}}')
    assert "a margin of 1 demands nothing" in refused(gate=str(file))


def ended(outcome: str | None, **fields: Any) -> int:
    batch = make_batch(state="finished", **fields)
    make_summary(batch=batch)
    return conclude(batch, answer=answer(outcome)).exit_code


def answer(outcome: str | None) -> Answer:
    wanted = Demand(held=held(make_gate()))
    check: GateCheck | None = make_gate_check(outcome=outcome) if outcome else None
    return Answer(wanted, check=check)


@pytest.mark.parametrize(
    ("outcome", "code"), [("passed", 0), ("failed", 3), ("needs_review", 4), (None, 4)]
)
def test_the_exit_code_is_the_gates(outcome: str | None, code: int) -> None:
    assert ended(outcome) == code


@pytest.mark.parametrize(("outcome", "code"), [("passed", 4), ("failed", 3), ("needs_review", 4)])
def test_a_batch_that_is_no_answer_passes_no_gate(outcome: str, code: int) -> None:
    assert ended(outcome, preflight="untrusted") == code


def test_without_a_gate_nothing_is_demanded() -> None:
    batch = make_batch(state="finished")
    make_summary(batch=batch)
    assert conclude(batch, answer=Answer(Demand())).exit_code == 0


def test_it_says_why_a_gate_was_not_checked() -> None:
    batch = make_batch(state="finished")
    make_summary(batch=batch)
    (line,) = conclude(batch, answer=answer(None)).lines
    assert line.startswith("[gate_not_checked] gate gate-")
