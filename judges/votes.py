"""How much several votes agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence


def agreement(votes: Sequence[Hashable]) -> float | None:
    """Give the share of pairs of votes that are the same, None for fewer than two votes.

    This is the observed agreement of Fleiss' kappa (1971). Its mean does not depend on how many
    votes there are: for a judge that errs at random in 20 % of two-way verdicts it is 0.68.
    """
    pairs = len(votes) * (len(votes) - 1)
    if not pairs:
        return None
    return sum(count * (count - 1) for count in Counter(votes).values()) / pairs
