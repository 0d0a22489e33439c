"""Compare the leaders of a board pair by pair, and write down rank intervals and tie groups.

The work is bounded: at most 300 systems, fewer where a suite has many cases. It is done after the
transaction that closed a batch, never in it, and as often as anybody likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from evalsite.leaderboard.duels import shown_better
from evalsite.leaderboard.field import Field, load_fields
from evalsite.leaderboard.models import Board, Kind, Metric, Standing
from evalsite.leaderboard.queries import Way, standings_of
from evalsite.leaderboard.ties import Ties, tie_groups

if TYPE_CHECKING:
    from evalsite.leaderboard.duels import Signs

# So many systems, and so many systems times cases, are compared pair by pair.
MOST_SYSTEMS = 300
MOST_CELLS = 1_000_000


class Place(NamedTuple):
    """What is written down about a standing. Without tie groups it was compared with nobody."""

    standing: Standing
    low: int
    high: int
    ties: Ties | None


# A standing that a newer batch took over meanwhile is left alone: that batch has it ranked again.
_WRITE = """
    UPDATE leaderboard_standing s
    SET rank_low = found.low, rank_high = found.high, tie_from = found.first, tie_to = found.last
    FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::int[], %s::int[], %s::int[])
        AS found (standing, batch, low, high, first, last)
    WHERE s.id = found.standing AND s.batch_id = found.batch
"""


def rank(board_id: UUID) -> bool:
    """Rank the board if batches came since it was ranked; answers whether this call did it."""
    board = Board.objects.get(pk=board_id)
    if not board.is_stale:
        return False
    divided = {way: _divided(board, way) for way in map(Way._make, product(Kind, Metric))}
    batches = list({one.batch_id: None for leaders, _ in divided.values() for one in leaders})
    row = {batch: number for number, batch in enumerate(batches)}
    fields = load_fields(board, batches)
    places, shown = list[Place](), _Shown()
    for way, (leaders, others) in divided.items():
        fit = [one for one in leaders if not one.reserve]
        field = fields[way.metric].of([row[one.batch_id] for one in fit])
        places += _places(leaders, fit=fit, signs=shown.better(field), others=others)
    return _write(board, places)


class _Shown:
    """What was shown, found once for equal scores: runs are mostly versions, passes the score."""

    def __init__(self) -> None:
        self._known: dict[bytes, Signs] = {}

    def better(self, field: Field) -> Signs:
        """Answer `shown_better` of the field."""
        scores = field.scores.tobytes()
        if scores not in self._known:
            self._known[scores] = shown_better(field)
        return self._known[scores]


def room(n_cases: int) -> int:
    """Answer how many systems of so many cases are compared pair by pair."""
    return max(2, min(MOST_SYSTEMS, MOST_CELLS // max(1, n_cases)))


def _divided(board: Board, way: Way) -> tuple[list[Standing], list[float]]:
    """Answer the leaders, and the upper ends of the others' intervals; 1 for a reservation."""
    first = list(standings_of(board, way).order_by("-value", "-id")[: MOST_SYSTEMS + 1])
    most = room(max((one.n for one in first[:MOST_SYSTEMS]), default=0))
    leaders = first[:most]
    if len(leaders) == len(first):
        return leaders, []
    found = standings_of(board, way).exclude(pk__in=[one.pk for one in leaders])
    ends = found.values_list("high", "reserve")
    return leaders, [1.0 if high is None or reserve else high for high, reserve in ends]


def _places(
    leaders: Sequence[Standing],
    *,
    fit: Sequence[Standing],
    signs: Signs,
    others: Sequence[float],
) -> list[Place]:
    """A leader's rank is 1 + those shown better, at best, and all - those shown worse, at worst.

    Of the others, who were not compared, those are worse whose own interval ends below its own.
    """
    import numpy as np

    n = len(leaders) + len(others)
    better, worse = (signs == -1).sum(axis=1), (signs == 1).sum(axis=1)
    worse = worse + np.searchsorted(np.sort(others), [one.interval.low for one in fit])
    ties = tie_groups(signs)
    compared = {
        one.pk: Place(one, 1 + int(better[i]), n - int(worse[i]), ties[i])
        for i, one in enumerate(fit)
    }
    return [compared.get(one.pk, Place(one, 1, n, None)) for one in leaders]


def _write(board: Board, places: Sequence[Place]) -> bool:
    """Write it all, unless somebody has ranked this version of the board, or a newer one."""
    with transaction.atomic():
        older = Board.objects.filter(pk=board.pk, ranked_version__lt=board.version)
        if not older.update(ranked_version=board.version, ranked_at=Now()):
            return False
        left = Standing.objects.filter(board=board, rank_low__isnull=False)
        left = left.exclude(pk__in=[place.standing.pk for place in places])
        left.update(rank_low=None, rank_high=None, tie_from=None, tie_to=None)
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, _columns(places))
    return True


def _columns(places: Sequence[Place]) -> list[list[Any]]:
    return [
        [place.standing.pk for place in places],
        [place.standing.batch_id for place in places],
        [place.low for place in places],
        [place.high for place in places],
        [place.ties and place.ties.first for place in places],
        [place.ties and place.ties.last for place in places],
    ]
