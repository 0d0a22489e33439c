"""What one batch says about each case: repetitions are averaged inside a case, never paired.

A case has a figure where all its repetitions have it. `fell` and `points` are what attribution
splits: the share of a case's repetitions whose first failing stage is this one, and what the
stage adds to the overall score by the rules of `packs.fold`. Their last column is what no stage
explains, so that 1 - the sum of a case's `fell` is its pass share, and the sum of its `points`
its score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from evalsite.regressions.cards import FIGURES, STAGE_STATUSES, STATUSES, Cards
from evalsite.regressions.metrics import HEADLINE, STAGE, UNSCORED_RATE
from evalsite.regressions.shelf import Shelf

if TYPE_CHECKING:
    import numpy.typing as npt

    from evalsite.regressions.cards import Floats, Ints, Mask, Names, Statuses

_PASSED, _FAILED, _SKIPPED = (STAGE_STATUSES.index(s) for s in ("passed", "failed", "skipped"))
JUDGED: Final = STATUSES.index("failed")


class CaseFigures(Shelf):
    """A row for each case of both batches; NaN where this batch has no figure for it."""

    # Pass rate and score are asked of one slice after the other, and read once.
    _AT_HAND: Final = 2

    def __init__(self) -> None:
        super().__init__()
        self._at_hand: dict[str, Floats] = {}

    @property
    def state(self) -> Statuses:
        """The case's worst status as a place in `cards.STATUSES`; passed and failed are JUDGED."""
        return self["state"]

    @property
    def card(self) -> Ints:
        """The place of one of its scorecards, or -1."""
        return self["card"]

    @property
    def revision(self) -> Names:
        """The id as 16 bytes, or none."""
        return self["revision"]

    def values(self, name: str) -> Floats:
        """Answer a metric of each case; all NaN where this batch does not have it."""
        import numpy as np

        if name not in self._at_hand:
            while len(self._at_hand) >= self._AT_HAND:
                del self._at_hand[next(iter(self._at_hand))]
            found = self[name] if name in self else np.full(len(self.state), np.nan)
            self._at_hand[name] = found
        return self._at_hand[name]

    def fell(self, stage: int) -> Floats:
        """Answer the share of each case's repetitions that fell at the stage of this place."""
        return self[f"fell {stage}"]

    def points(self, stage: int) -> Floats:
        """Answer what the stage of this place adds to each case's score."""
        return self[f"points {stage}"]


def case_figures(
    cards: Cards, *, places: Ints, n: int, stages: Sequence[str], weights: Sequence[float]
) -> CaseFigures:
    """Put together the scorecards of each of n cases; `places` says whose each card is."""
    import numpy as np

    sizes = np.bincount(places, minlength=n).astype(np.float64)

    def mean(values: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            return np.bincount(places, weights=values, minlength=n) / sizes

    found, status = CaseFigures(), cards["status"]
    judged = (status == JUDGED) | (status == STATUSES.index("passed"))
    found.add(HEADLINE, mean(np.where(judged, status != JUDGED, np.nan)))
    for name in FIGURES:
        found.add(name, mean(cards[name]))
    for i, stage in enumerate(stages):
        found.add(STAGE + stage, mean(cards[f"score {i}"]))
    for name, column in _of_cases(cards, places=places, n=n, judged=judged):
        found.add(name, column)
    for i, fell in enumerate(_fell(cards, n_stages=len(stages), judged=judged)):
        found.add(f"fell {i}", mean(fell))
    for i, points in enumerate(_points(cards, weights=weights)):
        found.add(f"points {i}", mean(points))
    return found


def _of_cases(
    cards: Cards, *, places: Ints, n: int, judged: Mask
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield what is of a case as a whole, by name."""
    import numpy as np

    state = _worst(cards["status"], places=places, n=n, judged=judged)
    lost = (state > JUDGED).astype(np.float64)
    yield "state", state
    yield UNSCORED_RATE, np.where(state > STATUSES.index("open"), lost, np.nan)
    card = np.full(n, -1, dtype=np.int64)
    card[places] = np.arange(len(places))
    yield "card", card
    revision = np.zeros(n, dtype="S16")
    revision[places] = cards["revision"]
    yield "revision", revision


def _worst(status: Statuses, *, places: Ints, n: int, judged: Mask) -> Statuses:
    """An open repetition beats a verdict: the case is not through."""
    import numpy as np

    state = np.zeros(n, dtype=np.int8)
    np.maximum.at(state, places, np.where(judged, np.int8(JUDGED), status))
    state[places[status == STATUSES.index("open")]] = STATUSES.index("open")
    return state


def _fell(cards: Cards, *, n_stages: int, judged: Mask) -> Iterator[Floats]:
    """Yield for each stage 1 where it is the card's first failing one; NaN without a verdict."""
    import numpy as np

    first = np.full(len(judged), n_stages)
    for i in reversed(range(n_stages)):
        first[cards[f"status {i}"] == _FAILED] = i
    failed = cards["status"] == JUDGED
    for i in range(n_stages + 1):
        yield np.where(judged, failed & (first == i), np.nan)


def _points(cards: Cards, *, weights: Sequence[float]) -> Iterator[Floats]:
    """Yield what each stage adds to a card's score; NaN where it has none."""
    import numpy as np

    def weighed(i: int) -> Floats:
        counted = np.isin(cards[f"status {i}"], (_PASSED, _FAILED, _SKIPPED))
        return np.where(counted, weights[i], 0.0)

    overall = cards["score"]
    whole, added = np.zeros(len(overall)), np.zeros(len(overall))
    for i in range(len(weights)):
        whole += weighed(i)
    whole[whole == 0] = 1.0
    nothing = np.isnan(overall)
    for i in range(len(weights)):
        points = weighed(i) * np.nan_to_num(cards[f"score {i}"]) / whole
        added += points
        yield np.where(nothing, np.nan, points)
    yield overall - added


def places_of(cases: Sequence[Names]) -> tuple[int, list[Ints]]:
    """Number the cases of all batches alike: how many they are, and whose each card is, per batch.

    As `numpy.unique` would, with a quarter less memory.
    """
    import numpy as np

    every = np.concatenate(cases)
    order = np.argsort(every, kind="stable")
    every = every[order]
    number = np.zeros(len(every), dtype=np.int64)
    np.cumsum(every[1:] != every[:-1], out=number[1:])
    del every
    places = np.empty_like(number)
    places[order] = number
    ends = np.cumsum([len(part) for part in cases])[:-1]
    return int(number[-1]) + 1 if len(number) else 0, np.split(places, ends)
