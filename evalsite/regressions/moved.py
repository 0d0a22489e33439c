"""How the pairs of a metric changed, stage by stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from evalsite.regressions.frame import Frame
from evalsite.regressions.metrics import HEADLINE

if TYPE_CHECKING:
    from evalsite.regressions.cards import Floats, Mask


class Moved:
    """A column for each stage, and one for what no stage explains; a row for each pair.

    Columns are reckoned when they are asked for: all of a million cases would be more than all
    else that a comparison holds.
    """

    def __init__(self, frame: Frame, name: str) -> None:
        self._frame = frame
        self._of_score = name != HEADLINE
        self.stages = [*frame.stages, ""]
        self.pairs: Mask = frame.paired(name)
        self.n = int(self.pairs.sum())

    def __iter__(self) -> Iterator[tuple[str, Floats]]:
        """Yield each stage and its column, one after the other."""
        for i, stage in enumerate(self.stages):
            yield stage, self._column(i)

    def _column(self, i: int) -> Floats:
        now, before = self._frame.now, self._frame.before
        if self._of_score:
            return now.points(i)[self.pairs] - before.points(i)[self.pairs]
        return before.fell(i)[self.pairs] - now.fell(i)[self.pairs]
