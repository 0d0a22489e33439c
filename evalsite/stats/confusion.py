"""How a judge's verdicts stand against people's: counts, rates and agreement beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from evalsite.stats.agreement import Agreement, cohen_kappa, gwet_ac1
from evalsite.stats.intervals import Interval, wilson

_BOTH: Final = ("passed", "failed")


class Rate(NamedTuple):
    """A share of `n` cases with its interval at 95 %; None where there is no case."""

    value: float | None
    interval: Interval | None
    n: int


class Confusion(NamedTuple):
    """Cases on which both a judge and people have a verdict; passing is the positive one."""

    both_passed: int = 0
    only_judge_passed: int = 0
    only_people_passed: int = 0
    both_failed: int = 0

    @property
    def n(self) -> int:
        """All of them."""
        return sum(self)

    def plus(self, other: Confusion) -> Confusion:
        """Count two tables as one."""
        return Confusion(*(here + there for here, there in zip(self, other, strict=True)))

    def agreement(self) -> Rate:
        """Answer the share of cases on which both say the same; interval: Wilson 1927."""
        return _rate(self.both_passed + self.both_failed, self.n)

    def sensitivity(self) -> Rate:
        """Answer the share that the judge passes of what people pass.

        Yerushalmy 1947 (Public Health Reports 62:1432); interval: Wilson's score interval, as
        Newcombe 1998 (Statistics in Medicine 17:857) advises for few cases and rates near the ends.
        """
        return _rate(self.both_passed, self.both_passed + self.only_people_passed)

    def specificity(self) -> Rate:
        """Answer the share that the judge fails of what people fail; sources as `sensitivity`."""
        return _rate(self.both_failed, self.both_failed + self.only_judge_passed)

    def kappa(self) -> Agreement:
        """Answer Cohen's kappa of judge and people: see `stats.agreement.cohen_kappa`."""
        judge, people = self._sides()
        return cohen_kappa(judge, people, categories=_BOTH)

    def ac1(self) -> Agreement:
        """Answer Gwet's AC1, which a rare verdict does not pull to 0: see `stats.agreement`."""
        return gwet_ac1(list(zip(*self._sides(), strict=True)), categories=_BOTH)

    def _sides(self) -> tuple[list[str], list[str]]:
        passed, failed = _BOTH
        judge, people = (passed, passed, failed, failed), (passed, failed, passed, failed)
        return _repeated(judge, self), _repeated(people, self)


def _repeated(verdicts: Sequence[str], times: Sequence[int]) -> list[str]:
    return [verdict for verdict, n in zip(verdicts, times, strict=True) for _ in range(n)]


def _rate(successes: int, n: int) -> Rate:
    return Rate(successes / n, wilson(successes, n), n) if n else Rate(None, None, 0)
