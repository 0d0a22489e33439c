"""A page of a board as people and as programs read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evalsite.figures import DASH, level, levels
from evalsite.leaderboard.models import Board, Kind, Reserve
from evalsite.leaderboard.queries import Page, Row, Way
from evalsite.leaderboard.ties import letters
from evalsite.terminal import add_row, table
from evalsite.terminal import page as page_of

# Before the rank interval of a system that was not compared pair by pair.
_ROUGHLY = "~"


def as_json(
    board: Board, way: Way, *, found: Page, others: Sequence[Board]
) -> list[dict[str, Any]]:
    """Answer the board, then each row, as plain JSON."""
    head = {
        "event": "board",
        "suite": board.suite.name,
        "by": way.kind,
        "metric": way.metric,
        **_board(board),
        "ranked_at": board.ranked_at and board.ranked_at.isoformat(timespec="seconds"),
        "is_stale": board.is_stale,
        "n": found.n,
        "n_without": found.n_without,
        "next": found.next,
        "others": [_board(other) for other in others],
    }
    return [head, *(_row(row) for row in found.rows)]


def as_text(
    board: Board, way: Way, *, found: Page, others: Sequence[Board], colour: bool = False
) -> str:
    """Answer the board as a table, with what must be known to read it."""
    return page_of(_parts(board, way, found=found, others=others), colour=colour)


def name_of(row: Row) -> str:
    """Name a system: a run by its name, a version by its target, client and version."""
    one = row.standing
    if one.kind == Kind.RUN:
        return one.run.name
    return " ".join(filter(None, (one.target.name, one.client_type, one.client_version)))


def place_of(row: Row) -> str:
    """Write a rank interval, "~" before it where pairs were not compared."""
    mark = "" if row.is_compared else _ROUGHLY
    return f"{mark}{row.low}" if row.low == row.high else f"{mark}{row.low} to {row.high}"


def ties_of(row: Row) -> str:
    """Write the tie groups as letters, or a dash where there are none."""
    return letters(row.ties) if row.ties else DASH


def notes_on(board: Board, found: Page) -> Iterator[str]:
    """Say what a reader must know about this page."""
    if board.is_stale:
        yield "Batches came since the systems were compared; intervals and ties follow."
    if any(row.ties for row in found.rows):
        yield "Systems with a common letter were not shown to differ."
    if any(not row.is_compared for row in found.rows):
        yield f"{_ROUGHLY} not compared pair by pair: its own interval against those of the others."
    for reserve in sorted({row.standing.reserve for row in found.rows} - {""}):
        names = ", ".join(name_of(row) for row in found.rows if row.standing.reserve == reserve)
        yield f"{reserve}: {Reserve(reserve).label}, so it may have any rank: {names}."
    if found.n_without:
        yield f"{found.n_without} more without a rank, as no case of theirs has a verdict."


def _parts(board: Board, way: Way, *, found: Page, others: Sequence[Board]) -> Iterator[Any]:
    from rich.markup import escape

    chosen = f", of some cases only: {board.selection}" if board.selection else ""
    yield escape(
        f"{board.suite.name} v{board.suite_version} / {board.pack}: "
        f"{found.n} {way.kind.label}s by {way.metric.label}{chosen}"
    )
    yield _table(found)
    yield from map(escape, notes_on(board, found))
    for other in others:
        yield escape(
            f"Not comparable, so on a board of its own: version {other.suite_version}, "
            f"{other.pack}, --board {other.digest[:8]}"
        )


def _table(found: Page) -> Any:
    heads = ("rank", "ties", "system", ">pass rate, 95 %", ">score, 95 %", ">n", ">unjudged")
    made = table(*heads, ">p50", ">cost")
    for each in found.rows:
        whole = each.whole
        add_row(
            made,
            _rank(each),
            ties_of(each),
            " ".join(filter(None, (name_of(each), _marked(each)))),
            _percent(whole.pass_rate, low=whole.pass_low, high=whole.pass_high),
            _percent(whole.mean_score, low=whole.score_low, high=whole.score_high),
            f"{whole.n:,}",
            f"{each.standing.missing:,}",
            level(whole.latency_p50, "ms"),
            level(whole.cost_usd, "USD"),
        )
    return made


def _rank(row: Row) -> str:
    """Write the rank, and which others it may be."""
    place = place_of(row)
    return place if place == str(row.rank) else f"{row.rank} ({place})"


def _marked(row: Row) -> str:
    return f"({row.standing.reserve})" if row.standing.reserve else ""


def _percent(value: float | None, *, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return DASH
    return f"{100 * value:.1f} ({levels(low, high)})"


def _board(board: Board) -> dict[str, Any]:
    return {
        "board": board.digest,
        "suite_version": board.suite_version,
        "pack": board.pack,
        "selection": board.selection,
    }


def _row(row: Row) -> dict[str, Any]:
    one, whole = row.standing, row.whole
    figures = ("pass_rate", "pass_low", "pass_high", "mean_score", "score_low", "score_high")
    return {
        "event": "standing",
        "rank": row.rank,
        "rank_low": row.low,
        "rank_high": row.high,
        "is_compared": row.is_compared,
        "ties": letters(row.ties) if row.ties else None,
        "name": name_of(row),
        "run": one.run.name,
        "target": one.target.name,
        "client_type": one.client_type,
        "client_version": one.client_version,
        "batch": str(one.batch_id),
        "reserve": one.reserve,
        **{name: getattr(whole, name) for name in (*figures, "n", "unscored", "errored")},
        "latency_p50": whole.latency_p50,
        "cost_usd": whole.cost_usd,
        "cost_known": whole.cost_known,
    }
