"""A batch over a live run asks first, records, and then judges what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from evalsite.audit.models import Entry
from evalsite.batches.lease import Claim, claim_chunk
from evalsite.batches.models import Batch, Chunk, Step
from evalsite.batches.plan import RunNotReady
from evalsite.cases.curate import create_suite, save_case
from evalsite.cases.models import Suite
from evalsite.cases.queries import Selection
from evalsite.pipeline import ask_chunk, launch, score_model
from evalsite.scoring import interleave
from evalsite.scoring.answer import recorded
from evalsite.scoring.ask import Asker
from evalsite.targets.complete import complete_run
from evalsite.targets.models import Output, Run
from evalsite.targets.open import open_run
from evalsite.tenants.models import Tenant
from packs.protocol import PackError
from tests.factories import make_output, make_run
from tests.pipeline import told_target
from tests.pipeline.bench import deliver_all, deliver_chunks, statuses

TOLD = {"kind": "callable", "path": "tests.pipeline.told_target:answer"}


@pytest.fixture
def run(as_acme: Tenant, knobs: Callable[..., None]) -> Run:
    """A live run of the function that answers as it is told."""
    knobs(callable_targets="true")
    told_target.asked.clear()
    return open_run(name="live", connection=TOLD)


def suite_of(*questions: str, pack: str = "exact") -> Suite:
    suite = create_suite(name=f"suite-{len(questions)}", pack=pack)
    for number, question in enumerate(questions):
        fields = {"key": f"case-{number}", "input": {"question": question}}
        save_case(suite, {**fields, "expected": {"answer": question}})
    return suite


def start(run: Run, suite: Suite, **options: Any) -> Batch:
    given = {"selection": Selection(), "options": {}, "pack": "exact", **options}
    return launch.start(suite=suite, run=run, **given)


def lanes(batch: Batch) -> list[tuple[int, str, int]]:
    steps = Step.objects.filter(batch=batch).order_by("round", "number")
    return [(step.number, step.lane, len(step.stages)) for step in steps]


def claimed(batch: Batch) -> Claim:
    chunk = Chunk.objects.get(step__batch=batch, state="pending")
    claim = claim_chunk(chunk.pk, epoch=batch.epoch, owner="w", seconds=30, attempts=5)
    assert claim is not None
    return claim


def test_it_asks_records_and_judges(run: Run) -> None:
    batch = deliver_all(start(run, suite_of("a", "b", "fail")))
    assert lanes(batch) == [(0, "model", 0), (1, "cpu", 1)]
    assert list(statuses(batch).values()) == ["passed", "passed", "errored"]
    assert told_target.asked == {"a": 1, "b": 1, "fail": 1}
    errors = Output.objects.exclude(error="").values_list("answer", "error")
    assert list(errors) == [(None, "target_crashed: RuntimeError: no answer")]
    known = Output.objects.filter(latency_ms__gt=0)
    assert set(known.values_list("error", flat=True)) == {""}


def test_each_repetition_is_asked(run: Run) -> None:
    deliver_all(start(run, suite_of("a"), repetitions=3))
    assert told_target.asked == {"a": 3}
    assert sorted(Output.objects.values_list("repetition", flat=True)) == [0, 1, 2]


def test_scoring_again_asks_nothing(run: Run) -> None:
    suite = suite_of("a", "fail")
    deliver_all(start(run, suite))
    again = deliver_all(start(run, suite))
    assert lanes(again) == [(0, "cpu", 1)]
    assert told_target.asked == {"a": 1, "fail": 1}
    assert list(statuses(again).values()) == ["passed", "errored"]


def test_only_what_is_missing_is_asked(run: Run) -> None:
    suite = suite_of("a", "b")
    make_output(run=run, case=suite_case(suite, "case-0"), answer={"answer": "recorded"})
    batch = deliver_all(start(run, suite))
    assert told_target.asked == {"b": 1}
    assert list(statuses(batch).values()) == ["failed", "passed"]


def suite_case(suite: Suite, key: str) -> Any:
    from evalsite.cases.models import TestCase

    return TestCase.objects.get(suite=suite, key=key)


def test_a_retry_asks_again_for_errors_only(run: Run) -> None:
    batch = deliver_all(start(run, suite_of("a", "mend")))
    launch.retry_errored(batch.pk)
    batch.refresh_from_db()
    deliver_all(batch)
    assert told_target.asked == {"a": 1, "mend": 2}
    assert list(statuses(batch).values()) == ["passed", "passed"]
    assert lanes(batch) == [(0, "model", 0), (1, "cpu", 1)] * 2


def test_what_was_flushed_is_not_asked_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Run.objects.update(connection={**TOLD, "path": "tests.pipeline.told_target:answer_slowly"})
    batch = start(run, suite_of(*"abcdefgh"))
    claim = claimed(batch)
    with monkeypatch.context() as dying:
        dying.setattr(interleave, "FLUSH_CASES", 1)
        dying.setattr(interleave, "FLUSH_SECONDS", 0)
        dying.setattr(score_model, "widest", lambda: 1)
        dying.setattr(Asker, "write", killed_at(2, Asker.write))
        with pytest.raises(KeyboardInterrupt):
            ask_chunk.ask_chunk(claim)
    flushed = set(Output.objects.values_list("answer__answer", flat=True))
    assert 1 <= len(flushed) < 8
    Chunk.objects.filter(pk=claim.chunk_id).update(state="pending")
    deliver_all(batch)
    assert {told_target.asked[question] for question in flushed} == {1}
    assert set(statuses(batch).values()) == {"passed"}


def killed_at(n: int, write: Callable[..., None]) -> Callable[..., None]:
    """Let the worker die when it flushes for the n-th time."""
    flushes = count(1)

    def dying(*given: Any) -> None:
        if next(flushes) == n:
            raise KeyboardInterrupt
        write(*given)

    return dying


def test_a_run_begins_when_it_is_asked_and_stays_open(run: Run) -> None:
    assert run.status == "pending"
    deliver_all(start(run, suite_of("a")))
    run.refresh_from_db()
    assert run.status == "running"
    assert Entry.objects.filter(action="run.begun").count() == 1


def test_a_completed_run_is_asked_nothing_more(run: Run) -> None:
    complete_run(run)
    batch = deliver_all(start(run, suite_of("a")))
    assert told_target.asked == {}
    assert list(statuses(batch).values()) == ["unscored"]


def test_a_run_completed_meanwhile_takes_no_more(run: Run) -> None:
    batch = start(run, suite_of("a"))
    complete_run(run)
    deliver_all(batch)
    assert not Output.objects.exists()


def test_two_batches_at_once_keep_the_first_answer(run: Run) -> None:
    suite = suite_of("a")
    first, second = start(run, suite), start(run, suite)
    deliver_all(first)
    before = Output.objects.get().recorded_at
    deliver_all(second)
    assert (Output.objects.get().recorded_at, told_target.asked) == (before, {"a": 1})


def test_a_target_that_cannot_be_asked_pauses_the_batch(
    run: Run, knobs: Callable[..., None]
) -> None:
    Run.objects.update(connection={"kind": "http", "endpoint": "gone", "output": {"answer": "$"}})
    batch = start(Run.objects.get(), suite_of("a"))
    deliver_chunks(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.paused_code) == ("paused", "endpoint_unknown")
    assert len(list(recorded(claimed_after_resume(batch)))) == 1


def claimed_after_resume(batch: Batch) -> Claim:
    launch.resume(batch.pk)
    batch.refresh_from_db()
    return claimed(batch)


def test_a_live_run_without_a_connection_is_not_ready(as_acme: Tenant) -> None:
    with pytest.raises(RunNotReady, match="openrun"):
        start(make_run(eval_mode="live", status="pending"), suite_of("a"))


def test_a_pack_that_cannot_ask_is_refused_before_anything_runs(run: Run) -> None:
    Run.objects.update(connection={"kind": "chat"})
    with pytest.raises(PackError, match="lanes"):
        start(Run.objects.get(), suite_of("a"), pack="lanes")
    assert not Batch.objects.exists()
