"""How often gates err: `python tests/bench/gate_simulations.py [ROUNDS]`, with fixed seeds.

A system just at the margin must pass in at most half of alpha of the rounds; a system that is
like the baseline must fail in at most alpha; and what is truly worse must be found.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")

ROUNDS = 2_000
Draw = Callable[[random.Random], tuple[float, float]]


def rate(drop: float, *, changed: float = 0.2) -> Draw:
    """A case's verdicts where a share changes, and the pass rate truly falls by `drop`."""
    lost, gained = (changed + drop) / 2, (changed - drop) / 2

    def draw(dice: random.Random) -> tuple[float, float]:
        at = dice.random()
        if at < lost:
            return 1.0, 0.0
        return (0.0, 1.0) if at < lost + gained else (1.0, 1.0)

    return draw


ALIKE = rate(0.0)


def latency(growth: float) -> Draw:
    """A case's latencies with a long tail, whose mean grows by this share."""

    def draw(dice: random.Random) -> tuple[float, float]:
        before = dice.lognormvariate(6, 0.6)
        return before, before * (1 + growth) * dice.lognormvariate(-0.045, 0.3)

    return draw


def outcomes(
    rounds: int,
    *,
    n: int,
    primary: Draw = ALIKE,
    guards: tuple[tuple[str, Draw, dict[str, float]], ...] = (),
    margin: float = 0.05,
    claim: str = "non_inferiority",
    seed: int = 1,
) -> Counter[str]:
    """Count what a gate answers in so many rounds of n cases."""
    from evalsite.gates.claims import weigh_primary
    from evalsite.gates.evidence import Evidence
    from evalsite.gates.guards import weigh_guards
    from evalsite.gates.reasons import put_together
    from evalsite.gates.spec import GateSpec
    from evalsite.regressions.metrics import metric

    rules = [
        {"metric": name, **limit, "slice": {"kind": "tag", "value": str(i)}}
        for i, (name, _, limit) in enumerate(guards)
    ]
    claimed = {"metric": "pass_rate", "margin": margin, "claim": claim}
    spec = GateSpec.model_validate({"primary": claimed, "guards": rules})
    dice, counts = random.Random(seed), Counter[str]()

    def evidence(name: str, draw: Draw, allowed: float = 0.0) -> Evidence:
        pairs = [draw(dice) for _ in range(n)]
        before, after = ([pair[i] for pair in pairs] for i in (0, 1))
        return Evidence(metric(name), before, after, allowed=allowed)

    for _ in range(rounds):
        harm = [
            evidence(name, draw, limit.get("margin_percent", 0.0) / 100)
            for name, draw, limit in guards
        ]
        weighed = weigh_primary(spec, evidence("pass_rate", primary)), *weigh_guards(spec, harm)
        counts[put_together(list(weighed))] += 1
    return counts


def main(rounds: int) -> None:
    """Print a line for each promise."""
    no_margin = {"margin": 0.0}
    ten = tuple(("pass_rate", rate(0.0), no_margin) for _ in range(10))
    slow = (("latency_ms", latency(0.2), {"margin_percent": 20.0}),)
    told: tuple[tuple[str, dict[str, Any]], ...] = (
        ("just at the margin, n 100", {"n": 100, "primary": rate(0.05)}),
        ("just at the margin, n 400", {"n": 400, "primary": rate(0.05)}),
        ("just at it, superiority", {"n": 400, "margin": 0.0, "claim": "superiority"}),
        ("just at it, equivalence", {"n": 400, "primary": rate(0.05), "claim": "equivalence"}),
        ("alike, ten guards, n 100", {"n": 100, "guards": ten}),
        ("alike, ten guards, n 400", {"n": 400, "guards": ten}),
        ("latency just at 20 %, n 100", {"n": 100, "guards": slow}),
        ("latency just at 20 %, n 400", {"n": 400, "guards": slow}),
        ("worse by 15 points, n 400", {"n": 400, "primary": rate(0.15)}),
        ("one of ten guards 15 points worse, n 400",
         {"n": 400, "guards": (("pass_rate", rate(0.15), no_margin), *ten[1:])}),
        ("alike, n 400", {"n": 400}),
        ("alike, n 1,000", {"n": 1000}),
    )  # fmt: skip
    for name, given in told:
        counts = outcomes(rounds, **given)
        passed, failed = (counts[outcome] / rounds for outcome in ("passed", "failed"))
        sys.stdout.write(f"{name:42} passed {passed:7.2%}, failed {failed:7.2%}\n")


if __name__ == "__main__":
    import django

    django.setup()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
