"""Where each page is in a world that `fill_up` left nothing empty in, by its address's name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from django.db.models import Model
from django.urls import URLPattern, reverse

from evalsite.alerts.models import Alert, Subscription
from evalsite.alerts.mute import mute_url
from evalsite.batches.models import Batch
from evalsite.calibration.agreement import calibrations
from evalsite.calibration.models import Queue
from evalsite.cases.models import TestCase
from evalsite.experiments.models import Experiment
from evalsite.gates.models import Gate, GateCheck
from evalsite.schedules.models import Schedule
from evalsite.scoring.models import Scorecard
from evalsite.web.urls import urlpatterns
from tests.browser.more_rows import INVITATION, SHARE, newest

Address = Callable[[], str]


def _of(name: str, model: type[Model]) -> Address:
    """The page of a row."""
    return lambda: reverse(name, args=[model._default_manager.latest("pk").pk])


def _of_suite(name: str) -> Address:
    return lambda: reverse(name, args=[newest().batch.suite.name])


def _of_batch(name: str) -> Address:
    return lambda: reverse(name, args=[newest().batch_id])


def _of_comparison(name: str) -> Address:
    return lambda: reverse(name, args=[newest().pk])


def _of_failure(name: str) -> Address:
    return lambda: reverse(name, args=[_failure().pk])


# Looked at without anybody signed in.
PUBLIC: Final[dict[str, Address]] = {
    "signin": lambda: reverse("signin"),
    "mute": lambda: urlsplit(mute_url([Subscription.objects.latest("pk").pk])).path,
    "invitation": lambda: reverse("invitation", args=[INVITATION]),
    "shared": lambda: reverse("shared", args=[SHARE]),
}
_PLAIN: Final = (
    *("home", "password", "pick-tenant", "suites", "suite-new", "compare", "batches"),
    *("batch-start", "experiments", "experiment-new", "gates", "gate-new", "alerts"),
    *("subscriptions", "labels", "labels-new", "calibration", "schedules", "schedule-new"),
)
PAGES: Final[dict[str, Address]] = {
    **{name: partial(reverse, name) for name in _PLAIN},
    **{name: _of_suite(name) for name in ("suite", "suite-edit", "cases", "case-new", "import")},
    **{name: _of_suite(name) for name in ("leaderboard", "trends")},
    **{name: _of(name, TestCase) for name in ("case", "case-edit")},
    **{name: _of_failure(name) for name in ("card", "card-to-case")},
    "comparison": _of_comparison("comparison"),
    "batch": _of_batch("batch"),
    "batch-cancel": lambda: reverse("batch-cancel", args=[_paused().pk]),
    "experiment": _of("experiment", Experiment),
    "experiment-results": _of("experiment-results", Experiment),
    **{name: _of(name, Gate) for name in ("gate", "gate-edit")},
    "gate-check": _of("gate-check", GateCheck),
    **{name: _of(name, Schedule) for name in ("schedule", "schedule-edit")},
    "alert": _of("alert", Alert),
    "labels-item": lambda: reverse("labels-item", args=[Queue.objects.latest("pk").pk, 15]),
    "calibration-judge": lambda: reverse(
        "calibration-judge", args=[next(iter(calibrations())).digest]
    ),
    "shares": lambda: reverse("shares", args=["comparison", newest().pk]),
}
# No pages: for machines, parts of pages, files, or done by a button.
NONE: Final = frozenset(
    {
        *("healthz", "readyz", "metrics", "signout", "export", "comparison-csv"),
        *("card-input", "card-expected", "card-output", "card-baseline"),
        *("batch-progress", "comparison-case", "labels-export", "labels-next"),
    }
)


def page_names() -> list[str]:
    """Name every address that answers a page to who looks at it."""
    return sorted(str(one.name) for one in urlpatterns if _is_page(one))


def _is_page(one: Any) -> bool:
    methods = getattr(one.callback, "methods", ("GET",))
    return isinstance(one, URLPattern) and "GET" in methods and one.name not in NONE


def _failure() -> Scorecard:
    return Scorecard.objects.filter(batch=newest().batch, status="failed").latest("pk")


def _paused() -> Batch:
    return Batch.objects.filter(state="paused").latest("pk")
