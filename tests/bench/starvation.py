"""How long ten cases take beside four hundred thousand of another tenant, who came first.

`python tests/bench/starvation.py [--cases 400000] [--rounds 3]`. The goal: twice the time on an
idle installation, and 5 s.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.filled import Filled, fill, require_sound, right, start
from tests.bench.plant import is_over, plant, until_over
from tests.bench.stand import found_tenant, stand
from tests.bench.verdict import Goal, verdict

FEW = 10


def main() -> None:
    """Measure B alone, then behind A."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=400_000, help="of tenant A")
    parser.add_argument("--after", type=float, default=5.0, help="seconds until B comes")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with stand() as services:
        from evalsite.tenants.enrol import create_tenant
        from evalsite.tenants.scope import tenant

        a, b = found_tenant(), create_tenant(slug="b", name="B").pk
        with tenant(a):
            many = fill(asked.cases, services=services)
        with tenant(b):
            few = fill(FEW)
        with plant(services):
            with tenant(b):
                idle = [_timed(few) for _ in range(asked.rounds + 2)][2:]
            beside = []
            for _ in range(asked.rounds):
                with tenant(a):
                    large = start(many)
                time.sleep(asked.after)
                with tenant(b):
                    beside.append(_timed(few))
                with tenant(a):
                    if is_over(large.pk):
                        sys.exit("A was over too soon: give it more --cases")
                    until_over(large.pk, seconds=3600)
                    require_sound(large, n=asked.cases, passed=right(asked.cases))
    limit = 2 * median(idle) + 5
    goals = [Goal("B beside A, the slowest round, s", max(beside), limit)]
    verdict("starvation", goals, idle_s=idle, beside_s=beside, cases=asked.cases)


def _timed(few: Filled) -> float:
    began = time.perf_counter()
    batch = start(few)
    until_over(batch.pk, seconds=600)
    took = time.perf_counter() - began
    require_sound(batch, n=FEW, passed=right(FEW))
    return round(took, 3)


if __name__ == "__main__":
    main()
