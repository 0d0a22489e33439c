"""What each route is sent when all is well. A route that changes something must have its row here.

A row makes what the address names (`given`), says what is sent (`body`, `query`), and which answer
is the good one. What is not told is the rule: the ids of the address belong to rows of the models'
factories, nothing is sent, and the answer is 200.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Model

from tests import factories as make
from tests.api.routes import Route

Given = Mapping[str, Model]
NDJSON: Final = "application/x-ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One good request to a route, and its answer."""

    given: Callable[[], Given] | None = None
    body: Callable[[Given], Any] | None = None
    query: Callable[[Given], dict[str, str]] = field(default=lambda given: {})
    status: int = 200
    content_type: str = "application/json"
    # Audit entries of the good request; None where it is no change.
    entries: int | None = 1


# Which factory makes what a part of the address names; `pk` is the resource's own model.
PARENTS: Final[dict[str, Callable[[], Model]]] = {
    "suite_id": make.make_suite,
}

ROWS: Final[dict[str, Row]] = {
    "post suites": Row(body=lambda given: {"name": "capitals", "pack": "exact"}, status=201),
    "patch suite": Row(body=lambda given: {"description": "of countries"}),
}


def row_of(route: Route) -> Row:
    """Answer the row of a route; KeyError where a route that changes something has none."""
    return ROWS.get(str(route), Row(entries=None)) if route.is_safe else ROWS[str(route)]


def given_for(route: Route, row: Row) -> Given:
    """Make what the route's address names, for the tenant in scope."""
    if row.given is not None:
        return row.given()
    model = route.resource.queryset.model if route.resource.queryset is not None else None
    made = {name: PARENTS[name]() for name in route.kwargs if name != "pk"}
    if "pk" in route.kwargs and model is not None:
        made["pk"] = make.FACTORIES[model]()
    return made
