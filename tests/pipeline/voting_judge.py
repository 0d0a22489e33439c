"""A judge for tests: in the model lane, says what it will ask, and asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from judges.models import Ask
from judges.protocol import Score


class Voting:
    """Passes everything; each vote is a call of 100 tokens at most, and may be repaired once."""

    lane = "model"
    version = "1"

    def __call__(self, expected: Any, answer: Any, *, votes: int = 1, endpoint: str = "") -> Score:
        return Score.of(1.0)

    def calls(self, *, votes: int = 1, endpoint: str = "") -> Sequence[Ask]:
        """One call a vote, twice that with repairs."""
        return [
            Ask(calls=votes, at_most=2 * votes, model="m", endpoint=endpoint, max_tokens=100),
        ]


JUDGE = Voting()
