"""What a route is sent when all is well; the routes' rows are in `rows_of_...`.

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

Given = Mapping[str, Any]
NDJSON: Final = "application/x-ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One good request to a route, and its answer."""

    given: Callable[[], Given] | None = None
    body: Callable[[Given], Any] | None = None
    query: Callable[[Given], dict[str, str]] = field(default=lambda given: {})
    status: int = 200
    content_type: str = "application/json"
    # Puts the number-th row into a list; without it the model's factory does, under the parent.
    fill: Callable[[Given, int], object] | None = None
    # Audit entries of the good request.
    entries: int = 1


# Which factory makes what a part of the address names; `pk` is the resource's own model.
PARENTS: Final[dict[str, Callable[[], Model]]] = {
    "suite_id": make.make_suite,
    "case_id": make.make_case,
    "run_id": make.make_run,
    "batch_id": make.make_batch,
    "comparison_id": make.make_comparison,
    "gate_id": make.make_gate,
    "experiment_id": make.make_experiment,
}


def given_for(route: Route, row: Row) -> Given:
    """Make what the route's address names, for the tenant in scope."""
    if row.given is not None:
        return row.given()
    made = {name: PARENTS[name]() for name in route.kwargs if name != "pk"}
    if "pk" in route.kwargs:
        made["pk"] = make.FACTORIES[route.model]()
    return made


def named(**given: Callable[[], Model]) -> Callable[[], Given]:
    """Answer what makes each of the rows anew."""
    return lambda: {name: factory() for name, factory in given.items()}


def sent(**members: Any) -> Callable[[Given], Any]:
    """Answer a body that is the same whatever is given."""
    return lambda given: members
