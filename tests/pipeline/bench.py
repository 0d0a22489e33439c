"""A workbench: a batch whose messages the test itself delivers."""

from __future__ import annotations

from typing import Any

from evalsite.batches.models import Batch, Chunk, Step
from evalsite.cases.queries import Selection
from evalsite.pipeline import finish, launch, score
from evalsite.scoring.models import Scorecard
from tests.factories import make_case, make_output, make_revision, make_run, make_suite


def told(first: str, second: str = "passed") -> dict[str, str]:
    """An output for the pack `lanes`."""
    return {"first": first, "second": second}


def launched(answers: list[Any], *, pack: str = "lanes", **options: Any) -> Batch:
    """Launch a batch over one case per answer; None for a case without output."""
    suite, run = make_suite(pack=pack), make_run()
    for number, answer in enumerate(answers):
        case = make_case(suite=suite, key=f"case-{number:03}")
        make_revision(case=case)
        if isinstance(answer, str):
            make_output(run=run, case=case, answer=None, error=answer)
        elif answer is not None:
            make_output(run=run, case=case, answer=answer)
    given = {"selection": Selection(), "options": {}, "actor": "alice", **options}
    return launch.start(suite=suite, run=run, pack=pack, **given)


def deliver_chunks(batch: Batch) -> int:
    """Score every chunk that waits; answers how many were scored."""
    epoch = Batch.objects.values_list("epoch", flat=True).get(pk=batch.pk)
    waiting = Chunk.objects.filter(step__batch=batch, state="pending").values_list("pk", flat=True)
    return sum(score.score_chunk(pk, epoch=epoch, owner="test") for pk in list(waiting))


def deliver_all(batch: Batch) -> Batch:
    """Score and finish until the batch is over."""
    while deliver_chunks(batch):
        step = Step.objects.filter(batch=batch, state="running").get()
        finish.finish_step(step.pk, by="chord")
    batch.refresh_from_db()
    return batch


def statuses(batch: Batch) -> dict[str, str]:
    """Answer each case's status by key."""
    cards = Scorecard.objects.filter(batch=batch).order_by("revision__case__key")
    return dict(cards.values_list("revision__case__key", "status"))
