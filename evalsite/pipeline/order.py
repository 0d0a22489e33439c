"""Start the batch that somebody ordered, by a command or over the API: checked in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.cases.queries import Selection
from evalsite.errors import UsageError
from evalsite.experiments.join import join
from evalsite.pipeline import launch
from evalsite.pipeline.enrol import place_of
from evalsite.targets.models import Run
from packs.override import with_judges
from packs.registry import PACKS


class PackDiffers(UsageError):
    """The pack named is not the suite's."""

    code = "pack_differs"
    hint = "leave --pack out, or name the suite's own pack"


class Order(NamedTuple):
    """What a new batch is to be: `pack` only to be sure of it, `judges` as `packs.override` has it.

    Without a `priority` its size decides whether it is interactive or bulk.
    `experiment`, `group` and `client_version` say where its results go, if anywhere. Who orders
    twice with the same `request_key` has ordered once.
    """

    suite: Suite
    run: Run
    pack: str | None = None
    options: Mapping[str, Any] = MappingProxyType({})
    judges: Sequence[str] = ()
    selection: Selection = Selection()
    repetitions: int = 1
    max_cost_usd: Decimal | None = None
    use_cache: bool = True
    try_judges: bool = True
    priority: str = ""
    experiment: str = ""
    group: str = ""
    client_version: str = ""
    request_key: str = ""


def start(order: Order, *, actor: object = "") -> Batch:
    """Launch what was ordered.

    Raises PackDiffers, and what `launch.start`, `enrol` and `join` raise.
    """
    suite, run = order.suite, order.run
    if order.pack not in (None, suite.pack):
        raise PackDiffers(f"suite {suite.name!r} is of pack {suite.pack!r}")
    pack = PACKS.load(suite.pack).value
    place = place_of(_where(order), run)
    with transaction.atomic():
        batch = launch.start(
            suite=suite,
            run=run,
            pack=suite.pack,
            options=with_judges(pack, order.options, overrides=order.judges),
            selection=order.selection,
            repetitions=order.repetitions,
            max_cost_usd=order.max_cost_usd,
            use_cache=order.use_cache,
            request_key=order.request_key,
            try_judges=order.try_judges,
            priority=order.priority,
            order_seed=place.order_seed if place else None,
            also={"experiment": place.experiment.name, "group": place.group} if place else None,
            actor=str(actor),
        )
        if place is not None:
            join(batch, place.experiment, group=place.group, version=place.version)
    return batch


def start_once(order: Order, *, actor: object = "") -> Batch:
    """Launch what was ordered, or answer the batch that the same `request_key` has started."""
    asked = Batch.objects.filter(request_key=order.request_key)
    if (batch := asked.first()) is not None:
        return batch
    try:
        with transaction.atomic():
            return start(order, actor=actor)
    except IntegrityError:
        if (winner := asked.first()) is None:
            raise
        return winner


def foresee(order: Order) -> dict[str, Any]:
    """Answer what the order would do and cost, as `forecast` tells it; nothing is kept of it."""
    from evalsite.pipeline.forecast import forecast

    with transaction.atomic():
        told = forecast(start(order))
        transaction.set_rollback(True)
    return told


def _where(order: Order) -> dict[str, Any]:
    about = ("experiment", "group", "client_version")
    return {**{name: getattr(order, name) for name in about}, "seed": order.selection.seed}
