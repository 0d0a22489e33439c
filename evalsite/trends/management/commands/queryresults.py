"""`manage.py queryresults`: trends, groups side by side, totals, recent results, and exports."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from evalsite.experiments.choices import Group
from evalsite.experiments.models import Result
from evalsite.tenants.command import TenantCommand, whole_number
from evalsite.terminal import page
from evalsite.trends import tables
from evalsite.trends.points import newest
from evalsite.trends.queries import shifts_of
from evalsite.trends.recent import Cursor, recent
from evalsite.trends.result_files import export_results
from evalsite.trends.selection import NoResults, Selection
from evalsite.trends.side_by_side import side_by_side
from evalsite.trends.totals import totals
from evalsite.trends.trend import METRICS, trend

Records = Iterable[dict[str, Any]]
_FILTERS = {
    "experiment": "an experiment's name",
    "agent": "the agent's name",
    "model": "the model's version",
    "suite": "a suite's name",
    "target": "a target's name",
}
_MOST_DAYS = 36_500
_SHOWN = ("task", "group", "version", "repetition", "score", "success", "reason", "latency_ms")
_ALSO_SHOWN = ("tokens_used", "cost_usd", "model_version", "agent_name", "metadata", "recorded_at")


class Command(TenantCommand):
    """Ask what was measured."""

    help = "Show trends, compare an experiment's groups, list or export results."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        asked = parser.add_mutually_exclusive_group(required=True)
        asked.add_argument("--trend", action="store_true", help="a metric from version to version")
        asked.add_argument("--compare", action="store_true", help="both groups, task by task")
        asked.add_argument("--summary", action="store_true", help="totals per group")
        asked.add_argument("--recent", action="store_true", help="the newest results")
        asked.add_argument("--export", type=Path, metavar="FILE", help=".csv, .jsonl or .parquet")
        for name, help_text in _FILTERS.items():
            parser.add_argument(f"--{name}", metavar="NAME", help=help_text)
        parser.add_argument("--group", choices=Group.values)
        parser.add_argument("--days", type=_days, metavar="N", help="not older than N days")
        parser.add_argument("--metric", choices=METRICS, help="of the trend; default: score")
        parser.add_argument("--limit", type=whole_number, metavar="N", help="how many; default: 20")
        parser.add_argument("--after", metavar="CURSOR", help="the next page of --recent")
        parser.add_argument("--json", action="store_true", help="JSON lines on stdout")

    def work(self, **options: Any) -> None:
        """Run the command."""
        selection = Selection(
            **{name: options[name] for name in (*_FILTERS, "group", "days")},
        )
        if options["export"]:
            self._export(selection, options)
        elif options["trend"]:
            self._trend(selection, options)
        elif options["compare"]:
            compared = side_by_side(selection, metric=options["metric"])
            records = (each.as_json() for each in compared)
            self._show(records, tables.side_tables(compared), as_json=options["json"])
        elif options["summary"]:
            rows = totals(selection)
            self._show(rows, tables.total_tables(rows), as_json=options["json"])
        else:
            self._recent(selection, options)

    def _trend(self, selection: Selection, options: dict[str, Any]) -> None:
        metric = options["metric"] or "score"
        points = newest(trend(selection, metric=metric), limit=options["limit"])
        shifts = list(shifts_of(selection, metric=metric))
        records = ({"metric": metric, **point.as_json()} for point in points)
        shown = chain(tables.trend_tables(points, metric=metric), tables.shift_lines(shifts))
        self._show(records, shown, as_json=options["json"])

    def _recent(self, selection: Selection, options: dict[str, Any]) -> None:
        after = Cursor.read(options["after"]) if options["after"] else None
        page = recent(selection, limit=options["limit"] or 20, after=after)
        if not page.results:
            raise NoResults("no result of an experiment fits")
        records = (_record(result) for result in page.results)
        self._show(records, tables.result_table(page.results), as_json=options["json"])
        if page.next:
            self.stderr.write(f"there are more: --after {page.next}", style_func=str)

    def _export(self, selection: Selection, options: dict[str, Any]) -> None:
        path = options["export"]
        n = export_results(selection, path)
        if options["json"]:
            self.stdout.write(json.dumps({"results": n, "file": str(path)}))
        else:
            self.stderr.write(f"{n} results written to {path}", style_func=str)

    def _show(self, records: Records, shown: Iterator[Any], *, as_json: bool) -> None:
        if as_json:
            for record in records:
                self.stdout.write(json.dumps(record, cls=DjangoJSONEncoder))
            return
        self.stdout.write(page(shown, colour=self.stdout.isatty()))


def _record(result: Result) -> dict[str, Any]:
    fields = {name: getattr(result, name) for name in (*_SHOWN, *_ALSO_SHOWN)}
    place = {"id": result.pk, "cursor": str(Cursor(result.recorded_at, result.pk))}
    return {**place, "experiment": result.experiment.name, **fields}


def _days(text: str) -> float:
    days = float(text)
    if not 0 < days <= _MOST_DAYS:
        raise ArgumentTypeError(f"a number of days above 0, up to {_MOST_DAYS}")
    return days
