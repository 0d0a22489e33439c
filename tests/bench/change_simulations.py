"""Shifts in series of version means: seldom seen where there is none, soon where there is one?

`python tests/bench/change_simulations.py [--rounds 2000] [--only WORD]` prints a table to stderr
and one JSON line to stdout. Seeds are fixed: the same rounds give the same figures.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evalsite.stats.change_evidence import change_evidence
from evalsite.stats.change_points import find_change
from evalsite.stats.corrections import benjamini_hochberg
from tests.bench.promises import Promise, Random, run

VERSIONS = 100
# So many versions after a shift it is to be found.
SOON = 10


def series(random: Random, *, kind: str, by: float = 0.0, at: int = VERSIONS) -> list[float]:
    """Means of 100 versions that spread by one standard deviation and shift by so many."""
    step = by * (np.arange(VERSIONS) >= at)
    if kind == "pass rates":
        return list((random.binomial(50, 0.85, VERSIONS) / 50 + 0.0505 * step).tolist())
    if kind == "heavy tails":
        return list((random.standard_t(2, VERSIONS) + step).tolist())
    return list((random.normal(size=VERSIONS) + step).tolist())


def called(random: Random, *, kind: str, alpha: float) -> bool:
    change = find_change(series(random, kind=kind))
    return change is not None and change.p_value <= alpha


def alarmed(random: Random, *, kind: str, limit: float) -> bool:
    return max(change_evidence(series(random, kind=kind))) >= limit


def alarmed_in_any(random: Random, *, kind: str) -> bool:
    """Twenty quiet series, looked at after every version, corrected over all of them."""
    watched = [change_evidence(series(random, kind=kind)) for _ in range(20)]
    looks = zip(*watched, strict=True)
    ps = ([min(1.0, VERSIONS / one) for one in look] for look in looks)
    return any(min(benjamini_hochberg(look)) <= 0.05 for look in ps)


def located(random: Random, *, by: float) -> bool:
    change = find_change(series(random, kind="even", by=by, at=60), draws=999)
    return change is not None and change.p_value <= 0.01 and abs(change.at - 60) <= 3


def soon(random: Random, *, by: float, kind: str = "even") -> bool:
    evidence = change_evidence(series(random, kind=kind, by=by, at=60))
    return max(evidence[60 : 60 + SOON]) >= 2_000


def promises() -> Iterator[Promise]:
    """Quiet series raise no more alarms than stated; shifts are found."""
    for kind in ("even", "heavy tails", "pass rates"):
        for alpha in (0.05, 0.01):
            happens = partial(called, kind=kind, alpha=alpha)
            yield Promise(f"quiet, {kind}: p at most {alpha}", alpha, happens)
        happens = partial(alarmed, kind=kind, limit=2_000)
        yield Promise(f"quiet, {kind}: 100 looks, evidence 2,000", 0.05, happens)
    for by, share in ((1.0, 0.5), (1.5, 0.8), (2.0, 0.9), (3.0, 0.95)):
        happens = partial(located, by=by)
        yield Promise(f"shift by {by} sd: within 3 versions", share, happens, "at least")
    for by, share in ((2.0, 0.75), (3.0, 0.95)):
        happens = partial(soon, by=by)
        yield Promise(f"shift by {by} sd: alarm in {SOON} versions", share, happens, "at least")
    yield Promise(
        "20 quiet series: 100 looks, corrected", 0.05, partial(alarmed_in_any, kind="even")
    )


if __name__ == "__main__":
    run(promises(), about=__doc__)
