"""A closed batch stands on its board, and its ranking is owed to the broker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection

from evalsite.leaderboard.models import Board, Standing
from evalsite.leaderboard.stand import stand
from evalsite.pipeline.launch import cancel
from evalsite.pipeline.models import OutboxMessage
from evalsite.pipeline.tasks import rank_board
from evalsite.summaries.summarize import summarize
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_suite
from tests.pipeline.bench import deliver_all, launched, told
from tests.summaries.filled import Card, make_filled


def test_a_closed_batch_is_ranked_by_the_task(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("passed")] * 15 + [told("failed")] * 5))
    message = OutboxMessage.objects.get(task="pipeline.rank_board")
    board = Board.objects.get()
    assert message.arguments == {"board_id": str(board.pk)}
    assert board.is_stale
    rank_board(tenant_id=str(as_acme.pk), **message.arguments)
    standing = Standing.objects.get(batch=batch, kind="run", metric="pass_rate")
    assert (standing.value, standing.rank_low, standing.rank_high) == (0.75, 1, 1)
    board.refresh_from_db()
    assert not board.is_stale


@pytest.mark.usefixtures("as_acme")
def test_each_closing_owes_a_message_of_its_own() -> None:
    for _ in range(2):
        deliver_all(launched([told("passed")]))
    assert OutboxMessage.objects.filter(task="pipeline.rank_board").count() == 2


@pytest.mark.usefixtures("as_acme")
def test_a_cancelled_batch_owes_none() -> None:
    cancel(launched([told("passed")]).pk)
    assert not OutboxMessage.objects.filter(task="pipeline.rank_board").exists()
    assert not Board.objects.exists()


@pytest.fixture
def acme_for_real(committed_db: None) -> UUID:
    """A tenant whose rows other connections see."""
    return Tenant.objects.create(slug="acme", name="Acme").pk


def test_batches_that_close_at_once_all_stand(acme_for_real: UUID) -> None:
    with tenant(acme_for_real):
        suite = make_suite()
        batches = [make_filled(suite, [Card("c", "passed")]) for _ in range(8)]
        for batch in batches:
            summarize(batch)

    def close(number: int) -> UUID | None:
        try:
            with tenant(acme_for_real):
                return stand(batches[number])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        boards = set(pool.map(close, range(8)))
    with tenant(acme_for_real):
        assert boards == {Board.objects.get(version=8).pk}
        assert Standing.objects.filter(kind="run", metric="score").count() == 8
