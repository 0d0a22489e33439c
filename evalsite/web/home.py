"""The front door: how each suite stands, what needs somebody, and what runs now."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from evalsite.batches.models import Batch, BatchState
from evalsite.batches.queries import newest_finished, progress_of
from evalsite.cases.models import Suite
from evalsite.regressions.models import Regression
from evalsite.regressions.queries import own_headlines
from evalsite.summaries.queries import Recent, recent_of_suites
from evalsite.web.attention import MOST, UNSCORED, matters
from evalsite.web.frame.page import may, page
from evalsite.web.frame.paging import page_of

POINTS: Final = 20

SparkPoint = tuple[float | None, float | None, float | None, str]


class Standing(NamedTuple):
    """How a suite stands: its newest finished batch, and the whole ones before it, oldest first."""

    suite: Suite
    last: Recent | None
    found: Regression | None
    points: list[SparkPoint]

    @property
    def lost(self) -> float | None:
        """The share of the last batch's cases that have no verdict."""
        return self.last.lost / self.last.n if self.last and self.last.n else None

    @property
    def is_much_lost(self) -> bool:
        """Whether somebody should look why so many have none."""
        return (self.lost or 0) > UNSCORED


@page("summaries")
def index(request: HttpRequest) -> HttpResponse:
    """Show a page of the tenant's suites, and above it what to look at first."""
    shown = page_of(Suite.objects.all(), order=("name",), after=request.GET.get("after", ""))
    context = {
        "standings": standings(shown.rows),
        "next": shown.next,
        "matters": matters(list(newest_finished().values())),
        "most": MOST,
        "running": under_way(),
        "may_add_cases": may(request, verb="add", room="cases"),
        "may_start": may(request, verb="add", room="batches"),
    }
    return render(request, "web/home.html", context)


def standings(suites: list[Suite]) -> list[Standing]:
    """Answer how these suites stand, by two queries whatever their number."""
    recent = recent_of_suites([suite.pk for suite in suites], limit=POINTS)
    last = {suite: batches[0] for suite, batches in recent.items()}
    headlines = own_headlines(one.batch for one in last.values())
    found = {one.comparison.batch_id: one for one in headlines}
    return [
        Standing(
            suite,
            one := last.get(suite.pk),
            found.get(one.batch) if one else None,
            [_point(batch) for batch in reversed(recent.get(suite.pk, [])) if batch.is_whole],
        )
        for suite in suites
    ]


def under_way() -> list[dict[str, Any]]:
    """Answer the newest running batches and how far each is."""
    running = Batch.objects.filter(state=BatchState.RUNNING).select_related("suite", "run")
    batches = list(running.defer("manifest").order_by("-created_at", "-pk")[:MOST])
    progress = progress_of(batch.pk for batch in batches)
    return [{"batch": batch, "progress": progress.get(batch.pk)} for batch in batches]


def _point(batch: Recent) -> SparkPoint:
    return batch.pass_rate, batch.pass_low, batch.pass_high, batch.run


urlpatterns = [
    path("", index, name="home"),
]
