"""The cases without a pair, by why, and what they could still change.

A case without a verdict is no pass and no failure. It is left out on both sides and counted once,
under the first of these that holds: it is missing in one batch, its input was changed, it is
open, it errored, it is unscored; now before earlier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from evalsite.regressions.cards import STATUSES
from evalsite.regressions.frame import ALL, Frame
from evalsite.regressions.metrics import HEADLINE, UNSCORED_RATE

if TYPE_CHECKING:
    from evalsite.regressions.case_figures import CaseFigures

CHANGED: Final = "changed"
_STATES: Final = ("open", "errored", "unscored")


def losses(frame: Frame) -> dict[str, Any]:
    """Answer how many cases were left out of the pass rate by why, and the bounds that leaves.

    `worst_case` is the effect if every case that has no verdict now had failed, and every one that
    had none before had passed; `best_case` the reverse. Both are of the cases that are in both
    batches and ask the same; None where there are none.
    """
    left = ~frame.paired(HEADLINE)
    counts = {}
    for reason, mask in _reasons(frame):
        chosen = mask & left
        if chosen.any():
            counts[reason] = int(chosen.sum())
        left &= ~chosen
    return {**counts, **_bounds(frame)}


def unjudged(frame: Frame, *, kind: str = ALL, value: str = "") -> float:
    """Answer the larger share of cases without a verdict in either batch, of those it has."""
    inside = frame.inside(kind, value)
    return max(_share(side, inside) for side in (frame.now, frame.before))


def _share(side: CaseFigures, inside: Any) -> float:
    present = inside & (side.state > 0)
    n = int(present.sum())
    judged = ~_is_nan(side.values(HEADLINE))
    return float((present & ~judged).sum()) / n if n else 0.0


def _reasons(frame: Frame) -> list[tuple[str, Any]]:
    sides = (("now", frame.now.state), ("before", frame.before.state))
    found = [(f"missing_{when}", state == 0) for when, state in sides]
    found.append((CHANGED, frame.other_input))
    for status in _STATES:
        found += [(f"{status}_{when}", state == STATUSES.index(status)) for when, state in sides]
    return found


def _bounds(frame: Frame) -> dict[str, float | None]:
    import numpy as np

    both = frame.paired(UNSCORED_RATE)
    if not both.any():
        return {"worst_case": None, "best_case": None}
    now, before = frame.now.values(HEADLINE)[both], frame.before.values(HEADLINE)[both]
    worst = np.nan_to_num(now, nan=0.0) - np.nan_to_num(before, nan=1.0)
    best = np.nan_to_num(now, nan=1.0) - np.nan_to_num(before, nan=0.0)
    return {"worst_case": float(worst.mean()), "best_case": float(best.mean())}


def _is_nan(values: Any) -> Any:
    import numpy as np

    return np.isnan(values)
