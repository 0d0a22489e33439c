"""The cases that got worse, the worst first, to be kept with a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from evalsite.regressions.metrics import HEADLINE, SCORE
from evalsite.regressions.revisions import keys_of

if TYPE_CHECKING:
    from evalsite.regressions.frame import Frame

KEPT: Final = 20
# Many drop by the same: so many are looked up to put those in order of key.
_LOOKED_UP: Final = 500


def worst(frame: Frame) -> list[tuple[str, str]]:
    """Answer the revisions, now and before, of the cases that pass less often than before.

    The biggest drop of passes comes first, then of score, then the first by key.
    """
    import numpy as np

    from evalsite.regressions.revisions import ids

    drop = frame.before.values(HEADLINE) - frame.now.values(HEADLINE)
    fall = np.nan_to_num(frame.before.values(SCORE) - frame.now.values(SCORE), nan=-1.0)
    places = np.flatnonzero(frame.paired(HEADLINE) & (drop > 0))
    order = np.lexsort((-fall[places], -drop[places]))
    chosen = places[order][:_LOOKED_UP]
    now, before = (ids(side.revision[chosen]) for side in (frame.now, frame.before))
    keys = keys_of(now)
    rows = zip(drop[chosen].tolist(), fall[chosen].tolist(), now, before, strict=True)
    ranked = sorted(rows, key=lambda row: (-row[0], -row[1], keys[row[2]]))
    return [(str(after), str(earlier)) for _, _, after, earlier in ranked[:KEPT]]
