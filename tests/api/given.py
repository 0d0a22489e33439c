"""What a route's address names, made for the tenant in scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db.models import Model

from tests import factories as make
from tests.api.routes import Route
from tests.api.rows import Given, Row
from tests.api.rows_of_batches import compared
from tests.schedule_rows import make_schedule

# Which factory makes what a part of the address names; `pk` is the resource's own model.
PARENTS: Final[dict[str, Callable[[], Model]]] = {
    "suite_id": make.make_suite,
    "case_id": make.make_case,
    "run_id": make.make_run,
    "batch_id": make.make_batch,
    "comparison_id": lambda: compared()["pk"],
    "gate_id": make.make_gate,
    "experiment_id": make.make_experiment,
    "schedule_id": make_schedule,
}


def given_for(route: Route, row: Row) -> Given:
    """Make what the route's address names, for the tenant in scope."""
    if row.given is not None:
        return row.given()
    made = {name: PARENTS[name]() for name in route.kwargs if name != "pk"}
    if "pk" in route.kwargs:
        made["pk"] = make.FACTORIES[route.model]()
    return made
