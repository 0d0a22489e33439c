"""Run one seed.

    run_seed(seed, *, world) -> list[Violation]             in a world that stands already
    standing(services, folder=..., broken="early_ack")      the world, in `world`
    harness(folder=..., broken="early_ack")                 the world with servers of its own

Each seed begins with an empty database and broker and three stocked tenants, and leaves the
processes running: a world plays any number of seeds. After a violation they are all ended, so that
the next seed begins with fresh ones.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from django.db import connection

from tests.crucible.clean import empty
from tests.crucible.faults import BROKER_AWAY, FAULTS, STAND_STILL
from tests.crucible.fouls import Outage
from tests.crucible.invariants import violations
from tests.crucible.scene import Scene
from tests.crucible.schedule import TENANTS, Order, Plan, Strike, plan_of
from tests.crucible.settle import leave, open_things, settle
from tests.crucible.stock import open_live, stock
from tests.crucible.violation import Violation
from tests.crucible.world import World
from tests.journeys.workshop import until


@dataclass(frozen=True)
class Told:
    """What there is to tell of a seed: what is wrong, what happened, and how long it took.

    `left_out`: the faults that this machine lacks something for. `settle_s`: from the last heal to
    the end of everything; None where that did not come.
    """

    plan: Plan
    violations: list[Violation]
    left_out: list[str]
    diary: list[str]
    settle_s: float | None
    seconds: float

    @property
    def story(self) -> str:
        """Tell the plan, what happened at which moment, and what is wrong."""
        orders = [f"  {order.at:6.2f} s  {order.name}: {order.kind}" for order in self.plan.orders]
        wrong = [f"  VIOLATION {violation}" for violation in self.violations]
        diary = [f"  {line}" for line in self.diary]
        return "\n".join([f"seed {self.plan.seed}, orders:", *orders, "faults:", *diary, *wrong])


def run_seed(seed: int, *, world: World) -> list[Violation]:
    """Play one seed; answers what is wrong after it."""
    return tell_seed(seed, world=world).violations


def tell_seed(seed: int, *, world: World, favoured: Collection[str] = ()) -> Told:
    """Play one seed, with a fault of those favoured if there are any, and tell all of it."""
    return tell_plan(plan_of(seed, FAULTS, favoured=favoured), world=world)


def tell_plan(plan: Plan, *, world: World) -> Told:
    """Play one plan, and tell all of it."""
    began = time.monotonic()
    world.staff()
    empty(world)
    customers = [stock(world, number) for number in range(TENANTS)]
    scene = Scene(world, customers, made_at=began)
    open_live(plan.orders, scene.customers)
    scene.watcher.start()
    scene.looker.start()
    found = _calm(scene) or [*_storm(scene, plan), *_after(scene)]
    scene.watcher.end()
    scene.looker.end()
    found += scene.looker.found
    if found:
        world.end()
    seconds = round(time.monotonic() - began, 2)
    return Told(plan, found, scene.left_out, scene.diary, scene.settle_s, seconds)


def _calm(scene: Scene) -> list[Violation]:
    """Score what later runs are compared with, before anything strikes."""
    for number in range(TENANTS):
        scene.order(Order(f"good-{number}", number, "good", at=0.0))
    try:
        until(lambda: scene.all_answered() and not open_things(scene), seconds=30)
    except AssertionError:
        return [Violation("calm", f"without any fault: {'; '.join(open_things(scene))}")]
    return []


def _storm(scene: Scene, plan: Plan) -> list[Violation]:
    """Let the orders come and the faults strike and heal; answers what went wrong in that."""
    scene.begin()
    with ThreadPoolExecutor(max(1, len(plan.strikes))) as pool:
        struck = [pool.submit(_strike, scene, strike) for strike in plan.strikes]
        for order in plan.orders:
            scene.sleep_until(order.at)
            scene.order(order)
    errors = [(s.code, f.exception()) for s, f in zip(plan.strikes, struck, strict=True)]
    return [Violation("harness", f"{code}: {error!r}") for code, error in errors if error]


def _strike(scene: Scene, strike: Strike) -> None:
    fault = FAULTS[strike.code]
    if lacking := fault.lacks():
        scene.left_out.append(strike.code)
        return scene.note(f"{strike.code} is left out: {lacking}")
    scene.sleep_until(strike.at)
    scene.looker.end()
    try:
        with scene.hit[fault.on]:
            scene.n_lost_slots += fault.loses
            with fault.strike(scene, Random(strike.salt)):
                scene.note(f"{strike.code} strikes: {fault.title}")
                began = datetime.now(UTC)
                time.sleep(strike.lasts)
                lasted = Outage(began, datetime.now(UTC))
                if strike.code in BROKER_AWAY:
                    scene.outages.append(lasted)
                if strike.code in STAND_STILL:
                    scene.stills.append(lasted)
            scene.note(f"{strike.code} is healed")
    finally:
        connection.close()


def _after(scene: Scene) -> list[Violation]:
    """Bring everybody back, wait for the end, and judge."""
    late = [Violation("I10", told) for told in leave(scene)]
    scene.world.staff()
    scene.settle_s = settle(scene)
    fallen = [Violation("I13", told) for told in scene.world.fallen]
    return [*late, *fallen, *violations(scene)]
