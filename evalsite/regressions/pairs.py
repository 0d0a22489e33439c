"""Which cases fared how in a comparison, put in order of harm: kept for whoever looks at them.

What became of a case is what its pass rate did, by the rules of the comparison: the counts are
those of its headline and its losses. The order is found once, when the two batches are in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from evalsite.regressions.metrics import HEADLINE, SCORE, STAGE
from evalsite.regressions.models import Comparison, Fate
from evalsite.stats.intervals import NOISE

if TYPE_CHECKING:
    from evalsite.regressions.cards import Floats, Ints
    from evalsite.regressions.case_figures import CaseFigures
    from evalsite.regressions.frame import Frame

# Cases of one row.
MOST: Final = 1_000
# A bit for each stage, in a signed integer of four bytes.
MOST_STAGES: Final = 31

_DELETE: Final = "DELETE FROM regressions_pairs WHERE comparison_id = %s"
_INSERT: Final = """
    INSERT INTO regressions_pairs (
        id, tenant_id, comparison_id, fate, number, n, now, before, moved)
    VALUES (gen_random_uuid(), app.tenant_id(), %(comparison)s, %(fate)s, %(number)s, %(n)s,
        %(now)s::uuid[], %(before)s::uuid[], %(moved)s)
"""


def keep_pairs(comparison: Comparison, frame: Frame) -> None:
    """Write each case's fate down, in place of what was there."""
    fates, order, moved = _fates(frame), _by_harm(frame), _moved(frame)
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, [comparison.pk])
        for fate, mask in fates.items():
            for row in _rows(frame, places=order[mask[order]], moved=moved):
                cursor.execute(_INSERT, {"comparison": comparison.pk, "fate": fate, **row})


def _rows(frame: Frame, *, places: Ints, moved: Ints) -> Iterator[dict[str, Any]]:
    for number, start in enumerate(range(0, len(places), MOST)):
        part = places[start : start + MOST]
        yield {
            "number": number,
            "n": len(part),
            "now": _revisions(frame.now, part),
            "before": _revisions(frame.before, part),
            "moved": moved[part].tolist(),
        }


def _revisions(side: CaseFigures, places: Ints) -> str:
    """Write ids as PostgreSQL reads an array of them: no Python object for each."""
    digits = side.revision[places].tobytes().hex()
    there = (side.card[places] >= 0).tolist()
    found = (digits[32 * at : 32 * at + 32] if one else "NULL" for at, one in enumerate(there))
    return f"{{{','.join(found)}}}"


def _fates(frame: Frame) -> dict[Fate, Any]:
    """Mark the cases of each fate; every case has one."""
    import numpy as np

    paired = frame.paired(HEADLINE)
    change = np.nan_to_num(frame.now.values(HEADLINE) - frame.before.values(HEADLINE))
    missing = (frame.now.card < 0) | (frame.before.card < 0)
    worse, better = paired & (change < -NOISE), paired & (change > NOISE)
    return {
        Fate.REGRESSED: worse,
        Fate.IMPROVED: better,
        Fate.SAME: paired & ~worse & ~better,
        Fate.NO_VERDICT: ~paired & ~missing,
        Fate.MISSING: missing,
    }


def _by_harm(frame: Frame) -> Ints:
    """Order all cases: by drop of passes, then of score, then as they were made.

    What is not there is no harm by itself: without a verdict now comes before without one earlier,
    what had passed first.
    """
    import numpy as np

    drop, fall = (
        _filled(frame.before.values(name)) - _filled(frame.now.values(name))
        for name in (HEADLINE, SCORE)
    )
    order: Ints = np.lexsort((-fall, -drop))
    return order


def _filled(values: Floats) -> Floats:
    import numpy as np

    return np.nan_to_num(values, nan=0.0)


def _moved(frame: Frame) -> Ints:
    """Answer which stages' scores changed, a bit for each."""
    import numpy as np

    moved = np.zeros(len(frame.now.card), dtype=np.int64)
    for bit, stage in enumerate(frame.stages[:MOST_STAGES]):
        now, before = frame.now.values(STAGE + stage), frame.before.values(STAGE + stage)
        change = np.isnan(now) != np.isnan(before)
        change |= np.abs(np.nan_to_num(now - before)) > NOISE
        moved |= change.astype(np.int64) << bit
    return moved
