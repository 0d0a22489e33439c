"""Questions about leaderboards: which boards a suite has, and one page of a board."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.functions import Now

from evalsite.cases.models import Suite
from evalsite.errors import UsageError
from evalsite.leaderboard.models import Board, Kind, Metric, Standing
from evalsite.leaderboard.ties import Ties
from evalsite.summaries.models import SliceKind, Summary
from evalsite.targets.models import Target

PAGE = 50
_CENTURY = 36_525

_COUNT = """
    SELECT width_bucket({column}, %s::float8[]), count(*) FROM leaderboard_standing
    WHERE board_id = %s AND kind = %s AND metric = %s AND value IS NOT NULL GROUP BY 1
"""


class BoardUnknown(UsageError):
    """The suite has no board whose digest begins so, or no batch of it has finished."""

    code = "board_unknown"
    hint = "manage.py leaderboard SUITE names the suite's boards"


class CursorInvalid(UsageError):
    """The text does not say where a page begins."""

    code = "cursor_invalid"
    hint = "take the cursor that the page before gave, or begin without one"


class Way(NamedTuple):
    """What counts as a system, and what they are ranked by."""

    kind: Kind = Kind.RUN
    metric: Metric = Metric.RATE


class Wanted(NamedTuple):
    """Which systems are shown; ranks are always those among all. None and "" leave all in."""

    target: str = ""
    client_type: str = ""
    client_version: str = ""
    days: int | None = None


ALL = Wanted()


class Row(NamedTuple):
    """A system on a page; `low` and `high` are its rank interval.

    `is_compared`: pair by pair. Else the interval counts those whose own interval lies wholly
    above or below. `ties` is None where it was not compared, or not yet. `whole` has the batch's
    other figures.
    """

    standing: Standing
    rank: int
    low: int
    high: int
    is_compared: bool
    ties: Ties | None
    whole: Summary


class Page(NamedTuple):
    """Some rows of a board, the highest mean first, and the cursor of the next page if any.

    `n` counts the systems with a rank, `n_without` those of which no case has a verdict.
    """

    rows: list[Row]
    next: str
    n: int
    n_without: int


def boards_of(suite: Suite) -> QuerySet[Board]:
    """Answer the suite's boards, the one with the newest batch first."""
    return Board.objects.filter(suite=suite).select_related("suite").order_by("-updated_at", "pk")


def find_board(suite: Suite, digest: str = "") -> Board:
    """Answer the board whose digest begins so (default: the newest); raises BoardUnknown."""
    found = list(boards_of(suite).filter(digest__startswith=digest.lower())[:2])
    if not found:
        raise BoardUnknown(f"suite {suite.name!r} has no board {digest!r}".replace(" ''", " yet"))
    if digest and len(found) > 1:
        raise BoardUnknown(f"more than one board of suite {suite.name!r} begins with {digest!r}")
    return found[0]


def standings_of(board: Board, way: Way) -> QuerySet[Standing]:
    """Answer the systems on a board that have a rank, in no order."""
    found = Standing.objects.filter(board=board.pk, kind=way.kind, metric=way.metric)
    return found.filter(value__isnull=False)


def page(
    board: Board, way: Way, *, wanted: Wanted = ALL, after: str = "", limit: int = PAGE
) -> Page:
    """Answer the systems after a cursor, each with its rank among all; raises CursorInvalid.

    The order is that of the means, which ranking the board again does not change: a page never
    repeats or leaves out a system for that.
    """
    chosen = _chosen(standings_of(board, way), wanted).order_by("-value", "-id")
    if after:
        chosen = chosen.filter(_comes_after(after))
    # Names are fetched after: a join could tempt the planner away from the index.
    found = list(chosen.prefetch_related("run", "target")[: limit + 1])
    shown = found[:limit]
    more = _cursor(shown[-1]) if len(found) > limit else ""
    n, above = _below("-value", [-(one.value or 0.0) for one in shown], board=board, way=way)
    without = Standing.objects.filter(board=board.pk, kind=way.kind, metric=way.metric)
    rows = _rows(shown, ranks=[1 + count for count in above], board=board, way=way, n=n)
    return Page(rows, more, n, without.filter(value__isnull=True).count())


def _chosen(found: QuerySet[Standing], wanted: Wanted) -> QuerySet[Standing]:
    if wanted.target:
        target = Target.objects.filter(name=wanted.target).values_list("pk", flat=True).first()
        found = found.filter(target=target) if target else found.none()
    if wanted.client_type:
        found = found.filter(client_type=wanted.client_type)
    if wanted.client_version:
        found = found.filter(client_version=wanted.client_version)
    if wanted.days is not None:
        days = timedelta(days=min(wanted.days, _CENTURY))
        found = found.filter(batch_at__gte=Now() - days)
    return found


def _rows(
    shown: Sequence[Standing], *, ranks: Sequence[int], board: Board, way: Way, n: int
) -> list[Row]:
    wholes = {
        whole.batch_id: whole
        for whole in Summary.objects.filter(
            batch__in=[one.batch_id for one in shown], slice_kind=SliceKind.ALL, slice_value=""
        )
    }
    own = _own_intervals(shown, board=board, way=way, n=n)
    rows = []
    for one, rank in zip(shown, ranks, strict=True):
        compared = one.rank_low is not None and one.rank_high is not None
        low, high = (one.rank_low, one.rank_high) if compared else own[one.pk]
        ties = Ties(one.tie_from, one.tie_to) if one.tie_from and one.tie_to else None
        rows.append(Row(one, rank, low or 1, high or n, compared, ties, wholes[one.batch_id]))
    return rows


def _own_intervals(
    shown: Sequence[Standing], *, board: Board, way: Way, n: int
) -> dict[UUID, tuple[int, int]]:
    """Rank intervals from each system's own interval, where pairs were not compared."""
    found = {one.pk: (1, n) for one in shown}
    alone = [one for one in shown if one.rank_low is None and not one.reserve]
    if alone:
        _, better = _below("-low", [-one.interval.high for one in alone], board=board, way=way)
        _, worse = _below("high", [one.interval.low for one in alone], board=board, way=way)
        for one, above, under in zip(alone, better, worse, strict=True):
            found[one.pk] = (1 + above, n - under)
    return found


def _below(
    column: str, bounds: Sequence[float], *, board: Board, way: Way
) -> tuple[int, list[int]]:
    """Count a board's systems, and for each bound those whose column is below it, in one pass."""
    ordered = sorted(set(bounds))
    with connection.cursor() as cursor:
        sql = _COUNT.format(column=column)
        cursor.execute(sql, [ordered, board.pk, way.kind, way.metric])
        buckets = dict(cursor.fetchall())
    counted = list(accumulate(buckets.get(place, 0) for place in range(len(ordered) + 1)))
    under = dict(zip(ordered, counted, strict=False))
    return counted[-1], [under[bound] for bound in bounds]


class _Tuple(Func):
    template = "(%(expressions)s)"


def _comes_after(cursor: str) -> Func:
    """Compare as rows, which an index answers as a range however many means are alike."""
    try:
        text = urlsafe_b64decode(cursor.encode()).decode()
        value, _, pk = text.partition(" ")
        place = (float(value), UUID(pk))
    except ValueError:
        raise CursorInvalid(f"{cursor!r} is no cursor") from None
    return Func(
        _Tuple(F("value"), F("id")),
        _Tuple(*map(Value, place)),
        template="%(expressions)s",
        arg_joiner=" < ",
        output_field=BooleanField(),
    )


def _cursor(last: Standing) -> str:
    return urlsafe_b64encode(f"{last.value!r} {last.pk}".encode()).decode()
