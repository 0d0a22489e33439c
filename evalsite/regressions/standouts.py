"""Where a change sits: the stages of slices that changed more than an even change would have them.

Each stage of each slice is tested against the cases outside the slice: the difference of the mean
changes, by t with the slice's units - 1 degrees of freedom. Its standard error is the larger of
two, Welch's (1947) and that of a common spread: a slice in which nothing, or everything, changed
shows no spread of its own. Clusters are summed up before they are squared. All tests together
are corrected by Benjamini-Hochberg, so a change that is spread evenly names no slice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from evalsite.regressions.find import ALPHA
from evalsite.regressions.frame import Frame
from evalsite.regressions.moved import Moved
from evalsite.stats.corrections import benjamini_hochberg
from evalsite.stats.estimates import ENOUGH_CLUSTERS, ENOUGH_PAIRS
from evalsite.stats.intervals import NOISE

if TYPE_CHECKING:
    from evalsite.regressions.cards import Floats, Ints, Mask

MOST: Final = 10


class _Cell(NamedTuple):
    """One stage of one slice; `inside` and `outside` are mean changes of its cases and others."""

    stage: str
    part: tuple[str, str]
    n: int
    inside: float
    outside: float
    p: float

    @property
    def is_more(self) -> bool:
        """Whether the slice itself changed, and more than the rest."""
        return (
            abs(self.inside) > abs(self.outside) and self.inside * (self.inside - self.outside) > 0
        )


def standouts(frame: Frame, moved: Moved, *, totals: Mapping[str, float]) -> list[dict[str, Any]]:
    """Answer the stages of slices that stand out, those farthest from an even change first.

    `totals` are the sums of the stages' columns. `contribution` is what the slice's cases add to
    the whole effect at this stage, each counted in full; `expected` what as many cases would have
    added, had the stage's change been spread evenly.
    """
    cells = list(_cells(frame, moved))
    corrected = benjamini_hochberg([cell.p for cell in cells])
    found = [
        _as_json(cell, p, n=moved.n, totals=totals)
        for cell, p in zip(cells, corrected, strict=True)
        if p < ALPHA and cell.is_more
    ]
    return sorted(found, key=lambda row: -abs(row["contribution"] - row["expected"]))[:MOST]


def _as_json(cell: _Cell, p: float, *, n: int, totals: Mapping[str, float]) -> dict[str, Any]:
    contribution, effect = cell.inside * cell.n / n, sum(totals.values()) / n
    return {
        "stage": cell.stage,
        "kind": cell.part[0],
        "value": cell.part[1],
        "n": cell.n,
        "contribution": contribution,
        "expected": totals[cell.stage] / n * cell.n / n,
        "share": contribution / effect if abs(effect) > NOISE else None,
        "inside": cell.inside,
        "outside": cell.outside,
        "p_corrected": p,
    }


def _cells(frame: Frame, moved: Moved) -> Iterator[_Cell]:
    import numpy as np

    units = None
    if frame.cluster is not None:
        _, units = np.unique(frame.cluster[moved.pairs], return_inverse=True)
    weighed = [
        (part, n_units)
        for part in frame.looked_at
        if (n_units := _weighed(frame.inside(*part)[moved.pairs], units)) is not None
    ]
    for stage, values in moved:
        if np.abs(values).max(initial=0.0) <= NOISE:
            continue
        for part, n_units in weighed:
            inside = frame.inside(*part)[moved.pairs]
            means = float(values[inside].mean()), float(values[~inside].mean())
            p = _p(values, inside, units=units, n_units=n_units)
            yield _Cell(stage, part, int(inside.sum()), *means, p)


def _weighed(inside: Mask, units: Ints | None) -> int | None:
    """Count a slice's units; None where they, or the cases inside or outside, are too few."""
    import numpy as np

    n = int(inside.sum())
    if min(n, len(inside) - n) < ENOUGH_PAIRS:
        return None
    n_units = n if units is None else int(np.count_nonzero(np.bincount(units[inside])))
    return None if n_units < ENOUGH_CLUSTERS else n_units


def _p(values: Floats, inside: Mask, *, units: Ints | None, n_units: int) -> float:
    """Answer the two-sided p of the difference of two means, inside less outside."""
    import numpy as np
    from scipy.special import stdtr

    n = int(inside.sum())
    weights = np.where(inside, 1 / n, -1 / (len(values) - n))
    difference = float((weights * values).sum())
    own = np.where(inside, values[inside].mean(), values[~inside].mean())
    spread = max(_se(weights * (values - mean), units) for mean in (own, values.mean()))
    if spread <= NOISE or abs(difference) <= NOISE:
        return 1.0
    return min(1.0, 2 * float(stdtr(n_units - 1, -abs(difference) / spread)))


def _se(leftovers: Floats, units: Ints | None) -> float:
    import numpy as np

    sums = leftovers if units is None else np.bincount(units, weights=leftovers)
    return float(np.sqrt((sums * sums).sum() * len(sums) / max(1, len(sums) - 1)))
