"""A suite's leaderboard: ranks with their intervals, and which systems are tied."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.cases.models import Suite
from evalsite.leaderboard.models import Kind, Metric
from evalsite.leaderboard.queries import (
    BoardUnknown,
    CursorInvalid,
    Wanted,
    Way,
    boards_of,
    find_board,
    page,
)
from evalsite.leaderboard.show import name_of, notes_on, place_of, ties_of
from evalsite.tenants import scope

_OTHERS = 10


@login_required
def board(request: HttpRequest, suite: str) -> HttpResponse:
    """Show a page of a suite's newest board, or of the one asked for; 404 for none."""
    if scope.current() is None:
        return redirect("pick-tenant")
    asked = request.GET
    if any("\0" in text for text in asked.values()):
        raise Http404("no board, system or cursor has a NUL character in its name")
    found_suite = get_object_or_404(Suite, name=suite)
    boards = list(boards_of(found_suite)[:_OTHERS])
    context = {"suite": found_suite, "boards": boards, "kinds": Kind, "metrics": Metric}
    if not boards:
        return render(request, "web/leaderboard.html", context)
    try:
        way = Way(Kind(asked.get("by", Kind.RUN)), Metric(asked.get("metric", Metric.RATE)))
        shown = find_board(found_suite, asked.get("board", ""))
        wanted = _wanted(asked)
        found = page(shown, way, wanted=wanted, after=asked.get("after", ""))
    except (ValueError, BoardUnknown, CursorInvalid) as error:
        raise Http404(str(error)) from error
    kept = {name: text for name, text in asked.items() if name != "after"}
    context |= {
        "board": shown,
        "way": way,
        "wanted": wanted,
        "found": found,
        "rows": [(row, name_of(row), place_of(row), ties_of(row)) for row in found.rows],
        "notes": list(notes_on(shown, found)),
        "first": urlencode(kept),
        "next": urlencode({**kept, "after": found.next}) if found.next else "",
    }
    return render(request, "web/leaderboard.html", context)


def _wanted(asked: QueryDict) -> Wanted:
    """Read the filter; raises ValueError for a number of days that is none."""
    texts = {name: asked.get(name, "").strip() for name in Wanted._fields}
    days = texts.pop("days")
    if days and (not days.isdecimal() or int(days) < 1):
        raise ValueError(f"{days!r} is no number of days")
    return Wanted(**texts, days=int(days) if days else None)


urlpatterns = [
    path("suites/<slug:suite>/leaderboard/", board, name="leaderboard"),
]
