"""Outputs are recorded as a set, replaced while a run is open, and fixed once it is completed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from evalsite.audit.models import Entry
from evalsite.cases.curate import create_suite, save_case
from evalsite.cases.models import Suite
from evalsite.targets.check import check_output
from evalsite.targets.complete import complete_run
from evalsite.targets.models import Output, Run
from evalsite.targets.record import (
    CheckedOutput,
    LostOutput,
    Recorded,
    RunCompleted,
    record_outputs,
)
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from packs.registry import PACKS


def rows(keys: str, **fields: Any) -> Iterator[tuple[int, CheckedOutput]]:
    for line, key in enumerate(keys, start=1):
        output = {"key": key, "answer": {"answer": "x"}, **fields}
        yield line, check_output(output, pack=PACKS.load("exact").value)


def put(run: Run, suite: Suite, keys: str, **fields: Any) -> tuple[Recorded, list[LostOutput]]:
    lost: list[LostOutput] = []
    return record_outputs(run, rows(keys, **fields), suite=suite, on_lost=lost.append), lost


def test_outputs_are_added_once(run: Run, suite: Suite) -> None:
    done = [put(run, suite, "abc", latency_ms=1.5)[0] for _ in range(2)]
    assert done == [Recorded(new=3), Recorded(unchanged=3)]
    assert Output.objects.filter(run=run, latency_ms=1.5).count() == 3
    assert Entry.objects.filter(action="outputs.recorded").count() == 1


def test_an_open_runs_output_is_replaced(run: Run, suite: Suite) -> None:
    put(run, suite, "ab")
    done, _ = put(run, suite, "bc", cost_usd=0.5)
    assert (done.new, done.changed) == (1, 1)
    assert list(Output.objects.order_by("case__key").values_list("cost_usd", flat=True)) == [
        None,
        0.5,
        0.5,
    ]


def test_lines_without_a_case_and_repeated_lines_are_lost_and_told(run: Run, suite: Suite) -> None:
    done, lost = put(run, suite, "axa")
    assert done.new == 1
    assert [(item.line, item.code) for item in lost] == [
        (2, "case_unknown"),
        (3, "output_repeated"),
    ]


def test_a_key_of_another_suite_is_unknown(run: Run, suite: Suite) -> None:
    other = create_suite(name="other", pack="exact")
    save_case(other, {"key": "z", "input": {"question": "q"}, "expected": {"answer": 1}})
    assert put(run, suite, "z")[1][0].code == "case_unknown"
    assert put(run, other, "z")[0].new == 1


def test_a_completed_run_keeps_its_answers(run: Run, suite: Suite) -> None:
    put(run, suite, "ab")
    complete_run(run)
    assert put(run, suite, "ab")[0].unchanged == 2
    for changed in ({"keys": "c"}, {"keys": "a", "error": "late"}):
        with pytest.raises(RunCompleted):
            put(run, suite, **changed)
    assert Output.objects.count() == 2


def test_an_error_halfway_leaves_nothing(run: Run, suite: Suite) -> None:
    def broken() -> Iterator[tuple[int, CheckedOutput]]:
        yield from rows("ab")
        raise RuntimeError("the file ends badly")

    with pytest.raises(RuntimeError):
        record_outputs(run, broken(), suite=suite, on_lost=print)
    assert not Output.objects.exists()


def test_outputs_of_one_tenant_stay_with_it(run: Run, suite: Suite, globex: Tenant) -> None:
    put(run, suite, "abc")
    with tenant(globex.pk):
        assert not Output.objects.exists()
