"""The tasks. Each is a doorbell: ids in, one verb called."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from evalsite.alerts.deliver import deliver_due
from evalsite.batches.lease import LeaseHeld
from evalsite.leaderboard.rank import rank
from evalsite.pipeline import chords, evaluate_due, finish, nodes, score
from evalsite.pipeline.base import TenantTask
from evalsite.pipeline.patience import patiently


@shared_task(base=TenantTask, bind=True, name="pipeline.score_chunk", max_retries=None)
def score_chunk(self: TenantTask, *, chunk_id: str, epoch: int) -> None:
    """Score one chunk; a live lease of somebody else means: come again."""
    owner = nodes.owner(str(self.request.hostname), task=str(self.request.id))
    try:
        score.score_chunk(UUID(chunk_id), epoch=epoch, owner=owner)
    except LeaseHeld as held:
        raise self.retry(countdown=min(held.seconds + 0.1, 60), exc=held) from held
    patiently(chords.refill_window)


@shared_task(base=TenantTask, name="pipeline.finish_step")
def finish_step(*, step_id: str, epoch: int, by: str) -> None:
    """Finish a step if it is at its end, and send what is next."""
    patiently(lambda: finish.finish_step(UUID(step_id), by=by))
    patiently(chords.fill_window)


@shared_task(base=TenantTask, name="pipeline.dispatch")
def dispatch() -> None:
    """Send what the window has room for, whoever's turn it is."""
    patiently(chords.fill_window)


@shared_task(base=TenantTask, name="pipeline.deliver_alerts")
def deliver_alerts() -> None:
    """Send the mails that are due."""
    deliver_due()


@shared_task(base=TenantTask, name="pipeline.rank_board")
def rank_board(*, board_id: str) -> None:
    """Compare the systems of a board, if batches came since."""
    rank(UUID(board_id))


@shared_task(base=TenantTask, name="pipeline.start_evaluations")
def start_evaluations() -> None:
    """Start the evaluations that completed runs are due to."""
    evaluate_due.start_due()
