"""Lists of a comparison's cases by what became of them, page by page in a fixed number of queries.

They were put in order when the comparison was made; one older than that has no lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from evalsite.regressions.models import Comparison, Fate, Pairs
from evalsite.regressions.pairs import MOST_STAGES

# Where all are listed: what was lost before what stayed or was won.
ORDER: Final = (Fate.REGRESSED, Fate.NO_VERDICT, Fate.MISSING, Fate.SAME, Fate.IMPROVED)
_NO_BIT: Final = 0
_LISTED: Final = """
    SELECT p.fate, p.number, k.place, k.now, k.before, k.moved
    FROM regressions_pairs p CROSS JOIN LATERAL unnest(p.now, p.before, p.moved)
        WITH ORDINALITY AS k (now, before, moved, place)
    WHERE p.comparison_id = %(comparison)s AND p.fate = %(fate)s
      AND (%(bit)s = 0 OR k.moved & %(bit)s <> 0)
      AND p.number >= %(number)s AND (p.number > %(number)s OR k.place > %(place)s)
    ORDER BY p.number, k.place LIMIT %(limit)s
"""
_COUNTED: Final = """
    SELECT p.fate, count(*) FROM regressions_pairs p CROSS JOIN LATERAL unnest(p.moved) AS k (moved)
    WHERE p.comparison_id = %(comparison)s AND k.moved & %(bit)s <> 0 GROUP BY p.fate
"""


class Pair(NamedTuple):
    """The revisions of one case in both batches, None where it is missing, and its place."""

    fate: Fate
    number: int
    place: int
    now: UUID | None
    before: UUID | None
    moved: int

    @property
    def mark(self) -> str:
        """Name the place in the list, for whoever goes on from it."""
        return f"{self.fate}.{self.number}.{self.place}"


class PairPage(NamedTuple):
    """Some pairs, and the mark of the last where more follow; blank at the end."""

    rows: list[Pair]
    next: str


def stages_compared(comparison: Comparison) -> list[str]:
    """Name the stages that a list can be narrowed to, in the order of their bits."""
    from evalsite.regressions.frame import stages_of

    return stages_of(comparison.batch, comparison.baseline)[:MOST_STAGES]


def count_pairs(comparison: Comparison, *, stage: str = "") -> dict[Fate, int]:
    """Count the cases of each fate; with a stage, those whose score changed there.

    Empty for a comparison that was made before lists were kept. Raises ValueError for a stage
    that neither batch has.
    """
    if not stage:
        summed = Pairs.objects.filter(comparison=comparison).values_list("fate").annotate(Sum("n"))
        found = dict(summed.order_by())
    else:
        values: dict[str, Any] = {"comparison": comparison.pk, "bit": _bit(comparison, stage)}
        with connection.cursor() as cursor:
            cursor.execute(_COUNTED, values)
            found = dict(cursor.fetchall())
    return {fate: found.get(fate.value, 0) for fate in Fate} if found or stage else {}


def list_pairs(
    comparison: Comparison, fates: Sequence[Fate], *, stage: str = "", after: str = "", size: int
) -> PairPage:
    """Answer the pairs of these fates that follow the mark `after`, the most harm first.

    Raises ValueError for a mark or a stage that there is not.
    """
    rows: list[Pair] = []
    bit = _bit(comparison, stage) if stage else _NO_BIT
    for fate, number, place in _starts(fates, after):
        wanted: dict[str, Any] = {
            "fate": fate,
            "number": number,
            "place": place,
            "limit": size + 1 - len(rows),
        }
        with connection.cursor() as cursor:
            cursor.execute(_LISTED, {"comparison": comparison.pk, "bit": bit, **wanted})
            rows += [Pair(Fate(row[0]), *row[1:]) for row in cursor.fetchall()]
        if len(rows) > size:
            return PairPage(rows[:size], rows[size - 1].mark)
    return PairPage(rows, "")


def _starts(fates: Sequence[Fate], after: str) -> Iterator[tuple[Fate, int, int]]:
    """Yield each fate that is left with the place to go on from."""
    left = list(fates)
    if after:
        fate, number, place = after.split(".")
        if Fate(fate) not in left or max(len(number), len(place)) > 9:
            raise ValueError(f"{after!r} is no place of this list")
        left = left[left.index(Fate(fate)) :]
        yield left.pop(0), int(number), int(place)
    yield from ((fate, 0, 0) for fate in left)


def _bit(comparison: Comparison, stage: str) -> int:
    return 1 << stages_compared(comparison).index(stage)
