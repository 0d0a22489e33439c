"""Trends, results and groups as tables that a person reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from evalsite.experiments.figures import Figure
from evalsite.experiments.models import Result
from evalsite.regressions.metrics import metric as metric_named
from evalsite.trends.models import Shift
from evalsite.trends.points import Point
from evalsite.trends.side_by_side import SideBySide

DASH: Final = "-"
WIDTH: Final = 100
_SHARES: Final = ("score", "pass_rate", "success", "unscored_rate")


def trend_tables(points: Iterable[Point], *, metric: str) -> Iterator[Any]:
    """Answer a table for each line, its versions from the oldest to the newest."""
    for line, versions in groupby(points, key=lambda point: point.line):
        heads = ("version", metric, "95 % interval", "min", "max", "n", "unscored", "last recorded")
        table = _table(*heads, left=("version", "last recorded"))
        for point in versions:
            ends = (number(end, metric) for end in (point.low, point.high))
            interval = DASH if point.low is None else " to ".join(ends)
            figures = (number(value, metric) for value in (point.min, point.max))
            average = number(point.avg, metric)
            counts = (str(point.n), str(point.unscored))
            _row(table, point.version, average, interval, *figures, *counts, _day(point))
        yield _title(line, note=metric_named(metric).unit)
        yield table


def result_table(results: Iterable[Result]) -> Iterator[Any]:
    """Answer one table, a result a line."""
    heads = ("recorded", "experiment", "task", "group", "version", "score", "passed", "ms", "agent")
    table = _table(*heads, left=("recorded", "experiment", "task", "group", "version", "agent"))
    for each in results:
        _row(
            table,
            f"{each.recorded_at:%m-%d %H:%M}",
            each.experiment.name,
            each.task,
            each.group,
            each.version,
            each.reason if each.score is None else number(each.score, "score"),
            {None: DASH, True: "yes", False: "no"}[each.success],
            number(each.latency_ms, "latency_ms"),
            each.agent_name or DASH,
        )
    yield table


def total_tables(rows: Iterable[dict[str, Any]]) -> Iterator[Any]:
    """Answer a table for each experiment, a group a line."""
    heads = ("versions", "tasks", "results", "unscored", "passed", "score", "ms", "USD", "tokens")
    for experiment, groups in groupby(rows, key=lambda row: row["experiment"]):
        table = _table("group", *heads, left=("group",))
        for row in groups:
            counts = (row[name] for name in ("versions", "tasks", "results", "unscored"))
            _row(
                table,
                row["group"],
                *map(str, counts),
                number(row["pass_rate"], "pass_rate"),
                number(row["mean_score"], "score"),
                number(row["mean_latency_ms"], "latency_ms"),
                number(row["sum_cost_usd"], "cost_usd"),
                DASH if row["sum_tokens"] is None else str(row["sum_tokens"]),
            )
        yield _title({"experiment": experiment}, note="means per result, sums of USD and tokens")
        yield table


def side_tables(compared: Iterable[SideBySide]) -> Iterator[Any]:
    """Answer for each experiment its counts and verdict in a sentence, and a table of metrics."""
    from rich.text import Text

    for each in compared:
        yield _title({"experiment": each.experiment}, note=each.verdict or "not decided")
        wins = each.count
        yield Text(
            f"baseline {each.baseline_version or DASH}, variant {each.variant_version or DASH}: by "
            f"{each.primary_metric} the variant wins {wins.wins} tasks, loses {wins.losses}, "
            f"ties {wins.ties}"
        )
        heads = ("baseline", "variant", "difference", "95 % interval", "improvement", "tasks")
        table = _table("metric", *heads, left=("metric",))
        for figure in each.figures:
            _row(table, figure.metric, *_sides(figure))
        yield table


def shift_lines(shifts: Iterable[Shift]) -> Iterator[Any]:
    """Answer a sentence for each shift."""
    from rich.text import Text

    for shift in shifts:
        levels = (number(level, shift.metric) for level in (shift.before, shift.after))
        told = f"p = {shift.p_corrected:.2g}, corrected"
        yield Text(
            f"shift of {shift.target} on {shift.suite} at {shift.version}: "
            f"{' -> '.join(levels)} ({'worse' if shift.is_harm else 'better'}, {told})"
        )


def number(value: float | None, metric: str) -> str:
    """Write a value in its metric's unit: shares to 3 places, others to 4 digits."""
    if value is None:
        return DASH
    return (
        f"{value:.3f}" if metric in _SHARES else f"{value:,.4g}" if value < 1e4 else f"{value:,.0f}"
    )


def _sides(figure: Figure) -> Iterator[str]:
    for value in (figure.baseline, figure.variant, figure.difference):
        yield number(value, figure.metric)
    ends = (number(end, figure.metric) for end in (figure.low, figure.high))
    yield DASH if figure.low is None else " to ".join(ends)
    yield DASH if figure.per_cent is None else f"{figure.per_cent:+.1f} %"
    yield str(figure.n)


def _day(point: Point) -> str:
    return f"{point.last_recorded:%Y-%m-%d}"


def _title(line: dict[str, str], *, note: str) -> str:
    from rich.markup import escape

    names = ", ".join(f"{name} {escape(value)}" for name, value in line.items())
    return f"[bold]{names}[/] ({note})"


def _table(*heads: str, left: Sequence[str]) -> Any:
    from rich.table import Table

    table = Table(*heads)
    for column in table.columns:
        column.justify = "left" if column.header in left else "right"
        column.overflow = "fold"
    return table


def _row(table: Any, *cells: str) -> None:
    """Add a line whose cells are shown as they are: what others named is no markup."""
    from rich.text import Text

    table.add_row(*map(Text, cells))
