"""A chunk's cases: in what order they come, how they are written, and into what they are cut."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from uuid_utils import uuid7

from evalsite.batches.lease import Claim, claim_chunk
from evalsite.batches.models import Batch, Chunk
from evalsite.scoring import answer
from evalsite.scoring.answer import recorded
from evalsite.scoring.cut import cut
from evalsite.scoring.models import Scorecard
from evalsite.scoring.stage import judge
from evalsite.scoring.write import Row, write
from evalsite.tenants.models import Tenant
from tests.factories import make_chunk
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


@pytest.mark.parametrize("new", [True, False])
def test_what_most_cards_say_is_kept_in_each(as_acme: Tenant, new: bool) -> None:
    answers = [{"answer": answer} for answer in ("4", "5", "4", "6", "4")]
    batch = launched(answers, pack="exact", options={"judges": ["exact"]})
    chunk = Chunk.objects.get(step__batch=batch)
    claim = claim_chunk(chunk.pk, epoch=batch.epoch, owner="w", seconds=30, attempts=5)
    assert claim is not None
    rows = list(judge(claim, lease_seconds=30))
    write(claim, rows, new=new)
    cards = Scorecard.objects.filter(batch=batch).values_list("revision", "stages", "details")
    assert {str(revision): (stages, details) for revision, stages, details in cards} == {
        row.revision_id: (json.loads(row.stages), json.loads(row.details)) for row in rows
    }
    assert len({row.stages for row in rows}) == 2


@pytest.mark.parametrize("block", [1, 7, 2_500])
@pytest.mark.parametrize("repetitions", [1, 2])
def test_cases_come_in_the_order_that_was_drawn(
    as_acme: Tenant, monkeypatch: pytest.MonkeyPatch, repetitions: int, block: int
) -> None:
    monkeypatch.setattr(answer, "_BLOCK", block)
    answers = [{"answer": "4"}] * 60
    batch = launched(answers, pack="exact", order_seed=7, repetitions=repetitions)
    for chunk in Chunk.objects.filter(step__batch=batch):
        claim = claim_chunk(chunk.pk, epoch=batch.epoch, owner="w", seconds=30, attempts=5)
        assert claim is not None
        drawn = [(str(one), n) for one in chunk.revisions for n in range(repetitions)]
        assert [(one.revision_id, one.repetition) for one in recorded(claim)] == drawn
        assert drawn != sorted(drawn)


@pytest.mark.parametrize(("n", "pieces"), [(1, 1), (2, 2), (5, 5), (19, 19), (20, 20), (21, 11)])
def test_a_chunk_of_any_size_is_cut(as_acme: Tenant, n: int, pieces: int) -> None:
    chunk = make_chunk(revisions=[uuid4() for _ in range(n)], n_cases=n, attempt=2)
    cut([chunk.pk])
    parts = Chunk.objects.filter(step=chunk.step).order_by("number")
    assert len(parts) == pieces
    assert [one for part in parts for one in part.revisions] == chunk.revisions
    assert [part.n_cases for part in parts] == [len(part.revisions) for part in parts]
