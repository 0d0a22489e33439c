"""Evidence and specs as a test wants them."""

from __future__ import annotations

import random
from typing import Any

from evalsite.gates.evidence import Evidence
from evalsite.gates.spec import GateSpec
from evalsite.regressions.metrics import metric


def spec(margin: float = 0.05, **fields: Any) -> GateSpec:
    """A gate on the pass rate."""
    primary = {"metric": "pass_rate", "margin": margin, **fields.pop("primary", {})}
    return GateSpec.model_validate({"primary": primary, **fields})


def rates(*, lost: int, gained: int, n: int, **fields: Any) -> Evidence:
    """The pass rate of n cases, of which some failed that had passed, and the reverse."""
    rest = n - lost - gained
    before = [1.0] * lost + [0.0] * gained + [1.0] * rest
    after = [0.0] * lost + [1.0] * gained + [1.0] * rest
    return Evidence(metric("pass_rate"), before, after, **fields)


def latencies(change: float, *, n: int = 100, spread: float = 0.1, **fields: Any) -> Evidence:
    """Latencies around 1,000 ms that change by this share, more or less."""
    dice = random.Random(7)
    before = [dice.uniform(900, 1100) for _ in range(n)]
    after = [ms * (1 + change + dice.gauss(0, spread)) for ms in before]
    return Evidence(metric("latency_ms"), before, after, **fields)
