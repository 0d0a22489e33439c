"""Ratings of the same units by several raters, counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

Rating = str | float


class Counted(NamedTuple):
    """How often each unit (row of `counts`) was given each category (column), at least twice."""

    counts: NDArray[float64]
    categories: list[Rating]
    left_out: int

    @property
    def varied(self) -> bool:
        """Whether there are two different ratings: else nothing is left to agree on."""
        return int((self.counts.sum(axis=0) > 0).sum()) > 1

    def base_rates(self) -> dict[Rating, float]:
        """Answer how often each category was given, as a share of all ratings."""
        totals = self.counts.sum(axis=0)
        return dict(zip(self.categories, (totals / totals.sum()).tolist(), strict=True))


def count(
    units: Sequence[Sequence[Rating | None]],
    *,
    categories: Sequence[Rating] | None,
    ordered: bool = False,
) -> Counted:
    """Count the ratings, one row per unit, None where a rater gave none.

    A unit rated once says nothing about agreement: it is left out. Raises as `in_order` does.
    """
    import numpy as np

    given = [[rating for rating in unit if rating is not None] for unit in units]
    twice = [unit for unit in given if len(unit) > 1]
    order = in_order(chain.from_iterable(twice), categories=categories, ordered=ordered)
    place = {category: i for i, category in enumerate(order)}
    counts = np.zeros((len(twice), len(order)))
    for row, unit in zip(counts, twice, strict=True):
        for rating in unit:
            row[place[rating]] += 1
    return Counted(counts=counts, categories=order, left_out=len(given) - len(twice))


def cross(
    pairs: Iterable[tuple[Rating | None, Rating | None]], *, categories: Sequence[Rating]
) -> NDArray[float64]:
    """Count each pair of categories, first rater in rows; pairs with None are left out."""
    import numpy as np

    place = {category: i for i, category in enumerate(categories)}
    table = np.zeros((len(place), len(place)))
    for first, second in pairs:
        if first is not None and second is not None:
            table[place[first], place[second]] += 1
    return table


def pairs_of_all(number: int) -> NDArray[float64]:
    """Answer a unit for each two of so many categories, in the form of `Counted.counts`."""
    import numpy as np

    one = np.eye(number)
    return (one[:, None, :] + one[None, :, :]).reshape(-1, number)


def in_order(
    seen: Iterable[Rating], *, categories: Sequence[Rating] | None, ordered: bool
) -> list[Rating]:
    """Answer the categories: those given, else those seen; numbers by size.

    Raises ValueError for a rating that is no category, for words among numbers (1 and "1" would
    never agree), and for words without a stated order where order counts: by the alphabet "good"
    would lie between "bad" and "ok".
    """
    found = dict.fromkeys(seen)
    if categories is not None:
        if strange := found.keys() - set(categories):
            raise ValueError(f"{sorted(map(str, strange))} are not among the categories")
        return list(categories)
    numbers = [rating for rating in found if not isinstance(rating, str)]
    if len(numbers) == len(found):
        return [*sorted(numbers)]
    if numbers:
        raise ValueError(f"words and numbers are mixed: {list(map(repr, found))}")
    if ordered:
        raise ValueError("words have no order of their own: give the categories in theirs")
    return list(found)
