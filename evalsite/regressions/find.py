"""What each metric shows, whole and in each slice: tested, corrected, and judged.

The pass rate of the whole is the question that a comparison answers; it stands alone. All else is
looked at beside it, and is corrected together by Benjamini-Hochberg: of what is called a change
there, at most one in twenty is expected to be luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from evalsite.regressions.frame import ALL, Frame, Sides
from evalsite.regressions.metrics import HEADLINE, SCORE, Metric, metric
from evalsite.regressions.models import Verdict
from evalsite.stats.corrections import benjamini_hochberg
from evalsite.stats.estimates import MeanEstimate, RateEstimate, estimate
from evalsite.stats.intervals import NOISE
from evalsite.stats.paired import PairedResult, compare_scores
from evalsite.stats.power import cases_to_settle

if TYPE_CHECKING:
    from evalsite.regressions.cards import Floats

ALPHA: Final = 0.05
IN_SLICES: Final = (HEADLINE, SCORE)


class Finding(NamedTuple):
    """One metric, whole or in a slice. `doubt` says why no verdict can rest on it."""

    metric: str
    kind: str
    value: str
    paired: PairedResult
    before: float | None
    after: float | None
    worse: int
    better: int
    left_out: int
    doubt: str = ""
    p_corrected: float | None = None
    more_cases: int | None = None

    @property
    def is_headline(self) -> bool:
        """Whether it is what the comparison is about."""
        return (self.metric, self.kind) == (HEADLINE, ALL)

    @property
    def verdict(self) -> Verdict:
        """Judge by the corrected p, and by which way is better."""
        if self.doubt or self.p_corrected is None or self.paired.effect is None:
            return Verdict.INCONCLUSIVE
        if self.p_corrected >= ALPHA:
            return Verdict.NO_DIFFERENCE
        is_less = self.paired.effect < 0
        better = is_less == metric(self.metric).less_is_better
        return Verdict.IMPROVED if better else Verdict.REGRESSED


def find(frame: Frame, *, doubt: Callable[[str, str], str]) -> list[Finding]:
    """Compare all metrics of the whole, and pass rate and score of each slice.

    `doubt` answers for a slice (kind, value) why its judged metrics say nothing, or nothing.
    """
    found = list(_find(frame, doubt=doubt))
    tested = [i for i, f in enumerate(found) if _is_secondary(f)]
    corrected = benjamini_hochberg([found[i].paired.p_value or 0.0 for i in tested])
    for i, p in zip(tested, corrected, strict=True):
        found[i] = found[i]._replace(p_corrected=p)
    return [_with_forecast(one, frame) for one in found]


def paired(measured: Metric, sides: Sides) -> PairedResult:
    """Compare one metric before and after by the test that suits it; the same rows, the same p."""
    span = measured.span or max(_largest(sides.before), _largest(sides.after)) or 1.0
    return compare_scores(sides.before, sides.after, clusters=sides.clusters, span=span)


def _find(frame: Frame, *, doubt: Callable[[str, str], str]) -> Iterator[Finding]:
    for name in frame.metrics:
        yield _finding(frame, name, part=(ALL, ""), doubt=doubt(ALL, ""))
    for part in frame.looked_at:
        for name in IN_SLICES:
            yield _finding(frame, name, part=part, doubt=doubt(*part))


def _finding(frame: Frame, name: str, *, part: tuple[str, str], doubt: str) -> Finding:
    measured = metric(name)
    sides = frame.sides(name, kind=part[0], value=part[1])
    worse, better = _changed(sides, less_is_better=measured.less_is_better)
    result = paired(measured, sides)
    found = Finding(
        metric=name,
        kind=part[0],
        value=part[1],
        paired=result,
        before=_mean(sides.before),
        after=_mean(sides.after),
        worse=worse,
        better=better,
        left_out=sides.left_out,
        doubt=doubt if measured.is_judged else "",
    )
    return found._replace(p_corrected=result.p_value) if found.is_headline else found


def _is_secondary(found: Finding) -> bool:
    return not (found.is_headline or found.doubt or found.paired.p_value is None)


def _changed(sides: Sides, *, less_is_better: bool) -> tuple[int, int]:
    changes = sides.after - sides.before
    fell, rose = int((changes < -NOISE).sum()), int((changes > NOISE).sum())
    return (rose, fell) if less_is_better else (fell, rose)


def _mean(values: Floats) -> float | None:
    return math.fsum(values.data) / len(values) if len(values) else None


def _largest(values: Floats) -> float:
    return float(abs(values).max(initial=0.0))


def _with_forecast(found: Finding, frame: Frame) -> Finding:
    """Say how many more cases would settle it, by what its p must be below to count."""
    p, corrected = found.paired.p_value, found.p_corrected
    if found.doubt:
        return found
    if p is None or corrected is None or p >= ALPHA or corrected < ALPHA:
        return found._replace(more_cases=found.paired.more_cases)
    return found._replace(more_cases=_more(found, frame, alpha=ALPHA * p / corrected))


def _more(found: Finding, frame: Frame, *, alpha: float) -> int | None:
    """What would have settled it alone does not among so many."""
    sides = frame.sides(found.metric, kind=found.kind, value=found.value)
    seen = estimate(sides.before, sides.after, clusters=sides.clusters)
    if isinstance(seen, RateEstimate):
        changed = (seen.gained + seen.lost) / seen.n
        sd, units = math.sqrt(changed - seen.effect**2), seen.n
    elif isinstance(seen, MeanEstimate):
        sd, units = seen.se * math.sqrt(seen.units), seen.units
    else:
        return None
    more = cases_to_settle(seen.effect, sd=sd, n=units, alpha=alpha)
    return None if more is None else math.ceil(more * len(sides.before) / units)
