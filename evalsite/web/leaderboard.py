"""A suite's leaderboard: ranks with their intervals, and which systems are tied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from evalsite.cases.models import Suite
from evalsite.leaderboard.models import Kind, Metric
from evalsite.leaderboard.queries import (
    BoardUnknown,
    CursorInvalid,
    Page,
    Row,
    Wanted,
    Way,
    boards_of,
    find_board,
)
from evalsite.leaderboard.queries import page as page_of
from evalsite.leaderboard.show import name_of, notes_on, place_of, ties_of
from evalsite.web.charts.ranks import Ranked
from evalsite.web.frame.page import page

_OTHERS = 10


class Shown(NamedTuple):
    """A row, its system's name, its ranks and its tie groups, written."""

    row: Row
    name: str
    place: str
    ties: str


@page("leaderboard")
def board(request: HttpRequest, suite: str) -> HttpResponse:
    """Show a page of a suite's newest board, or of the one asked for; 404 for none."""
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
        found = page_of(shown, way, wanted=wanted, after=asked.get("after", ""))
    except (ValueError, BoardUnknown, CursorInvalid) as error:
        raise Http404(str(error)) from error
    rows = [Shown(row, name_of(row), place_of(row), ties_of(row)) for row in found.rows]
    is_top = not asked.get("after") and not any(wanted)
    context |= {
        "board": shown,
        "way": way,
        "wanted": wanted,
        "found": found,
        "rows": rows,
        "ranked": [_ranked(each) for each in rows],
        "notes": list(notes_on(shown, found)),
        **_links(asked, found),
        **(_verdict(rows) if is_top else {}),
    }
    return render(request, "web/leaderboard.html", context)


def _ranked(shown: Shown) -> Ranked:
    row = shown.row
    url = reverse("batch", args=[row.standing.batch_id])
    low, high = min(row.low, row.rank), max(row.high, row.rank)
    return Ranked(shown.name, low, row.rank, high, shown.ties if row.ties else "", url)


def _links(asked: QueryDict, found: Page) -> dict[str, str]:
    kept = {name: text for name, text in asked.items() if name != "after"}
    further = urlencode({**kept, "after": found.next}) if found.next else ""
    return {"first": urlencode(kept), "next": further}


def _verdict(rows: Sequence[Shown]) -> dict[str, str]:
    """Say who leads: alone, or tied with others that it was not shown to differ from."""
    if len(rows) < 2 or not rows[0].row.is_compared:
        return {}
    first = rows[0]
    if first.row.high == 1:
        return {
            "verdict": f"{first.name} leads",
            "why": "It was shown to be better than every other.",
        }
    why = f"It may have any rank to {first.row.high}: not all others were shown to be worse."
    return {"verdict": f"{first.name} is first, but not alone", "why": why}


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
