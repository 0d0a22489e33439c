"""Batches that stand on their boards, as the pipeline leaves them, without the pipeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.leaderboard.models import Board, Standing
from evalsite.leaderboard.stand import stand
from evalsite.summaries.summarize import summarize
from tests.factories import make_run, make_target
from tests.summaries.filled import Card, make_filled

STATUSES = {"P": "passed", "F": "failed", "U": "unscored", "E": "errored"}


def stood(suite: Suite, cards: str | Iterable[Card], **fields: Any) -> Batch:
    """A finished batch on its board; cases are given by letter, or as cards."""
    if isinstance(cards, str):
        cards = [Card(f"case-{i:04}", STATUSES[letter]) for i, letter in enumerate(cards)]
    batch = make_filled(suite, cards, **fields)
    summarize(batch)
    stand(batch)
    return batch


def system(suite: Suite, name: str, cards: str | Iterable[Card], **fields: Any) -> Batch:
    """A batch of a run of that name, of a target of its own."""
    return stood(suite, cards, run=make_run(name=name, target=make_target(name=name)), **fields)


def standing(batch: Batch, *, kind: str = "run", metric: str = "pass_rate") -> Standing:
    """Answer where a batch stands."""
    return Standing.objects.get(batch=batch, kind=kind, metric=metric)


def board_of(suite: Suite) -> Board:
    """Answer the suite's only board."""
    return Board.objects.get(suite=suite)
