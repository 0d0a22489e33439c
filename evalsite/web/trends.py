"""A suite's trends: a figure from batch to batch, where it changed, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.figures import change, level, levels, probability
from evalsite.regressions.metrics import STAGE
from evalsite.regressions.metrics import metric as metric_named
from evalsite.summaries.models import SliceKind
from evalsite.targets.models import Target
from evalsite.trends.alarm import RATE, p_value
from evalsite.trends.batch_lines import BatchLine, BatchPoint, batch_lines, changes_in, stages_of
from evalsite.trends.batches import VALUES
from evalsite.trends.models import Shift, Watch
from evalsite.trends.seen import mark_seen
from evalsite.trends.words import metric_in_words, shift_in_words
from evalsite.web.charts.series import Change, SeriesPoint
from evalsite.web.frame.page import act, may, page

_LASTS: Final = (20, 50, 100, 200)
MOST_LINES: Final = 6
MOST_ROWS: Final = 30
# Looking for change points takes time: it is done for the first lines of a page only.
_LOOKED_AT: Final = 2


class Asked(NamedTuple):
    """What the form asks for."""

    target: str
    metric: str
    slice_kind: str
    last: int


@page("trends")
def show(request: HttpRequest, suite: str) -> HttpResponse:
    """Show a suite's lines; 404 for what the form does not offer."""
    found = get_object_or_404(Suite, name=suite)
    targets, stages = _targets(found), stages_of(found)
    asked = _asked(request.GET, targets=targets, stages=stages)
    shifts = list(_shifts(found, asked.target))
    lines = batch_lines(found, **asked._asdict())
    watches = Watch.objects.filter(suite=found, metric=asked.metric).select_related("target")
    if asked.target:
        watches = watches.filter(target__name=asked.target)
    own = [shift for shift in shifts if shift.metric == asked.metric]
    context = {
        "suite": found,
        "asked": asked,
        "targets": targets,
        "figures": [(name, metric_in_words(name)) for name in VALUES],
        "stages": [(STAGE + name, name) for name in stages],
        "slice_kinds": SliceKind,
        "lasts": _LASTS,
        "name": metric_in_words(asked.metric),
        "unit": metric_named(asked.metric).unit,
        "charts": [
            _chart(line, own, asked=asked, nth=nth) for nth, line in enumerate(lines[:MOST_LINES])
        ],
        "n_more": max(0, len(lines) - MOST_LINES),
        "shifts": [(shift, shift_in_words(shift)) for shift in own],
        "elsewhere": [(s, shift_in_words(s)) for s in shifts if s.metric != asked.metric],
        "watches": [
            (watch, probability(p_value(watch.evidence)))
            for watch in watches.order_by("-evidence")[:MOST_ROWS]
        ],
        "rate": RATE,
        "may_change": may(request, verb="change", room="trends"),
    }
    return render(request, "web/trends.html", context)


@act("trends")
def seen(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """Take note of a shift, and go back to its trend."""
    shift = get_object_or_404(Shift.objects.select_related("suite"), pk=shift_id)
    mark_seen(Shift.objects.filter(pk=shift.pk), actor=request.user)
    messages.success(request, "The shift is marked as seen.")
    return redirect(f"{reverse('trends', args=[shift.suite.name])}?metric={shift.metric}")


def _asked(given: QueryDict, *, targets: Iterable[str], stages: Iterable[str]) -> Asked:
    """Read the form; raises Http404 for a choice that it does not offer."""
    target, metric = given.get("target", ""), given.get("metric") or "pass_rate"
    kind, last = given.get("slice") or SliceKind.ALL, given.get("last") or str(_LASTS[1])
    offered = (
        target in ("", *targets),
        metric in (*VALUES, *(STAGE + name for name in stages)),
        kind in SliceKind.values,
        last in map(str, _LASTS),
    )
    if not all(offered):
        raise Http404("the form has no such choice")
    return Asked(target, metric, kind, int(last))


def _targets(suite: Suite) -> list[str]:
    runs = Batch.objects.filter(suite=suite, state="finished").values("run__target")
    return list(Target.objects.filter(pk__in=runs).order_by("name").values_list("name", flat=True))


def _shifts(suite: Suite, target: str) -> Iterator[Shift]:
    found = Shift.objects.filter(suite=suite).select_related("target")
    if target:
        found = found.filter(target__name=target)
    yield from found.order_by("-found_at", "-pk")[:MOST_ROWS]


def _chart(line: BatchLine, shifts: Iterable[Shift], *, asked: Asked, nth: int) -> dict[str, Any]:
    unit = metric_named(asked.metric).unit
    is_whole = asked.slice_kind == SliceKind.ALL
    alarms = list(_alarms(line, shifts, unit=unit)) if is_whole else []
    found = changes_in(line) if nth < _LOOKED_AT else []
    others = [each for each in found if all(abs(each.at - alarm.at) > 2 for alarm in alarms)]
    marks = [Change(c.at, f"{change(c.after - c.before, unit)}", False) for c in others]
    rows = [(point, *_figures(point, unit)) for point in reversed(line.points)]
    return {
        "line": line,
        "points": [_point(point) for point in line.points],
        "changes": sorted([*alarms, *marks]),
        "found": [
            (line.points[c.at], level(c.before, unit), level(c.after, unit), c.p_value)
            for c in others
        ],
        "rows": rows,
        "newest": rows[0],
    }


def _alarms(line: BatchLine, shifts: Iterable[Shift], *, unit: str) -> Iterator[Change]:
    """Answer the line's shifts that are among the batches shown."""
    places = {point.batch: at for at, point in enumerate(line.points)}
    for shift in shifts:
        if (shift.target_id, shift.client_type) == (line.target_id, line.client_type):
            moved = f"{change(shift.after - shift.before, unit)}, "
            label = f"shift {moved}{'worse' if shift.is_harm else 'better'}"
            if shift.batch_id in places:
                yield Change(places[shift.batch_id], label, shift.is_harm)


def _point(point: BatchPoint) -> SeriesPoint:
    note = f"{point.left_out} of {point.n} left out" if point.left_out else ""
    url = reverse("batch", args=[point.batch])
    return SeriesPoint(point.value, point.low, point.high, point.version, url, note)


def _figures(point: BatchPoint, unit: str) -> tuple[str, str]:
    return level(point.value, unit), levels(point.low, point.high, unit=unit)


urlpatterns = [
    path("suites/<slug:suite>/trends/", show, name="trends"),
    path("shifts/<uuid:shift_id>/seen/", seen, name="shift-mark-seen"),
]
