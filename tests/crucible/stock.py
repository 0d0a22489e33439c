"""What each tenant has before a seed begins: a suite, a scored good run, and who wants to know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from evalsite.alerts.models import Subscription
from evalsite.cases.curate import create_suite, save_case
from evalsite.endpoints.models import Endpoint
from evalsite.keys.issue import issue_key
from evalsite.targets.open import open_run
from evalsite.tenants.enrol import create_tenant
from evalsite.tenants.scope import tenant
from tests.crucible.schedule import CASES, Order
from tests.crucible.world import World
from tests.journeys.workshop import fill
from tests.pipeline.judge_models import RUBRIC

# Of how many cases a run has the answer wrong.
WRONG = {"good": 2, "worse": 24}
# One of them kills whoever asks for its answer, see `poison`.
POISONED = ("fine", "poison", "good")
PARALLEL = 4
# Two steps: one without a model, then one that asks it.
TWO_JUDGES = {"judges": [{"name": "exact"}, *RUBRIC["judges"]]}


@dataclass(frozen=True)
class Customer:
    """A tenant, and the key that its programs show."""

    tenant_id: UUID
    key: str = field(repr=False)

    @property
    def email(self) -> str:
        """Who is told of its regressions."""
        return f"{self.tenant_id}@example.org"


def stock(world: World, number: int) -> Customer:
    """Found a tenant and give it all that a plan may order."""
    made = create_tenant(slug=f"tenant-{number}", name=f"Tenant {number}")
    with tenant(made.pk):
        fill(world.shop, n=CASES, wrong=WRONG, tenant=made.slug)
        main = {"name": "main", "base_url": world.model.base_url, "default_model": "m"}
        Endpoint.objects.create(**main, is_default=True, parallel=PARALLEL)
        _poison()
        issued = issue_key(name="crucible", role="engineer", scopes=["*:read", "*:write"])
        customer = Customer(made.pk, issued.token.get_secret_value())
        Subscription.objects.create(email=customer.email)
    return customer


def _poison() -> None:
    suite = create_suite(name="poisoned", pack="exact")
    for key in POISONED:
        save_case(suite, {"key": key, "input": {"question": key}, "expected": {"answer": key}})
    path = "tests.crucible.poison:answer"
    open_run(name="poisoned", connection={"kind": "callable", "path": path})


def wanted(order: Order) -> dict[str, Any]:
    """Answer the body that orders a batch; each live one asks a run of its own."""
    if order.kind == "poisoned":
        return {"suite": "poisoned", "run": "poisoned"}
    if order.kind == "judged":
        given = {"options": TWO_JUDGES, "try_judges": False, "use_cache": False}
        return {"suite": "sums", "run": "good", **given}
    if order.kind == "live":
        return {"suite": "sums", "run": order.name, "use_cache": False}
    return {"suite": "sums", "run": "worse" if order.kind == "recorded" else order.kind}


def open_live(orders: Iterable[Order], customers: Sequence[Customer]) -> None:
    """Open the runs that the live ones among the orders ask."""
    for order in orders:
        if order.kind == "live":
            with tenant(customers[order.tenant].tenant_id):
                open_run(name=order.name, target="bot", connection={"kind": "chat"})
