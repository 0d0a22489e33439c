"""What one batch says about each case: repetitions are averaged inside a case, never paired.

A case has a figure where all its repetitions have it. `fell` and `points` are what attribution
splits: the share of a case's repetitions whose first failing stage is this one, and what the
stage adds to the overall score by the rules of `packs.fold`. Their last column is what no stage
explains, so that 1 - the sum of a case's `fell` is its pass share, and the sum of its `points`
its score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evalsite.regressions.cards import FIGURES, STAGE_STATUSES, STATUSES, Cards
from evalsite.regressions.metrics import HEADLINE, STAGE, UNSCORED_RATE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from evalsite.regressions.cards import Floats, Ints, Names

_PASSED, _FAILED, _SKIPPED = (STAGE_STATUSES.index(s) for s in ("passed", "failed", "skipped"))
JUDGED: Final = STATUSES.index("failed")


class CaseFigures(NamedTuple):
    """A row for each case of both batches; NaN where this batch has no figure for it.

    `state` is the case's worst status as a place in `cards.STATUSES`, passed and failed alike
    being `JUDGED`. `card` is one of its scorecards, or -1; `revision` its id as 16 bytes, or none.
    """

    state: Ints
    card: Ints
    revision: Names
    metrics: dict[str, Floats]
    fell: Floats
    points: Floats

    def values(self, name: str) -> Floats:
        """Answer a metric of each case; all NaN where this batch does not have it."""
        import numpy as np

        found = self.metrics.get(name)
        return np.full(len(self.state), np.nan) if found is None else found


def case_figures(
    cards: Cards, *, places: Ints, n: int, stages: Sequence[str], weights: Sequence[float]
) -> CaseFigures:
    """Put together the scorecards of each of n cases; `places` says whose each card is."""
    import numpy as np

    sizes = np.bincount(places, minlength=n).astype(np.float64)

    def mean(values: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            return np.bincount(places, weights=values, minlength=n) / sizes

    judged = (cards.status == JUDGED) | (cards.status == STATUSES.index("passed"))
    state = _worst(cards, places=places, n=n, judged=judged)
    passed = np.where(judged, cards.status != JUDGED, np.nan)
    metrics = {HEADLINE: mean(passed), **{name: mean(cards.figures[name]) for name in FIGURES}}
    for i, stage in enumerate(stages):
        metrics[STAGE + stage] = mean(cards.stage_score[:, i])
    lost = (state > JUDGED).astype(np.float64)
    metrics[UNSCORED_RATE] = np.where(state > STATUSES.index("open"), lost, np.nan)
    card = np.full(n, -1, dtype=np.int64)
    card[places] = np.arange(len(places))
    revision = np.zeros(n, dtype="S16")
    revision[places] = cards.revision
    return CaseFigures(
        state,
        card,
        revision,
        metrics,
        fell=_by_column(_fell(cards, judged=judged), mean),
        points=_by_column(_points(cards, weights=weights), mean),
    )


def _worst(cards: Cards, *, places: Ints, n: int, judged: npt.NDArray[np.bool_]) -> Ints:
    """An open repetition beats a verdict: the case is not through."""
    import numpy as np

    state = np.zeros(n, dtype=np.int64)
    np.maximum.at(state, places, np.where(judged, JUDGED, cards.status))
    is_open = places[cards.status == STATUSES.index("open")]
    state[is_open] = STATUSES.index("open")
    return state


def _fell(cards: Cards, *, judged: npt.NDArray[np.bool_]) -> Floats:
    """Answer 1 in the column of each card's first failing stage; NaN without a verdict."""
    import numpy as np

    failing = cards.stage_status == _FAILED
    n, n_stages = failing.shape
    first = np.where(failing.any(axis=1), failing.argmax(axis=1), n_stages) if n_stages else 0
    fell = np.zeros((n, n_stages + 1))
    fell[np.arange(n), first] = 1.0
    fell[cards.status != JUDGED] = 0.0
    fell[~judged] = np.nan
    return fell


def _points(cards: Cards, *, weights: Sequence[float]) -> Floats:
    """Answer what each stage adds to a card's score; NaN where it has none."""
    import numpy as np

    counted = np.isin(cards.stage_status, (_PASSED, _FAILED, _SKIPPED))
    weighed = np.where(counted, np.asarray(weights, dtype=np.float64), 0.0)
    whole = weighed.sum(axis=1, keepdims=True)
    points = weighed * np.nan_to_num(cards.stage_score) / np.where(whole, whole, 1.0)
    overall = cards.figures["score"][:, np.newaxis]
    points = np.hstack([points, overall - points.sum(axis=1, keepdims=True)])
    return np.where(np.isnan(overall), np.nan, points)


def _by_column(values: Floats, mean: Callable[[Floats], Floats]) -> Floats:
    import numpy as np

    return np.column_stack([mean(values[:, i]) for i in range(values.shape[1])])


def places_of(cases: Sequence[Names]) -> tuple[Names, list[Ints]]:
    """Number the cases of all batches alike: the cases, and whose each card is, per batch."""
    import numpy as np

    found, places = np.unique(np.concatenate(cases), return_inverse=True)
    ends = np.cumsum([len(part) for part in cases])[:-1]
    return found, np.split(places.reshape(-1), ends)
