"""From a seed to a plan: which batches, which faults, at which moments. Pure: no clock, no world.

All moments are seconds since the first order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

TENANTS: Final = 3
CASES: Final = 40
MOST_STRIKES: Final = 4
# Who sends the same order again and again, under one idempotency key.
CONCURRENT: Final = 5
# Orders come and faults strike within these seconds.
ORDERS_WITHIN, STRIKES_WITHIN = 1.0, 2.5
# What is scored: recorded answers (lane cpu), answers that a model judges, a live system's answers.
KINDS: Final = ("recorded", "judged", "live")


class Kind(Protocol):
    """What the plan must know of a fault."""

    @property
    def lasts(self) -> tuple[float, float]:
        """The shortest and longest time until it is healed, in seconds."""


@dataclass(frozen=True, slots=True)
class Order:
    """A batch that tenant number `tenant` wants, asked for `asked` times at once under its name."""

    name: str
    tenant: int
    kind: str
    at: float
    asked: int = 1


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault of the table at its moment; `salt` decides what it leaves to chance."""

    code: str
    at: float
    lasts: float
    salt: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens under one seed."""

    seed: int
    orders: tuple[Order, ...]
    strikes: tuple[Strike, ...]


def plan_of(seed: int, table: Mapping[str, Kind], *, favoured: Collection[str] = ()) -> Plan:
    """Answer the plan of a seed; the same seed and table give the same plan.

    One fault at least is of those `favoured`, if any are.
    """
    chance = Random(seed)
    orders = tuple(_orders(chance))
    n = chance.randint(1, min(MOST_STRIKES, len(table)))
    codes = chance.sample(sorted(table), n)
    if favoured and not set(favoured) & set(codes):
        codes[0] = chance.choice(sorted(favoured))
    strikes = [_strike(code, table[code], chance=chance, salt=f"{seed}:{code}") for code in codes]
    return Plan(seed, orders, tuple(sorted(strikes, key=lambda strike: strike.at)))


def _orders(chance: Random) -> list[Order]:
    """Each tenant has two batches; over the tenants, each kind is there."""
    firsts = chance.sample(KINDS, TENANTS)
    kinds = [(tenant, kind) for tenant, kind in enumerate(firsts)]
    kinds += [(tenant, chance.choice(KINDS)) for tenant in range(TENANTS)]
    moments = sorted(round(chance.uniform(0, ORDERS_WITHIN), 2) for _ in kinds)
    chance.shuffle(kinds)
    crowds = [CONCURRENT, *[1] * (len(kinds) - 1)]
    return [
        Order(f"order-{number}", tenant, kind, at, asked)
        for number, ((tenant, kind), at, asked) in enumerate(
            zip(kinds, moments, crowds, strict=True)
        )
    ]


def _strike(code: str, kind: Kind, *, chance: Random, salt: str) -> Strike:
    at, lasts = chance.uniform(0, STRIKES_WITHIN), chance.uniform(*kind.lasts)
    return Strike(code, round(at, 2), round(lasts, 2), salt)
