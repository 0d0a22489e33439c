"""Scorecards are written in bulk: new ones only once, those of a retry in the place of the old."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from uuid_utils import uuid7

from evalsite.batches.lease import Claim, claim_chunk
from evalsite.batches.models import Batch, Chunk
from evalsite.scoring.models import Scorecard
from evalsite.scoring.stage import judge
from evalsite.scoring.write import Row, write
from evalsite.tenants.models import Tenant
from tests.pipeline.bench import launched


def written(batch: Batch) -> dict[str, str]:
    cards = Scorecard.objects.filter(batch=batch)
    return {str(revision): status for revision, status in cards.values_list("revision", "status")}


@pytest.fixture
def judged(as_acme: Tenant) -> tuple[Batch, Claim, list[Row]]:
    """Judge a batch of two cases, and write nothing."""
    options = {"judges": ["exact"]}
    batch = launched([{"answer": "4"}, {"answer": "5"}], pack="exact", options=options)
    chunk = Chunk.objects.get(step__batch=batch)
    claim = claim_chunk(chunk.pk, epoch=batch.epoch, owner="w", seconds=30, attempts=5)
    assert claim is not None
    return batch, claim, list(judge(claim, lease_seconds=30))


def test_new_cards_are_refused_where_there_is_one(judged: tuple[Batch, Claim, list[Row]]) -> None:
    batch, claim, rows = judged
    write(claim, rows[:1], new=True)
    before = written(batch)
    with pytest.raises(IntegrityError, match="scoring_scorecard_once"), transaction.atomic():
        write(claim, [row._replace(id=str(uuid7())) for row in rows], new=True)
    assert written(batch) == before
    assert len(before) == 1


def test_cards_replace_what_was_there(judged: tuple[Batch, Claim, list[Row]]) -> None:
    batch, claim, rows = judged
    write(claim, rows, new=True)
    assert set(written(batch).values()) == {"passed", "failed"}
    write(claim, [row._replace(status="errored") for row in rows])
    assert list(written(batch).values()) == ["errored", "errored"]
