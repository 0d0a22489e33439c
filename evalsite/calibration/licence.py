"""May a judge version feed a gate? What its labels must show, and what is missing in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple, Self

from django.utils import timezone

from evalsite.calibration.agreement import Calibration, calibrations
from evalsite.calibration.judges import JudgeVersion, Key, changed
from evalsite.figures import level


class Demand(NamedTuple):
    """What labels must show: so many cases, lower ends of 95 % intervals, and an age in days.

    A bound of None demands nothing. Older labels do not count, nor, with `drawn`, those of cases
    that somebody picked.
    """

    min_labels: int
    min_kappa_lower: float | None = None
    min_agreement_lower: float | None = None
    max_age_days: int | None = None
    drawn: bool = True


class Licences(NamedTuple):
    """Every judge version as its counted labels show it, and as all of its labels do."""

    demand: Demand
    counted: Mapping[Key, Calibration]
    all: Mapping[Key, Calibration]

    @classmethod
    def under(cls, demand: Demand) -> Self:
        """Look at the labels that there are now."""
        days = demand.max_age_days
        since = None if days is None else timezone.now() - timedelta(days=days)
        counted = calibrations(drawn=demand.drawn, since=since)
        return cls(demand, counted, calibrations())

    def lacks(self, version: JudgeVersion) -> str:
        """Say what the version lacks for a licence; blank where it holds one."""
        found = self.counted.get(version.key, Calibration(version=version))
        if found.table.n < self.demand.min_labels:
            return self._too_few(found)
        return "; ".join(filter(None, (self._kappa(found), self._agreement(found))))

    def _too_few(self, found: Calibration) -> str:
        known = self.all.get(found.version.key)
        wanted = f"{self.demand.min_labels:,} are wanted"
        if known is None or not known.labels:
            return f"{self._why_none(found.version)}no labels for this version, {wanted}"
        left = known.table.n - found.table.n
        aside = [f"{left:,} more are too old or of cases that somebody picked"] if left > 0 else []
        if known.unjudged:
            aside.append(f"{known.unjudged:,} labelled cases have no verdict of it")
        if known.even:
            aside.append(f"people are even on {known.even:,}")
        told = f" ({'; '.join(aside)})" if aside else ""
        return f"{found.table.n:,} labelled cases count{told}, {wanted}"

    def _why_none(self, version: JudgeVersion) -> str:
        """Name what was changed since the version of it that has most labels."""
        others = [
            known
            for known in self.all.values()
            if known.labels and (known.version.judge, known.version.stage)
            == (version.judge, version.stage)
        ]  # fmt: skip
        if not others:
            return ""
        nearest = min(others, key=lambda known: len(changed(known.version, version)))
        what = " and ".join(changed(nearest.version, version))
        return f"{what} changed since {nearest.version.key.digest[:8]}: "

    def _kappa(self, found: Calibration) -> str:
        wanted = self.demand.min_kappa_lower
        if wanted is None:
            return ""
        kappa = found.table.kappa()
        if kappa.interval is None:
            return "kappa is not defined: all verdicts are the same"
        if kappa.interval.low >= wanted:
            return ""
        return (
            f"kappa is {kappa.coefficient:.2f}, its interval begins at {kappa.interval.low:.2f}, "
            f"{wanted:g} is wanted ({found.table.n:,} cases)"
        )

    def _agreement(self, found: Calibration) -> str:
        wanted, seen = self.demand.min_agreement_lower, found.table.agreement()
        if wanted is None or (seen.interval is not None and seen.interval.low >= wanted):
            return ""
        low = seen.interval.low if seen.interval else None
        return (
            f"agreement is {level(seen.value)}, its interval begins at {level(low)}, "
            f"{level(wanted)} is wanted ({found.table.n:,} cases)"
        )
