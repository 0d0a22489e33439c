"""Long answers and reasons are read as they were written, by every reader."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import connection
from django.utils import timezone

from evalsite.batches.lease import Claim, claim_chunk
from evalsite.blobs.models import Blob
from evalsite.blobs.shorten import LONG, restore, shorten
from evalsite.cases.models import Revision
from evalsite.regressions.vet import tiers_of
from evalsite.retention.models import Policy
from evalsite.retention.purge_due import purge_due
from evalsite.scoring.answer import recorded
from evalsite.scoring.models import Scorecard
from evalsite.scoring.queries import missing
from evalsite.scoring.write import Row, write
from evalsite.targets.connections.reply import Reply
from evalsite.targets.models import Output, Run
from evalsite.targets.record import CheckedOutput, LostOutput, Recorded, record_outputs
from evalsite.targets.record_live import Heard, record_live
from tests.factories import (
    make_batch,
    make_chunk,
    make_output,
    make_revision,
    make_run,
    make_step,
)
from tests.kept_rows import make_policy

pytestmark = pytest.mark.usefixtures("as_acme")

LONG_TEXT = "all that was said " * 300
LONG_WHY = {
    "reason": LONG_TEXT,
    "details": {"votes": [1, 2], "sandbox": {"tier": "T1", "k": 2}},
}


@pytest.fixture
def revision(as_acme: object) -> Revision:
    made: Revision = make_revision()
    return made


def claim_of(revision: Revision, run: Run) -> Claim:
    batch = make_batch(suite=revision.suite, run=run)
    chunk = make_chunk(step=make_step(batch=batch), revisions=[revision.pk])
    held = claim_chunk(chunk.pk, epoch=batch.epoch, owner="w", seconds=30, attempts=5)
    assert held is not None
    return held


def recorded_answer(run: Run, revision: Revision, answer: Any, *, order: int = 1) -> Recorded:
    if isinstance(answer, dict):
        answer = dict(list(answer.items())[::order])
    output = CheckedOutput(revision.case.key, 0, answer, "", 1.0, None, None, None)
    return record_outputs(run, [(1, output)], suite=revision.suite, on_lost=unheard_of)


def unheard_of(lost: LostOutput) -> None:
    """Fail: no line is lost here."""
    pytest.fail(str(lost))


def column(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


ANSWERS = [
    {"answer": LONG_TEXT, "steps": [1.0, 2, None, {"b": "\N{SNOWMAN}", "a": "x"}]},
    {"$blob": "0" * 64},
    {"$blob": [1]},
    {"$blob": {"$blob": LONG_TEXT}},
    [LONG_TEXT],
    LONG_TEXT,
    {"answer": "4"},
    {"$blob": 1, "answer": 2},
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_read_as_it_was_recorded(answer: Any, revision: Revision) -> None:
    run = make_run(status="running")
    recorded_answer(run, revision, answer)
    assert Output.objects.get().answer == answer
    assert Output.objects.values_list("answer", flat=True).get() == answer
    (judged,) = recorded(claim_of(revision, run))
    assert judged.answer == answer


@pytest.mark.parametrize("answer", ANSWERS)
def test_recording_it_again_changes_nothing(answer: Any, revision: Revision) -> None:
    run = make_run(status="running")
    recorded_answer(run, revision, answer)
    Run.objects.filter(pk=run.pk).update(status="completed")
    assert recorded_answer(run, revision, answer, order=-1) == Recorded(unchanged=1)


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_live_answer_too(answer: Any, revision: Revision) -> None:
    run = make_run(status="running", eval_mode="live")
    assert record_live(run.pk, [Heard(str(revision.pk), 0, Reply(output=answer))]) == 1
    assert Output.objects.get().answer == answer


@pytest.mark.parametrize("answer", ANSWERS)
def test_and_one_that_is_saved_as_a_row(answer: Any) -> None:
    output = make_output(answer=answer)
    output.refresh_from_db()
    assert output.answer == answer


def test_only_long_answers_leave_the_row(revision: Revision) -> None:
    run = make_run(status="running")
    recorded_answer(run, revision, {"answer": "x" * (LONG - 20)})
    assert not Blob.objects.exists()
    recorded_answer(run, revision, {"answer": "x" * LONG})
    assert Blob.objects.count() == 1
    assert column("SELECT length(answer::text) FROM targets_output") < 100


def test_what_comes_in_pieces_is_whole() -> None:
    texts = [f'"{n} {LONG_TEXT}"' for n in range(30)]
    stored = shorten([*texts, None, *texts])
    values = [None if text is None else orjson.loads(text) for text in stored]
    assert restore(values)[:30] == restore(values)[31:] == [text[1:-1] for text in texts]
    assert Blob.objects.count() == 30


def scored(revision: Revision, details: dict[str, Any], status: str = "unscored") -> Claim:
    claim = claim_of(revision, make_run())
    stages = '{"logic": {"status": "unscored", "score": null, "code": "judge_error"}}'
    text = orjson.dumps(details).decode()
    used = (None, None, None, None)
    write(
        claim, [Row(str(UUID(int=9)), str(revision.pk), 0, *used, status, None, None, text, stages)]
    )
    return claim


def test_what_a_judge_said_is_read_as_it_was_written(revision: Revision) -> None:
    details = {"logic": LONG_WHY, "syntax": {"reason": "short"}}
    claim = scored(revision, details)
    card = Scorecard.objects.get()
    assert card.details == details
    assert column("SELECT length(details::text) FROM scoring_scorecard") < 600
    (why,) = missing(claim.batch_id)
    assert why.reason == LONG_TEXT[:200]
    assert tiers_of(card.batch) == ["T1"]


def test_a_later_step_keeps_what_an_earlier_said(revision: Revision) -> None:
    claim = scored(revision, {"logic": LONG_WHY})
    used = (None, None, None, None)
    later = '{"semantics": {"reason": "wrong"}}'
    write(
        claim,
        [Row(str(UUID(int=8)), str(revision.pk), 0, *used, "failed", 0.0, False, later, "{}")],
    )
    assert Scorecard.objects.get().details == {"logic": LONG_WHY, "semantics": {"reason": "wrong"}}


def test_what_rows_refer_to_is_never_swept(revision: Revision) -> None:
    run = make_run(status="running")
    recorded_answer(run, revision, ANSWERS[0])
    scored(revision, {"logic": LONG_WHY})
    _sweep()
    assert Output.objects.get().answer == ANSWERS[0]
    assert Scorecard.objects.get().details["logic"] == LONG_WHY
    Scorecard.objects.all().delete()
    _sweep()
    assert Blob.objects.count() == 1
    assert Output.objects.get().answer == ANSWERS[0]


def _sweep() -> None:
    Blob.objects.update(kept_at=timezone.now() - timedelta(days=3))
    if not Policy.objects.exists():
        make_policy()
    Policy.objects.update(next_at=timezone.now())
    purge_due(seconds=60)
