"""Rows of leaderboards, for the tenant in scope; their parents are `tests.factories`'s."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.utils import timezone

from evalsite.leaderboard.models import Board, Standing

_numbers = count(1)


def make_board(**fields: Any) -> Board:
    """A board of one batch that waits to be ranked."""
    from tests.factories import make_suite

    fields["suite"] = fields.get("suite") or make_suite()
    given = {"suite_version": 1, "pack": "exact", "digest": f"{next(_numbers):064}"}
    return Board.objects.create(**{**given, "updated_at": timezone.now(), **fields})


def make_standing(**fields: Any) -> Standing:
    """A run that passed one case of one."""
    from tests.factories import make_batch

    fields["board"] = fields.get("board") or make_board()
    batch = fields["batch"] = fields.get("batch") or make_batch()
    who = {"subject": batch.run.pk, "run": batch.run, "target": batch.run.target}
    figures = {"value": 1.0, "low": 0.2, "high": 1.0, "n": 1, "missing": 0}
    given = {"kind": "run", "metric": "pass_rate", "batch_at": batch.created_at}
    return Standing.objects.create(**{**who, **figures, **given, **fields})
