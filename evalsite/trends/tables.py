"""Trends, results and groups as tables that a person reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from evalsite.experiments.choices import UNITS, Metric
from evalsite.experiments.figures import Figure
from evalsite.experiments.models import Result
from evalsite.figures import DASH, between, equals, level, levels, moved
from evalsite.regressions.metrics import metric as metric_named
from evalsite.terminal import add_row, table
from evalsite.trends.models import Shift
from evalsite.trends.points import Point
from evalsite.trends.side_by_side import SideBySide


def trend_tables(points: Iterable[Point], *, metric: str) -> Iterator[Any]:
    """Answer a table for each line, its versions from the oldest to the newest."""
    for line, versions in groupby(points, key=lambda point: point.line):
        heads = (">95 % interval", ">min", ">max", ">n", ">unscored", "last recorded")
        made, unit = table("version", f">{metric}", *heads), metric_named(metric).unit
        for point in versions:
            average, least, most = (level(v, unit) for v in (point.avg, point.min, point.max))
            interval, counts = levels(point.low, point.high, unit=unit), (point.n, point.unscored)
            figures = (average, interval, least, most, *map(str, counts))
            add_row(made, point.version, *figures, f"{point.last_recorded:%Y-%m-%d}")
        yield _title(line)
        yield made


def result_table(results: Iterable[Result]) -> Iterator[Any]:
    """Answer one table, a result a line."""
    heads = ("recorded", "experiment", "task", "group", "version", ">score", "passed", ">latency")
    made = table(*heads, "agent")
    for each in results:
        add_row(
            made,
            f"{each.recorded_at:%m-%d %H:%M}",
            each.experiment.name,
            each.task,
            each.group,
            each.version,
            each.reason if each.score is None else level(each.score),
            {None: DASH, True: "yes", False: "no"}[each.success],
            level(each.latency_ms, "ms"),
            each.agent_name or DASH,
        )
    yield made


def total_tables(rows: Iterable[dict[str, Any]]) -> Iterator[Any]:
    """Answer a table for each experiment, a group a line."""
    counted = ("versions", "tasks", "results", "unscored")
    heads = (*(f">{name}" for name in counted), ">passed", ">score", ">latency", ">cost", ">tokens")
    for experiment, groups in groupby(rows, key=lambda row: row["experiment"]):
        made = table("group", *heads)
        for row in groups:
            add_row(
                made,
                row["group"],
                *(str(row[name]) for name in counted),
                level(row["pass_rate"]),
                level(row["mean_score"]),
                level(row["mean_latency_ms"], "ms"),
                level(row["sum_cost_usd"], "USD"),
                DASH if row["sum_tokens"] is None else f"{row['sum_tokens']:,}",
            )
        yield _title({"experiment": experiment}, note="means per result, sums of cost and tokens")
        yield made


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
        heads = (">baseline", ">variant", ">difference", ">95 % interval", ">improvement", ">tasks")
        made = table("metric", *heads)
        for figure in each.figures:
            add_row(made, figure.metric, *_sides(figure))
        yield made if made.rows else "No task has results in both groups."


def shift_lines(shifts: Iterable[Shift]) -> Iterator[Any]:
    """Answer a sentence for each shift."""
    from rich.text import Text

    for shift in shifts:
        unit = metric_named(shift.metric).unit
        ends = (level(value, unit) for value in (shift.before, shift.after))
        told = f"p {equals(shift.p_corrected)}, corrected"
        yield Text(
            f"shift of {shift.target} on {shift.suite} at {shift.version}: "
            f"{' -> '.join(ends)} ({'worse' if shift.is_harm else 'better'}, {told})"
        )


def _sides(figure: Figure) -> Iterator[str]:
    unit = UNITS[Metric(figure.metric)]
    yield level(figure.baseline, unit)
    yield level(figure.variant, unit)
    yield moved(figure.difference, unit)
    yield between(figure.low, figure.high, unit=unit)
    yield DASH if figure.per_cent is None else f"{figure.per_cent:+.1f} %"
    yield str(figure.n)


def _title(line: dict[str, str], *, note: str = "") -> str:
    from rich.markup import escape

    names = ", ".join(f"{name} {escape(value)}" for name, value in line.items())
    return f"[bold]{names}[/] ({note})" if note else f"[bold]{names}[/]"
